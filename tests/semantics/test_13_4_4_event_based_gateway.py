"""13.4.4 Event-based gateway (exclusive decision by events)."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.effects import CloseWait
from tests.diagrams import (
    catch,
    condition,
    end,
    event_based,
    message,
    process,
    receive,
    service,
    signal,
    start,
    task,
    timer,
)
from tests.kernel import Run, started
from tests.semantics.refusals import refused_by


def waiting() -> Run:
    diagram = process(
        "s -> g",
        "g -> m -> a -> e",
        "g -> h -> b -> e",
        "g -> t -> c -> e",
        "g -> w -> d -> e",
        s=start(),
        g=event_based(),
        m=catch(message("yes")),
        h=catch(signal("alarm")),
        t=catch(timer(duration="PT1H")),
        w=catch(condition("n > 1")),
        a=task(),
        b=task(),
        c=task(),
        d=task(),
        e=end(),
    )
    return started(diagram, {"n": 0})


def test_each_token_at_its_incoming_flow_makes_it_fire():
    """13.4.4, 1st."""
    diagram = process(
        "s -> a -> g -> m, n",
        s=start(),
        a=task(completionQuantity="2"),
        g=event_based(),
        m=catch(message("yes")),
        n=catch(message("no")),
    )

    run = started(diagram)

    assert run.waiting == ["m", "m", "n", "n"]


def test_all_its_events_are_waited_for():
    """13.4.4, 2nd."""
    assert waiting().waiting == ["h", "m", "t", "w"]


@pytest.mark.parametrize(("event", "then"), [("m", "a"), ("h", "b"), ("t", "c"), ("w", "d")])
def test_the_first_event_that_occurs_gets_the_token_and_no_other(event, then):
    """13.4.4, 3rd."""
    run = waiting()

    if event == "t":
        run.fire("t")
    elif event == "w":
        run.set(n=2)
    else:
        run.deliver(event)

    assert run.passed == ["s", "g", event, then, "e"]


def test_the_other_events_are_not_waited_for_any_more():
    """13.4.4, 4th."""
    run = waiting()

    run.deliver("m")

    assert run.waiting == []
    assert [one.is_withdrawn for one in run.sent(CloseWait)].count(True) >= 2


def test_receive_tasks_may_stand_after_it():
    """13.4.4, 5th."""
    diagram = process(
        "s -> g -> a, t -> b",
        s=start(),
        g=event_based(),
        a=receive(message("yes")),
        t=catch(timer(duration="PT1H")),
        b=service("b"),
    )
    run = started(diagram)

    run.deliver("a")

    assert run.passed == ["s", "g", "a"]
    assert run.waiting == ["b"]


@pytest.mark.parametrize("wrong", [task(), service("x"), end()])
def test_nothing_else_may_stand_after_it(wrong):
    """13.4.4, 6th."""
    diagram = process(
        "s -> g -> m, wrong", s=start(), g=event_based(), m=catch(message("m")), wrong=wrong
    )

    assert "event-gateway" in refused_by(diagram)


def test_message_events_and_receive_tasks_do_not_stand_after_it_together():
    """13.4.4, 7th."""
    diagram = process(
        "s -> g -> m, r",
        s=start(),
        g=event_based(),
        m=catch(message("yes")),
        r=receive(message("no")),
    )

    assert "event-gateway" in refused_by(diagram)


def test_a_parallel_one_stands_at_the_beginning_of_a_process_only():
    """13.4.4, 8th."""
    diagram = process(
        "s -> g -> m, n",
        s=start(),
        g=event_based(eventGatewayType="Parallel"),
        m=catch(message("yes")),
        n=catch(message("no")),
    )

    assert "event-gateway" in refused_by(diagram)
