"""Events that multi-instance activities throw (BPMN 2.0.2, section 13.3.7)."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.effects import BroadcastSignal, PublishMessage
from bpmn_engine.kernel.state import IncidentKind
from bpmn_engine.model.definitions import Refusal
from bpmn_engine.parser.reader import read_definitions
from tests.diagrams import (
    Element,
    Loop,
    Trigger,
    boundary,
    end,
    message,
    process,
    service,
    signal,
    start,
    times,
    when,
)
from tests.kernel import started

ROOT_EVENT = b'<bpmn:signalEventDefinition id="thrown" signalRef="Signal_done"/>'
SIGNAL = b'<bpmn:signal id="Signal_done" name="done"/>'
NONE = 'behavior="None" noneBehaviorEventRef="thrown"'
ONE = 'behavior="One" oneBehaviorEventRef="thrown"'


def drawn(loop: Loop, caught: Trigger | None = None, *, interrupting: bool = False) -> bytes:
    """Draw an activity of several instances, and a boundary event on it that leads to `heard`."""
    caught = caught or signal("done")
    elements: dict[str, Element] = {
        "s": start(),
        "a": service("x", loop=loop),
        "b": boundary("a", caught, interrupting=interrupting),
        "heard": end(),
        "e": end(),
    }
    xml = process("s -> a -> e", "b -> heard", **elements)
    known = b"" if b'id="Signal_done"' in xml else SIGNAL
    return xml.replace(b"<bpmn:process ", known + ROOT_EVENT + b"<bpmn:process ", 1)


@pytest.mark.parametrize("sequential", [False, True])
def test_with_none_each_instance_throws_the_event(sequential):
    run = started(drawn(times("3", sequential=sequential, behavior=NONE)))

    run.complete("a")
    assert run.passed.count("heard") == 1
    run.complete("a")
    run.complete("a")

    assert run.passed.count("heard") == 3
    assert run.passed.count("e") == 1
    assert run.sent(BroadcastSignal) == []
    assert run.is_completed


def test_with_one_the_first_instance_throws_the_event():
    run = started(drawn(times("3", behavior=ONE)))

    run.complete("a")
    assert run.passed.count("heard") == 1
    run.complete("a")
    run.complete("a")

    assert run.passed.count("heard") == 1
    assert run.is_completed


def test_with_all_no_instance_throws_an_event():
    run = started(drawn(times("2", behavior='behavior="All" oneBehaviorEventRef="thrown"')))

    run.complete("a")
    run.complete("a")

    assert "heard" not in run.passed
    assert run.is_completed


def test_with_complex_the_events_whose_condition_holds_are_thrown():
    events = when("numberOfCompletedInstances = 2", signal("done"))
    run = started(drawn(times("3", behavior='behavior="Complex"', complex_events=events)))

    run.complete("a")
    assert "heard" not in run.passed
    run.complete("a")
    assert run.passed.count("heard") == 1
    run.complete("a")

    assert run.passed.count("heard") == 1
    assert run.is_completed


def test_an_interrupting_boundary_event_ends_the_activity_at_the_first_event():
    run = started(drawn(times("3", behavior=NONE), interrupting=True))

    run.complete("a")

    assert run.waiting == []
    assert "e" not in run.passed
    assert run.passed[-1] == "heard"
    assert run.is_completed


def test_the_last_event_is_caught_before_the_activity_completes():
    run = started(drawn(times("1", behavior=NONE)))

    run.complete("a")

    assert run.passed == ["s", "a", "b", "a", "heard", "e"]


def test_what_no_boundary_event_waits_for_is_broadcast():
    run = started(drawn(times("2", behavior=NONE), signal("other")))

    run.complete("a")

    assert [effect.name for effect in run.sent(BroadcastSignal)] == ["done"]
    assert "heard" not in run.passed


def test_a_message_goes_to_the_boundary_event_or_outwards():
    events = when("true", message("told"))
    here = started(
        drawn(times("1", behavior='behavior="Complex"', complex_events=events), message("told"))
    )
    outside = process(
        "s -> a -> e",
        s=start(message("told")),
        a=service("x", loop=times("1", behavior='behavior="Complex"', complex_events=events)),
        e=end(),
    )
    here.complete("a")

    assert "heard" in here.passed
    assert here.sent(PublishMessage) == []

    there = started(outside, at="s")
    there.complete("a")

    assert [effect.name for effect in there.sent(PublishMessage)] == ["told"]


def test_a_failing_condition_throws_nothing_until_it_is_resolved():
    events = when("true", signal("done")) + when("limit > 1", signal("done"))
    run = started(drawn(times("2", behavior='behavior="Complex"', complex_events=events)))
    run.complete("a")
    assert run.incident.kind is IncidentKind.EXPRESSION
    assert "heard" not in run.passed

    run.set(limit=0)
    run.resolve()

    assert run.passed.count("heard") == 1
    assert run.waiting.count("a") == 1


@pytest.mark.parametrize(
    "behavior",
    ['behavior="None"', 'behavior="One"', 'behavior="One" oneBehaviorEventRef="nothing"'],
)
def test_a_behavior_that_names_no_event_is_refused(behavior):
    outcome = read_definitions(drawn(times("2", behavior=behavior)))

    assert isinstance(outcome, Refusal)
    assert [found.rule for found in outcome.violations] == ["multi-instance-event"]


def test_the_suites_models_pass_when_their_boundary_event_does_not_interrupt():
    run = started(drawn(times("3", sequential=True, behavior=ONE)))

    for _ in range(3):
        run.complete("a")

    assert [run.passed.count(name) for name in ("a", "e", "heard")] == [4, 1, 1]
