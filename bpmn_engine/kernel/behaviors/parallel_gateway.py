"""Parallel gateway, fork and join (BPMN 2.0.2, section 13.4.1)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.passing import visit
from bpmn_engine.values import Variables


class ParallelGatewayBehavior(PlainBehavior):
    """Fires when every incoming flow holds a token: one taken from each, one put on each outgoing.

    Tokens in excess stay on their flow for the next round.
    """

    @override
    def on_arrive(
        self,
        draft: Draft,
        node: Node,
        scope: ElementKey,
        flow: int | None,
        loop_index: int | None,
    ) -> None:
        """Park the token, then fire if the join is complete."""
        if flow is not None and len(node.incoming) > 1:
            draft.park(scope, flow)
            parked = draft.parked(scope)
            if not all(flow in parked for flow in node.incoming):
                return
            draft.consume(scope, node.incoming)
        visit(draft, node, scope)

    @override
    def choose_flows(
        self, draft: Draft, scope: ElementKey, node: Node, results: Variables
    ) -> tuple[int, ...] | Failure:
        """Every outgoing flow: conditions are not evaluated (section 13.4.1)."""
        return node.outgoing
