"""Listeners: called one after the other, each a job that is waited for or an expression.

Where a visit is among its listeners stands in the wait for the job that is open, or in the
incident that stops it (`state.ListenerAt`); a visit without listeners pays nothing for them. What
follows the last one is decided in `bpmn_engine.kernel.listening`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bpmn_engine.expressions.juel.delegates import TASK
from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.listener_specs import ListenerAction, ListenerPlan, ListenerSpec
from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.graph.specs import MultiInstanceSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.facts import ScopeOpened, VariablesRemoved
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.job_creation import create_job
from bpmn_engine.kernel.state import NO_NODE, ROOT, ListenerAt
from bpmn_engine.kernel.task_changes import change_of, task_seen
from bpmn_engine.kernel.variables import Change, owner_of
from bpmn_engine.model.listeners import OF_USER_TASKS, ListenerEvent
from bpmn_engine.values import JsonValue, Variables

_OF_PROCESS: Final = frozenset(
    {NodeKind.PROCESS_START, NodeKind.PROCESS_END, NodeKind.PROCESS_CANCEL}
)


def plan_of(node: Node) -> ListenerPlan:
    """Return the plan of a node that has listeners."""
    if node.listeners is None:
        raise TypeError(f"Expected {node.element_id} to have listeners, but it has none.")
    return node.listeners


def call_listeners(draft: Draft, key: ElementKey, node: Node, at: ListenerAt) -> ListenerAt | None:
    """Call the listeners of an event from `at` on; return what they changed if all are done.

    Otherwise the visit waits for the job of one of them, or there is an incident about it.
    """
    called = plan_of(node).called_by(at.event)
    for index in range(at.index, len(called)):
        here = replace(at, index=index)
        outcome = _call(draft, key, node, called[index], here)
        if isinstance(outcome, Failure):
            message = f"{label(node, called[index])}: {outcome.message}"
            draft.raise_incident(key, replace(outcome, message=message, listener=here))
            return None
        if called[index].job is not None:
            return None
        at = outcome
    return at


def call_only(draft: Draft, key: ElementKey, node: Node, at: ListenerAt) -> ListenerAt | None:
    """Call one listener; return what it changed, if it is done."""
    spec = plan_of(node).called_by(at.event)[at.index]
    outcome = _call(draft, key, node, spec, at)
    if not isinstance(outcome, Failure):
        return outcome
    message = f"{label(node, spec)}: {outcome.message}"
    draft.raise_incident(key, replace(outcome, message=message, listener=at))
    return None


def label(node: Node, spec: ListenerSpec) -> str:
    """Name a listener to people: `Start listener 1 of bill`."""
    return f"{spec.event.value.capitalize()} listener {spec.number} of {node.element_id}"


def past(node: Node, event: ListenerEvent, failure: Failure) -> Failure:
    """Say of a failure that the listeners of an event are done and are not called again."""
    if node.listeners is None or not node.listeners.called_by(event):
        return failure
    done = ListenerAt(event=event, index=len(node.listeners.called_by(event)))
    return replace(failure, listener=done)


def take_results(draft: Draft, key: ElementKey, spec: ListenerSpec, results: Variables) -> None:
    """Set the variables that a listener's job was completed with.

    In Camunda 8 those of a start listener are local to the element, others go where results of
    the output mappings go. In Camunda 7 each goes to where there is one of its name.
    """
    if not results:
        return
    node = draft.node_of(key)
    if node.kind in _OF_PROCESS:
        draft.set_variables(ROOT, results)
    elif spec.is_camunda7:
        draft.assign(draft.scope_seen_by(key), results)
    elif spec.event in {ListenerEvent.START, ListenerEvent.BEFORE_ALL}:
        _set_locally(draft, key, results)
    else:
        draft.assign(_around(draft, key), results)


def _call(
    draft: Draft, key: ElementKey, node: Node, spec: ListenerSpec, at: ListenerAt
) -> ListenerAt | Failure:
    if spec.job is not None:
        return create_job(draft, key, node, spec.job, at) or at
    if spec.action is not None:
        return _evaluate(draft, key, spec.action, at)
    return at


def _evaluate(
    draft: Draft, key: ElementKey, action: ListenerAction, at: ListenerAt
) -> ListenerAt | Failure:
    """Evaluate an expression; one that stands for a change makes it."""
    scope = draft.scope_seen_by(key)
    extra: Variables = at.variables
    if action.asks_task and at.event in OF_USER_TASKS:
        extra = {**at.variables, TASK: task_seen(draft.memory.instance_key, at)}
    value = draft.evaluate(action.value, scope, extra)
    if isinstance(value, EvaluationFailure):
        return of_expression(value, "The expression")
    if action.change is not None:
        return change_of(action.change, value, at)
    if action.removes:
        return _remove(draft, scope, action, value) or at
    if action.target is None:
        return at
    name = draft.evaluate(action.target, scope, extra)
    if isinstance(name, EvaluationFailure):
        return of_expression(name, "The variable's name")
    if not isinstance(name, str) or not name:
        return of_value(action.target.source, "The variable's name", "a text", name)
    _set(draft, key, {name: value}, is_local=action.is_local)
    return at


def _set(draft: Draft, key: ElementKey, variables: Variables, *, is_local: bool) -> None:
    if not is_local:
        draft.assign(draft.scope_seen_by(key), variables)
    elif draft.node_of(key).kind in _OF_PROCESS:
        draft.set_variables(ROOT, variables)
    else:
        _set_locally(draft, key, variables)


def _remove(
    draft: Draft, scope: ElementKey, action: ListenerAction, name: JsonValue
) -> Failure | None:
    """Remove a variable from the innermost scope that has it; where there is none, nothing."""
    if not isinstance(name, str) or not name:
        return of_value(action.value.source, "The variable's name", "a text", name)
    owner = owner_of(draft.memory, scope, name)
    if name in draft.memory.variables.get(owner, NOTHING):
        draft.changes.append(Change(owner, frozenset(), frozenset({name})))
        draft.record(VariablesRemoved(owner, (name,)))
    return None


def _set_locally(draft: Draft, key: ElementKey, variables: Variables) -> None:
    """Set variables of the visit itself, which gets a scope for them if it has none."""
    if key not in draft.memory.scopes:
        draft.record(ScopeOpened(key, NO_NODE, draft.memory.visits[key].scope, {}))
    draft.set_variables(key, variables)


def _around(draft: Draft, key: ElementKey) -> ElementKey:
    """Return the scope around a visit; an instance of several begins with its own."""
    visit = draft.memory.visits[key]
    if visit.loop_index is not None and isinstance(
        draft.node_of(visit.scope).spec, MultiInstanceSpec
    ):
        return draft.scope_seen_by(key)
    return visit.scope
