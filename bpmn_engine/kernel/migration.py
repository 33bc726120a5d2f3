"""Migrating one instance: the same keys and variables, by another process graph from now on.

What is open goes to where the plan says: visits, tokens before joins, waits, incidents, records of
what can be undone. Events that the target does not have any more are no longer waited for, those
that are new there are. Jobs, user tasks, timers and subscriptions go on as they are, unless the
plan says that they are updated. Nothing begins again; then tokens move if they can.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from operator import itemgetter
from typing import TypeVar

from immutables import Map

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Node, NodeKind, ProcessGraph
from bpmn_engine.graph.specs import (
    ConditionSpec,
    MessageSpec,
    SignalSpec,
    TimerSpec,
    TriggerSpec,
    triggers_of,
)
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behaviors import BEHAVIORS
from bpmn_engine.kernel.commands import Rejection, RejectionReason
from bpmn_engine.kernel.conditions import ask_first
from bpmn_engine.kernel.correspondence import CompiledChange, Correspondence, inner_of
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.facts import (
    InstanceMigrated,
    LoopStarted,
    ScopeOpened,
    VariablesRemoved,
    WaitOpened,
)
from bpmn_engine.kernel.failures import Failure, of_expression
from bpmn_engine.kernel.fold import fold
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.migration_check import all_records, obstacles
from bpmn_engine.kernel.migration_updates import update_wait
from bpmn_engine.kernel.state import (
    NO_NODE,
    ROOT,
    IncidentKind,
    InstanceState,
    WaitKind,
)
from bpmn_engine.kernel.step import MAX_FLOWS, Step, run
from bpmn_engine.kernel.variables import Change
from bpmn_engine.kernel.waiting import PlannedWait, open_wait, plan_all
from bpmn_engine.values import JsonValue, Variables

T = TypeVar("T")


def migrate(
    plan: Correspondence,
    state: InstanceState,
    now: dt.datetime,
    *,
    max_flows: int = MAX_FLOWS,
    cluster: Variables = NOTHING,
) -> Step | Rejection:
    """Migrate an instance, then move every token that can; the facts are about the target.

    Args:
        plan: which node of the source becomes which of the target.
        state: what is true now, by the source. Not changed.
        now: the current time, aware, UTC.
        max_flows: as in `step`.
        cluster: as in `step`.
    """
    found = obstacles(plan, state)
    if found:
        return Rejection(
            reason=RejectionReason.WRONG_STATE,
            message=" ".join(violation.message for violation in found),
        )
    draft = _relocated(plan, state, now)
    draft.cluster = cluster
    placed = fold(draft.facts, state)
    _rename_choices(draft, plan, state)
    _open_missing_scopes(draft, placed)
    failure = (
        _change_variables(draft, plan, placed)
        or _update_waits(draft, plan, state, placed)
        or _open_new_waits(draft, plan, state, placed)
    )
    if failure is not None:
        return Rejection(reason=RejectionReason.WRONG_STATE, message=failure.message)
    _let_tokens_move(draft, plan, placed)
    run(draft, max_flows)
    return Step(
        state=draft.memory.freeze(), effects=tuple(draft.effects), facts=tuple(draft.facts)
    )


# Places ---------------------------------------------------------------------------------------


def _relocated(plan: Correspondence, state: InstanceState, now: dt.datetime) -> Draft:
    """Return the notebook of the target, in which everything is where the plan says."""
    before = Draft(plan.source, state, now, BEHAVIORS)
    _forget(before, plan, state)
    left = fold(before.facts, state)
    fact = _relocation(plan, left)
    draft = Draft(plan.target, fold((fact,), left), now, BEHAVIORS)
    draft.facts.extend((*before.facts, fact))
    draft.effects.extend(before.effects)
    draft.touched.update(before.touched)
    return draft


def _forget(draft: Draft, plan: Correspondence, state: InstanceState) -> None:
    """Withdraw waits for events that are gone; joins are looked at again."""
    for key, incident in sorted(state.incidents.items(), key=itemgetter(0)):
        wait = None if incident.wait is None else state.waits.get(incident.wait)
        is_gone = wait is not None and wait.node not in plan.nodes
        is_stuck_join = incident.kind is IncidentKind.STUCK_JOIN and incident.visit is None
        if is_gone or is_stuck_join:
            draft.clear_incident(key)
            draft.touched[incident.scope] = None
    for key, wait in sorted(state.waits.items(), key=itemgetter(0)):
        if wait.node not in plan.nodes:
            draft.close_wait(key, is_withdrawn=True)


def _relocation(plan: Correspondence, state: InstanceState) -> InstanceMigrated:
    nodes, edges = plan.nodes, plan.edges
    return InstanceMigrated(
        visits=tuple((key, nodes[visit.node]) for key, visit in _sorted(state.visits)),
        scopes=tuple(_scopes(plan, state)),
        waits=tuple((key, nodes[wait.node]) for key, wait in _sorted(state.waits)),
        incidents=tuple((key, nodes[incident.node]) for key, incident in _sorted(state.incidents)),
        tokens=tuple(
            (scope, edges[flow], count)
            for scope, parked in _sorted(state.tokens)
            for flow, count in sorted(parked.items())
        ),
        resets=tuple(
            (scope, nodes[node], tuple(edges[flow] for flow in flows if flow in edges))
            for scope, awaiting in _sorted(state.resets)
            for node, flows in sorted(awaiting.items())
        ),
        records=tuple(
            (key, nodes[activity.node])
            for _, kept in _sorted(state.completed)
            for key, activity in all_records(kept)
        ),
    )


def _sorted(by_key: Map[ElementKey, T]) -> list[tuple[ElementKey, T]]:
    return sorted(by_key.items(), key=itemgetter(0))


def _scopes(plan: Correspondence, state: InstanceState) -> Iterator[tuple[ElementKey, int]]:
    """Return the scopes that elements live in; one that only holds variables stays as it is."""
    for key, scope in _sorted(state.scopes):
        if key != ROOT and scope.node != NO_NODE:
            inner = plan.target.nodes[plan.nodes[state.visits[key].node]].inner_scope
            yield key, NO_NODE if inner is None else inner


def _rename_choices(draft: Draft, plan: Correspondence, state: InstanceState) -> None:
    """Name what has begun and is to begin in ad-hoc sub-processes by the target's ids."""
    for key, items in _sorted(state.items):
        if draft.node_of(key).kind is not NodeKind.AD_HOC:
            continue
        renamed = tuple(_renamed(plan, str(element_id)) for element_id in items)
        if renamed != items:
            draft.record(LoopStarted(key, renamed))


def _renamed(plan: Correspondence, element_id: str) -> str:
    index = plan.nodes.get(plan.source.node_by_ref[element_id])
    return element_id if index is None else str(plan.target.nodes[index].element_id)


def _open_missing_scopes(draft: Draft, placed: InstanceState) -> None:
    """Give a visit the scope that new mappings of its element need."""
    for key, visit in _sorted(placed.visits):
        node = draft.graph.nodes[visit.node]
        if key not in draft.memory.scopes and (node.inputs or node.outputs):
            draft.record(ScopeOpened(key, NO_NODE, visit.scope, {}))


# Variables ------------------------------------------------------------------------------------


def _change_variables(draft: Draft, plan: Correspondence, placed: InstanceState) -> Failure | None:
    for change in plan.changes:
        for scope in _scopes_at(draft, placed, change.node):
            failure = _change_scope(draft, scope, change)
            if failure is not None:
                return failure
    return None


def _scopes_at(draft: Draft, placed: InstanceState, node: int | None) -> list[ElementKey]:
    """Return the scopes of all visits at an element, opened where there are none yet.

    Of a loop these are its instances; the body around them only counts.
    """
    if node is None:
        return [ROOT]
    inner = inner_of(draft.graph.nodes[node])
    found = []
    for key, visit in _sorted(placed.visits):
        if visit.node != (node if inner is None else inner):
            continue
        if key not in draft.memory.scopes:
            draft.record(ScopeOpened(key, NO_NODE, visit.scope, {}))
        found.append(key)
    return found


def _change_scope(draft: Draft, scope: ElementKey, change: CompiledChange) -> Failure | None:
    values: dict[str, JsonValue] = dict(change.values)
    for name, expression in change.expressions.items():
        value = draft.evaluate(expression, scope, values)
        if isinstance(value, EvaluationFailure):
            return of_expression(value, f"The new value of {name}")
        values[name] = value
    draft.set_variables(scope, values)
    own = draft.memory.variables.get(scope)
    names = tuple(name for name in change.removed if own is not None and name in own)
    if names:
        draft.changes.append(Change(scope, frozenset(), frozenset(names)))
        draft.record(VariablesRemoved(scope, names))
    return None


# Waits ----------------------------------------------------------------------------------------


def _update_waits(
    draft: Draft, plan: Correspondence, state: InstanceState, placed: InstanceState
) -> Failure | None:
    """Have waits say what the target says, where the plan wants it; conditions always do."""
    specs: dict[tuple[ElementKey, int], list[TriggerSpec]] = {}
    for key, wait in _sorted(placed.waits):
        node = draft.graph.nodes[wait.node]
        left = specs.setdefault((wait.visit, wait.node), list(triggers_of(node.spec)))
        spec = next((one for one in left if _kind_of(one) is wait.kind), None)
        if spec is not None:
            left.remove(spec)
        if isinstance(spec, ConditionSpec):
            draft.record(WaitOpened(replace(wait, name=spec.condition.source)))
            ask_first(draft, wait.visit, key)
        elif state.waits[key].node in plan.updated:
            failure = update_wait(draft, placed, wait, spec)
            if failure is not None:
                return failure
    return None


def _kind_of(spec: TriggerSpec) -> WaitKind:
    match spec:
        case TimerSpec():
            return WaitKind.TIMER
        case MessageSpec():
            return WaitKind.MESSAGE
        case SignalSpec():
            return WaitKind.SIGNAL
        case ConditionSpec():
            return WaitKind.CONDITION


def _open_new_waits(
    draft: Draft, plan: Correspondence, state: InstanceState, placed: InstanceState
) -> Failure | None:
    """Wait for the events that only the target has; what has occurred does not occur again."""
    planned: list[tuple[ElementKey, PlannedWait]] = []
    for place in (ROOT, *(key for key, _ in _sorted(placed.visits))):
        if place != ROOT and placed.states[place] is not ElementState.ACTIVE:
            continue
        before = _events_at(plan.source, state, place)
        known = {plan.nodes[index] for index in before if index in plan.nodes}
        for index in _events_at(plan.target, placed, place):
            if index not in known:
                waits = plan_all(draft, place, draft.graph.nodes[index])
                if isinstance(waits, Failure):
                    return waits
                planned.extend((place, wait) for wait in waits)
    for place, wait in planned:
        open_wait(draft, place, wait)
    return None


def _events_at(graph: ProcessGraph, state: InstanceState, place: ElementKey) -> list[int]:
    """Return the events that a visit, or the instance, waits for beside its own work.

    A scope that an event sub-process has interrupted waits for no other.
    """
    nodes = graph.nodes
    node = None if place == ROOT else nodes[state.visits[place].node]
    found = [] if node is None else list(node.boundaries)
    if node is not None and node.kind is NodeKind.EVENT_BASED:
        found.extend(graph.edges[flow].target for flow in node.outgoing)
    inner = 0 if node is None else node.inner_scope
    members = (nodes[state.visits[key].node] for key in state.members.get(place, ()))
    is_interrupted = any(
        member.kind is NodeKind.EVENT_SUB_PROCESS and member.is_interrupting for member in members
    )
    if inner is not None and not is_interrupted:
        found.extend(graph.scopes[inner].event_starts)
    return found


# Tokens ---------------------------------------------------------------------------------------


def _let_tokens_move(draft: Draft, plan: Correspondence, placed: InstanceState) -> None:
    """Let tokens arrive again where a join has other flows or wants another number now."""
    changed = {
        plan.nodes[node.index]
        for node in plan.source.nodes
        if node.index in plan.nodes
        and not _joins_alike(plan, node, plan.target.nodes[plan.nodes[node.index]])
    }
    for scope, parked in _sorted(placed.tokens):
        draft.touched[scope] = None
        held = {
            draft.memory.incidents[key].node for key in draft.memory.incidents_of.get(scope, ())
        }
        for flow, count in sorted(parked.items()):
            node = draft.graph.nodes[draft.graph.edges[flow].target]
            is_settled = node.kind is NodeKind.INCLUSIVE and len(node.incoming) > 1
            if node.index in changed - held and not is_settled:
                for _ in range(count):
                    draft.consume(scope, (flow,))
                    draft.arrive(node, scope, flow)


def _joins_alike(plan: Correspondence, source: Node, target: Node) -> bool:
    flows = {plan.edges.get(flow) for flow in source.incoming}
    return flows == set(target.incoming) and source.start_quantity == target.start_quantity
