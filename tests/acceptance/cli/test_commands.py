"""Every command does what it says, and says so to people and to programs."""

import datetime as dt
import json
from pathlib import Path

import pytest

from bpmn_engine.clock import SystemClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from tests.acceptance.cli.conftest import APPROVAL, BILLING
from tests.diagrams import end, process, start

BROKEN = APPROVAL.replace(b'targetRef="approve"', b'targetRef="nowhere"')


def test_deploy_stores_a_folder_and_a_second_time_changes_nothing(shell):
    shell.write("all/a/approval.bpmn", APPROVAL)
    shell.write("all/billing.bpmn", BILLING)

    first = shell.json("deploy", shell.folder / "all")
    second = shell.json("deploy", shell.folder / "all")

    assert {one["process_id"] for one in first["definitions"]} == {"approval", "billing"}
    assert (first["is_new"], second["is_new"]) == (True, False)


def test_refused_deployment_says_file_and_line_and_stores_nothing(shell):
    shell.write("all/billing.bpmn", BILLING)
    shell.write("all/broken.bpmn", BROKEN)

    result = shell.run("deploy", shell.folder / "all")

    assert result.exit_code == 1
    assert "broken.bpmn:2: error:" in result.stderr
    assert shell.run("start", "billing").exit_code == 3


def test_lint_accepts_and_refuses_without_a_database(shell):
    good, bad = shell.write("good.bpmn", APPROVAL), shell.write("bad.bpmn", BROKEN)

    accepted = shell.run("lint", good)
    refused = shell.run("lint", good, bad, "--json")

    assert accepted.exit_code == 0
    assert "can be deployed (approval). Certificate:" in accepted.stdout
    assert refused.exit_code == 1
    assert [one["is_accepted"] for one in json.loads(refused.stdout)] == [True, False]
    assert not (shell.folder / "engine.db").exists()


def test_instance_is_started_shown_and_completed_by_a_person(deployed):
    deployed.ok("users", "add", "alice", "--password-stdin", stdin="correct horse battery\n")
    started = deployed.json("start", "approval", "--variables", '{"amount": 5}')
    key = started["key"]
    task = deployed.json("tasks", "--instance", key)["items"][0]

    shown = deployed.ok("show", key)
    claimed = deployed.json("claim", task["key"], "--as", "alice")
    deployed.ok("complete", task["key"], "--as", "alice", "--variables", '{"approved": true}')
    after = deployed.json("show", key)

    assert "Why it waits" in shown
    assert "amount" in shown
    assert claimed["assignee"] == "alice"
    assert after["instance"]["summary"]["status"] == "completed"
    assert after["instance"]["variables"] == {"amount": 5, "approved": True}


def test_variables_come_from_a_file_or_from_standard_input(deployed):
    file = deployed.write("order.json", b'{"from": "file"}')

    of_file = deployed.json("start", "approval", "--variables", f"@{file}")
    of_stdin = deployed.json("start", "approval", "--variables", "@-", stdin='{"from": "stdin"}')

    for started, origin in ((of_file, "file"), (of_stdin, "stdin")):
        view = deployed.json("show", started["key"])
        assert view["instance"]["variables"] == {"from": origin}


def test_many_instances_are_started_at_once_and_listed_page_by_page(deployed):
    started = deployed.json("start", "approval", "--count", 250)

    first = deployed.json("instances", "--process", "approval", "--limit", 200)
    rest = deployed.json("instances", "--limit", 200, "--cursor", first["next_cursor"])

    assert len({one["key"] for one in started}) == 250
    assert (len(first["items"]), len(rest["items"])) == (200, 50)


def test_instance_is_moved_repeated_and_left_without_anything(deployed):
    key = deployed.json("start", "approval")["key"]
    here = deployed.json("show", key)["waits"][0]["element_id"]

    deployed.json("move", key, "--before", here, "--reason", "a test")
    twice = deployed.json("show", key)["waits"]
    deployed.json("move", key, "--from", here, "--to", here)
    once = deployed.json("show", key)["waits"]
    ended = deployed.json("move", key, "--cancel", here)

    assert [wait["element_id"] for wait in twice] == [here, here]
    assert [wait["element_id"] for wait in once] == [here]
    assert ended["status"] == "terminated"


def test_instance_is_suspended_resumed_and_cancelled_and_the_filter_finds_it(deployed):
    key = deployed.json("start", "approval")["key"]

    suspended = deployed.json("suspend", key)["status"]
    resumed = deployed.json("resume", key)["status"]
    cancelled = deployed.json("cancel", key, "--reason", "a test")["status"]

    assert (suspended, resumed, cancelled) == ("suspended", "active", "terminated")
    found = deployed.json("instances", "--status", "terminated")["items"]
    assert [one["key"] for one in found] == [key]


def test_incident_is_listed_and_retried(deployed):
    key = deployed.json("start", "billing")["key"]
    database = Database(f"sqlite:///{deployed.folder}/engine.db")
    engine = EngineService(database, SystemClock(), EngineSettings(worker_number=9))
    job = engine.activate_jobs(["erp:bill"], worker="w", limit=1, lock=dt.timedelta(minutes=1))[0]
    engine.fail_job(job.key, "The ERP is away.", is_permanent=True)
    database.dispose()

    incident = deployed.json("incidents")["items"][0]
    shown = deployed.ok("show", key)
    deployed.ok("retry", incident["key"], "--reason", "it is back")

    assert incident["message"] == "The ERP is away."
    assert "The ERP is away." in shown
    assert deployed.json("incidents")["items"] == []
    assert len(deployed.json("incidents", "--resolved")["items"]) == 1


def test_message_for_an_instance_that_does_not_wait_is_not_kept(deployed):
    for_one = deployed.run("message", "paid", "--instance", "12", "--time-to-live", "PT1H")
    matching = deployed.run("message", "paid", "--matching", '{"customer": "Alice"}')

    assert for_one.exit_code == matching.exit_code == 3


def test_message_that_nobody_waits_for_is_kept_as_long_as_it_is_told(deployed):
    kept = deployed.json("message", "paid", "--correlation-key", "1", "--time-to-live", "PT1H")
    refused = deployed.run("message", "paid", "--correlation-key", "1")

    assert kept["outcome"] == "buffered"
    assert refused.exit_code == 3


def test_signal_says_how_many_it_reached(deployed):
    assert deployed.json("signal", "restocked")["delivered_count"] == 0


def test_users_and_tokens_are_made_and_no_secret_is_listed(shell):
    shell.ok(
        *("users", "add", "alice", "--role", "operator", "--group", "sales", "--group", "it"),
        "--password-stdin",
        stdin="correct horse battery\n",
    )
    token = shell.json("tokens", "create", "alice", "--name", "ci", "--days", 30)
    shell.ok("users", "set-password", "alice", "--password-stdin", stdin="another long one\n")
    listed = shell.json("users", "list")["items"][0]

    assert token["secret"].startswith("bpe_")
    assert "token_hash" not in token["token"]
    assert (listed["role"], listed["groups"]) == ("operator", ["it", "sales"])
    assert "password_hash" not in listed


@pytest.mark.parametrize(("platform", "schema"), [("c7", "element"), ("c8", "zeebe")])
def test_element_templates_are_written_for_both_flavours(shell, platform, schema):
    folder = shell.folder / "templates"

    written = shell.json("export-templates", "--platform", platform, "--to", folder)

    assert len(written["files"]) == 5
    for file in written["files"]:
        template = json.loads(Path(file).read_text(encoding="utf-8"))
        assert f"@camunda/{schema}" in template["$schema"]


def test_migrate_db_makes_the_tables_once(shell):
    assert shell.json("migrate-db") == {"changed": True}
    assert shell.json("migrate-db") == {"changed": False}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["start", "approval", "--variables", "[1]"], 2, "Expected a JSON object"),
        (["start", "approval", "--variables", '{"a": NaN}'], 2, "NaN"),
        (["start", "approval", "--variables", "@absent.json"], 2, "absent.json"),
        (["start", "absent"], 3, "absent"),
        (["show", "one"], 2, "Expected a key of digits"),
        (["show", "1"], 3, "Expected the process instance 1"),
        (["show", str(2**63)], 2, "Expected a key of digits"),
        (["cancel", "1", "--reason", "x"], 3, "1"),
        (["complete", "1"], 3, "1"),
        (["claim", "1"], 2, "--as"),
        (["tasks", "--as", "nobody"], 3, "nobody"),
        (["instances", "--cursor", "rubbish"], 2, "cursor"),
        (["instances", "--database", "rubbish"], 2, "URL"),
        (["instances", "--database", "postgresql://a@127.0.0.1:1/b"], 5, "answers"),
        (["deploy", "absent.bpmn"], 2, "absent.bpmn"),
        (["message", "x", "--time-to-live", "soon"], 2, "PT5M"),
        (["tokens", "create", "nobody", "--name", "x"], 3, "nobody"),
        (["users", "add", "bob", "--password-stdin"], 2, "password"),
        (["worker", "--adapters", "fax"], 2, "fax"),
    ],
)
def test_failure_is_one_line_on_standard_error_and_an_exit_code(deployed, arguments, code, words):
    result = deployed.run(*arguments, stdin="short\n")

    assert result.exit_code == code, result.output
    assert words in result.stderr
    assert result.stdout == ""


def test_conflict_has_an_exit_code_of_its_own(deployed):
    for name in ("alice", "bob"):
        deployed.ok(
            *("users", "add", name, "--role", "operator", "--password-stdin"),
            stdin="correct horse battery\n",
        )
    deployed.ok("start", "approval")
    task = deployed.json("tasks")["items"][0]["key"]
    deployed.ok("claim", task, "--as", "alice")

    result = deployed.run("claim", task, "--as", "bob")

    assert result.exit_code == 4
    assert "alice has claimed it" in result.stderr


def test_database_of_nobody_is_not_made_by_a_question(shell):
    result = shell.run("instances")

    assert result.exit_code == 5
    assert "bpmn-engine migrate-db" in result.stderr


def test_element_named_by_the_diagram_is_where_the_instance_starts(shell):
    two = process("s -> e", "t -> f", process_id="two", s=start(), t=start(), e=end(), f=end())
    shell.ok("deploy", shell.write("two.bpmn", two))

    key = shell.json("start", "two", "--start-element", "t")["key"]

    visited = [one["element_id"] for one in shell.json("show", key)["history"]["items"]]
    assert visited == ["t", "f"]
