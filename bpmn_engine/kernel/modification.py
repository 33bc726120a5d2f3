"""Changing by hand where an instance is: tokens are taken away, and others appear elsewhere.

The standard has no word for it; the meaning is that of the process instance modification of the
engines people know. Moves are done in their order; tokens that start move when all are done. A
scope in which something was cancelled, and nothing is left and nothing starts, is cancelled too.
"""

from __future__ import annotations

from collections.abc import Iterable

from bpmn_engine.expressions.language import EvaluationFailure, Expression
from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.closing import end_early
from bpmn_engine.kernel.commands import (
    CancelVisits,
    Move,
    Rejection,
    RejectionReason,
    StartAfter,
    StartBefore,
)
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.mappings import mapped
from bpmn_engine.kernel.moves import no_flow
from bpmn_engine.kernel.state import ROOT, IncidentKind
from bpmn_engine.kernel.termination import terminate
from bpmn_engine.kernel.triggers import open_event_scope
from bpmn_engine.kernel.waiting import open_wait, plan_boundaries

_OPENED_BY_A_TOKEN = frozenset({NodeKind.SUB_PROCESS})
"""Scopes that may be opened around an element; the others count what happens in them."""

_WHY_NOT_OPENED = {
    NodeKind.EVENT_SUB_PROCESS: "an event sub-process begins with its event only",
    NodeKind.AD_HOC: "it is an ad-hoc sub-process: start before it, then activate the element",
    NodeKind.AD_HOC_INSTANCE: "it is an ad-hoc sub-process: activate the element in it",
    NodeKind.MULTI_INSTANCE: "it is multi-instance: start before it",
    NodeKind.STANDARD_LOOP: "it is a loop: start before it",
}

_WHY_NOT_BEFORE = {
    NodeKind.BOUNDARY: "a boundary event belongs to its activity; start after it instead",
    NodeKind.EVENT_SUB_PROCESS: "an event sub-process begins with its event only",
}


def modify(draft: Draft, moves: Iterable[Move]) -> Rejection | None:
    """Do every move; when one is rejected the draft is of no use any more."""
    emptied: dict[ElementKey, None] = {}
    rejection: Rejection | None = None
    for move in moves:
        match move:
            case CancelVisits():
                rejection = _cancel(draft, move, emptied)
            case StartBefore():
                rejection = _start_before(draft, move)
            case StartAfter():
                rejection = _start_after(draft, move)
        if rejection is not None:
            return rejection
    return _cancel_emptied(draft, list(emptied))


def _rejected(reason: RejectionReason, expected: str, actual: str) -> Rejection:
    return Rejection(reason=reason, message=f"Expected {expected}, but {actual}.")


def _element(draft: Draft, element_id: str) -> Node | Rejection:
    node = draft.graph.node(element_id)
    if node is not None and node.ref == node.element_id:
        return node
    return _rejected(
        RejectionReason.NOT_FOUND,
        f"a flow node {element_id!r} of {draft.graph.process_id}",
        "there is none",
    )


# Cancelling -----------------------------------------------------------------------------------


def _cancel(draft: Draft, move: CancelVisits, emptied: dict[ElementKey, None]) -> Rejection | None:
    """Terminate visits; note in `emptied` the scopes they were in."""
    visits = _visits_to_cancel(draft, move, emptied)
    if isinstance(visits, Rejection):
        return visits
    for key in visits:
        if _is_undoing(draft, key):
            return _rejected(
                RejectionReason.WRONG_STATE,
                f"{draft.node_of(key).element_id} to be ready or active",
                "it is part of a compensation or of a cancelled transaction, which ends by itself",
            )
        scope = draft.memory.visits[key].scope
        terminate(draft, key)
        _forget_stuck_joins(draft, scope)
        emptied[scope] = None
    return None


def _visits_to_cancel(
    draft: Draft, move: CancelVisits, emptied: dict[ElementKey, None]
) -> list[ElementKey] | Rejection:
    if move.visit is not None:
        return _named_visit(draft, move.visit, move.element_id)
    node = _element(draft, move.element_id or "")
    if isinstance(node, Rejection):
        return node
    found = _visits_of(draft, node)
    if not _take_waiting(draft, node, emptied) and not found:
        return _rejected(
            RejectionReason.NOT_FOUND, f"a token at {node.element_id}", "there is none"
        )
    return found


def _named_visit(
    draft: Draft, key: ElementKey, element_id: str | None
) -> list[ElementKey] | Rejection:
    if draft.is_open(key) and element_id in {None, draft.node_of(key).element_id}:
        return [key]
    of_element = "" if element_id is None else f" of {element_id}"
    return _rejected(
        RejectionReason.NOT_FOUND, f"an open element instance {key}{of_element}", "there is none"
    )


def _visits_of(draft: Draft, node: Node) -> list[ElementKey]:
    return [key for key in _open_visits(draft) if draft.memory.visits[key].node == node.index]


def _open_visits(draft: Draft) -> list[ElementKey]:
    """Return every open visit, outer before inner."""
    found = sorted(draft.memory.members.get(ROOT, ()))
    for visit in found:
        found.extend(sorted(draft.memory.members.get(visit, ())))
    return found


def _take_waiting(draft: Draft, node: Node, emptied: dict[ElementKey, None]) -> bool:
    """Take the tokens that wait on the flows into an element; return whether there were any."""
    is_any = False
    for scope in (ROOT, *_open_visits(draft)):
        parked = draft.parked(scope)
        flows = tuple(flow for flow in node.incoming for _ in range(parked.get(flow, 0)))
        if flows:
            draft.consume(scope, flows)
            _clear_incidents_at(draft, scope, node)
            draft.touched[scope] = None
            emptied[scope] = None
            is_any = True
    return is_any


def _clear_incidents_at(draft: Draft, scope: ElementKey, node: Node) -> None:
    """Clear the incidents of tokens that were on their way to an element."""
    for key in sorted(draft.memory.incidents_of.get(scope, ())):
        incident = draft.memory.incidents[key]
        if incident.visit is None and incident.node == node.index:
            draft.clear_incident(key)


def _is_undoing(draft: Draft, key: ElementKey) -> bool:
    """Return whether a visit, or what it is in, is compensated or a cancelled transaction."""
    while key != ROOT:
        if draft.memory.states[key] in {ElementState.COMPENSATING, ElementState.TERMINATING}:
            return True
        key = draft.memory.visits[key].scope
    return False


def _cancel_emptied(draft: Draft, emptied: list[ElementKey]) -> Rejection | None:
    """Cancel the scopes in which nothing is left, from the inside out, up to the instance."""
    for scope in emptied:
        if not draft.is_open(scope):
            continue
        is_moving = draft.is_moving(scope)
        if is_moving or draft.memory.members.get(scope) or draft.parked(scope):
            if scope != ROOT and draft.node_of(scope).kind is NodeKind.MULTI_INSTANCE:
                # One of several instances cannot go alone: nothing would count it.
                return _rejected(
                    RejectionReason.WRONG_KIND,
                    f"all instances of {draft.node_of(scope).element_id} to be cancelled together",
                    "some are left",
                )
        elif scope == ROOT:
            end_early(draft, InstanceStatus.TERMINATED)
            return None
        else:
            emptied.append(draft.memory.visits[scope].scope)
            terminate(draft, scope)
    return None


# Starting -------------------------------------------------------------------------------------


def _start_before(draft: Draft, move: StartBefore) -> Rejection | None:
    node = _element(draft, move.element_id)
    if isinstance(node, Rejection):
        return node
    why_not = _why_not_before(draft, node)
    if why_not is not None:
        return _rejected(RejectionReason.WRONG_KIND, f"to start before {node.element_id}", why_not)
    scope = _scope_for(draft, node, move)
    if isinstance(scope, Rejection):
        return scope
    draft.arrive(node, scope)
    return None


def _why_not_before(draft: Draft, node: Node) -> str | None:
    nodes, graph = draft.graph.nodes, draft.graph
    if node.kind in _WHY_NOT_BEFORE:
        return _WHY_NOT_BEFORE[node.kind]
    owner = graph.scopes[node.scope].owner
    if owner is not None and node.kind is NodeKind.START:
        return _WHY_NOT_BEFORE.get(nodes[owner].kind)
    sources = (nodes[graph.edges[flow].source] for flow in node.incoming)
    if any(source.kind is NodeKind.EVENT_BASED for source in sources):
        return "an event-based gateway waits for it; start before the gateway"
    plans = (other.compensation for other in nodes)
    if any(plan is not None and plan.handler == node.index for plan in plans):
        return "it is a compensation handler, which begins when its activity is compensated"
    return None


def _start_after(draft: Draft, move: StartAfter) -> Rejection | None:
    node = _element(draft, move.element_id)
    if isinstance(node, Rejection):
        return node
    if node.kind is NodeKind.EVENT_BASED:
        why_not = "the events after it choose the flow; start after one of these"
    elif not node.outgoing:
        why_not = "no flow leaves it"
    else:
        scope = _scope_for(draft, node, move)
        if isinstance(scope, Rejection):
            return scope
        return _leave(draft, node, scope)
    return _rejected(RejectionReason.WRONG_KIND, f"to start after {node.element_id}", why_not)


def _leave(draft: Draft, node: Node, scope: ElementKey) -> Rejection | None:
    flows = _flows_after(draft, node, scope)
    if isinstance(flows, Failure):
        return Rejection(reason=RejectionReason.WRONG_STATE, message=flows.message)
    for flow in flows * node.completion_quantity:
        draft.arrive(draft.graph.nodes[draft.graph.edges[flow].target], scope, flow)
    return None


def _flows_after(draft: Draft, node: Node, scope: ElementKey) -> tuple[int, ...] | Failure:
    """Return the flows that the element would take now; its own results are not there."""
    is_exclusive = node.kind is NodeKind.EXCLUSIVE
    if node.kind is NodeKind.PARALLEL or not (node.has_conditions or is_exclusive):
        return node.outgoing
    taken: list[int] = []
    is_any_true = False
    for index in node.outgoing:
        condition = draft.graph.edges[index].condition
        if index == node.default:
            continue
        value = True if condition is None else _value_of(draft, condition, scope)
        if isinstance(value, Failure):
            return value
        if value:
            taken.append(index)
            is_any_true = is_any_true or is_exclusive or condition is not None
            if is_exclusive:
                break
    if node.default is not None and not is_any_true:
        taken.append(node.default)
    return tuple(taken) if taken else no_flow(node)


def _value_of(draft: Draft, condition: Expression, scope: ElementKey) -> bool | Failure:
    value = draft.evaluate(condition, scope)
    if isinstance(value, EvaluationFailure):
        return of_expression(value, "The condition of a flow")
    if isinstance(value, bool):
        return value
    return of_value(condition.source, "The condition of a flow", "true or false", value)


# Where a token starts -------------------------------------------------------------------------


def _scope_for(draft: Draft, node: Node, move: StartBefore | StartAfter) -> ElementKey | Rejection:
    """Find or open the scope a token at a node lives in, and set the variables there."""
    scope = _found_or_opened(draft, node, move.inside)
    if isinstance(scope, Rejection):
        return scope
    _forget_stuck_joins(draft, scope)
    draft.set_variables(scope, move.variables)
    return scope


def _found_or_opened(
    draft: Draft, node: Node, inside: ElementKey | None
) -> ElementKey | Rejection:
    """Find the innermost open scope around a node; open those between."""
    missing: list[Node] = []
    around = draft.graph.scopes[node.scope]
    if inside is not None and not (inside in draft.memory.scopes and draft.is_open(inside)):
        return _rejected(RejectionReason.NOT_FOUND, f"an open scope {inside}", "there is none")
    while around.owner is not None:
        owner = draft.graph.nodes[around.owner]
        found = _candidates(draft, owner, inside)
        if len(found) > 1:
            return _rejected(
                RejectionReason.WRONG_STATE,
                f"one open element instance of {owner.element_id}",
                f"there are {len(found)}: name the one to start {node.element_id} in",
            )
        if found:
            return _filled(draft, found[0], missing)
        missing.append(owner)
        around = draft.graph.scopes[owner.scope]
    if inside not in {None, ROOT}:
        return _rejected(
            RejectionReason.NOT_FOUND,
            f"the element instance {inside} to contain {node.element_id}",
            "it does not",
        )
    return _filled(draft, ROOT, missing)


def _candidates(draft: Draft, owner: Node, inside: ElementKey | None) -> list[ElementKey]:
    if inside is None:
        return _visits_of(draft, owner)
    is_named = inside != ROOT and draft.memory.visits[inside].node == owner.index
    return [inside] if is_named else []


def _filled(draft: Draft, scope: ElementKey, missing: list[Node]) -> ElementKey | Rejection:
    """Open scopes inside `scope`, the outermost one last in the list, and return the innermost."""
    why_not = _why_not_in(draft, scope)
    if why_not is not None:
        name = "the instance" if scope == ROOT else draft.node_of(scope).element_id
        return _rejected(RejectionReason.WRONG_STATE, f"to start something in {name}", why_not)
    for owner in reversed(missing):
        opened = _open(draft, owner, scope)
        if isinstance(opened, Rejection):
            return opened
        scope = opened
    return scope


def _why_not_in(draft: Draft, scope: ElementKey) -> str | None:
    if scope != ROOT:
        node = draft.node_of(scope)
        if node.kind is not NodeKind.EVENT_SUB_PROCESS and node.kind in _WHY_NOT_OPENED:
            return _WHY_NOT_OPENED[node.kind]
        if draft.memory.states[scope] is not ElementState.ACTIVE or _is_undoing(draft, scope):
            return f"it is {draft.memory.states[scope].value}"
    for key in draft.memory.members.get(scope, ()):
        member = draft.node_of(key)
        if member.is_interrupting and member.kind is not NodeKind.BOUNDARY:
            return f"{member.element_id} has interrupted it; cancel that before"
    return None


def _open(draft: Draft, node: Node, scope: ElementKey) -> ElementKey | Rejection:
    """Open a sub-process without a token at its start: mappings, boundary events, its events."""
    has_listeners = node.listeners is not None and bool(node.listeners.start)
    if has_listeners or node.kind not in _OPENED_BY_A_TOKEN or node.inner_scope is None:
        why_not = _WHY_NOT_OPENED.get(node.kind, "its start listeners come first: start before it")
        return _rejected(
            RejectionReason.WRONG_KIND, f"to start something inside {node.element_id}", why_not
        )
    key = draft.enter(node, scope)
    values = mapped(draft, node.inputs, key, key)
    if isinstance(values, EvaluationFailure):
        return _unopened(of_expression(values, "An input mapping"))
    draft.set_variables(key, values)
    boundaries = plan_boundaries(draft, key, node)
    if isinstance(boundaries, Failure):
        return _unopened(boundaries)
    draft.change(key, ElementState.ACTIVE)
    for wait in boundaries:
        open_wait(draft, key, wait)
    failure = open_event_scope(draft, key, node.inner_scope)
    return key if failure is None else _unopened(failure)


def _unopened(failure: Failure) -> Rejection:
    return Rejection(reason=RejectionReason.WRONG_STATE, message=failure.message)


def _forget_stuck_joins(draft: Draft, scope: ElementKey) -> None:
    """Let the end of the step look again whether a join waits in vain."""
    for key in sorted(draft.memory.incidents_of.get(scope, ())):
        if draft.memory.incidents[key].kind is IncidentKind.STUCK_JOIN:
            draft.clear_incident(key)
            draft.touched[scope] = None
