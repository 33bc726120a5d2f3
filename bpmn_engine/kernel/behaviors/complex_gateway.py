"""Complex gateway (BPMN 2.0.2, section 13.4.5): fires when its condition says so, then resets.

While it waits for its start, each token makes it evaluate its activation condition; when that
is true it takes one token from each flow that has one. Then it waits for its reset: for a token
on each other flow, unless none can come, as at an inclusive join. That is decided in
`bpmn_engine.kernel.resets`, when nothing else moves.
"""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.expressions.language import EvaluationFailure, Expression
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import ComplexSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.condition_values import activation_read
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.facts import ResetAwaited
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.moves import flow_holds, no_flow
from bpmn_engine.kernel.resets import WAITING_FOR_START, awaits_reset, fire
from bpmn_engine.values import JsonValue, Variables


class ComplexGatewayBehavior(PlainBehavior):
    """Joins by a condition over its tokens, splits by the conditions of its flows."""

    @override
    def on_arrive(
        self,
        draft: Draft,
        node: Node,
        scope: ElementKey,
        flow: int | None,
        loop_index: int | None,
    ) -> None:
        """Park the token at a join and look whether it is enough; a split lets it pass."""
        if flow is None or len(node.incoming) <= 1:
            fire(draft, node, scope, is_start=True)
            return
        draft.park(scope, flow)
        if awaits_reset(draft, node, scope):
            return
        enough = _is_enough(draft, node, scope)
        if isinstance(enough, Failure):
            draft.raise_in_scope(scope, node, enough)
        elif enough:
            _start(draft, node, scope, _read(draft, node, scope))

    @override
    def choose_flows(
        self, draft: Draft, scope: ElementKey, node: Node, results: Variables
    ) -> tuple[int, ...] | Failure:
        """Every flow whose condition holds; at a reset that may be none.

        A flow without a condition, and the default flow, are taken at the start only: else each
        would carry two tokens a round.
        """
        own = draft.memory.variables.get(scope, NOTHING)
        is_start = bool(own.get(WAITING_FOR_START))
        taken = []
        for index in node.outgoing:
            edge = draft.graph.edges[index]
            if edge.condition is None:
                if is_start and index != node.default:
                    taken.append(index)
                continue
            holds = flow_holds(draft, scope, edge, {**results, WAITING_FOR_START: is_start})
            if isinstance(holds, Failure):
                return holds
            if holds:
                taken.append(index)
        if taken or not is_start or not node.outgoing:
            return tuple(taken)
        return (node.default,) if node.default is not None else no_flow(node)


def _start(draft: Draft, node: Node, scope: ElementKey, read: Variables | None) -> None:
    """Take a token from each flow that has one; the others are awaited for the reset.

    `read` is what the activation condition read, if there is one.
    """
    parked = draft.parked(scope)
    draft.consume(scope, tuple(flow for flow in node.incoming if flow in parked))
    awaited = tuple(flow for flow in node.incoming if flow not in parked)
    if awaited:
        draft.record(ResetAwaited(scope, node.index, awaited))
    fire(draft, node, scope, is_start=True, read=read)


def _condition_of(node: Node) -> Expression | None:
    spec = node.spec
    if not isinstance(spec, ComplexSpec):
        raise TypeError(f"Expected {node.element_id} to be a complex gateway, but it is not.")
    return spec.activation_condition


def _read(draft: Draft, node: Node, scope: ElementKey) -> Variables | None:
    condition = _condition_of(node)
    if condition is None:
        return None
    return activation_read(condition, draft.view(scope, _counts(draft, node, scope, condition)))


def _is_enough(draft: Draft, node: Node, scope: ElementKey) -> bool | Failure:
    condition = _condition_of(node)
    if condition is None:
        return True
    counts = _counts(draft, node, scope, condition)
    value = draft.evaluate(condition, scope, counts)
    if isinstance(value, EvaluationFailure):
        return of_expression(value, "The activation condition")
    if isinstance(value, bool):
        return value
    return of_value(condition.source, "The activation condition", "true or false", value)


def _counts(
    draft: Draft, node: Node, scope: ElementKey, condition: Expression
) -> dict[str, JsonValue]:
    """Return what the condition may read: tokens in all, and on each flow.

    A flow is named by its id, or as `x1`, `x2` … in document order as the standard does, unless
    there is a variable of that name.
    """
    parked = draft.parked(scope)
    tokens = [parked.get(flow, 0) for flow in node.incoming]
    visible = draft.view(scope)
    counts: dict[str, JsonValue] = {
        f"x{number}": count
        for number, count in enumerate(tokens, 1)
        if f"x{number}" in condition.names and f"x{number}" not in visible
    }
    for flow, count in zip(node.incoming, tokens, strict=True):
        counts[draft.graph.edges[flow].flow_id] = count
    counts["activationCount"] = sum(tokens)
    return counts
