"""13.5.2 Intermediate events."""

from __future__ import annotations

import datetime as dt

import pytest

from bpmn_engine.kernel.effects import BroadcastSignal, CloseWait, PublishMessage
from bpmn_engine.kernel.state import WaitKind
from tests.conformance.world import World
from tests.diagrams import (
    catch,
    condition,
    end,
    link,
    message,
    process,
    service,
    signal,
    start,
    task,
    throw,
    timer,
)
from tests.kernel import MONDAY, started

TRIGGERS = {
    "message": message("m"),
    "signal": signal("g"),
    "timer": timer(duration="PT1H"),
    "condition": condition("n > 1"),
}


def waiting_for(kind: str) -> bytes:
    return process(
        "s -> b -> c -> a, d",
        s=start(),
        b=service("b"),
        c=catch(TRIGGERS[kind]),
        a=task(),
        d=task(),
    )


@pytest.mark.parametrize("kind", TRIGGERS)
def test_waiting_begins_when_the_event_is_reached(kind):
    """13.5.2, 1st."""
    run = started(waiting_for(kind), {"n": 0})
    assert run.waiting == ["b"]

    run.complete("b")

    assert run.waiting == ["c"]


@pytest.mark.parametrize("kind", TRIGGERS)
def test_without_its_event_the_token_stays(kind):
    """13.5.2, 2nd."""
    run = started(waiting_for(kind), {"n": 0})

    run.complete("b", {"n": 1})

    assert run.passed == ["s", "b"]


def occur(run, kind: str) -> None:
    if kind == "timer":
        run.fire("c")
    elif kind == "condition":
        run.set(n=2)
    else:
        run.deliver("c")


@pytest.mark.parametrize("kind", TRIGGERS)
def test_the_event_is_consumed_when_it_occurs(kind):
    """13.5.2, 3rd."""
    run = started(waiting_for(kind), {"n": 0})
    run.complete("b")

    occur(run, kind)

    assert run.waiting == []
    if kind != "condition":
        assert [one.is_withdrawn for one in run.sent(CloseWait)][-1] is False


@pytest.mark.parametrize("kind", TRIGGERS)
def test_then_the_flows_that_leave_the_event_are_followed(kind):
    """13.5.2, 4th."""
    run = started(waiting_for(kind), {"n": 0})
    run.complete("b")

    occur(run, kind)

    assert run.flows == ["s_b", "b_c", "c_a", "c_d"]


def test_a_message_is_correlated_as_that_of_a_receive_task():
    """13.5.2, 5th."""
    diagram = process("s -> c -> e", s=start(), c=catch(message("m", "order")), e=end())
    run = started(diagram, {"order": 7})

    wait = run.wait("c", WaitKind.MESSAGE)

    assert (wait.name, wait.correlation_key) == ("m", "7")


def test_a_signal_is_for_all_that_wait_for_it():
    """13.5.2, 6th."""
    diagram = process(
        "s -> x",
        "x -> c -> e",
        "x -> d -> e",
        s=start(),
        x=task(),
        c=catch(signal("g")),
        d=catch(signal("g")),
        e=end(),
    )
    sender = process("s2 -> t", process_id="q", s2=start(), t=throw(signal("g")))
    world = World(diagram, sender)
    one, other = world.start("p"), world.start("p")

    world.start("q")

    assert not one.is_open
    assert not other.is_open


def test_a_signal_of_another_name_is_not_heard():
    """13.5.2, 7th."""
    sender = process("s2 -> t", process_id="q", s2=start(), t=throw(signal("other")))
    world = World(process("s -> c", s=start(), c=catch(signal("g"))), sender)
    instance = world.start("p")

    world.start("q")

    assert instance.run.waiting == ["c"]


def test_a_timer_occurs_at_its_time_and_not_before():
    """13.5.2, 8th."""
    world = World(process("s -> c -> e", s=start(), c=catch(timer(duration="PT2H")), e=end()))
    instance = world.start("p")

    world.advance(dt.timedelta(hours=1, minutes=59))
    assert instance.is_open
    world.advance(dt.timedelta(minutes=1))

    assert not instance.is_open
    assert instance.run.now == MONDAY + dt.timedelta(hours=2)


def test_a_throwing_event_throws_and_the_token_goes_on():
    """13.5.2, 9th."""
    run = started(
        process(
            "s -> m -> g -> e", s=start(), m=throw(message("m")), g=throw(signal("g")), e=end()
        )
    )

    assert [sent.name for sent in run.sent(PublishMessage)] == ["m"]
    assert [sent.name for sent in run.sent(BroadcastSignal)] == ["g"]
    assert run.passed == ["s", "m", "g", "e"]


def test_a_link_goes_on_where_the_other_of_its_name_stands():
    """13.5.2, 10th."""
    diagram = process(
        "s -> there",
        "here -> a",
        "elsewhere -> b",
        "s -> other",
        s=start(),
        there=throw(link("one")),
        here=catch(link("one")),
        other=throw(link("two")),
        elsewhere=catch(link("two")),
        a=task(),
        b=service("b"),
    )

    run = started(diagram)

    assert run.passed.index("there") < run.passed.index("here") < run.passed.index("a")
    assert run.waiting == ["b"]


def test_an_event_without_a_trigger_lets_the_token_pass():
    """13.5.2, 11th."""
    run = started(process("s -> n -> e", s=start(), n=throw(), e=end()))

    assert run.passed == ["s", "n", "e"]
