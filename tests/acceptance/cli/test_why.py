"""`why` says why an instance went where it went."""

import pytest

from tests.diagrams import end, exclusive, process, start, task

CHOICE = process(
    "s -> g",
    "g -> big if amount > 100",
    "g -> huge if amount > 1000",
    "g -> small default",
    "big -> e",
    "huge -> e",
    "small -> e",
    process_id="choice",
    s=start(),
    g=exclusive(),
    big=task(),
    huge=task(),
    small=task(),
    e=end(),
)


@pytest.fixture
def key(shell):
    shell.ok("deploy", shell.write("choice.bpmn", CHOICE))
    return shell.json("start", "choice", "--variables", '{"amount": 120}')["key"]


def test_conditions_are_shown_with_the_values_of_their_parts(shell, key):
    shown = shell.ok("why", key)

    head, *lines = shown.splitlines()
    assert head.startswith("g (visit ")
    assert lines == [
        "  -> to big: true",
        "      amount > 100 = true",
        "        amount = 120",
        "     to huge: not asked, a flow before it was taken",
        "     to small: default flow",
    ]


def test_decisions_of_one_element_are_shown(shell, key):
    assert "to big" in shell.ok("why", key, "g")
    assert shell.ok("why", key, "big") == "No condition has decided anything.\n"


def test_json_has_the_whole_decision(shell, key):
    (decision,) = shell.json("why", key)

    assert decision["values"] == {"amount": 120}
    assert [flow["verdict"] for flow in decision["flows"]] == ["true", "not_asked", "default"]


def test_unknown_instance_is_not_found(shell, key):
    assert shell.run("why", "1").exit_code != 0
