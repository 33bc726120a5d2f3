"""13.3.4 Sub-process and call activity."""

from __future__ import annotations

from bpmn_engine.kernel.effects import BroadcastSignal, PublishMessage, StartChild
from tests.conformance.world import World
from tests.diagrams import (
    boundary,
    call,
    cancel,
    contents,
    end,
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
    transaction,
    undone,
)
from tests.kernel import started
from tests.semantics.refusals import refused_by


def test_a_sub_process_begins_when_a_token_reaches_it():
    """13.3.4, 1st."""
    inside = subprocess("i -> a", i=start(), a=service("a"))
    run = started(process("s -> b -> sub", s=start(), b=service("b"), sub=inside))
    assert run.waiting == ["b"]

    run.complete("b")

    assert run.waiting == ["a"]


def test_its_none_start_event_gets_a_token_for_each_instance():
    """13.3.4, 2nd."""
    inside = subprocess("i -> a", i=start(), a=service("a"))
    run = started(process("s -> t -> sub", s=start(), t=task(completionQuantity="2"), sub=inside))

    assert run.waiting == ["a", "a"]
    assert run.passed.count("i") == 2


def test_without_a_start_event_all_that_nothing_leads_to_begins():
    """13.3.4, 3rd."""
    inside = subprocess("a -> c", a=service("a"), b=service("b"), c=task())

    run = started(process("s -> sub", s=start(), sub=inside))

    assert run.waiting == ["a", "b"]


def test_the_start_event_of_a_sub_process_has_no_trigger():
    """13.3.4, 4th."""
    inside = subprocess("i -> a", i=start(message("m")), a=task())

    assert "sub-process-start" in refused_by(process("s -> sub", s=start(), sub=inside))


def test_it_completes_when_no_token_is_left_in_it_and_no_activity_is_active():
    """13.3.4, 5th."""
    inside = subprocess("i -> a, b", i=start(), a=service("a"), b=service("b"))
    run = started(process("s -> sub -> e", s=start(), sub=inside, e=end()))

    run.complete("a")
    assert "sub" not in run.passed
    run.complete("b")

    assert run.passed[-2:] == ["sub", "e"]


def test_a_terminate_end_event_terminates_it_and_what_is_around_goes_on():
    """13.3.4, 6th."""
    inside = subprocess("i -> a, t", i=start(), a=service("a"), t=terminate())
    run = started(process("s -> sub, b -> e", s=start(), sub=inside, b=service("b"), e=end()))

    assert run.terminated == ["a"]
    assert run.waiting == ["b"]
    assert run.flows.count("sub_e") == 1


def test_a_cancel_end_event_aborts_the_transaction_and_leaves_by_its_cancel_event():
    """13.3.4, 7th."""
    inside = transaction(
        "i -> a -> c", i=start(), a=task(), c=end(cancel()), **undone("a", task())
    )
    diagram = process(
        "s -> sub -> e",
        "off -> x",
        s=start(),
        sub=inside,
        e=end(),
        off=boundary("sub", cancel()),
        x=end(),
    )

    run = started(diagram)

    assert run.passed.index("undo_a") < run.passed.index("off")
    assert run.passed[-2:] == ["off", "x"]
    assert "e" not in run.passed


def test_other_end_events_do_what_they_are_for():
    """13.3.4, 8th."""
    inside = subprocess("i -> x", i=start(), x=end(several(message("m"), signal("g"))))
    run = started(process("s -> sub -> e", s=start(), sub=inside, e=end()))

    assert [sent.name for sent in run.sent(PublishMessage)] == ["m"]
    assert [sent.name for sent in run.sent(BroadcastSignal)] == ["g"]
    assert run.is_completed


def test_a_called_process_begins_and_ends_as_a_sub_process_does():
    """13.3.4, 9th."""
    world = World(
        processes(
            outer=contents("s -> c -> e", s=start(), c=call("inner"), e=end()),
            inner=contents("i -> a, b", i=start(), a=service("a"), b=service("b")),
        )
    )
    outer = world.start("outer")
    inner = world.instances[1]
    assert inner.run.waiting == ["a", "b"]

    inner.run.complete("a")
    assert outer.run.waiting == ["c"]


def test_the_caller_goes_on_when_the_called_instance_has_ended():
    """13.3.4, 10th."""
    run = started(process("s -> c -> e", s=start(), c=call("inner"), e=end()))
    assert [one.process_id for one in run.sent(StartChild)] == ["inner"]
    assert run.passed == ["s"]

    run.end_child("c")

    assert run.passed == ["s", "c", "e"]


def test_start_events_with_triggers_are_ignored_when_a_process_is_called():
    """13.3.4, 11th."""
    called = contents(
        "i -> a",
        "m -> b",
        i=start(),
        m=start(message("order")),
        a=service("a"),
        b=service("b"),
    )
    world = World(processes(outer=contents("s -> c", s=start(), c=call("inner")), inner=called))

    world.start("outer")

    assert world.instances[1].run.waiting == ["a"]


def test_a_terminate_end_event_ends_the_called_instance_only():
    """13.3.4, 12th."""
    world = World(
        processes(
            outer=contents("s -> c, b -> e", s=start(), c=call("inner"), b=service("b"), e=end()),
            inner=contents("i -> a, t", i=start(), a=service("a"), t=terminate()),
        )
    )

    outer = world.start("outer")

    assert not world.instances[1].is_open
    assert outer.run.waiting == ["b"]
