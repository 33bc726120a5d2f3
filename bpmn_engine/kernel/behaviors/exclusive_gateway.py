"""Exclusive gateway (BPMN 2.0.2, section 13.4.2)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.moves import flow_holds, no_flow
from bpmn_engine.values import Variables


class ExclusiveGatewayBehavior(PlainBehavior):
    """Passes each token on over the first flow, in document order, whose condition holds."""

    @override
    def choose_flows(
        self, draft: Draft, scope: ElementKey, node: Node, results: Variables
    ) -> tuple[int, ...] | Failure:
        """Conditions are asked in document order, not in that of the drawing.

        A flow without a condition that is not the default holds, as in Camunda 7.
        """
        if not node.outgoing:
            return ()
        for index in node.outgoing:
            if index != node.default:
                holds = flow_holds(draft, scope, draft.graph.edges[index], results)
                if isinstance(holds, Failure):
                    return holds
                if holds:
                    return (index,)
        return (node.default,) if node.default is not None else no_flow(node)
