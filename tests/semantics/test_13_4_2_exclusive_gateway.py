"""13.4.2 Exclusive gateway (decision and merge)."""

from __future__ import annotations

from bpmn_engine.kernel.state import IncidentKind
from tests.diagrams import exclusive, process, service, start, task
from tests.kernel import Run, started


def deciding(**variables) -> Run:
    diagram = process(
        "s -> x",
        "x -> a if n > 10",
        "x -> b if n > 5",
        "x -> c default",
        s=start(),
        x=exclusive(),
        a=task(),
        b=task(),
        c=task(),
    )
    return started(diagram, variables)


def test_each_token_at_an_incoming_flow_makes_it_fire():
    """13.4.2, 1st."""
    diagram = process(
        "s -> a, b -> x -> c",
        s=start(),
        a=service("a"),
        b=service("b"),
        x=exclusive(),
        c=service("c"),
    )
    run = started(diagram)

    run.complete("b")
    assert run.waiting == ["a", "c"]
    run.complete("a")

    assert run.waiting == ["c", "c"]


def test_a_token_goes_to_exactly_one_outgoing_flow():
    """13.4.2, 2nd."""
    assert deciding(n=11).flows == ["s_x", "x_a"]


def test_conditions_are_asked_in_order_and_the_first_true_one_wins():
    """13.4.2, 3rd."""
    assert deciding(n=6).flows == ["s_x", "x_b"]
    assert deciding(n=12).flows == ["s_x", "x_a"]


def test_after_a_true_condition_no_other_is_asked():
    """13.4.2, 4th."""
    diagram = process(
        "s -> x",
        "x -> a if true",
        "x -> b if nothing.at.all > 1",
        s=start(),
        x=exclusive(),
        a=task(),
        b=task(),
    )

    run = started(diagram)

    assert run.flows == ["s_x", "x_a"]
    assert run.is_completed


def test_the_default_flow_gets_the_token_when_no_condition_is_true():
    """13.4.2, 5th."""
    assert deciding(n=1).flows == ["s_x", "x_c"]


def test_the_default_flow_gets_nothing_when_a_condition_is_true():
    """13.4.2, 6th."""
    assert "x_c" not in deciding(n=6).flows


def test_no_true_condition_and_no_default_flow_is_an_exception():
    """13.4.2, 7th."""
    diagram = process(
        "s -> x",
        "x -> a if n > 1",
        "x -> b if n > 2",
        s=start(),
        x=exclusive(),
        a=task(),
        b=task(),
    )

    run = started(diagram, {"n": 0})

    assert run.incident.kind is IncidentKind.NO_FLOW
