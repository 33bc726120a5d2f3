"""Undoing what was completed: compensation, cancelled transactions (BPMN 2.0.2, section 13.5.5).

An activity that is compensated is a visit again: compensating, in a scope that holds the data it
left, inside the scope it was completed in. Its handler runs in there; when nothing is left in it,
it is compensated and the one completed before it is next. Only completed activities have a record
(`InstanceState.completed`), and whoever throws claims the records: each is undone once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter

from bpmn_engine.graph.nodes import CompensationPlan, Node, NodeKind
from bpmn_engine.graph.specs import CancelSpec, TransactionSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.completed import enable_compensation_of_part
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.facts import (
    CompensationEntered,
    CompensationThrown,
    ElementCompensated,
    ScopeClosed,
)
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.moves import occur
from bpmn_engine.kernel.state import NO_NODE, ROOT, CompletedActivity
from bpmn_engine.kernel.termination import clear_tokens, terminate

Claims = tuple[tuple[ElementKey, ElementKey], ...]
"""Scope and key of each record, outer scopes first, in each the oldest first."""


def visible(draft: Draft, scope: ElementKey, activity: int | None) -> Claims:
    """Return what a compensation event in a scope compensates (table 10.88).

    That is what was completed in the scope itself and, from inside an event sub-process, in the
    sub-process around it too; of one activity only, if the event names it.
    """
    scopes = [scope]
    while scope != ROOT and _is_triggered_by_event(draft.node_of(scope)):
        scope = draft.memory.visits[scope].scope
        scopes.append(scope)
    return _records(draft, reversed(scopes), activity)


def _is_triggered_by_event(node: Node) -> bool:
    return node.kind is NodeKind.EVENT_SUB_PROCESS


def _records(draft: Draft, scopes: Iterable[ElementKey], activity: int | None) -> Claims:
    completed = draft.memory.completed
    return tuple(
        (scope, key)
        for scope in scopes
        if scope in completed
        for key, record in _in_order(draft, completed[scope])
        if activity is None or record.node == activity
    )


def _in_order(
    draft: Draft, kept: Mapping[ElementKey, CompletedActivity]
) -> list[tuple[ElementKey, CompletedActivity]]:
    """Return records in the order of completion, but an activity before what its border led to.

    An event at the border that does not interrupt leads to activities that may complete before
    the activity does; they are undone before it all the same (section 13.5.5).
    """
    ordered: list[tuple[ElementKey, CompletedActivity]] = []
    for key, record in sorted(kept.items(), key=itemgetter(0)):
        plan = draft.graph.nodes[record.node].compensation
        place = len(ordered)
        if plan is not None and plan.led_to:
            place = _place_before(ordered, record.node, plan.led_to)
        ordered.insert(place, (key, record))
    return ordered


def _place_before(
    ordered: Sequence[tuple[ElementKey, CompletedActivity]], node: int, led_to: int
) -> int:
    """Return where the first of `led_to` stands since the node completed the last time."""
    place = len(ordered)
    for index in range(place - 1, -1, -1):
        earlier = ordered[index][1].node
        if earlier == node:
            break
        if led_to >> earlier & 1:
            place = index
    return place


def compensate(draft: Draft, claims: Claims, thrower: ElementKey | None) -> None:
    """Compensate one activity after the other, the last completed one first.

    Args:
        draft: the step.
        claims: at least one.
        thrower: the visit that goes on when all are compensated; None: nobody waits.
    """
    key = draft.next_key()
    draft.record(CompensationThrown(key, thrower, claims))
    _enter_next(draft, key)


def _enter_next(draft: Draft, key: ElementKey) -> None:
    """Take the data of the next activity up again and start its handler."""
    pending = draft.memory.compensations[key].pending
    claim = pending[len(pending) - 1]
    node = draft.graph.nodes[claim.activity.node]
    plan = node.compensation
    is_black_box = claim.activity.is_whole and plan is not None and plan.handler is not None
    inner = NO_NODE if is_black_box or node.inner_scope is None else node.inner_scope
    draft.record(CompensationEntered(key, node.index, claim.scope, draft.now, inner))
    draft.touched[key] = None
    if claim.activity.is_whole and plan is not None and plan.has_handler:
        _start_handler(draft, key, plan)
        return
    claims = _records(draft, (key,), None)
    if claims:
        compensate(draft, claims, None)


def _start_handler(draft: Draft, key: ElementKey, plan: CompensationPlan) -> None:
    if plan.boundary is not None:
        occur(draft, draft.graph.nodes[plan.boundary], key, NOTHING)
    handler = plan.event_sub_process if plan.handler is None else plan.handler
    if handler is not None:
        draft.arrive(draft.graph.nodes[handler], key)


def end_compensated(draft: Draft, key: ElementKey) -> None:
    """Go on after an activity in which nothing is left to undo."""
    compensation = draft.memory.compensations[key]
    following = draft.next_key() if compensation.pending else None
    draft.may_end(key, ElementState.COMPENSATED)
    visit = draft.memory.visits[key]
    draft.record(ScopeClosed(key))
    draft.record(ElementCompensated(key, visit.node, visit.scope, visit.entered_at, following))
    draft.touched[visit.scope] = None
    if following is not None:
        _enter_next(draft, following)
    elif compensation.thrower is not None and draft.is_open(compensation.thrower):
        node = draft.node_of(compensation.thrower)
        draft.behaviors[node.kind].on_instance_ended(draft, compensation.thrower, node)


# Transactions ---------------------------------------------------------------------------------


def cancel_transaction(draft: Draft, scope: ElementKey) -> None:
    """Cancel the innermost transaction around a scope (sections 10.3.5 and 13.3.4).

    Whatever is active in it is terminated, then what was completed in it is compensated, also in
    sub-processes that were still active. Handlers that run already are left to end. A transaction
    that is being cancelled or compensated already is not cancelled again.
    """
    transaction = _transaction_around(draft, scope)
    if transaction is None:
        return
    _begin_end(draft, transaction)
    _stop(draft, transaction)
    draft.touched[transaction] = None
    claims = _records(draft, (transaction,), None)
    if claims:
        compensate(draft, claims, None)


def _begin_end(draft: Draft, key: ElementKey) -> None:
    """Let a visit wait for nothing but the handlers in it; then it is terminated."""
    draft.close_waits(key)
    draft.clear_incidents(key)
    if draft.memory.states[key] is not ElementState.TERMINATING:
        draft.change(key, ElementState.TERMINATING)


def _stop(draft: Draft, scope: ElementKey) -> None:
    """Terminate all in a scope but running handlers; keep what was completed inside of it.

    It calls itself as deep as the diagram is nested.
    """
    for visit in sorted(draft.memory.members.get(scope, ())):
        if draft.memory.states[visit] is ElementState.COMPENSATING:
            continue
        _stop(draft, visit)
        enable_compensation_of_part(draft, visit)
        if draft.memory.members.get(visit):
            _begin_end(draft, visit)
        else:
            terminate(draft, visit)
    clear_tokens(draft, scope)


def _transaction_around(draft: Draft, scope: ElementKey) -> ElementKey | None:
    """Return the visit to cancel: all instances, if the transaction is multi-instance."""
    while scope != ROOT:
        if isinstance(draft.node_of(scope).spec, TransactionSpec):
            visit = draft.memory.visits[scope]
            found = scope if visit.loop_index is None else visit.scope
            is_active = draft.memory.states[found] is ElementState.ACTIVE
            return found if is_active else None
        scope = draft.memory.visits[scope].scope
    return None


def leave_cancelled(draft: Draft, key: ElementKey) -> None:
    """Leave a cancelled transaction, now that all is compensated, by its cancel boundary event.

    What a cancelled transaction contains is left by nothing.
    """
    scope, node = draft.memory.visits[key].scope, draft.node_of(key)
    terminate(draft, key)
    if scope != ROOT and draft.memory.states[scope] is ElementState.TERMINATING:
        return
    for index in node.boundaries:
        boundary = draft.graph.nodes[index]
        if isinstance(boundary.spec, CancelSpec):
            occur(draft, boundary, scope, NOTHING)
            return
