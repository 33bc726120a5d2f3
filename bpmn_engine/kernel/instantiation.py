"""A process started by a receive task or an event-based gateway (BPMN 2.0.2, section 13.2)."""

from __future__ import annotations

from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.graph.specs import EventGatewaySpec
from bpmn_engine.kernel.data_moves import began_with
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.moves import occur
from bpmn_engine.kernel.state import ROOT


def begin(draft: Draft, node: Node) -> None:
    """Let a start event begin, or let what starts the process in its place have occurred."""
    if node.kind is NodeKind.START or node.index in draft.graph.scopes[0].starts:
        draft.arrive(node, ROOT)
        return
    for flow in node.incoming:
        gateway = draft.graph.nodes[draft.graph.edges[flow].source]
        if isinstance(gateway.spec, EventGatewaySpec):
            _pass_gateway(draft, gateway, flow, gateway.spec)
            break
    occur(draft, node, ROOT, {} if node.data is None else began_with(draft, ROOT, node.data))


def _pass_gateway(draft: Draft, gateway: Node, flow: int, spec: EventGatewaySpec) -> None:
    """Visit the gateway; at a parallel one the other events are waited for (section 10.6.6)."""
    key = draft.enter(gateway, ROOT)
    draft.change(key, ElementState.ACTIVE)
    draft.change(key, ElementState.COMPLETING)
    others = tuple(other for other in gateway.outgoing if other != flow)
    draft.pass_over(key, flow, others if spec.awaits_all else ())
