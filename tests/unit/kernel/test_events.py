"""Catching, throwing, boundary and end events (BPMN 2.0.2, section 13.5)."""

from __future__ import annotations

import datetime as dt

import pytest

from bpmn_engine.kernel.effects import (
    BroadcastSignal,
    EndInstance,
    OpenSubscription,
    PublishMessage,
    ScheduleTimer,
)
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import IncidentKind, WaitKind
from tests.diagrams import (
    boundary,
    catch,
    each,
    end,
    error,
    message,
    parallel,
    process,
    receive,
    service,
    signal,
    start,
    subprocess,
    task,
    terminate,
    throw,
    timer,
)
from tests.kernel import MONDAY, started

HOUR = dt.timedelta(hours=1)

# Catch and throw (13.5.2) -----------------------------------------------------------------------


def test_timer_catch_event_waits_for_its_duration():
    run = started(process("s -> t -> e", s=start(), t=catch(timer(duration="PT1H")), e=end()))

    assert [effect.due_at for effect in run.sent(ScheduleTimer)] == [MONDAY + HOUR]

    run.fire("t")

    assert run.is_completed


def test_timer_takes_its_duration_from_an_expression():
    run = started(
        process(
            "s -> t -> e", s=start(), t=catch(timer(duration='= "PT" + string(h) + "H"')), e=end()
        ),
        {"h": 2},
    )

    assert run.sent(ScheduleTimer)[0].due_at == MONDAY + 2 * HOUR


def test_timer_that_is_no_timer_is_an_incident_and_is_evaluated_again():
    run = started(
        process("s -> t -> e", s=start(), t=catch(timer(duration="= wait")), e=end()),
        {"wait": "soon"},
    )
    assert run.incident.kind is IncidentKind.EXPRESSION

    run.set(wait="PT5M")
    run.resolve()
    run.fire("t")

    assert run.is_completed


@pytest.mark.parametrize(
    "waiter", [catch(message("paid", "order")), receive(message("paid", "order"))]
)
def test_message_is_waited_for_by_name_and_correlation_key(waiter):
    run = started(process("s -> m -> e", s=start(), m=waiter, e=end()), {"order": 42})
    subscription = run.sent(OpenSubscription)[0]
    assert (subscription.name, subscription.correlation_key) == ("paid", "42")

    run.deliver("m", {"amount": 10})

    assert run.variables["amount"] == 10
    assert run.is_completed


def test_message_without_a_correlation_key_is_correlated_by_the_business_key():
    run = started(
        process("s -> m -> e", s=start(), m=catch(message("paid")), e=end()), business_key="B-1"
    )

    assert run.sent(OpenSubscription)[0].correlation_key == "B-1"


def test_throwing_a_message_publishes_its_inputs_and_goes_on():
    run = started(
        process(
            "s -> t -> e",
            s=start(),
            e=end(),
            t=throw(message("shipped", "order"), inputs={"parcel": "order + 1"}),
        ),
        {"order": 1},
    )

    sent = run.sent(PublishMessage)[0]
    assert (sent.name, sent.correlation_key, sent.variables) == ("shipped", "1", {"parcel": 2})
    assert run.is_completed


@pytest.mark.parametrize("last", [throw(signal("alarm")), end(signal("alarm"))])
def test_throwing_a_signal_broadcasts_it(last):
    run = started(process("s -> t", s=start(), t=last))

    assert [effect.name for effect in run.sent(BroadcastSignal)] == ["alarm"]
    assert run.is_completed


# Boundary events (13.5.3) -----------------------------------------------------------------------


def guarded(trigger, *, interrupting=True):
    """A service task with one boundary event."""
    return process(
        "s -> a -> e",
        "b -> h",
        s=start(),
        a=service("x"),
        e=end(),
        h=task(),
        b=boundary("a", trigger, interrupting=interrupting),
    )


def test_interrupting_timer_terminates_its_activity():
    run = started(guarded(timer(duration="PT1H")))

    run.fire("b")

    assert run.terminated == ["a"]
    assert run.passed == ["s", "b", "h"]
    assert run.is_completed


def test_boundary_events_are_withdrawn_when_their_activity_completes():
    run = started(guarded(timer(duration="PT1H")))

    run.complete("a")

    assert run.waiting == []
    assert run.passed == ["s", "a", "e"]


def test_non_interrupting_message_may_come_again_and_again():
    run = started(guarded(message("hello", '"x"'), interrupting=False))

    run.deliver("b")
    run.deliver("b")
    run.complete("a")

    assert run.passed.count("h") == 2
    assert run.is_completed


def test_non_interrupting_timer_fires_once():
    run = started(guarded(timer(duration="PT1H"), interrupting=False))

    run.fire("b")

    assert run.waiting == ["a"]


def test_repeating_timer_fires_as_often_as_it_says_without_drift():
    run = started(guarded(timer(cycle="R3/PT10M"), interrupting=False))

    run.now += dt.timedelta(minutes=11)
    for _ in range(3):
        run.fire("b")

    due = [effect.due_at - MONDAY for effect in run.sent(ScheduleTimer)]
    assert due == [dt.timedelta(minutes=m) for m in (10, 20, 30)]
    assert run.waiting == ["a"]


def test_signal_on_the_boundary_of_a_sub_process_terminates_what_is_inside():
    diagram = process(
        "s -> sub -> e",
        "b -> h",
        s=start(),
        e=end(),
        h=end(),
        b=boundary("sub", signal("stop")),
        sub=subprocess("i -> f -> x, y", i=start(), f=parallel(), x=service("x"), y=service("y")),
    )
    run = started(diagram)

    run.deliver("b")

    assert sorted(run.terminated) == ["sub", "x", "y"]
    assert run.waiting == []
    assert run.passed[-2:] == ["b", "h"]
    assert run.is_completed


def test_boundary_event_of_a_multi_instance_activity_interrupts_all_instances():
    diagram = process(
        "s -> a -> e",
        "b -> h",
        s=start(),
        a=service("x", loop=each("[1, 2, 3]")),
        e=end(),
        h=end(),
        b=boundary("a", timer(duration="PT1H")),
    )
    run = started(diagram)

    run.fire("b")

    assert run.terminated == ["a", "a", "a", "a"]
    assert run.is_completed


# BPMN errors (13.5.3, 10.5.7) -------------------------------------------------------------------

CAUGHT = process(
    "s -> a -> e",
    "special -> h1",
    "any -> h2",
    s=start(),
    a=service("x"),
    e=end(),
    h1=end(),
    h2=end(),
    any=boundary("a", error()),
    special=boundary("a", error("E1")),
)


@pytest.mark.parametrize(("code", "handler"), [("E1", "h1"), ("E2", "h2")])
def test_error_is_caught_by_its_code_or_else_by_the_catch_all(code, handler):
    run = started(CAUGHT)

    run.throw("a", code, {"why": "no paper"})

    assert run.passed[-1] == handler
    assert run.terminated == ["a"]
    assert run.variables["why"] == "no paper"
    assert run.is_completed


def test_error_walks_outwards_to_the_innermost_catcher():
    diagram = process(
        "s -> outer -> e",
        "far -> h",
        s=start(),
        e=end(),
        h=end(),
        far=boundary("outer", error("E1")),
        outer=subprocess(
            "i -> inner -> o",
            i=start(),
            o=end(),
            inner=subprocess("j -> w -> fail", j=start(), w=service("w"), fail=end(error("E1"))),
        ),
    )
    run = started(diagram)

    run.complete("w")

    assert run.passed[-2:] == ["far", "h"]
    assert sorted(run.terminated) == ["fail", "inner", "outer"]
    assert run.is_completed


def test_error_thrown_in_one_instance_interrupts_the_multi_instance_activity():
    diagram = process(
        "s -> a -> e",
        "b -> h",
        s=start(),
        a=service("x", loop=each("[1, 2]")),
        e=end(),
        h=end(),
        b=boundary("a", error("E1")),
    )
    run = started(diagram)

    run.throw("a", "E1")

    assert run.passed[-2:] == ["b", "h"]
    assert run.is_completed


def test_uncaught_error_is_an_incident_and_the_job_can_be_tried_again():
    run = started(process("s -> a -> e", s=start(), a=service("x"), e=end()))

    run.throw("a", "E9")

    assert run.incident.kind is IncidentKind.UNCAUGHT_ERROR
    assert run.incident.error_code == "E9"
    assert run.waits("a")[0].kind is WaitKind.JOB

    run.resolve(retries=2)
    run.complete("a")

    assert run.is_completed


def test_uncaught_error_of_a_called_instance_goes_to_its_caller():
    run = started(process("s -> e", s=start(), e=end(error("E1"))), has_parent=True)

    ended = run.sent(EndInstance)[0]
    assert (ended.status, ended.error_code) == (InstanceStatus.FAILED, "E1")
    assert run.state.status is InstanceStatus.FAILED
    assert not run.state.visits


def test_uncaught_error_end_event_of_a_top_level_instance_is_an_incident():
    run = started(process("s -> e", s=start(), e=end(error("E1"))))

    assert run.incident.kind is IncidentKind.UNCAUGHT_ERROR
    assert run.state.status is InstanceStatus.ACTIVE


# End events (13.5.6) ----------------------------------------------------------------------------


def test_terminate_ends_everything_else_in_the_process():
    run = started(
        process("s -> a, b", "b -> t", s=start(), a=service("x"), b=service("y"), t=terminate())
    )

    run.complete("b")

    assert run.terminated == ["a"]
    assert run.is_completed


def test_terminate_in_a_sub_process_lets_the_outside_go_on():
    diagram = process(
        "s -> sub -> e",
        s=start(),
        e=end(),
        sub=subprocess(
            "i -> a, b", "b -> t", i=start(), a=service("x"), b=service("y"), t=terminate()
        ),
    )
    run = started(diagram)

    run.complete("b")

    assert run.passed[-3:] == ["t", "sub", "e"]
    assert run.is_completed
