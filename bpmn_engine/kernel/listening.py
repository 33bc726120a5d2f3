"""What follows a listener: the next one, and after the last one what the visit waited to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from immutables import Map

from bpmn_engine.graph.listener_specs import ListenerSpec
from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.commands import CompleteJob, Rejection, RejectionReason
from bpmn_engine.kernel.compensation import cancel_transaction
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.effects import ChangeUserTask
from bpmn_engine.kernel.facts import WaitOpened
from bpmn_engine.kernel.listeners import call_listeners, call_only, label, plan_of, take_results
from bpmn_engine.kernel.moves import (
    begin_work,
    complete,
    finish,
    finish_called,
    have_occurred,
)
from bpmn_engine.kernel.offers import offer, task_of
from bpmn_engine.kernel.state import Incident, ListenerAt, Wait
from bpmn_engine.kernel.termination import clear_scope
from bpmn_engine.kernel.user_task_changes import correction_problem
from bpmn_engine.kernel.waiting import repeat_or_close
from bpmn_engine.model.listeners import OF_USER_TASKS, ListenerEvent

_DENIABLE: Final = frozenset(
    {ListenerEvent.ASSIGNING, ListenerEvent.UPDATING, ListenerEvent.COMPLETING}
)


def listener_of(draft: Draft, wait: Wait, at: ListenerAt) -> ListenerSpec:
    """Return the listener whose job a wait is."""
    return plan_of(draft.node_of(wait.visit)).called_by(at.event)[at.index]


def name_of(draft: Draft, wait: Wait, at: ListenerAt) -> str:
    """Name the listener whose job a wait is, to people."""
    return label(draft.node_of(wait.visit), listener_of(draft, wait, at))


def complete_listener(
    draft: Draft, wait: Wait, at: ListenerAt, command: CompleteJob
) -> Rejection | None:
    """Take what the job of a listener brought, and go on with the next one."""
    spec = listener_of(draft, wait, at)
    problem = _problem(draft, wait, spec, command)
    if problem is not None:
        return problem
    draft.close_wait(wait.key, is_withdrawn=False)
    _clear_about(draft, wait)
    if command.is_denied:
        _deny(draft, wait.visit, at)
        return None
    take_results(draft, wait.visit, spec, command.variables)
    changes = Map({**at.changes, **command.corrections})
    _go_on(draft, wait.visit, replace(at, index=at.index + 1, changes=changes))
    return None


def _problem(
    draft: Draft, wait: Wait, spec: ListenerSpec, command: CompleteJob
) -> Rejection | None:
    """Say why a listener may not do what its worker wants it to."""
    name = label(draft.node_of(wait.visit), spec)
    if spec.event in OF_USER_TASKS and command.variables and not spec.is_camunda7:
        return _rejected(f"{name} to be completed without variables", "it was given some")
    if command.is_denied and (spec.event not in _DENIABLE or spec.is_camunda7):
        return _rejected(f"{name} to be completed", "what it was called for cannot be denied")
    if command.corrections and spec.event not in OF_USER_TASKS - {ListenerEvent.CANCELING}:
        return _rejected(f"{name} to correct nothing", "there is no user task to correct")
    problem = correction_problem(command.corrections)
    if problem is None:
        return None
    return Rejection(reason=RejectionReason.WRONG_KIND, message=problem)


def _rejected(expected: str, actual: str) -> Rejection:
    return Rejection(
        reason=RejectionReason.WRONG_KIND, message=f"Expected {expected}, but {actual}."
    )


def may_throw(draft: Draft, wait: Wait, at: ListenerAt) -> Rejection | None:
    """Say why the job of a listener may not end with a BPMN error: Camunda 8 knows none."""
    spec = listener_of(draft, wait, at)
    if spec.is_camunda7:
        return None
    name = name_of(draft, wait, at)
    return _rejected(f"{name} to be completed or failed", "it threw a BPMN error")


def end_calls(draft: Draft, wait: Wait) -> None:
    """Call no further end listener of a visit when one of them throws a BPMN error."""
    at = wait.listener
    if at is not None and at.event is ListenerEvent.END:
        last = len(plan_of(draft.node_of(wait.visit)).end)
        draft.record(WaitOpened(replace(wait, listener=replace(at, index=last))))


def is_caught(draft: Draft, wait: Wait) -> bool:
    """Tell whether the BPMN error of a listener's job goes to a catcher.

    Those of the process, and those that are told of an end that has come, are heard by nobody.
    """
    node = draft.node_of(wait.visit)
    return node.element_type == "sequenceFlow" or node.kind not in {
        NodeKind.LISTENERS,
        NodeKind.PROCESS_START,
        NodeKind.PROCESS_END,
        NodeKind.PROCESS_CANCEL,
    }


def is_changing(draft: Draft, visit: ElementKey) -> bool:
    """Tell whether a user task waits for listeners: meanwhile nobody else may change it."""
    if draft.node_of(visit).listeners is None:
        return False
    waits = (draft.memory.waits[key].listener for key in draft.memory.waits_of.get(visit, ()))
    found = draft.memory.incidents_of.get(visit, ())
    incidents = (draft.memory.incidents[key].listener for key in found)
    events = {at.event for at in (*waits, *incidents) if at is not None}
    return bool(events - {ListenerEvent.TIMEOUT})


def fire_listener(draft: Draft, wait: Wait, at: ListenerAt) -> None:
    """Call a listener of a user task whose own timer is due; the task goes on meanwhile."""
    repeat_or_close(draft, wait)
    _call_timeout(draft, wait.visit, at)


def _call_timeout(draft: Draft, key: ElementKey, at: ListenerAt) -> None:
    done, task = call_only(draft, key, draft.node_of(key), at), task_of(draft, key)
    if task is not None and done is not None and done.changes:
        draft.effects.append(ChangeUserTask(wait=task, changes=dict(done.changes)))


def resume(draft: Draft, incident: Incident, at: ListenerAt) -> None:
    """Call the listener again that could not be called, or do what failed after the last one."""
    if incident.visit is None:
        return
    if at.event is ListenerEvent.TIMEOUT:
        _call_timeout(draft, incident.visit, at)
    else:
        _go_on(draft, incident.visit, at)


def finish_again(draft: Draft, key: ElementKey) -> None:
    """Let a completing visit leave, and do what its end brings about."""
    _leaving(draft, key, lambda _: finish(draft, key))


def _clear_about(draft: Draft, wait: Wait) -> None:
    for key in sorted(draft.memory.incidents_of.get(wait.visit, ())):
        if draft.memory.incidents[key].wait == wait.key:
            draft.clear_incident(key)


def _go_on(draft: Draft, key: ElementKey, at: ListenerAt) -> None:
    node = draft.node_of(key)
    if at.event is ListenerEvent.TIMEOUT:
        return
    done = call_listeners(draft, key, node, at)
    if done is not None:
        _AFTER[at.event](draft, key, node, done)


def _after_start(draft: Draft, key: ElementKey, node: Node, at: ListenerAt) -> None:
    if at.has_occurred:
        have_occurred(draft, key, at.variables)
    else:
        begin_work(draft, key, node)


def _after_end(draft: Draft, key: ElementKey, _node: Node, _at: ListenerAt) -> None:
    _leaving(draft, key, lambda left: finish_called(draft, key, left))


def _leaving(draft: Draft, key: ElementKey, leave: Callable[[Node], None]) -> None:
    """Let a visit leave, then do what its behavior would have done next in the same step."""
    node, scope = draft.node_of(key), draft.memory.visits[key].scope
    leave(node)
    if key in draft.memory.visits:
        return
    if node.kind is NodeKind.TERMINATE_END:
        clear_scope(draft, scope)
    elif node.kind is NodeKind.CANCEL_END:
        cancel_transaction(draft, scope)


def _after_creating(draft: Draft, key: ElementKey, node: Node, at: ListenerAt) -> None:
    failure = offer(draft, key, node, at)
    if failure is not None:
        draft.raise_incident(key, replace(failure, listener=at))


def _after_assigning(draft: Draft, key: ElementKey, node: Node, at: ListenerAt) -> None:
    task = task_of(draft, key)
    if task is None:
        _after_creating(draft, key, node, at)
    else:
        _after_updating(draft, key, node, at)


def _after_updating(draft: Draft, key: ElementKey, _node: Node, at: ListenerAt) -> None:
    task = task_of(draft, key)
    if task is not None:
        draft.effects.append(ChangeUserTask(wait=task, changes=dict(at.changes)))


def _after_completing(draft: Draft, key: ElementKey, _node: Node, at: ListenerAt) -> None:
    task = task_of(draft, key)
    if task is not None and at.changes:
        draft.effects.append(
            ChangeUserTask(wait=task, changes=dict(at.changes), transition=at.event.value)
        )
    complete(draft, key, at.variables, answered=task)


def _deny(draft: Draft, key: ElementKey, at: ListenerAt) -> None:
    """Leave a user task as it was; one that was about to be offered has no assignee then."""
    task = task_of(draft, key)
    if task is None:
        unassigned = replace(at, changes=at.changes.set("assignee", None))
        _after_creating(draft, key, draft.node_of(key), unassigned)
    else:
        draft.effects.append(ChangeUserTask(wait=task, changes={}))


def change_task(draft: Draft, key: ElementKey, node: Node, at: ListenerAt) -> None:
    """Call the listeners of a change of a user task, then make it; people see it wait for them."""
    done = call_listeners(draft, key, node, at)
    if done is not None:
        _AFTER[at.event](draft, key, node, done)
        return
    task = task_of(draft, key)
    if task is not None:
        draft.effects.append(ChangeUserTask(wait=task, changes={}, transition=at.event.value))


_AFTER: Final[Mapping[ListenerEvent, Callable[[Draft, ElementKey, Node, ListenerAt], None]]] = {
    ListenerEvent.START: _after_start,
    ListenerEvent.END: _after_end,
    ListenerEvent.CREATING: _after_creating,
    ListenerEvent.ASSIGNING: _after_assigning,
    ListenerEvent.UPDATING: _after_updating,
    ListenerEvent.COMPLETING: _after_completing,
}
