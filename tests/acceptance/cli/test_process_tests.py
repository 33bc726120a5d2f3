"""`bpmn-engine test`, and the same files under pytest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from tests.acceptance.cli.conftest import APPROVAL

ROOT = Path(__file__).parents[3]
CASES = b"""\
deploy: approval.bpmn
cases:
  - name: Alice approves
    steps:
      - start: approval
      - complete task: approve
      - expect: {status: completed}
  - name: Bob <waits>
    steps:
      - start: approval
      - expect: {waiting at: <waits>}
    examples:
      - {waits: approve}
      - {waits: e}
"""
SLIP = CASES.replace(b"start:", b"starts:")


@pytest.fixture
def tests(shell):
    shell.write("approval.bpmn", APPROVAL)
    shell.write("a.bpmn-test.yaml", CASES)
    return shell


def test_passing_cases_end_with_zero_and_say_what_was_passed(tests):
    result = tests.run("test", tests.folder, "--filter", "ALICE")

    assert result.exit_code == 0
    assert "ok     Alice approves" in result.stdout
    assert "Coverage of approval: elements 100 % (3 of 3), sequence flows 100 %" in result.stdout
    assert "1 case passed." in result.stderr


def test_a_failing_case_ends_with_one_and_says_where(tests):
    result = tests.run("test", tests.folder)

    assert result.exit_code == 1
    assert "FAILED Bob e" in result.stdout
    assert "a.bpmn-test.yaml:11:" in result.stdout
    assert "is at approve: Waits for a person to complete it." in result.stdout
    assert "Error: 1 of 3 cases failed." in result.stderr


def test_a_file_that_cannot_be_read_ends_with_two_and_the_others_run(tests):
    tests.write("b.bpmn-test.yaml", SLIP)

    result = tests.run("test", tests.folder, "-k", "alice")

    assert result.exit_code == 2
    assert "b.bpmn-test.yaml:5:9: Expected a key of a step, but 'starts' is none." in result.stderr
    assert "Did you mean 'start'?" in result.stderr
    assert "ok     Alice approves" in result.stdout


def test_no_tests_end_with_three(tests, tmp_path):
    (tmp_path / "empty").mkdir()

    assert tests.run("test", tmp_path / "empty").exit_code == 3
    assert tests.run("test", tests.folder, "-k", "nobody").exit_code == 3


def test_everything_is_told_as_json(tests):
    result = tests.run("test", tests.folder, "--json")

    told = json.loads(result.stdout)
    assert result.exit_code == 1
    (file,) = told["files"]
    assert [case["is_passed"] for case in file["cases"]] == [True, True, False]
    (failure,) = file["cases"][2]["failures"]
    assert (failure["line"], failure["column"]) == (11, 30)
    (coverage,) = told["coverage"]
    assert coverage["flows"] == {"passed": 2, "total": 2, "percent": 100.0, "missing": []}


def test_junit_holds_every_case_and_what_cannot_be_written_in_xml(tests):
    odd = CASES.replace(b"name: Alice approves", rb'name: "Alice \x01 approves"')
    tests.write("a.bpmn-test.yaml", odd)
    tests.write("b.bpmn-test.yaml", SLIP)

    tests.run("test", tests.folder, "--junit", tests.folder / "out" / "j.xml")

    suite, unreadable = etree.fromstring((tests.folder / "out" / "j.xml").read_bytes())
    assert unreadable.get("errors") == "1"
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    assert [case.get("name") for case in suite] == [
        "Alice \ufffd approves",
        "Bob approve",
        "Bob e",
    ]
    assert "Waits for a person" in suite[2].findtext("failure")


def test_coverage_is_drawn(tests):
    tests.run("test", tests.folder, "-k", "alice", "--coverage", tests.folder / "drawn")

    page = (tests.folder / "drawn" / "index.html").read_text()
    assert "100 % (3 of 3)" in page
    assert (tests.folder / "drawn" / "approval.svg").read_bytes().startswith(b"<?xml")


def test_files_of_a_folder_that_the_user_names_may_be_deployed(tests, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("models")
    (elsewhere / "far.bpmn").write_bytes(APPROVAL)
    far = CASES.replace(b"approval.bpmn", f"{elsewhere}/far.bpmn".encode())
    path = tests.write("far.bpmn-test.yaml", far)

    assert tests.run("test", path, "-k", "alice").exit_code == 2
    assert tests.run("test", path, "-k", "alice", "--allow", elsewhere).exit_code == 0


def test_the_schema_is_printed(shell):
    assert shell.json("test", "--schema")["title"] == "Process tests"


def run_pytest(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", "/dev/null", "-v"]
        + [str(argument) for argument in arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )


def test_pytest_runs_the_same_cases(tests):
    result = run_pytest("--rootdir", tests.folder, tests.folder)

    assert result.returncode == 1
    assert "a.bpmn-test.yaml::Alice approves PASSED" in result.stdout
    assert "1 failed, 2 passed" in result.stdout
    assert "Expected the instance to wait at e, but it does not." in result.stdout
    assert "is at approve: Waits for a person to complete it." in result.stdout
    assert "Traceback" not in result.stdout


def test_pytest_says_what_is_wrong_with_a_file(tests):
    path = tests.write("b.bpmn-test.yaml", SLIP)

    result = run_pytest("--rootdir", tests.folder, path)

    assert result.returncode == 2
    assert "b.bpmn-test.yaml:5:9: Expected a key of a step" in result.stdout
    assert "Traceback" not in result.stdout
