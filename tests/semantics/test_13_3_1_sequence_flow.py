"""13.3.1 Sequence flow considerations."""

from __future__ import annotations

from bpmn_engine.kernel.state import IncidentKind
from tests.diagrams import compensate, end, process, service, start, task, throw, undone
from tests.kernel import started
from tests.semantics.refusals import refused_by


def choosing(*flows: str) -> bytes:
    return process("s -> a", *flows, s=start(), a=service("a"), b=task(), c=task(), d=task())


def test_an_activity_with_several_incoming_flows_begins_for_each_token():
    """13.3.1, 1st."""
    diagram = process("s -> a, b -> c", s=start(), a=service("a"), b=service("b"), c=service("c"))
    run = started(diagram)

    run.complete("a")
    assert run.waiting == ["b", "c"]
    run.complete("b")

    assert run.waiting == ["c", "c"]


def test_it_does_not_wait_for_tokens_from_its_other_flows():
    """13.3.1, 2nd."""
    diagram = process("s -> a, b -> c", s=start(), a=service("a"), b=service("b"), c=task())
    run = started(diagram)

    run.complete("a")

    assert run.passed == ["s", "a", "c"]


def test_an_activity_without_incoming_flow_begins_with_what_contains_it():
    """13.3.1, 3rd."""
    run = started(process("a -> c", a=service("a"), b=service("b"), c=task()))

    assert run.waiting == ["a", "b"]
    assert "c" not in run.passed


def test_an_activity_for_compensation_does_not_begin_with_what_contains_it():
    """13.3.1, 4th."""
    diagram = process("a -> b", a=task(), b=service("b"), **undone("a", service("undo")))

    run = started(diagram)

    assert run.waiting == ["b"]
    assert "undo_a" not in run.passed


def test_an_activity_that_completes_puts_a_token_on_each_flow_without_a_condition():
    """13.3.1, 5th."""
    run = started(choosing("a -> b, c, d"))

    run.complete("a")

    assert run.flows == ["s_a", "a_b", "a_c", "a_d"]


def test_a_flow_with_a_condition_gets_a_token_only_if_that_is_true():
    """13.3.1, 6th."""
    diagram = choosing("a -> b if n > 1", "a -> c if n > 2", "a -> d")
    run = started(diagram, {"n": 2})

    run.complete("a")

    assert run.flows == ["s_a", "a_b", "a_d"]


def test_every_condition_is_asked_for_itself():
    """13.3.1, 7th."""
    diagram = choosing("a -> b if n > 1", "a -> c if n > 2", "a -> d")
    run = started(diagram, {"n": 3})

    run.complete("a")

    assert run.flows == ["s_a", "a_b", "a_c", "a_d"]


def test_the_default_flow_gets_a_token_when_no_condition_is_true():
    """13.3.1, 8th."""
    diagram = choosing("a -> b if n > 1", "a -> c if n > 2", "a -> d default")
    none, one = started(diagram, {"n": 0}), started(diagram, {"n": 2})

    none.complete("a")
    one.complete("a")

    assert none.flows == ["s_a", "a_d"]
    assert one.flows == ["s_a", "a_b"]


def test_no_true_condition_and_no_default_flow_is_an_exception():
    """13.3.1, 9th."""
    run = started(choosing("a -> b if n > 1", "a -> c if n > 2", "b, c -> d"), {"n": 0})

    run.complete("a")

    assert run.incident.kind is IncidentKind.NO_FLOW
    assert not run.is_completed


def test_an_activity_without_outgoing_flow_ends_without_making_a_token():
    """13.3.1, 10th."""
    run = started(process("s -> a, b", s=start(), a=service("a"), b=service("b")))

    run.complete("a")

    assert run.flows == ["s_a", "s_b"]
    assert not run.is_completed
    run.complete("b")
    assert run.is_completed


def test_conditions_are_asked_with_what_the_activity_left():
    """13.3.1, 11th."""
    run = started(choosing("a -> b if n > 1", "a -> c default", "b, c -> d"), {"n": 0})

    run.complete("a", {"n": 5})

    assert run.passed == ["s", "a", "b", "d"]


def test_a_condition_on_the_only_flow_of_an_event_is_refused():
    """13.3.1, 12th."""
    diagram = process("s -> a if true", "a -> e", s=start(), a=task(), e=end())

    assert "condition-not-allowed" in refused_by(diagram)


def test_a_handler_begins_only_when_its_compensation_is_thrown():
    """13.3.1, 13th."""
    diagram = process(
        "s -> a -> t -> e",
        s=start(),
        a=task(),
        t=throw(compensate()),
        e=end(),
        **undone("a", task()),
    )

    passed = started(diagram).passed

    assert [one for one in passed if one != "on_a"] == ["s", "a", "undo_a", "t", "e"]
