"""The second phase of a complex gateway: waiting for its reset (BPMN 2.0.2, section 13.4.5)."""

from __future__ import annotations

from typing import Final

from bpmn_engine.graph.nodes import Node
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.facts import GatewayActivated, ResetAwaited, ScopeOpened
from bpmn_engine.kernel.moves import activate
from bpmn_engine.kernel.state import NO_NODE
from bpmn_engine.values import Variables

WAITING_FOR_START: Final = "waitingForStart"
"""What conditions of outgoing flows may ask (table 10.51)."""


def awaits_reset(draft: Draft, node: Node, scope: ElementKey) -> bool:
    """Tell whether the gateway has fired and was not reset since."""
    awaiting = draft.memory.resets.get(scope)
    return awaiting is not None and node.index in awaiting


def fire(
    draft: Draft, node: Node, scope: ElementKey, *, is_start: bool, read: Variables | None = None
) -> None:
    """Visit the gateway, in which tokens leave; `read` is what its activation condition read."""
    key = draft.enter(node, scope)
    if read is not None:
        draft.record(GatewayActivated(key, node.index, read))
    if key in draft.memory.scopes:
        draft.set_variables(key, {WAITING_FOR_START: is_start})
    else:
        draft.record(ScopeOpened(key, NO_NODE, scope, {WAITING_FOR_START: is_start}))
    activate(draft, key)


def reset_one(draft: Draft, scope: ElementKey) -> bool:
    """Reset the first gateway that waits for nothing that can come; return whether one was."""
    for index, awaited in sorted(draft.memory.resets[scope].items()):
        node = draft.graph.nodes[index]
        if not _can_come(draft, scope, node, awaited):
            _reset(draft, scope, node, awaited)
            return True
    return False


def _can_come(draft: Draft, scope: ElementKey, node: Node, awaited: tuple[int, ...]) -> bool:
    """Tell whether a token can come to an awaited flow, and not as well to one with its own."""
    parked = draft.parked(scope)
    to_filled = to_empty = 0
    for flow in node.incoming:
        if flow in awaited and flow not in parked:
            to_empty |= draft.graph.reaches[flow]
        else:
            to_filled |= draft.graph.leads_to[flow]
    blocking = to_empty & ~to_filled
    if not blocking:
        return False
    visits = draft.memory.visits
    inside = (visits[key].node for key in draft.memory.members.get(scope, ()))
    waiting = (draft.graph.edges[flow].target for flow in parked)
    return any(blocking >> at & 1 for at in (*inside, *waiting))


def _reset(draft: Draft, scope: ElementKey, node: Node, awaited: tuple[int, ...]) -> None:
    """Take the tokens that have come; then what is in excess counts for the next start."""
    parked = draft.parked(scope)
    come = tuple(flow for flow in awaited if flow in parked)
    draft.record(ResetAwaited(scope, node.index, ()))
    if come:
        draft.consume(scope, come)
        fire(draft, node, scope, is_start=False)
    rest = draft.parked(scope)
    flow = next((flow for flow in node.incoming if flow in rest), None)
    if flow is not None:
        draft.consume(scope, (flow,))
        draft.arrive(node, scope, flow)
