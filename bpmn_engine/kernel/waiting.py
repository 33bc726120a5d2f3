"""Waits on triggers: what a timer, message or signal event definition waits for, worked out.

Everything is evaluated before anything is opened, so that a failing expression opens nothing.
"""

from __future__ import annotations

from dataclasses import replace

from bpmn_engine.expressions.language import EvaluationFailure, Expression
from bpmn_engine.expressions.timers import TimerSchedule, first_firing, next_firing
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import (
    ConditionSpec,
    MessageSpec,
    SignalSpec,
    TimerSpec,
    TriggerSpec,
    triggers_of,
)
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.checked_frozen import checked_frozen
from bpmn_engine.kernel.correlation import awaited_key
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.effects import OpenSubscription, ScheduleTimer
from bpmn_engine.kernel.facts import WaitOpened
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.state import ListenerAt, Wait, WaitKind
from bpmn_engine.kernel.variables import Change


@checked_frozen(kw_only=True)
class PlannedWait:
    """A wait that can be opened without anything going wrong."""

    node: Node  #: what will be triggered
    kind: WaitKind
    schedule: TimerSchedule | None = None
    name: str | None = None
    correlation_key: str | None = None
    listener: ListenerAt | None = None  #: of a user task's own timer


def plan_boundaries(
    draft: Draft, visit: ElementKey, node: Node
) -> tuple[PlannedWait, ...] | Failure:
    """Work out the waits of the boundary events of an activity; errors need none."""
    planned: list[PlannedWait] = []
    for index in node.boundaries:
        waits = plan_all(draft, visit, draft.graph.nodes[index])
        if isinstance(waits, Failure):
            return waits
        planned.extend(waits)
    return tuple(planned)


def plan_all(draft: Draft, visit: ElementKey, target: Node) -> tuple[PlannedWait, ...] | Failure:
    """Work out a wait for each definition of an event; errors and escalations need none."""
    planned = []
    for spec in triggers_of(target.spec):
        wait = plan(draft, visit, target, spec)
        if isinstance(wait, Failure):
            return wait
        planned.append(wait)
    return tuple(planned)


def plan(
    draft: Draft, visit: ElementKey, target: Node, spec: TriggerSpec
) -> PlannedWait | Failure:
    """Work out one wait, with the variables that the visit sees."""
    match spec:
        case TimerSpec():
            return _timer(draft, visit, target, spec)
        case MessageSpec():
            return _message(draft, visit, target, spec)
        case ConditionSpec(condition=condition):
            return PlannedWait(node=target, kind=WaitKind.CONDITION, name=condition.source)
        case SignalSpec():
            name = text_of(draft, visit, spec.name, "The signal's name")
            if isinstance(name, Failure):
                return name
            return PlannedWait(node=target, kind=WaitKind.SIGNAL, name=name)


def _timer(
    draft: Draft, visit: ElementKey, target: Node, spec: TimerSpec
) -> PlannedWait | Failure:
    value = draft.evaluate(spec.expression, draft.scope_seen_by(visit))
    if isinstance(value, EvaluationFailure):
        return of_expression(value, f"The timer of {target.element_id}")
    schedule = first_firing(spec.kind, value, draft.now)
    if isinstance(schedule, EvaluationFailure):
        return of_expression(schedule, f"The timer of {target.element_id}")
    return PlannedWait(node=target, kind=WaitKind.TIMER, schedule=schedule)


def _message(
    draft: Draft, visit: ElementKey, target: Node, spec: MessageSpec
) -> PlannedWait | Failure:
    name = text_of(draft, visit, spec.name, "The message's name")
    if isinstance(name, Failure):
        return name
    if spec.correlation_key is None:
        correlation_key = awaited_key(draft, spec)
    else:
        correlation_key = text_of(draft, visit, spec.correlation_key, "The correlation key")
    if isinstance(correlation_key, Failure):
        return correlation_key
    return PlannedWait(
        node=target, kind=WaitKind.MESSAGE, name=name, correlation_key=correlation_key
    )


def text_of(
    draft: Draft, visit: ElementKey, expression: Expression, purpose: str
) -> str | Failure:
    """Evaluate an expression that has to give a text or a whole number."""
    value = draft.evaluate(expression, draft.scope_seen_by(visit))
    if isinstance(value, EvaluationFailure):
        return of_expression(value, purpose)
    if isinstance(value, str) and value:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return of_value(expression.source, purpose, "a text that is not empty", value)


def open_wait(draft: Draft, visit: ElementKey, planned: PlannedWait) -> ElementKey:
    """Open a wait and tell the outside."""
    wait = Wait(
        key=draft.next_key(),
        visit=visit,
        node=planned.node.index,
        kind=planned.kind,
        schedule=planned.schedule,
        name=planned.name,
        correlation_key=planned.correlation_key,
        listener=planned.listener,
    )
    draft.record(WaitOpened(wait))
    if planned.kind is WaitKind.CONDITION:
        draft.changes.append(Change(visit, frozenset(), frozenset(), wait.key))
    if planned.schedule is not None:
        draft.effects.append(
            ScheduleTimer(
                wait=wait.key, visit=visit, node=wait.node, due_at=planned.schedule.due_at
            )
        )
    elif planned.name is not None and planned.kind in {WaitKind.MESSAGE, WaitKind.SIGNAL}:
        draft.effects.append(
            OpenSubscription(
                wait=wait.key,
                visit=visit,
                node=wait.node,
                kind=planned.kind,
                name=planned.name,
                correlation_key=planned.correlation_key,
            )
        )
    return wait.key


def repeat_or_close(draft: Draft, wait: Wait) -> None:
    """After a non-interrupting trigger: move a repeating timer on, close one that is over.

    A message or signal subscription stays open: the event may occur again (section 13.5.3).
    """
    if wait.schedule is None:
        return
    following = next_firing(wait.schedule)
    if following is None:
        draft.close_wait(wait.key, is_withdrawn=False)
        return
    draft.record(WaitOpened(replace(wait, schedule=following)))
    draft.effects.append(
        ScheduleTimer(wait=wait.key, visit=wait.visit, node=wait.node, due_at=following.due_at)
    )
