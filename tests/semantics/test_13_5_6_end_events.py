"""13.5.6 End events."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.effects import BroadcastSignal, EndInstance, PublishMessage
from bpmn_engine.kernel.lifecycle import InstanceStatus
from tests.conformance.world import World
from tests.diagrams import (
    boundary,
    call,
    cancel,
    compensate,
    contents,
    end,
    error,
    escalation,
    message,
    process,
    processes,
    service,
    several,
    signal,
    start,
    subprocess,
    task,
    terminate,
    times,
    transaction,
    undone,
)
from tests.kernel import started


def test_terminate_ends_the_process_instance_at_once():
    """13.5.6, 1st."""
    run = started(process("s -> a, t", s=start(), a=service("a"), t=terminate()))

    assert run.terminated == ["a"]
    assert [one.status for one in run.sent(EndInstance)] == [InstanceStatus.COMPLETED]


def test_terminate_leaves_other_instances_alone():
    """13.5.6, 2nd."""
    diagram = process(
        "s -> a -> t", "s -> b", s=start(), a=service("a"), b=service("b"), t=terminate()
    )
    world = World(diagram)
    one, other = world.start("p"), world.start("p")

    one.run.complete("a")

    assert not one.is_open
    assert other.run.waiting == ["a", "b"]


@pytest.mark.parametrize(
    ("trigger", "messages", "signals"),
    [
        (message("m"), ["m"], []),
        (signal("g"), [], ["g"]),
        (several(message("m"), signal("g")), ["m"], ["g"]),
        (None, [], []),
    ],
)
def test_other_end_events_do_what_they_are_for(trigger, messages, signals):
    """13.5.6, 3rd."""
    run = started(process("s -> e", s=start(), e=end(trigger)))

    assert [sent.name for sent in run.sent(PublishMessage)] == messages
    assert [sent.name for sent in run.sent(BroadcastSignal)] == signals
    assert run.is_completed


def test_the_instance_completes_when_no_token_is_left():
    """13.5.6, 4th."""
    run = started(process("s -> a, e", s=start(), a=service("a"), e=end(message("m"))))
    assert not run.is_completed

    run.complete("a")

    assert run.is_completed


def test_start_events_that_did_not_occur_do_not_keep_an_instance_open():
    """13.5.6, 5th. Deviating: here all have to occur, in 13.2 they are alternatives."""
    diagram = process(
        "m -> a", "g -> b", m=start(message("m")), g=start(signal("g")), a=task(), b=task()
    )

    assert started(diagram, at="m").is_completed


def test_terminate_in_a_sub_process_ends_that_and_nothing_around_it():
    """13.5.6, 6th."""
    inside = subprocess("i -> a, t", i=start(), a=service("a"), t=terminate())
    run = started(process("s -> sub, b -> e", s=start(), sub=inside, b=service("b"), e=end()))

    assert run.terminated == ["a"]
    assert run.waiting == ["b"]
    assert "sub_e" in run.flows


def test_terminate_in_one_instance_leaves_the_other_instances_alone():
    """13.5.6, 7th."""
    inside = subprocess(
        "i -> a -> t",
        "i -> b",
        loop=times("2"),
        i=start(),
        a=service("a"),
        b=service("b"),
        t=terminate(),
    )
    run = started(process("s -> sub -> e", s=start(), sub=inside, e=end()))

    run.complete("a")

    assert run.waiting == ["a", "b"]
    assert run.terminated == ["b"]


def transacting() -> bytes:
    inside = transaction(
        "i -> a -> f",
        "f -> w",
        "f -> c",
        i=start(),
        a=task(),
        f=task(),
        c=end(cancel()),
        w=service("w"),
        **undone("a", service("undo")),
    )
    return process(
        "s -> sub -> e",
        "off -> x",
        s=start(),
        sub=inside,
        e=end(),
        off=boundary("sub", cancel()),
        x=end(),
    )


def test_cancel_terminates_the_transaction_and_compensates_what_had_completed():
    """13.5.6, 8th."""
    run = started(transacting())

    assert "w" in run.terminated
    assert run.waiting == ["undo_a"]


def test_control_leaves_a_cancelled_transaction_by_its_cancel_event():
    """13.5.6, 9th."""
    run = started(transacting())
    assert "off" not in run.passed

    run.complete("undo_a")

    assert run.passed[-2:] == ["off", "x"]
    assert "e" not in run.passed


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_end_event_is_caught_around_its_sub_process(interrupting):
    """13.5.6, 10th."""
    inside = subprocess("i -> a, x", i=start(), a=service("a"), x=end(escalation("E")))
    diagram = process(
        "s -> sub -> e",
        "b -> h",
        s=start(),
        sub=inside,
        e=end(),
        b=boundary("sub", escalation("E"), interrupting=interrupting),
        h=task(),
    )

    run = started(diagram)

    assert "h" in run.passed
    assert run.waiting == ([] if interrupting else ["a"])


def test_an_error_end_event_ends_its_sub_process_and_is_caught_around_it():
    """13.5.6, 11th."""
    inside = subprocess("i -> a, x", i=start(), a=service("a"), x=end(error("E")))
    diagram = process(
        "s -> sub -> e",
        "b -> h",
        s=start(),
        sub=inside,
        e=end(),
        b=boundary("sub", error("E")),
        h=task(),
    )

    run = started(diagram)

    assert set(run.terminated) == {"a", "x", "sub"}
    assert run.passed == ["s", "i", "b", "h"]


def test_an_error_end_event_of_a_called_process_is_caught_at_the_call():
    """13.5.6, 12th."""
    outer = contents(
        "s -> c -> e",
        "b -> h",
        s=start(),
        c=call("inner"),
        e=end(),
        b=boundary("c", error("E")),
        h=task(),
    )
    inner = contents("i -> x", i=start(), x=end(error("E")))
    world = World(processes(outer=outer, inner=inner))

    caller = world.start("outer")

    assert caller.run.passed == ["s", "b", "h"]


def test_a_compensation_end_event_undoes_what_had_completed_beside_it():
    """13.5.6, 13th."""
    diagram = process(
        "s -> a -> x", s=start(), a=task(), x=end(compensate()), **undone("a", service("undo"))
    )
    run = started(diagram)
    assert not run.is_completed

    run.complete("undo_a")

    assert run.is_completed


def test_a_sub_process_completes_when_no_token_is_left_in_it():
    """13.5.6, 14th."""
    inside = subprocess("i -> a, x", i=start(), a=service("a"), x=end(message("m")))
    run = started(process("s -> sub -> e", s=start(), sub=inside, e=end()))
    assert "sub" not in run.passed

    run.complete("a")

    assert run.passed[-2:] == ["sub", "e"]
