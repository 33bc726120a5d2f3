"""Why tokens went where they went: conditions evaluated again, with the values they had read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from bpmn_engine.expressions.explaining import explain_expression
from bpmn_engine.expressions.feel.explain import Explained
from bpmn_engine.expressions.language import Expression
from bpmn_engine.graph.nodes import Edge, Node, NodeKind
from bpmn_engine.graph.specs import ComplexSpec
from bpmn_engine.ids import Key
from bpmn_engine.kernel.variables import offered
from bpmn_engine.service.graphs import CompiledDefinition
from bpmn_engine.service.outcomes import Problem, not_found
from bpmn_engine.service.read_once import instance_row
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store.database import Session
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.queries_decisions import KeptDecision, kept_activation, kept_decisions
from bpmn_engine.values import Variables
from bpmn_engine.views.gateway_decisions import (
    ActivationView,
    ConsideredFlowView,
    FlowVerdict,
    GatewayDecisionView,
)

MAX_DECISIONS: Final = 200


class GatewayDecisions(UseCases):
    """What is read about the decisions of gateways, and of activities with conditional flows."""

    def gateway_decisions(
        self,
        key: int,
        *,
        element_id: str | None = None,
        visit: int | None = None,
        limit: int = MAX_DECISIONS,
    ) -> tuple[GatewayDecisionView, ...] | Problem:
        """Return why the tokens of an instance went where they went, newest first.

        Args:
            key: of the instance.
            element_id: only the decisions of this element.
            visit: only that of this visit.
            limit: at most so many, and at most `MAX_DECISIONS`.
        """

        def read(session: Session) -> tuple[GatewayDecisionView, ...] | Problem:
            row = instance_row(session, Key(key))
            if row is None:
                return not_found("process instance", key)
            found = self._found(session, row, element_id, visit)
            return tuple(islice(found, min(limit, MAX_DECISIONS)))

        return self._read(read)

    def _found(
        self, session: Session, row: InstanceRow, element_id: str | None, visit: int | None
    ) -> Iterator[GatewayDecisionView]:
        for kept in kept_decisions(session, row.key, row.definition_key):
            if visit is not None and visit != kept.visit:
                continue
            definition = self._graphs.definition(session, kept.definition_key)
            graph = definition.graph
            node = graph.nodes[graph.node_by_ref[kept.ref]]
            if element_id is None or element_id == node.element_id:
                activated = _activated(session, row, kept, node)
                if node.has_conditions or activated is not None:
                    yield _Explaining(definition, row, kept, node).view(activated)


def _activated(
    session: Session, row: InstanceRow, kept: KeptDecision, node: Node
) -> Variables | None:
    """Return what the activation condition of a complex gateway read, if it has one."""
    if not isinstance(node.spec, ComplexSpec) or node.spec.activation_condition is None:
        return None
    return kept_activation(session, row.key, kept.visit)


class _Explaining:
    """Explains one decision."""

    def __init__(
        self, definition: CompiledDefinition, row: InstanceRow, kept: KeptDecision, node: Node
    ) -> None:
        self._definition = definition
        self._row = row
        self._kept = kept
        self._node = node

    def view(self, activated: Variables | None) -> GatewayDecisionView:
        """Return the decision, with every flow that could have been taken.

        `activated` is what the activation condition of a complex gateway read.
        """
        kept, node = self._kept, self._node
        flows: list[ConsideredFlowView] = []
        is_decided = False
        for index in node.outgoing:
            edge = self._definition.graph.edges[index]
            verdict = self._verdict(edge, is_decided=is_decided)
            flows.append(self._flow(edge, verdict))
            is_first_taken = node.kind is NodeKind.EXCLUSIVE and verdict is not FlowVerdict.DEFAULT
            is_decided = is_decided or (is_first_taken and flows[-1].is_taken)
        return GatewayDecisionView(
            visit=kept.visit,
            element_id=node.element_id,
            element_name=node.name,
            element_type=node.element_type,
            at=kept.at,
            values=kept.values,
            flows=tuple(flows),
            activation=None if activated is None else self._activation(activated),
        )

    def _activation(self, values: Variables) -> ActivationView | None:
        spec = self._node.spec
        condition = spec.activation_condition if isinstance(spec, ComplexSpec) else None
        if condition is None:
            return None
        return ActivationView(
            condition=condition.source,
            values=values,
            explanation=self._explanation(condition, values, holds=True),
        )

    def _verdict(self, edge: Edge, *, is_decided: bool) -> FlowVerdict:
        if edge.index == self._node.default:
            return FlowVerdict.DEFAULT
        if is_decided:
            return FlowVerdict.NOT_ASKED
        if edge.condition is None:
            return FlowVerdict.UNCONDITIONAL
        return FlowVerdict.TRUE if edge.flow_id in self._kept.flows else FlowVerdict.FALSE

    def _flow(self, edge: Edge, verdict: FlowVerdict) -> ConsideredFlowView:
        target = self._definition.graph.nodes[edge.target]
        is_asked = verdict in {FlowVerdict.TRUE, FlowVerdict.FALSE}
        explanation = None
        if is_asked and edge.condition is not None:
            holds = verdict is FlowVerdict.TRUE
            explanation = self._explanation(edge.condition, self._kept.values, holds=holds)
        return ConsideredFlowView(
            flow_id=edge.flow_id,
            flow_name=self._definition.flow_names.get(edge.flow_id),
            target_element_id=target.element_id,
            target_element_name=target.name,
            condition=None if edge.condition is None else edge.condition.source,
            is_taken=edge.flow_id in self._kept.flows,
            verdict=verdict,
            explanation=explanation,
        )

    def _explanation(
        self, condition: Expression, kept: Variables, *, holds: bool
    ) -> Explained | None:
        """Return how the condition came to its result; None when it does not, with cut values."""
        row = self._row
        values = offered(condition, row.key, row.business_key, kept)
        explanation = explain_expression(condition, values, self._kept.at)
        return explanation.root if explanation.value is holds else None
