"""What is decided when nothing moves any more: inclusive joins, empty scopes, stuck joins.

An inclusive join fires when no token can come to an incoming flow that has none, unless it could
just as well come to one that has (BPMN 2.0.2, section 13.4.3). To be on the safe side a token
inside an activity can come through its boundary events too; but that is no excuse for firing
without it, as a boundary event need not interrupt.
"""

from __future__ import annotations

from typing import Final

from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.graph.specs import MultiInstanceSpec, StandardLoopSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.ad_hoc import settle_ad_hoc
from bpmn_engine.kernel.closing import complete_instance, settle_closing
from bpmn_engine.kernel.compensation import end_compensated, leave_cancelled
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.passing import visit
from bpmn_engine.kernel.resets import reset_one
from bpmn_engine.kernel.state import ROOT, IncidentKind

_ACTIVE: Final = InstanceStatus.ACTIVE
_UNDOING: Final = frozenset({ElementState.COMPENSATING, ElementState.TERMINATING})
"""A compensated activity or cancelled transaction ends with the handlers in it, whatever it is."""


def settle(draft: Draft) -> bool:
    """Decide one thing in the scopes that this step touched; return whether anything was done."""
    while draft.touched:
        scope = next(reversed(draft.touched))
        if scope in draft.memory.scopes and _settle_scope(draft, scope):
            return True
        draft.touched.pop(scope, None)
    return False


def _settle_scope(draft: Draft, scope: ElementKey) -> bool:
    if scope in draft.memory.resets and reset_one(draft, scope):
        return True
    parked = draft.memory.tokens.get(scope)
    if parked:
        join = _enabled_join(draft, scope)
        if join is not None:
            draft.consume(scope, tuple(flow for flow in join.incoming if flow in parked))
            visit(draft, join, scope)
            return True
    is_ad_hoc = scope in draft.memory.loops and draft.node_of(scope).kind is NodeKind.AD_HOC
    if is_ad_hoc and settle_ad_hoc(draft, scope):
        return True
    if scope in draft.memory.members or _is_body(draft, scope):
        return scope == ROOT and draft.graph.listeners is not None and settle_closing(draft)
    if not parked:
        return not is_ad_hoc and _end_scope(draft, scope)
    if not draft.memory.incidents_of.get(scope):
        _raise_stuck(draft, scope)
    return False


def _is_body(draft: Draft, scope: ElementKey) -> bool:
    """Return whether the body of a loop owns the scope; it counts its instances itself."""
    if scope == ROOT or draft.memory.states[scope] in _UNDOING:
        return False
    return isinstance(draft.node_of(scope).spec, MultiInstanceSpec | StandardLoopSpec)


def _end_scope(draft: Draft, scope: ElementKey) -> bool:
    if scope != ROOT:
        match draft.memory.states[scope]:
            case ElementState.COMPENSATING:
                end_compensated(draft, scope)
            case ElementState.TERMINATING:
                leave_cancelled(draft, scope)
            case ElementState.ACTIVE:
                complete(draft, scope)
            case _:  # waits for its listeners
                return False
        return True
    if draft.memory.status is not _ACTIVE:
        return False
    complete_instance(draft)
    return True


def _enabled_join(draft: Draft, scope: ElementKey) -> Node | None:
    parked = draft.parked(scope)
    targets = {draft.graph.edges[flow].target for flow in parked}
    for index in sorted(targets):
        node = draft.graph.nodes[index]
        if (
            node.kind is NodeKind.INCLUSIVE
            and not _is_held(draft, scope, node)
            and _is_enabled(draft, scope, node)
        ):
            return node
    return None


def _is_held(draft: Draft, scope: ElementKey, join: Node) -> bool:
    """Return whether the limit has stopped a token before this gateway, which may only split."""
    incidents = draft.memory.incidents
    return any(
        incidents[key].kind is IncidentKind.LIMIT and incidents[key].node == join.index
        for key in draft.memory.incidents_of.get(scope, ())
    )


def _is_enabled(draft: Draft, scope: ElementKey, join: Node) -> bool:
    parked = draft.parked(scope)
    to_filled = to_empty = 0
    for flow in join.incoming:
        if flow in parked:
            to_filled |= draft.graph.leads_to[flow]
        else:
            to_empty |= draft.graph.reaches[flow]
    blocking = to_empty & ~to_filled
    if not blocking:
        return True
    visits = draft.memory.visits
    states = draft.memory.states
    inside = (
        visits[key].node
        for key in draft.memory.members.get(scope, ())
        if states[key] is not ElementState.COMPENSATING
    )
    waiting = (draft.graph.edges[flow].target for flow in parked)
    return not any(blocking >> node & 1 for node in (*inside, *waiting))


def _raise_stuck(draft: Draft, scope: ElementKey) -> None:
    flow = min(draft.parked(scope))
    join = draft.graph.nodes[draft.graph.edges[flow].target]
    if join.start_quantity > 1:
        _raise_too_few(draft, scope, join)
        return
    if join.kind is NodeKind.COMPLEX:
        _raise_too_little(draft, scope, join)
        return
    missing = [
        draft.graph.edges[edge].flow_id
        for edge in join.incoming
        if edge not in draft.parked(scope)
    ]
    draft.raise_in_scope(
        scope,
        join,
        Failure(
            kind=IncidentKind.STUCK_JOIN,
            message=f"Expected a token on every flow into {join.element_id}, but nothing is left "
            f"that could bring one over {', '.join(missing)}.",
        ),
    )


def _raise_too_few(draft: Draft, scope: ElementKey, activity: Node) -> None:
    waiting = sum(draft.parked(scope).get(flow, 0) for flow in activity.incoming)
    draft.raise_in_scope(
        scope,
        activity,
        Failure(
            kind=IncidentKind.STUCK_JOIN,
            message=f"Expected {activity.start_quantity} tokens before {activity.element_id}, but "
            f"there are {waiting} and nothing is left that could bring another.",
        ),
    )


def _raise_too_little(draft: Draft, scope: ElementKey, join: Node) -> None:
    draft.raise_in_scope(
        scope,
        join,
        Failure(
            kind=IncidentKind.STUCK_JOIN,
            message=f"Expected the activation condition of {join.element_id} to become true, but "
            "it is false and nothing is left that could bring another token.",
        ),
    )
