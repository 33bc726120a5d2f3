"""Multi-instance activities, parallel and sequential (BPMN 2.0.2, section 13.3.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from immutables import Map
from typing_extensions import override

from bpmn_engine.expressions.language import EvaluationFailure, Expression
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import MultiInstanceSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.facts import LoopAdvanced, LoopStarted
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.implicit_events import plan_events, throw_events
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.state import Incident, Loop
from bpmn_engine.kernel.termination import clear_scope
from bpmn_engine.values import JsonValue

_NO_OUTPUTS: Final[Map[int, JsonValue]] = Map()


class MultiInstanceBehavior(PlainBehavior):
    """The body around the instances: counts them, gathers their results, ends when all have."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Work out the items and start one instance, or all."""
        spec = _spec(node)
        items = _items(draft, key, spec)
        if isinstance(items, Failure):
            return items
        draft.record(LoopStarted(key, items))
        _start(draft, key, spec, Loop(len(items), 0, 0))
        if not items:
            _complete(draft, key, spec)
        return None

    @override
    def on_instance_ended(self, draft: Draft, key: ElementKey, node: Node) -> None:
        """Count it, then ask whether the rest is still wanted."""
        loop = draft.memory.loops[key]
        loop = Loop(loop.total, loop.started, loop.completed + 1)
        draft.record(LoopAdvanced(key, loop))
        self._go_on(draft, key, node)

    @staticmethod
    def _go_on(draft: Draft, key: ElementKey, node: Node) -> None:
        """Evaluate every condition before any event is thrown, so that a failure throws none."""
        spec, loop = _spec(node), draft.memory.loops[key]
        enough = _is_enough(draft, key, spec, loop)
        if isinstance(enough, Failure):
            draft.raise_incident(key, enough)
            return
        if spec.events:
            events = plan_events(draft, key, spec, _counters(loop))
            if isinstance(events, Failure):
                draft.raise_incident(key, events)
                return
            if not throw_events(draft, key, node, events):
                return
        if enough or loop.completed == loop.total:
            clear_scope(draft, key)
            _complete(draft, key, spec)
        elif spec.is_sequential and loop.active == 0:
            _start(draft, key, spec, loop)

    @override
    def on_resolve(self, draft: Draft, key: ElementKey, node: Node, incident: Incident) -> None:
        """Evaluate the items again, or the completion condition if the loop has begun."""
        if key in draft.memory.loops:
            self._go_on(draft, key, node)
        else:
            super().on_resolve(draft, key, node, incident)


def _spec(node: Node) -> MultiInstanceSpec:
    if not isinstance(node.spec, MultiInstanceSpec):
        raise TypeError(f"Expected {node.element_id} to be multi-instance, but it is not.")
    return node.spec


def _items(
    draft: Draft, key: ElementKey, spec: MultiInstanceSpec
) -> tuple[JsonValue, ...] | Failure:
    """Return one item per instance: of the collection, or (with a cardinality) nothing each.

    Both may read what listeners have set in the body itself.
    """
    scope = draft.scope_seen_by(key)
    if spec.input_collection is not None:
        value = draft.evaluate(spec.input_collection, scope)
        if isinstance(value, EvaluationFailure):
            return of_expression(value, "The input collection")
        if isinstance(value, str) and spec.input_collection.source == value:
            value = draft.view(scope).get(value)
        if isinstance(value, Sequence) and not isinstance(value, str):
            return tuple(value)
        return of_value(spec.input_collection.source, "The input collection", "a list", value)
    if spec.cardinality is None:
        return ()
    return _nothings(draft, scope, spec.cardinality)


def _nothings(
    draft: Draft, scope: ElementKey, cardinality: Expression
) -> tuple[None, ...] | Failure:
    value = draft.evaluate(cardinality, scope)
    if isinstance(value, EvaluationFailure):
        return of_expression(value, "The loop cardinality")
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if type(value) is int and value >= 0:
        return (None,) * value
    return of_value(cardinality.source, "The loop cardinality", "a whole number from 0", value)


def _start(draft: Draft, key: ElementKey, spec: MultiInstanceSpec, loop: Loop) -> None:
    """Start the next instance of a sequential body, or all of a parallel one."""
    until = min(loop.started + 1, loop.total) if spec.is_sequential else loop.total
    draft.record(LoopAdvanced(key, Loop(loop.total, until, loop.completed)))
    inner = draft.graph.nodes[spec.inner]
    if until > loop.started:
        draft.arrive(inner, key, loop_index=range(loop.started, until))


def _is_enough(
    draft: Draft, key: ElementKey, spec: MultiInstanceSpec, loop: Loop
) -> bool | Failure:
    """Evaluate the completion condition; it may read the standard's counters by both names."""
    if spec.completion_condition is None:
        return False
    value = draft.evaluate(spec.completion_condition, key, _counters(loop))
    if isinstance(value, EvaluationFailure):
        return of_expression(value, "The completion condition")
    if isinstance(value, bool):
        return value
    return of_value(
        spec.completion_condition.source, "The completion condition", "true or false", value
    )


def _counters(loop: Loop) -> dict[str, JsonValue]:
    """Return the standard's counters by both names; what is terminated ends with the body."""
    return {
        "numberOfInstances": loop.total,
        "numberOfActiveInstances": loop.active,
        "numberOfCompletedInstances": loop.completed,
        "numberOfTerminatedInstances": 0,
        "nrOfInstances": loop.total,
        "nrOfActiveInstances": loop.active,
        "nrOfCompletedInstances": loop.completed,
    }


def _complete(draft: Draft, key: ElementKey, spec: MultiInstanceSpec) -> None:
    results: dict[str, JsonValue] = {}
    if spec.output_collection is not None:
        gathered = draft.memory.outputs.get(key, _NO_OUTPUTS)
        total = draft.memory.loops[key].total
        results[spec.output_collection] = [gathered.get(index) for index in range(total)]
    complete(draft, key, results)
