"""What is wrong with a test file is said with line, column, and what was probably meant."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from bpmn_engine.testing.cases.case_file import CaseFile, UnreadableFile
from bpmn_engine.testing.cases.file_reading import read_case_file
from bpmn_engine.testing.cases.json_schema import file_schema
from bpmn_engine.testing.cases.wording import problems_text
from tests.unit.testing.approval import approval

GOOD = """\
deploy: approval.bpmn
jobs:
  erp:book: {bookingId: B-1}
cases:
  - name: It waits
    steps:
      - start: approval
        variables: {amount: 1}
      - expect:
          waiting at: Approve
"""


@pytest.fixture
def written(tmp_path):
    """Write a test file and read it."""
    (tmp_path / "approval.bpmn").write_bytes(approval())

    def write(text: str, **options):
        path = tmp_path / "a.bpmn-test.yaml"
        path.write_text(text, encoding="utf-8")
        return read_case_file(path, **options)

    return write


def problems(file) -> list[tuple[int, int, str]]:
    assert isinstance(file, UnreadableFile), file
    return [(one.place.line, one.place.column, one.message) for one in file.problems]


def test_a_good_file_is_read(written):
    file = written(GOOD)

    assert isinstance(file, CaseFile)
    assert [case.name for case in file.cases] == ["It waits"]


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("deploy:", "deplay:", (1, 1), "Did you mean 'deploy'?"),
        ("cases:", "casess:", (4, 1), "Did you mean 'cases'?"),
        ("    steps:", "    step:", (6, 5), "Did you mean 'steps'?"),
        ("  - name: It waits", "  - about: x", (5, 5), "have the key 'name'"),
        ("- start:", "- Start:", (7, 9), "Did you mean 'start'?"),
        ("- start:", "- begin:", (7, 9), "Known are 'start', 'complete job'"),
        ("variables:", "variablez:", (8, 9), "Did you mean 'variables'?"),
        ("{amount: 1}", "[amount]", (8, 20), "Expected variables (keys and values)"),
        ("waiting at:", "waiting_at:", (10, 11), "Did you mean 'waiting at'?"),
        ("waiting at: Approve", "status: done", (10, 19), "'active', 'completed', 'failed'"),
        ("waiting at: Approve", "status: complete", (10, 19), "Did you mean 'completed'?"),
        ("waiting at: Approve", "passed times: {Book: two}", (10, 32), "a whole number"),
        ("waiting at: Approve", "waiting at: {a: b}", (10, 23), "name or id or a list"),
        ("start: approval", "move clock: soon", (7, 21), "`2 days`"),
        ("{bookingId: B-1}", "{throw errors: X}", (3, 14), "Did you mean 'throw error'?"),
        ("{bookingId: B-1}", "{throw error: X, retries: 1}", (3, 30), "Expected a key of"),
        ("{bookingId: B-1}", "done", (3, 13), "found 'done'"),
        (
            "deploy: approval.bpmn",
            "deploy: approvals.bpmn",
            (1, 9),
            "Did you mean 'approval.bpmn'",
        ),
        (
            "deploy: approval.bpmn",
            "deploy: a.bpmn-test.yaml",
            (1, 9),
            "a .bpmn, .form or .dmn file",
        ),
        ("variables: {amount: 1}", "use: invoise", (8, 14), "name of a variable set"),
        ("- start: approval\n        variables: {amount: 1}", "- start", (7, 9), "a step such as"),
        ("        variables:", "        expect: {}\n        variables:", (8, 9), "one thing"),
    ],
)
def test_a_slip_is_found_at_its_place(written, old, new, place, words):
    assert old in GOOD

    found = problems(written(GOOD.replace(old, new, 1)))

    assert any((line, column) == place and words in text for line, column, text in found), found


def test_all_problems_are_found_at_once_and_shown_with_their_lines(written):
    file = written(GOOD.replace("waiting at:", "awaiting at:").replace("jobs:", "job:"))

    text = problems_text(file)

    assert "a.bpmn-test.yaml:2:1: Expected a key of a test file, but 'job' is none." in text
    assert "  2 | job:\n    | ^" in text
    assert "a.bpmn-test.yaml:10:11: " in text
    assert "  10 |           awaiting at: Approve\n     |           ^" in text


@pytest.mark.parametrize("text", ["", "[]", "just words", "cases: []", "deploy: x\ncases: 1"])
def test_what_is_no_test_file_is_refused(written, text):
    assert problems(written(text))


def test_names_of_cases_are_different(written):
    double = GOOD + GOOD[GOOD.index("  - name:") :]

    assert problems(written(double))[0][2].endswith("is also that of line 5.")


# Files that are deployed ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["/etc/passwd", "../elsewhere/approval.bpmn", "link.bpmn"])
def test_files_elsewhere_are_not_deployed(written, tmp_path, name):
    elsewhere = tmp_path.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "approval.bpmn").write_bytes(approval())
    (tmp_path / "link.bpmn").symlink_to(elsewhere / "approval.bpmn")

    found = problems(written(GOOD.replace("approval.bpmn", name, 1)))

    assert "is elsewhere" in found[0][2]


def test_files_of_an_allowed_folder_are_deployed(written, tmp_path):
    elsewhere = tmp_path.parent / "allowed"
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "other.bpmn").write_bytes(approval())

    file = written(GOOD.replace("approval.bpmn", "../allowed/other.bpmn", 1), folders=[elsewhere])

    assert isinstance(file, CaseFile), problems_text(file)


def test_a_link_inside_a_folder_does_not_lead_out_of_it(written, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "inside.bpmn").write_bytes(approval())
    secret = tmp_path.parent / "secret.bpmn"
    secret.write_bytes(approval())
    (tmp_path / "models" / "outside.bpmn").symlink_to(secret)

    file = written(GOOD.replace("approval.bpmn", "models", 1))

    assert isinstance(file, CaseFile)
    assert [resource.name for resource in file.resources] == ["inside.bpmn"]


# Examples -------------------------------------------------------------------------------------

TABLE = """\
deploy: approval.bpmn
cases:
  - name: Amount <amount>
    steps:
      - start: approval
        business key: I-<amount>
        variables: {amount: <amount>, list: <list>, words: "<amount> EUR", kept: "<b>"}
    examples:
      - {amount: 1, list: [1, 2]}
      - {amount: "007", list: []}
"""


def test_examples_become_cases_with_values_of_their_kind(written):
    file = written(TABLE)

    assert isinstance(file, UnreadableFile)
    assert problems(file) == [
        (7, 82, "Expected a column of the examples, but 'b' is none. Columns are amount and list.")
    ]

    file = written(TABLE.replace('"<b>"', "true"))

    assert isinstance(file, CaseFile)
    assert [case.name for case in file.cases] == ["Amount 1", "Amount 007"]
    first, second = (case.steps[0] for case in file.cases)
    assert first.variables == {"amount": 1, "list": [1, 2], "words": "1 EUR", "kept": True}
    assert second.variables["amount"] == "007"
    assert second.business_key == "I-007"
    assert [case.place.line for case in file.cases] == [9, 10]


def test_rows_have_the_columns_of_the_first(written):
    file = written(TABLE.replace('"<b>"', "1").replace(", list: []", ", lists: []"))

    assert problems(file)[0][:2] == (10, 9)
    assert "the columns of the first row" in problems(file)[0][2]


def test_a_table_that_would_grow_without_bound_is_refused(written):
    rows = "".join("      - {amount: 1, list: []}\n" for _ in range(9_000))
    steps = "      - start: approval\n" * 1_000
    head = TABLE.replace('"<b>"', "1").split("    examples:")[0]

    assert "smaller table" in problems(written(f"{head}{steps}    examples:\n{rows}"))[0][2]


# The schema -----------------------------------------------------------------------------------

FILES = sorted((Path(__file__).parents[3] / "processes").rglob("*.bpmn-test.yaml"))


def test_the_schema_is_a_schema():
    schema = json.loads(json.dumps(file_schema()))

    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_schema_accepts_the_shipped_files(path):
    schema = json.loads(json.dumps(file_schema()))

    jsonschema.validate(
        yaml.safe_load(path.read_text(encoding="utf-8").replace("2026-", "at ")), schema
    )


def test_the_schema_refuses_what_the_engine_refuses():
    schema = json.loads(json.dumps(file_schema()))
    slip = yaml.safe_load(GOOD.replace("waiting at", "awaiting at"))

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(slip, schema)
