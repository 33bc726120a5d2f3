"""An instance that was started to end after one of its elements."""

from __future__ import annotations

import pytest

from bpmn_engine.kernel.commands import CompleteJob, StartBefore, StartElsewhere, StartInstance
from bpmn_engine.kernel.effects import CreateJob
from bpmn_engine.kernel.facts import ElementCompleted, ElementEntered
from bpmn_engine.kernel.fold import fold
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import EMPTY, WaitKind
from bpmn_engine.kernel.step import Step, step
from tests.diagrams import end, process, service, start
from tests.kernel import MONDAY, compiled

DIAGRAM = process(
    "s -> a -> b -> e",
    s=start(),
    a=service("first"),
    b=service("second"),
    e=end(),
)


def done(state, command) -> Step:
    found = step(compiled(DIAGRAM), state, command, MONDAY)
    assert isinstance(found, Step), found
    return found


def entered(*steps: Step) -> list[str]:
    nodes = compiled(DIAGRAM).nodes
    return [
        nodes[fact.node].element_id
        for each in steps
        for fact in each.facts
        if isinstance(fact, ElementEntered)
    ]


def finished(started: Step) -> Step:
    (wait,) = (key for key, one in started.state.waits.items() if one.kind is WaitKind.JOB)
    return done(started.state, CompleteJob(wait=wait))


def test_no_token_goes_on_from_its_last_element():
    started = done(EMPTY, StartInstance(ends_after=("a",)))

    after = finished(started)

    assert started.state.status is InstanceStatus.ACTIVE
    assert after.state.status is InstanceStatus.TERMINATED
    assert entered(started, after) == ["s", "a"]
    assert any(isinstance(fact, ElementCompleted) for fact in after.facts)
    assert not any(isinstance(effect, CreateJob) for effect in after.effects)


def test_an_element_in_the_same_step_ends_it_too():
    started = done(EMPTY, StartInstance(ends_after=("s",)))

    assert started.state.status is InstanceStatus.TERMINATED
    assert entered(started) == ["s"]


def test_another_element_does_not_end_it():
    after = finished(done(EMPTY, StartInstance(ends_after=("e",))))

    assert after.state.status is InstanceStatus.ACTIVE
    assert entered(after) == ["b"]


def test_one_element_alone_is_run():
    command = StartElsewhere(moves=(StartBefore(element_id="b"),), ends_after=("b",))

    started = done(EMPTY, command)
    after = finished(started)

    assert entered(started, after) == ["b"]
    assert after.state.status is InstanceStatus.TERMINATED


@pytest.mark.parametrize("ends_after", [(), ("a",), ("a", "b")])
def test_facts_tell_where_it_ends(ends_after):
    started = done(EMPTY, StartInstance(ends_after=ends_after))

    assert fold(started.facts) == started.state
    assert started.state.ends_after == ends_after
