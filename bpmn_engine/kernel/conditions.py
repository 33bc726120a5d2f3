"""Conditional events: asked in the step that changes what they read (section 10.5.5).

A condition is asked when the event begins to wait, and again when a variable changes that it can
see and reads. The event occurs when the condition *becomes* true: one that stays true occurs once,
until it has been false again.
"""

from __future__ import annotations

from dataclasses import replace

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.specs import ConditionSpec, triggers_of
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.closing import say_farewells
from bpmn_engine.kernel.data_waits import ask_for_data
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.facts import WaitOpened
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import ASKED_INSIDE, Wait, WaitKind
from bpmn_engine.kernel.triggers import trigger
from bpmn_engine.kernel.variables import Change


def ask_conditions(draft: Draft) -> None:
    """Ask the conditions that the news concern; let events occur whose condition became true.

    The listeners of what was terminated come first: they may bring news themselves.
    """
    changes, draft.changes = draft.changes, []
    if draft.farewells:
        say_farewells(draft)
    if draft.memory.status is not InstanceStatus.ACTIVE or draft.memory.ending is not None:
        return
    for key in sorted(draft.memory.listening):
        wait = draft.open_wait(key)
        if wait is not None and wait.kind is WaitKind.DATA:
            ask_for_data(draft, wait)
            continue
        if wait is None or wait.kind is not WaitKind.CONDITION:
            continue
        spec = _spec(draft, wait)
        if any(_concerns(draft, wait, spec, change) for change in changes):
            _ask(draft, wait, spec)


def ask_again(draft: Draft) -> None:
    """Ask every condition: what changed meanwhile was not looked at."""
    for key in draft.memory.listening:
        wait = draft.memory.waits[key]
        if wait.kind in ASKED_INSIDE:
            ask_first(draft, wait.visit, key)


def ask_first(draft: Draft, visit: ElementKey, wait: ElementKey) -> None:
    """Have a condition asked, whatever has changed."""
    draft.changes.append(Change(visit, frozenset(), frozenset(), wait))


def _spec(draft: Draft, wait: Wait) -> ConditionSpec:
    node = draft.graph.nodes[wait.node]
    for spec in triggers_of(node.spec):
        if isinstance(spec, ConditionSpec) and spec.condition.source == wait.name:
            return spec
    raise TypeError(f"Expected {node.element_id} to wait for a condition, but it does not.")


def _concerns(draft: Draft, wait: Wait, spec: ConditionSpec, change: Change) -> bool:
    if change.wait is not None:
        return change.wait == wait.key
    is_read = (spec.is_asked_on_create and not spec.names.isdisjoint(change.created)) or (
        spec.is_asked_on_update and not spec.names.isdisjoint(change.updated)
    )
    return is_read and _sees(draft, draft.scope_seen_by(wait.visit), change.scope)


def _sees(draft: Draft, inner: ElementKey | None, outer: ElementKey) -> bool:
    while inner is not None:
        if inner == outer:
            return True
        inner = draft.memory.scopes[inner].parent
    return False


def _ask(draft: Draft, wait: Wait, spec: ConditionSpec) -> None:
    holds = _holds(draft, wait, spec)
    if isinstance(holds, Failure):
        _raise(draft, wait, holds)
        return
    for incident in _incidents(draft, wait):
        draft.clear_incident(incident)
    if holds and not wait.is_met:
        trigger(draft, wait, NOTHING)
    if holds is not wait.is_met and wait.key in draft.memory.waits:
        draft.record(WaitOpened(replace(wait, is_met=holds)))


def _holds(draft: Draft, wait: Wait, spec: ConditionSpec) -> bool | Failure:
    """Return whether the condition is true; without a variable that it needs it is not."""
    scope = draft.scope_seen_by(wait.visit)
    value = draft.evaluate(spec.condition, scope)
    purpose = f"The condition of {draft.graph.nodes[wait.node].element_id}"
    if isinstance(value, EvaluationFailure):
        view = draft.view(scope)
        is_complete = all(name in view for name in spec.condition.names)
        return of_expression(value, purpose) if is_complete else False
    if value is None or isinstance(value, bool):
        return value is True
    return of_value(spec.condition.source, purpose, "true or false", value)


def _incidents(draft: Draft, wait: Wait) -> list[ElementKey]:
    found = draft.memory.incidents_of.get(wait.visit, ())
    return sorted(key for key in found if draft.memory.incidents[key].wait == wait.key)


def _raise(draft: Draft, wait: Wait, failure: Failure) -> None:
    """Raise an incident; the event goes on waiting, and a change may resolve it."""
    if _incidents(draft, wait):
        return
    node = draft.graph.nodes[wait.node]
    failure = replace(failure, wait=wait.key)
    if wait.visit in draft.memory.visits:
        draft.raise_incident(wait.visit, failure)
    else:
        draft.raise_in_scope(wait.visit, node, failure)
