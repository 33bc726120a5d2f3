"""13.4.5 Complex gateway."""

from __future__ import annotations

from bpmn_engine.kernel.state import IncidentKind
from tests.diagrams import complex_gateway, end, exclusive, parallel, process, service, start, task
from tests.kernel import Run, started

LAST = {"d": service("d"), "e": end()}


def joining(condition: str = "activationCount >= 2", *flows: str) -> Run:
    drawn = flows or ("j -> e",)
    diagram = process(
        "s -> a, b, c -> j",
        *drawn,
        s=start(),
        a=service("a"),
        b=service("b"),
        c=service("c"),
        j=complex_gateway(condition),
        **{name: LAST[name] for name in LAST if any(f"-> {name}" in flow for flow in drawn)},
    )
    return started(diagram)


def test_waiting_for_its_start_it_asks_its_condition_for_each_token():
    """13.4.5, 1st."""
    run = joining("activationCount >= 2", "j -> d")
    run.complete("a")
    assert run.waiting == ["b", "c"]

    run.complete("b")

    assert run.waiting == ["c", "d"]


def test_the_condition_may_count_the_tokens_on_each_flow():
    """13.4.5, 2nd."""
    run = joining("a_j + b_j >= 2", "j -> d")
    run.complete("a")
    run.complete("c")
    assert run.waiting == ["b"]

    run.complete("b")

    assert run.waiting == ["d"]


def test_when_it_fires_it_takes_a_token_from_each_flow_that_has_one():
    """13.4.5, 3rd."""
    run = joining("activationCount >= 2", "j -> d")

    run.complete("a")
    run.complete("b")

    assert not run.state.tokens
    assert run.passed.count("j") == 1


def test_at_the_start_every_flow_whose_condition_is_true_gets_a_token():
    """13.4.5, 4th."""
    run = joining("activationCount >= 1", "j -> d if true", "j -> e if false")

    run.complete("a")

    assert run.flows[-1] == "j_d"
    assert "j_e" not in run.flows


def test_at_the_start_the_default_flow_gets_a_token_when_no_condition_is_true():
    """13.4.5, 5th."""
    run = joining("activationCount >= 1", "j -> d if false", "j -> e default")

    run.complete("a")

    assert run.flows[-1] == "j_e"


def test_at_the_start_no_true_condition_and_no_default_flow_is_an_exception():
    """13.4.5, 6th."""
    run = joining("activationCount >= 1", "j -> d if false", "j -> e if false")

    run.complete("a")

    assert run.incident.kind is IncidentKind.NO_FLOW


def test_then_it_waits_for_tokens_on_the_other_flows():
    """13.4.5, 7th."""
    run = joining("activationCount >= 2", "j -> d")
    run.complete("a")
    run.complete("b")
    assert run.state.resets

    run.complete("c")

    assert not run.state.resets
    assert not run.state.tokens


def test_the_token_that_resets_it_goes_no_further():
    """13.4.5, 8th."""
    run = joining("activationCount >= 2", "j -> d")
    run.complete("a")
    run.complete("b")

    run.complete("c")

    assert run.waiting == ["d"]


def test_conditions_may_ask_whether_it_waits_for_its_start_or_its_reset():
    """13.4.5, 9th."""
    run = joining(
        "activationCount >= 2", "j -> d if waitingForStart", "j -> e if not(waitingForStart)"
    )
    run.complete("a")
    run.complete("b")
    assert run.waiting == ["c", "d"]
    assert "j_e" not in run.flows

    run.complete("c")

    assert run.flows[-1] == "j_e"


def test_at_the_reset_no_true_condition_is_no_exception():
    """13.4.5, 10th."""
    run = joining("activationCount >= 2", "j -> d if waitingForStart", "j -> e if false")
    run.complete("a")
    run.complete("b")

    run.complete("c")

    assert not run.state.incidents
    assert run.waiting == ["d"]


def test_at_the_reset_the_default_flow_gets_no_token():
    """13.4.5, 11th. Deviating: it would get a second one in every round, which no model wants."""
    run = joining("activationCount >= 2", "j -> d if false", "j -> e default")
    run.complete("a")
    run.complete("b")
    assert run.flows.count("j_e") == 1

    run.complete("c")

    assert run.flows.count("j_e") == 1


def test_it_does_not_wait_for_tokens_that_cannot_come():
    """13.4.5, 12th."""
    diagram = process(
        "s -> a, x",
        "x -> b if false",
        "x -> z default",
        "a, b -> j -> e",
        s=start(),
        x=exclusive(),
        a=service("a"),
        b=task(),
        z=task(),
        j=complex_gateway("activationCount >= 1"),
        e=end(),
    )
    run = started(diagram)

    run.complete("a")

    assert not run.state.resets
    assert run.is_completed


def test_after_its_reset_it_waits_for_its_start_again():
    """13.4.5, 13th."""
    diagram = process(
        "s -> m -> f -> a, b -> j -> x",
        "x -> m if again",
        "x -> e default",
        s=start(),
        m=exclusive(),
        f=parallel(),
        a=service("a"),
        b=service("b"),
        j=complex_gateway("activationCount >= 2"),
        x=exclusive(),
        e=end(),
    )
    run = started(diagram, {"again": True})
    run.complete("a")
    run.complete("b")
    assert run.waiting == ["a", "b"]

    run.complete("b", {"again": False})
    assert run.waiting == ["a"]
    run.complete("a")

    assert run.passed.count("j") == 2
    assert run.is_completed


def test_a_condition_that_never_becomes_true_blocks_its_tokens():
    """13.4.5, 14th. Deviating: they wait as they must, and a person is told by an incident."""
    run = joining("activationCount >= 4", "j -> d")

    for name in ("a", "b", "c"):
        run.complete(name)

    assert run.incident.kind is IncidentKind.STUCK_JOIN
    assert "j" not in run.passed


def test_a_token_in_excess_counts_for_the_next_start():
    """13.4.5, 15th."""
    diagram = process(
        "s -> a, b -> j -> c",
        s=start(),
        a=task(completionQuantity="2"),
        b=service("b"),
        j=complex_gateway("activationCount >= 1"),
        c=service("c"),
    )
    run = started(diagram)
    assert run.waiting == ["b", "c"]

    run.complete("b")

    assert run.waiting == ["c", "c"]
