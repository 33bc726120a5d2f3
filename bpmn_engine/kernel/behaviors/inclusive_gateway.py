"""Inclusive gateway (BPMN 2.0.2, section 13.4.3)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.passing import visit


class InclusiveGatewayBehavior(PlainBehavior):
    """Splits over every flow that holds; joins what can still come.

    Whether a join fires is decided in `bpmn_engine.kernel.joins`, when nothing else moves.
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
        """Park the token at a join; a mere split lets it pass."""
        if flow is not None and len(node.incoming) > 1:
            draft.park(scope, flow)
        else:
            visit(draft, node, scope)
