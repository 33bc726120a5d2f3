"""Offering a user task to people: who may do it, by when, with which form.

Its listeners are called before: those of its creation, then those of the assignment if it has an
assignee from the beginning. What they correct holds from the beginning, too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from immutables import Map

from bpmn_engine.expressions.language import EvaluationFailure, Expression
from bpmn_engine.expressions.timers import TimerKind, first_firing
from bpmn_engine.graph.listener_specs import ListenerPlan
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import ResourceSpec, UserTaskSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.effects import CreateUserTask
from bpmn_engine.kernel.facts import WaitOpened
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.listeners import call_listeners
from bpmn_engine.kernel.state import ListenerAt, Wait, WaitKind
from bpmn_engine.kernel.task_changes import attributes_of
from bpmn_engine.kernel.user_task_changes import changed
from bpmn_engine.kernel.waiting import PlannedWait, open_wait, plan
from bpmn_engine.model.listeners import ListenerEvent
from bpmn_engine.values import JsonValue, Variables

DEFAULT_PRIORITY: Final = 50
HIGHEST_PRIORITY: Final = 100
_AT_CREATION: Final = ListenerAt(event=ListenerEvent.CREATING)


def task_of(draft: Draft, key: ElementKey) -> ElementKey | None:
    """Return the wait of a visit for a person, or None when nothing is offered."""
    for wait in sorted(draft.memory.waits_of.get(key, ())):
        if draft.memory.waits[wait].kind is WaitKind.USER_TASK:
            return wait
    return None


def offer(
    draft: Draft, key: ElementKey, node: Node, at: ListenerAt | None = None
) -> Failure | None:
    """Offer the task of a visit; `at` says which of its listeners have been called already.

    A returned failure has written nothing.
    """
    if not isinstance(node.spec, UserTaskSpec):
        raise TypeError(f"Expected {node.element_id} to be a user task, but it is not.")
    effect = _Offer(draft, key, node.spec).effect(draft.next_key(), node)
    if isinstance(effect, Failure):
        return effect
    if node.listeners is None:
        _open(draft, effect)
        return None
    return _offer_called(draft, node, node.listeners, effect, at)


def _offer_called(
    draft: Draft,
    node: Node,
    listeners: ListenerPlan,
    effect: CreateUserTask,
    at: ListenerAt | None,
) -> Failure | None:
    timeouts = _timeouts(draft, effect.visit, node, listeners)
    if isinstance(timeouts, Failure):
        return timeouts
    if at is None:
        asks = listeners.asks_task(ListenerEvent.CREATING)
        told: Variables = attributes_of(effect) if asks else NOTHING
        at = call_listeners(draft, effect.visit, node, replace(_AT_CREATION, task=Map(told)))
        if at is None:
            return None
    corrected = changed(effect, at.changes)
    if at.event is ListenerEvent.CREATING and corrected.assignee is not None:
        first = sum(spec.event is ListenerEvent.UPDATING for spec in listeners.assigning)
        changes = at.changes.set("assignee", corrected.assignee)
        asks = listeners.asks_task(ListenerEvent.ASSIGNING)
        begin = ListenerAt(
            event=ListenerEvent.ASSIGNING,
            index=first,
            changes=changes,
            task=Map(attributes_of(effect) if asks else NOTHING),
        )
        assigned = call_listeners(draft, effect.visit, node, begin)
        if assigned is None:
            return None
        corrected = changed(effect, assigned.changes)
    _open(draft, replace(corrected, wait=draft.next_key()))
    for index, planned in enumerate(timeouts):
        listener = ListenerAt(event=ListenerEvent.TIMEOUT, index=index)
        open_wait(draft, effect.visit, replace(planned, listener=listener))
    return None


def _timeouts(
    draft: Draft, key: ElementKey, node: Node, listeners: ListenerPlan
) -> list[PlannedWait] | Failure:
    found = []
    for spec in listeners.timeouts:
        if spec.timer is not None:
            planned = plan(draft, key, node, spec.timer)
            if isinstance(planned, Failure):
                return planned
            found.append(planned)
    return found


def _open(draft: Draft, effect: CreateUserTask) -> None:
    wait = Wait(effect.wait, effect.visit, effect.node, WaitKind.USER_TASK)
    draft.record(WaitOpened(wait))
    draft.effects.append(effect)


class _Offer:
    """Evaluates the attributes of one user task; the first failure wins."""

    def __init__(self, draft: Draft, key: ElementKey, spec: UserTaskSpec) -> None:
        self._draft = draft
        self._scope = draft.scope_seen_by(key)
        self._key = key
        self._spec = spec
        self._failure: Failure | None = None

    def effect(self, wait: ElementKey, node: Node) -> CreateUserTask | Failure:
        spec = self._spec
        assignees = self._names(spec.assignee, "The assignee")
        resources = tuple(self._resource(resource) for resource in spec.resources)
        is_by_lane = any(resource.is_lane for resource in spec.resources)
        effect = CreateUserTask(
            wait=wait,
            visit=self._key,
            node=node.index,
            assignee=assignees[0] if assignees else None,
            candidate_users=(
                *self._names(spec.candidate_users, "The candidate users"),
                *(() if is_by_lane else resources),
            ),
            candidate_groups=(
                *self._names(spec.candidate_groups, "The candidate groups"),
                *resources,
            ),
            is_by_lane=is_by_lane,
            due_at=self._moment(spec.due_at, "The due date"),
            follow_up_at=self._moment(spec.follow_up_at, "The follow-up date"),
            priority=self._priority(spec.priority),
            form=spec.form,
        )
        return effect if self._failure is None else self._failure

    def _resource(self, resource: ResourceSpec) -> str:
        """Return the name of a resource with the values of its parameters."""
        parts = [resource.name]
        for parameter in resource.parameters:
            value = self._value(parameter, "The parameter of a resource")
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                parts.append(str(value))
            else:
                expected = "a text or a whole number"
                self._fail(
                    of_value(parameter.source, "The parameter of a resource", expected, value)
                )
        return "/".join(parts)

    def _value(self, expression: Expression | None, purpose: str) -> JsonValue:
        if expression is None:
            return None
        value = self._draft.evaluate(expression, self._scope)
        if isinstance(value, EvaluationFailure):
            self._fail(of_expression(value, purpose))
            return None
        return value

    def _fail(self, failure: Failure) -> None:
        self._failure = self._failure or failure

    def _names(self, expression: Expression | None, purpose: str) -> tuple[str, ...]:
        value = self._value(expression, purpose)
        if expression is None or value is None:
            return ()
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        if isinstance(value, Sequence) and all(isinstance(name, str) for name in value):
            return tuple(str(name) for name in value)
        self._fail(of_value(expression.source, purpose, "a text or a list of texts", value))
        return ()

    def _moment(self, expression: Expression | None, purpose: str) -> dt.datetime | None:
        value = self._value(expression, purpose)
        if value is None or value == "":
            return None
        is_duration = isinstance(value, str) and value.lstrip("\"'").startswith("P")
        kind = TimerKind.DURATION if is_duration else TimerKind.DATE
        schedule = first_firing(kind, value, self._draft.now)
        if isinstance(schedule, EvaluationFailure):
            self._fail(of_expression(schedule, purpose))
            return None
        return schedule.due_at

    def _priority(self, expression: Expression | None) -> int:
        value = self._value(expression, "The priority")
        if expression is None or value is None:
            return DEFAULT_PRIORITY
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        if type(value) is int and 0 <= value <= HIGHEST_PRIORITY:
            return value
        self._fail(of_value(expression.source, "The priority", "a number from 0 to 100", value))
        return DEFAULT_PRIORITY
