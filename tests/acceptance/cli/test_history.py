"""Retention, legal holds and the archive from the command line."""

import pytest

from tests.acceptance.cli.conftest import APPROVAL


@pytest.fixture
def ended(shell):
    """A shell whose database has an instance that has ended."""
    shell.ok("deploy", shell.write("approval.bpmn", APPROVAL))
    shell.key = shell.json("start", "approval", "--business-key", "A-1")["key"]
    shell.ok("cancel", shell.key, "--reason", "wrong")
    return shell


def test_an_instance_goes_into_the_archive_and_comes_back(ended):
    ended.ok("retention", "set", "approval", "--days", "0", "--reason", "policy 7")
    (policy,) = ended.json("retention", "list")
    removed = ended.json("retention", "run")
    gone = ended.run("show", ended.key)
    (archived,) = ended.json("archive", "list", "--business-key", "A-1")["items"]
    shown = ended.ok("archive", "show", ended.key)
    ended.ok("archive", "restore", ended.key, "--reason", "a complaint")

    assert (policy["source"], policy["reason"]) == ("policy", "policy 7")
    assert removed == {"removed": 1}
    assert gone.exit_code == 3
    assert archived["key"] == ended.key
    assert "Cancelled the instance." in shown
    assert ended.json("show", ended.key)["instance"]["summary"]["status"] == "terminated"
    assert ended.json("retention", "run") == {"removed": 0}


def test_a_hold_is_placed_listed_and_lifted(ended):
    ended.ok("retention", "set", "approval", "--days", "0")
    key = ended.json("hold", "place", "--process", "approval", "--reason", "audit")["key"]
    held = ended.json("retention", "run")
    (listed,) = ended.json("hold", "list")["items"]
    ended.ok("hold", "lift", key, "--reason", "done")
    (lifted,) = ended.json("hold", "list", "--lifted")["items"]

    assert held == {"removed": 0}
    assert (listed["process_id"], listed["reason"]) == ("approval", "audit")
    assert lifted["lift_reason"] == "done"
    assert ended.json("retention", "run") == {"removed": 1}


def test_a_policy_is_cleared_and_figures_are_counted_anew(ended):
    ended.ok("retention", "set", "approval", "--days", "9", "--no-archive")
    ended.ok("retention", "clear", "approval")
    (policy,) = ended.json("retention", "list")

    assert policy["source"] == "setting"
    assert ended.run("retention", "clear", "approval").exit_code == 3
    assert ended.json("history", "recount") == {"recounted": True}
    assert ended.run("hold", "place", "--reason", "x").exit_code == 2


def test_definitions_are_listed_deleted_and_recorded(shell):
    shell.ok("deploy", shell.write("approval.bpmn", APPROVAL))
    key = shell.json("start", "approval")["key"]
    (listed,) = shell.json("definitions", "list")["items"]

    refused = shell.run("definitions", "delete", "approval", "--version", "1")
    deleted = shell.json(
        "definitions", "delete", "approval", "--version", "1", "--cascade", "--reason", "old"
    )

    assert listed["running_count"] == 1
    assert refused.exit_code == 4
    assert deleted["instance_count"] == 1
    assert shell.run("show", key).exit_code == 3
    assert "approval version 1" in shell.ok("definitions", "deleted")
    assert shell.json("definitions", "list")["items"] == []
    assert shell.run("definitions", "delete").exit_code == 2
    assert shell.run("definitions", "delete", "--deployment", "7").exit_code == 3
