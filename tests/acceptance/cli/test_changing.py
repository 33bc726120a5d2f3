"""Skip, repeat, restart and migrate from the command line."""

import json

import pytest
import yaml

from tests.diagrams import end, process, service, start, user


def version(task: str) -> bytes:
    return process(
        f"s -> check -> {task} -> e",
        process_id="stock",
        s=start(),
        check=user(),
        e=end(),
        **{task: service("pick")},
    ).replace(f'id="{task}"'.encode(), f'id="{task}" name="Pick goods"'.encode())


@pytest.fixture
def stock(shell):
    """A shell whose database has two versions of a process, and an instance of the first."""
    shell.ok("deploy", shell.write("stock.bpmn", version("pick")))
    shell.key = shell.json("start", "stock", "--variables", '{"amount": 5}')["key"]
    shell.ok("deploy", shell.write("stock.bpmn", version("take")))
    return shell


def here(shell, key):
    return [wait["element_id"] for wait in shell.json("show", key)["waits"]]


def test_an_element_is_skipped_and_repeated(stock):
    stock.json("skip", stock.key, "check", "--variables", '{"ok": true}', "--reason", "known")
    skipped = here(stock, stock.key)
    stock.ok("repeat", stock.key, "check", "--reason", "look again")
    gone = stock.run("skip", stock.key, "nothing", "--reason", "x")

    assert skipped == ["pick"]
    assert sorted(here(stock, stock.key)) == ["check", "pick"]
    assert gone.exit_code == 3


def test_finished_instances_are_restarted_once_for_a_request(stock):
    early = stock.run("restart", stock.key, "--reason", "x")
    stock.ok("cancel", stock.key, "--reason", "wrong")
    ask = ("restart", stock.key, "--before", "pick", "--request-key", "r1", "--reason", "again")

    (first,) = stock.json(*ask, "--variables", '{"amount": 6}')
    (again,) = stock.json(*ask)
    said = stock.ok("restart", stock.key, "--latest", "--variables-from", "start", "--reason", "x")

    assert early.exit_code == 4
    assert first["key"] == again["key"]
    assert here(stock, first["key"]) == ["pick"]
    assert stock.json("show", first["key"])["instance"]["variables"] == {"amount": 6}
    assert said.startswith(f"Restarted {stock.key} as stock ")


def test_a_plan_is_generated_checked_rehearsed_and_applied(stock):
    plan = stock.folder / "plan.yaml"

    said = stock.ok("migrate", "generate", "stock", "--from", 1, "--output", plan)
    valid = stock.ok("migrate", "validate", plan, "--instance", stock.key)
    rehearsed = stock.ok("migrate", "rehearse", plan, stock.key, "--go-on")
    before = stock.json("show", stock.key)["instance"]["summary"]["version"]
    applied = stock.ok("migrate", "apply", plan, "--all", "--reason", "version 2 is right")
    summary = stock.json("show", stock.key)["instance"]["summary"]

    assert "4 elements mapped, 1 of them by name; 0 are not. 1 instances." in said
    assert yaml.safe_load(plan.read_text())["guessed"] == ["pick"]
    assert valid == "The plan can be applied.\n"
    assert "could go on over check, take, e: completed" in rehearsed
    assert "1 migrated, 0 failed, 0 left." in applied
    assert (before, summary["version"]) == (1, 2)


def test_an_edited_plan_changes_variables(stock):
    document = stock.json("migrate", "generate", "stock", "--from", 1, "--to", 2)
    document["variables"] = [{"expressions": {"double": "= amount * 2"}, "removed": ["amount"]}]
    plan = stock.write("plan.json", json.dumps(document).encode())

    (rehearsal,) = stock.json("migrate", "rehearse", plan, stock.key)
    stock.ok("migrate", "apply", plan, stock.key, "--reason", "x")

    assert (rehearsal["variables"], rehearsal["removed"]) == ({"double": 10}, ["amount"])
    assert stock.json("show", stock.key)["instance"]["variables"] == {"double": 10}


def test_what_stands_against_a_plan_is_printed(stock):
    text = (
        "source: {process_id: stock, version: 1}\ntarget: {process_id: stock, version: 2}\n"
        "mappings:\n- {source: check, target: take}\n"
    )
    plan = stock.write("plan.yaml", text.encode())

    invalid = stock.run("migrate", "validate", plan)
    applied = stock.run("migrate", "apply", plan, "--all", "--reason", "x")

    assert invalid.exit_code == applied.exit_code == 1
    assert "check: Expected check to go on elsewhere, but take is of another kind" in (
        invalid.stdout
    )


def test_instances_that_cannot_be_migrated_are_listed_and_tried_again(stock):
    document = stock.json("migrate", "generate", "stock", "--from", 1)
    plan = stock.write("plan.json", json.dumps(document).encode())
    stock.ok("suspend", stock.key)

    failed = stock.run("migrate", "apply", plan, "--all", "--reason", "x", "--json")
    stock.ok("resume", stock.key)
    key = json.loads(failed.stdout)["migration"]["key"]
    shown = stock.ok("migrate", "show", key)
    retried = stock.ok("migrate", "continue", key, "--retry")
    listed = stock.json("migrate", "list")["items"]

    assert failed.exit_code == 4
    assert f"{stock.key}: Expected the process instance to be active, but it is" in shown
    assert "1 migrated, 0 failed" in retried
    assert [one["key"] for one in listed] == [key]


def test_what_is_written_down_is_done_later(stock):
    document = stock.json("migrate", "generate", "stock", "--from", 1)
    plan = stock.write("plan.json", json.dumps(document).encode())

    later = stock.json("migrate", "apply", plan, stock.key, "--later", "--reason", "x")
    done = stock.json("migrate", "continue", later["migration"]["key"])

    assert (later["migration"]["pending_count"], done["migration"]["migrated_count"]) == (1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[",
        "source: {process_id: stock, version: 1}",
        "source: {process_id: stock, version: 1}\ntarget: {process_id: stock, version: 2}\nx: 1",
    ],
)
def test_a_file_that_is_no_plan_is_refused(stock, text):
    plan = stock.write("plan.yaml", text.encode())

    result = stock.run("migrate", "validate", plan)

    assert result.exit_code == 2
    assert "Expected a migration plan in" in result.stderr


def test_which_instances_has_to_be_said_once(stock):
    plan = stock.write("plan.yaml", b"")

    neither = stock.run("migrate", "apply", plan, "--reason", "x")
    both = stock.run("migrate", "apply", plan, stock.key, "--all", "--reason", "x")

    assert neither.exit_code == both.exit_code == 2
