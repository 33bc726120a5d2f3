"""Event-based gateway, exclusive (BPMN 2.0.2, section 13.4.4)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.moves import occur
from bpmn_engine.kernel.state import Wait
from bpmn_engine.kernel.waiting import PlannedWait, open_wait, plan_all
from bpmn_engine.values import Variables


class EventBasedGatewayBehavior(PlainBehavior):
    """Waits for the events or receive tasks after it; the first to occur withdraws the rest."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Open the wait of every target."""
        planned: list[PlannedWait] = []
        for index in node.outgoing:
            target = draft.graph.nodes[draft.graph.edges[index].target]
            waits = plan_all(draft, key, target)
            if isinstance(waits, Failure):
                return waits
            planned.extend(waits)
        for wait in planned:
            open_wait(draft, key, wait)
        return None

    @override
    def on_trigger(self, draft: Draft, wait: Wait, variables: Variables) -> None:
        """Send the token to the event that occurred, which has then happened already."""
        node = draft.node_of(wait.visit)
        scope = draft.memory.visits[wait.visit].scope
        edges = draft.graph.edges
        taken = next(index for index in node.outgoing if edges[index].target == wait.node)
        draft.change(wait.visit, ElementState.COMPLETING)
        draft.close_waits(wait.visit, answered=wait.key)
        draft.pass_over(wait.visit, taken)
        occur(draft, draft.graph.nodes[wait.node], scope, variables)
