"""Standard loops: an activity again and again while a condition holds (BPMN 2.0.2, 13.3.6)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import StandardLoopSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.facts import LoopAdvanced
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.state import Incident, Loop


class StandardLoopBehavior(PlainBehavior):
    """The body around the iterations: asks before or after each whether there is another."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Start the first iteration, unless the condition is tested first and is false."""
        spec = _spec(node)
        loop = Loop(spec.maximum or 0, 0, 0)
        goes_on = _goes_on(draft, key, spec, loop) if spec.tests_before else True
        if isinstance(goes_on, Failure):
            return goes_on
        draft.record(LoopAdvanced(key, loop))
        self._next(draft, key, spec, goes_on=goes_on)
        return None

    @override
    def on_instance_ended(self, draft: Draft, key: ElementKey, node: Node) -> None:
        """Count the iteration, then start another or end."""
        loop = draft.memory.loops[key]
        draft.record(LoopAdvanced(key, Loop(loop.total, loop.started, loop.completed + 1)))
        self._decide(draft, key, _spec(node))

    def _decide(self, draft: Draft, key: ElementKey, spec: StandardLoopSpec) -> None:
        goes_on = _goes_on(draft, key, spec, draft.memory.loops[key])
        if isinstance(goes_on, Failure):
            draft.raise_incident(key, goes_on)
        else:
            self._next(draft, key, spec, goes_on=goes_on)

    @staticmethod
    def _next(draft: Draft, key: ElementKey, spec: StandardLoopSpec, *, goes_on: bool) -> None:
        if not goes_on:
            complete(draft, key)
            return
        loop = draft.memory.loops[key]
        draft.record(LoopAdvanced(key, Loop(loop.total, loop.started + 1, loop.completed)))
        draft.arrive(draft.graph.nodes[spec.inner], key, loop_index=loop.started)

    @override
    def on_resolve(self, draft: Draft, key: ElementKey, node: Node, incident: Incident) -> None:
        """Begin, ask again, or let the iteration begin that the limit has stopped."""
        loop = draft.memory.loops.get(key)
        if loop is None:
            super().on_resolve(draft, key, node, incident)
        elif loop.active:
            inner = draft.graph.nodes[_spec(node).inner]
            draft.arrive(inner, key, loop_index=loop.completed)
        else:
            self._decide(draft, key, _spec(node))


def _spec(node: Node) -> StandardLoopSpec:
    if not isinstance(node.spec, StandardLoopSpec):
        raise TypeError(f"Expected {node.element_id} to be a standard loop, but it is not.")
    return node.spec


def _goes_on(draft: Draft, key: ElementKey, spec: StandardLoopSpec, loop: Loop) -> bool | Failure:
    """Evaluate the condition, with the number of iterations so far as `loopCounter`."""
    if spec.maximum is not None and loop.completed >= spec.maximum:
        return False
    if spec.condition is None:
        return True
    scope = draft.memory.visits[key].scope
    value = draft.evaluate(spec.condition, scope, {"loopCounter": loop.completed})
    if isinstance(value, EvaluationFailure):
        return of_expression(value, "The loop condition")
    if isinstance(value, bool):
        return value
    return of_value(spec.condition.source, "The loop condition", "true or false", value)
