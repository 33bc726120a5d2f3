"""Every transition of both lifecycle tables is taken, and no other (section 13.3.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bpmn_engine.kernel.behaviors import BEHAVIORS
from bpmn_engine.kernel.commands import (
    CancelInstance,
    ResumeInstance,
    StartInstance,
    SuspendInstance,
    ThrowBpmnError,
)
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.facts import (
    CompensationEntered,
    ElementCompensated,
    ElementCompleted,
    ElementEntered,
    ElementTerminated,
    StateChanged,
    StatusChanged,
)
from bpmn_engine.kernel.lifecycle import (
    LEGAL,
    LEGAL_STATUS,
    ElementState,
    IllegalTransitionError,
    InstanceStatus,
)
from tests.diagrams import compensate, end, process, service, start, task, undone
from tests.kernel import MONDAY, Run, started


def one_job(**mappings) -> bytes:
    """A process of one job."""
    return process("s -> a -> e", s=start(), a=service("x", **mappings), e=end())


def completes() -> Run:
    run = started(one_job())
    run.complete("a")
    return run


def cancelled_while_active() -> Run:
    run = started(one_job())
    run.do(CancelInstance())
    return run


def cancelled_before_its_inputs_are_mapped() -> Run:
    run = started(one_job(inputs={"y": "1 / missing"}))
    run.do(CancelInstance())
    return run


def cancelled_before_its_outputs_are_mapped() -> Run:
    run = started(one_job(outputs={"y": "1 / missing"}))
    run.complete("a")
    run.do(CancelInstance())
    return run


def suspended_and_resumed() -> Run:
    run = started(one_job())
    run.do(SuspendInstance())
    run.do(ResumeInstance())
    return run


def suspended_and_cancelled() -> Run:
    run = started(one_job())
    run.do(SuspendInstance())
    run.do(CancelInstance())
    return run


def failed_for_its_caller() -> Run:
    run = started(one_job(), has_parent=True)
    run.do(ThrowBpmnError(wait=run.waits("a")[0].key, error_code="E"))
    return run


def compensates() -> Run:
    undo = undone("a", service("undo"))
    run = started(process("s -> a -> e", s=start(), a=task(), e=end(compensate()), **undo))
    run.complete("undo_a")
    return run


def cancelled_while_it_compensates() -> Run:
    undo = undone("a", service("undo"))
    run = started(process("s -> a -> e", s=start(), a=task(), e=end(compensate()), **undo))
    run.do(CancelInstance())
    return run


SCENARIOS: tuple[Callable[[], Run], ...] = (
    completes,
    cancelled_while_active,
    cancelled_before_its_inputs_are_mapped,
    cancelled_before_its_outputs_are_mapped,
    suspended_and_resumed,
    suspended_and_cancelled,
    failed_for_its_caller,
    compensates,
    cancelled_while_it_compensates,
)


def element_transitions(run: Run) -> Iterator[tuple[ElementState, ElementState]]:
    """Return the transitions that the facts of a run tell."""
    states: dict[int, ElementState] = {}
    for fact in run.facts:
        match fact:
            case ElementEntered(key=key):
                states[key] = ElementState.READY
                continue
            case CompensationEntered(key=key):
                states[key], state = ElementState.COMPLETED, ElementState.COMPENSATING
            case StateChanged(key=key, state=state):
                pass
            case ElementCompensated(key=key):
                state = ElementState.COMPENSATED
            case ElementCompleted(key=key):
                state = ElementState.COMPLETED
            case ElementTerminated(key=key):
                state = ElementState.TERMINATED
            case _:
                continue
        yield states[key], state
        states[key] = state


def status_transitions(run: Run) -> Iterator[tuple[InstanceStatus, InstanceStatus]]:
    """Return the transitions of the instance as a whole."""
    status = InstanceStatus.CREATED
    for fact in run.facts:
        if isinstance(fact, StatusChanged):
            yield status, fact.status
            status = fact.status


def test_every_legal_transition_of_an_element_instance_is_taken_and_no_other():
    taken = {move for scenario in SCENARIOS for move in element_transitions(scenario())}

    assert taken == {(state, to) for state, targets in LEGAL.items() for to in targets}


def test_every_legal_transition_of_a_process_instance_is_taken_and_no_other():
    taken = {move for scenario in SCENARIOS for move in status_transitions(scenario())}

    assert taken == {(status, to) for status, targets in LEGAL_STATUS.items() for to in targets}


def test_another_transition_is_a_bug_and_raises():
    run = started(one_job())
    draft = Draft(run.graph, run.state, MONDAY, BEHAVIORS)
    job = run.waits("a")[0].visit

    with pytest.raises(IllegalTransitionError, match="active -> ready"):
        draft.change(job, ElementState.READY)
    with pytest.raises(IllegalTransitionError, match="active -> completed"):
        draft.leave(job, (), None)
    with pytest.raises(IllegalTransitionError, match="active -> created"):
        draft.change_status(InstanceStatus.CREATED)


def test_a_state_before_the_start_accepts_nothing_but_the_start():
    run = Run(started(one_job()).graph)

    rejections = [run.send(command) for command in (CancelInstance(), SuspendInstance())]

    assert all(rejections)
    assert run.send(StartInstance()) is None
