"""Events that a multi-instance activity throws as its instances complete (section 13.3.7).

They are caught by the boundary events of the activity itself, in the same step. One that none of
them waits for goes to everybody else, as what a throw event throws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import ImplicitEventSpec, MessageSpec, MultiInstanceSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.correlation import awaited_key
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.effects import BroadcastSignal, PublishMessage
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.state import Wait, WaitKind
from bpmn_engine.kernel.triggers import trigger
from bpmn_engine.kernel.waiting import text_of
from bpmn_engine.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrownEvent:
    """An event that can be thrown without anything going wrong."""

    kind: WaitKind
    name: str
    correlation_key: str | None


def plan_events(
    draft: Draft, key: ElementKey, spec: MultiInstanceSpec, counters: Mapping[str, JsonValue]
) -> tuple[ThrownEvent, ...] | Failure:
    """Work out what is thrown for the instance that has just completed."""
    planned = []
    for event in spec.events:
        wanted = _is_wanted(draft, key, event, counters)
        if isinstance(wanted, Failure):
            return wanted
        if wanted:
            thrown = _thrown(draft, key, event)
            if isinstance(thrown, Failure):
                return thrown
            planned.append(thrown)
    return tuple(planned)


def _is_wanted(
    draft: Draft, key: ElementKey, event: ImplicitEventSpec, counters: Mapping[str, JsonValue]
) -> bool | Failure:
    if event.is_first_only:
        return counters["numberOfCompletedInstances"] == 1
    if event.condition is None:
        return True
    value = draft.evaluate(event.condition, key, counters)
    if isinstance(value, EvaluationFailure):
        return of_expression(value, "The condition of an event")
    if isinstance(value, bool):
        return value
    return of_value(event.condition.source, "The condition of an event", "true or false", value)


def _thrown(draft: Draft, key: ElementKey, event: ImplicitEventSpec) -> ThrownEvent | Failure:
    name = text_of(draft, key, event.trigger.name, "The event's name")
    if isinstance(name, Failure):
        return name
    if not isinstance(event.trigger, MessageSpec):
        return ThrownEvent(kind=WaitKind.SIGNAL, name=name, correlation_key=None)
    if event.trigger.correlation_key is None:
        correlation_key = awaited_key(draft, event.trigger)
    else:
        correlation_key = text_of(draft, key, event.trigger.correlation_key, "The correlation key")
    if isinstance(correlation_key, Failure):
        return correlation_key
    return ThrownEvent(kind=WaitKind.MESSAGE, name=name, correlation_key=correlation_key)


def throw_events(
    draft: Draft, key: ElementKey, node: Node, events: tuple[ThrownEvent, ...]
) -> bool:
    """Throw events from an activity; return whether it is still there afterwards."""
    for event in events:
        if not draft.is_open(key):
            return False
        _throw(draft, key, node, event)
    return draft.is_open(key)


def _throw(draft: Draft, key: ElementKey, node: Node, event: ThrownEvent) -> None:
    catching = [wait for wait in _boundary_waits(draft, key, node) if _catches(wait, event)]
    if event.kind is WaitKind.MESSAGE:
        catching = catching[:1]
    for wait in catching:
        if wait.key in draft.memory.waits:
            trigger(draft, wait, {})
    if not catching:
        draft.effects.append(_sent(node, event))


def _boundary_waits(draft: Draft, key: ElementKey, node: Node) -> list[Wait]:
    waits = draft.memory.waits
    open_waits = [waits[wait] for wait in sorted(draft.memory.waits_of.get(key, ()))]
    return [wait for wait in open_waits if wait.node in node.boundaries]


def _catches(wait: Wait, event: ThrownEvent) -> bool:
    return (wait.kind, wait.name, wait.correlation_key) == (
        event.kind,
        event.name,
        event.correlation_key,
    )


def _sent(node: Node, event: ThrownEvent) -> PublishMessage | BroadcastSignal:
    if event.kind is WaitKind.SIGNAL:
        return BroadcastSignal(
            node=node.index, name=event.name, variables={}, heard_until=ElementKey(0)
        )
    return PublishMessage(
        node=node.index,
        name=event.name,
        correlation_key=event.correlation_key,
        variables={},
    )
