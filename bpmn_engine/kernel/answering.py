"""What an answer does: to the element that waits for it, or to the listener whose job it was."""

from __future__ import annotations

from immutables import Map

from bpmn_engine.kernel.commands import (
    AssignUserTask,
    CompleteChild,
    CompleteJob,
    CompleteUserTask,
    CorrectUserTask,
    DeliverMessage,
    DeliverSignal,
    FireTimer,
    Rejection,
    RejectionReason,
    ThrowBpmnError,
)
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.facts import WaitOpened
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.listening import (
    change_task,
    complete_listener,
    end_calls,
    fire_listener,
    is_caught,
    is_changing,
    may_throw,
    name_of,
)
from bpmn_engine.kernel.propagation import throw_error, uncaught
from bpmn_engine.kernel.state import IncidentKind, ListenerAt, Wait
from bpmn_engine.kernel.triggers import trigger
from bpmn_engine.kernel.user_task_changes import correction_problem
from bpmn_engine.model.listeners import ListenerEvent
from bpmn_engine.values import Variables

Answer = (
    FireTimer
    | CompleteJob
    | CompleteUserTask
    | AssignUserTask
    | CorrectUserTask
    | DeliverMessage
    | DeliverSignal
    | CompleteChild
)


def answer(draft: Draft, wait: Wait, command: Answer) -> Rejection | None:
    """Answer a wait of the kind that the command is for."""
    match command:
        case CompleteJob():
            return _complete_job(draft, wait, command)
        case FireTimer():
            _fire(draft, wait)
            return None
        case CompleteUserTask() | AssignUserTask() | CorrectUserTask() if is_changing(
            draft, wait.visit
        ):
            return _is_changed(draft, wait)
        case AssignUserTask(assignee=assignee, task=task):
            return _change(draft, wait, {"assignee": assignee}, task)
        case CorrectUserTask(changes=changes, task=task):
            return _change(draft, wait, changes, task)
        case CompleteUserTask(variables=variables, task=task) if task:
            variables = Map(variables)
            at = ListenerAt(event=ListenerEvent.COMPLETING, variables=variables, task=Map(task))
            change_task(draft, wait.visit, draft.node_of(wait.visit), at)
            return None
        case _:
            trigger(draft, wait, command.variables)
            return None


def _change(draft: Draft, wait: Wait, changes: Variables, task: Variables) -> Rejection | None:
    problem = correction_problem(changes)
    if problem is not None:
        return Rejection(reason=RejectionReason.WRONG_KIND, message=problem)
    event = ListenerEvent.ASSIGNING if "assignee" in changes else ListenerEvent.UPDATING
    at = ListenerAt(event=event, changes=Map(changes), task=Map(task))
    change_task(draft, wait.visit, draft.node_of(wait.visit), at)
    return None


def _complete_job(draft: Draft, wait: Wait, command: CompleteJob) -> Rejection | None:
    if wait.listener is not None:
        return complete_listener(draft, wait, wait.listener, command)
    if command.is_denied or command.corrections:
        return Rejection(
            reason=RejectionReason.WRONG_KIND,
            message=f"Expected wait {wait.key} to be the job of a user task's listener, to deny "
            "or correct something, but it is another job.",
        )
    trigger(draft, wait, command.variables)
    return None


def _fire(draft: Draft, wait: Wait) -> None:
    if wait.listener is None:
        trigger(draft, wait, NOTHING)
    else:
        fire_listener(draft, wait, wait.listener)


def _is_changed(draft: Draft, wait: Wait) -> Rejection:
    return Rejection(
        reason=RejectionReason.WRONG_STATE,
        message=f"Expected {draft.node_of(wait.visit).element_id} to be open, but it waits for "
        "its listeners.",
    )


def throw(draft: Draft, wait: Wait, command: ThrowBpmnError) -> Rejection | None:
    """End a job or user task with a BPMN error; one that nothing catches is an incident."""
    if wait.listener is None:
        if is_changing(draft, wait.visit):
            return _is_changed(draft, wait)
    else:
        problem = may_throw(draft, wait, wait.listener)
        if problem is not None:
            return problem
    failure: Failure | None = uncaught(command.error_code, command.message)
    if wait.listener is None or is_caught(draft, wait):
        end_calls(draft, wait)
        failure = throw_error(
            draft, wait.visit, command.error_code, command.message, command.variables
        )
    if failure is not None:
        if wait.listener is not None:
            draft.record(WaitOpened(wait))
        raise_about(draft, wait, failure)
    return None


def raise_about(draft: Draft, wait: Wait, failure: Failure) -> None:
    """Raise an incident about a wait; one that is open for it already is replaced.

    What somebody has reported stays.
    """
    for key in sorted(draft.memory.incidents_of.get(wait.visit, Map())):
        if draft.memory.incidents[key].kind is not IncidentKind.REPORTED:
            draft.clear_incident(key)
    message = failure.message
    if wait.listener is not None:
        message = f"{name_of(draft, wait, wait.listener)}: {message}"
    draft.raise_incident(
        wait.visit,
        Failure(
            kind=failure.kind,
            message=message,
            wait=wait.key,
            error_code=failure.error_code,
        ),
    )
