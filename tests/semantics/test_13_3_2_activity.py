"""13.3.2 Activity: the lifecycle of figure 13.2."""

from __future__ import annotations

from bpmn_engine.kernel.commands import CancelInstance
from bpmn_engine.kernel.effects import CreateJob
from bpmn_engine.kernel.facts import ElementEntered, StateChanged
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.state import IncidentKind
from tests.diagrams import (
    boundary,
    compensate,
    end,
    error,
    message,
    process,
    service,
    start,
    subprocess,
    task,
    throw,
    timer,
    undone,
)
from tests.kernel import Run, started


def states_of(run: Run, element_id: str) -> list[ElementState]:
    """Return the states that the visits of an element went to, in order."""
    visits = {
        fact.key
        for fact in run.facts
        if isinstance(fact, ElementEntered) and run.name(fact.node) == element_id
    }
    return [f.state for f in run.facts if isinstance(f, StateChanged) and f.key in visits]


def test_an_activity_is_ready_when_as_many_tokens_as_it_needs_have_come():
    """13.3.2, 1st."""
    diagram = process(
        "s -> a, b -> c -> e",
        s=start(),
        a=service("a"),
        b=service("b"),
        c=service("c", startQuantity="2"),
        e=end(),
    )
    run = started(diagram)

    run.complete("a")
    assert run.waiting == ["b"]
    run.complete("b")

    assert run.waiting == ["c"]


def test_the_tokens_needed_are_counted_over_all_incoming_flows_together():
    """13.3.2, 2nd."""
    diagram = process(
        "s -> a -> c -> e",
        s=start(),
        a=service("a", completionQuantity="2"),
        c=service("c", startQuantity="2"),
        e=end(),
    )
    run = started(diagram)

    run.complete("a")

    assert run.waiting == ["c"]


def test_a_ready_activity_has_its_inputs_before_it_is_active():
    """13.3.2, 3rd."""
    diagram = process("s -> a -> e", s=start(), a=service("a", inputs={"n": "m + 1"}), e=end())
    run = started(diagram, {"m": None})
    assert states_of(run, "a") == []
    assert run.incident.kind is IncidentKind.EXPRESSION

    run.set(m=1)
    run.resolve()

    assert states_of(run, "a") == [ElementState.ACTIVE]
    assert run.waiting == ["a"]


def test_as_long_as_the_inputs_are_missing_the_activity_does_no_work():
    """13.3.2, 4th."""
    diagram = process("s -> a -> e", s=start(), a=service("a", inputs={"n": "m + 1"}), e=end())

    run = started(diagram, {"m": None})

    assert run.sent(CreateJob) == []


def test_an_interrupting_event_terminates_an_active_activity():
    """13.3.2, 5th."""
    diagram = process(
        "s -> a -> e",
        "late -> x",
        s=start(),
        a=service("a"),
        late=boundary("a", timer(duration="PT1H")),
        x=end(),
        e=end(),
    )
    run = started(diagram)

    run.fire("late")

    assert states_of(run, "a") == [ElementState.ACTIVE, ElementState.TERMINATING]
    assert run.terminated == ["a"]
    assert run.passed == ["s", "late", "x"]


def test_an_activity_whose_work_is_done_is_completing_before_it_is_completed():
    """13.3.2, 6th."""
    run = started(process("s -> a -> e", s=start(), a=service("a"), e=end()))

    run.complete("a")

    assert states_of(run, "a") == [ElementState.ACTIVE, ElementState.COMPLETING]
    assert run.passed == ["s", "a", "e"]


def test_what_is_missing_of_the_outputs_holds_a_completing_activity():
    """13.3.2, 7th."""
    diagram = process("s -> a -> e", s=start(), a=service("a", outputs={"n": "m + 1"}), e=end())
    run = started(diagram, {"m": None})

    run.complete("a", {"m": None})

    assert states_of(run, "a") == [ElementState.ACTIVE, ElementState.COMPLETING]
    assert "e" not in run.passed


def test_an_activity_that_completes_puts_its_tokens_on_its_flows():
    """13.3.2, 8th."""
    diagram = process("s -> a -> b", s=start(), a=task(completionQuantity="3"), b=service("b"))

    run = started(diagram)

    assert run.waiting == ["b", "b", "b"]


def test_an_error_ends_an_activity_without_completing_it():
    """13.3.2, 9th. Deviating: the states failing and failed are not told apart from terminated."""
    diagram = process(
        "s -> a -> e",
        "wrong -> x",
        s=start(),
        a=service("a"),
        wrong=boundary("a", error("E")),
        x=end(),
        e=end(),
    )
    run = started(diagram)

    run.throw("a", "E")

    assert run.terminated == ["a"]
    assert run.passed == ["s", "wrong", "x"]


def test_a_technical_failure_is_no_error_and_stops_at_the_activity():
    """13.3.2, 10th."""
    diagram = process(
        "s -> a -> e",
        "wrong -> x",
        s=start(),
        a=service("a"),
        wrong=boundary("a", error()),
        x=end(),
        e=end(),
    )
    run = started(diagram)

    run.fail("a")

    assert run.incident.kind is IncidentKind.JOB
    assert "wrong" not in run.passed


def test_a_completed_activity_may_be_compensated():
    """13.3.2, 11th."""
    diagram = process(
        "s -> a -> t -> e",
        s=start(),
        a=task(),
        t=throw(compensate()),
        e=end(),
        **undone("a", service("undo")),
    )
    run = started(diagram)
    assert run.waiting == ["undo_a"]

    run.complete("undo_a")

    assert run.is_completed


def test_an_activity_that_is_still_active_is_not_compensated():
    """13.3.2, 12th."""
    diagram = process(
        "s -> a, t",
        s=start(),
        a=service("a"),
        t=throw(compensate()),
        **undone("a", service("undo")),
    )

    run = started(diagram)

    assert run.passed == ["s", "t"]
    assert run.waiting == ["a"]


def test_an_activity_that_was_terminated_is_not_compensated():
    """13.3.2, 13th."""
    diagram = process(
        "s -> a -> e",
        "late -> t -> x",
        s=start(),
        a=service("a"),
        e=end(),
        late=boundary("a", timer(duration="PT1H")),
        t=throw(compensate()),
        x=end(),
        **undone("a", service("undo")),
    )
    run = started(diagram)

    run.fire("late")

    assert run.passed == ["s", "late", "t", "x"]
    assert run.is_completed


def test_a_handler_that_is_stopped_leaves_a_terminated_activity():
    """13.3.2, 14th."""
    diagram = process(
        "s -> a -> t",
        s=start(),
        a=task(),
        t=throw(compensate()),
        **undone("a", service("undo")),
    )
    run = started(diagram)

    run.do(CancelInstance())

    assert set(run.terminated) == {"a", "t", "undo_a"}


def test_terminating_a_sub_process_terminates_what_is_in_it_first():
    """13.3.2, 15th."""
    diagram = process(
        "s -> sub -> e",
        "stop -> x",
        s=start(),
        sub=subprocess("i -> a, b", i=start(), a=service("a"), b=service("b")),
        stop=boundary("sub", message("stop", '"k"')),
        x=end(),
        e=end(),
    )
    run = started(diagram)

    run.deliver("stop")

    assert sorted(run.terminated[:2]) == ["a", "b"]
    assert run.terminated[2] == "sub"
