"""Whether one instance can be migrated: everything open in it needs a place in the target."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

from immutables import Map

from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.ids import ElementId, ElementKey
from bpmn_engine.kernel.correspondence import Correspondence
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.state import CompletedActivity, IncidentKind, InstanceState
from bpmn_engine.model.definitions import Violation
from bpmn_engine.model.listeners import ListenerEvent


def obstacles(plan: Correspondence, state: InstanceState) -> tuple[Violation, ...]:
    """Return every reason why an instance cannot be migrated as it is; none: it can."""
    return tuple(
        dict.fromkeys(
            (
                *_status(state),
                *_undoing(plan, state),
                *_visits(plan, state),
                *_listeners(plan, state),
                *_tokens(plan, state),
                *_incidents(plan, state),
                *_resets(plan, state),
                *_choices(plan, state),
                *_records(plan, state),
            )
        )
    )


def all_records(
    kept: Map[ElementKey, CompletedActivity],
) -> Iterator[tuple[ElementKey, CompletedActivity]]:
    """Return completed activities and those completed inside them, oldest first."""
    for key, activity in sorted(kept.items(), key=itemgetter(0)):
        yield key, activity
        yield from all_records(activity.inner)


def _violation(rule: str, element: Node | None, expected: str, actual: str) -> Violation:
    return Violation(
        rule=f"migration.{rule}",
        message=f"Expected {expected}, but {actual}.",
        element_id=None if element is None else ElementId(element.element_id),
    )


def _status(state: InstanceState) -> Iterator[Violation]:
    if state.status is not InstanceStatus.ACTIVE:
        yield _violation(
            "status", None, "the process instance to be active", f"it is {state.status.value}"
        )
    elif state.moving is not None:
        yield _violation(
            "moving", None, "the process instance to wait", "it is moving; migrate when it waits"
        )


def _undoing(plan: Correspondence, state: InstanceState) -> Iterator[Violation]:
    for key, visit in sorted(state.visits.items(), key=itemgetter(0)):
        if state.states[key] in {ElementState.COMPENSATING, ElementState.TERMINATING}:
            node = plan.source.nodes[visit.node]
            yield _violation(
                "compensation",
                node,
                f"{node.element_id} not to be {state.states[key].value}",
                "it is; migrate when that is over",
            )


def _visits(plan: Correspondence, state: InstanceState) -> Iterator[Violation]:
    for _, visit in sorted(state.visits.items(), key=itemgetter(0)):
        if visit.node not in plan.nodes:
            node = plan.source.nodes[visit.node]
            yield _violation(
                "unmapped",
                node,
                f"the plan to map {node.element_id}, where the instance is",
                "it does not",
            )


def _listeners(plan: Correspondence, state: InstanceState) -> Iterator[Violation]:
    """Where a visit is among its listeners is counted by the source's; it has to be past them."""
    for held in (*state.waits.values(), *state.incidents.values()):
        if held.listener is not None and held.listener.event is not ListenerEvent.TIMEOUT:
            node = plan.source.nodes[held.node]
            yield _violation(
                "listener",
                node,
                f"the listeners of {node.element_id} to be done",
                "it waits for one of them; migrate when they are",
            )


def _tokens(plan: Correspondence, state: InstanceState) -> Iterator[Violation]:
    for _, parked in sorted(state.tokens.items(), key=itemgetter(0)):
        for flow in sorted(parked):
            if flow in plan.edges:
                continue
            edge = plan.source.edges[flow]
            join = plan.source.nodes[edge.target]
            actual = "it does not" if join.index in plan.nodes else f"{join.element_id} is not"
            yield _violation(
                "token",
                join,
                f"the plan to map the flow {edge.flow_id}, on which a token waits",
                actual,
            )


def _incidents(plan: Correspondence, state: InstanceState) -> Iterator[Violation]:
    for _, incident in sorted(state.incidents.items(), key=itemgetter(0)):
        is_decided_again = incident.kind is IncidentKind.STUCK_JOIN and incident.visit is None
        if incident.node in plan.nodes or is_decided_again:
            continue
        node = plan.source.nodes[incident.node]
        yield _violation(
            "incident",
            node,
            f"the plan to map {node.element_id}, which has an incident",
            "it does not",
        )


def _resets(plan: Correspondence, state: InstanceState) -> Iterator[Violation]:
    for _, awaiting in sorted(state.resets.items(), key=itemgetter(0)):
        for index in sorted(awaiting):
            if index not in plan.nodes:
                node = plan.source.nodes[index]
                yield _violation(
                    "gateway",
                    node,
                    f"the plan to map {node.element_id}, which waits for its reset",
                    "it does not",
                )


def _choices(plan: Correspondence, state: InstanceState) -> Iterator[Violation]:
    """Hold what is still to begin in an ad-hoc sub-process to what may begin in the target's."""
    for key, items in sorted(state.items.items(), key=itemgetter(0)):
        node = plan.source.nodes[state.visits[key].node]
        if node.kind is not NodeKind.AD_HOC or node.index not in plan.nodes:
            continue
        for element_id in items[state.loops[key].started :]:
            index = plan.source.node_by_ref[str(element_id)]
            inner = plan.target.nodes[plan.nodes[node.index]].inner_scope
            starts = () if inner is None else plan.target.scopes[inner].starts
            if plan.nodes.get(index) not in starts:
                yield _violation(
                    "ad_hoc",
                    plan.source.nodes[index],
                    f"{element_id}, which is still to begin, to be mapped to what may begin",
                    "it is not",
                )


def _records(plan: Correspondence, state: InstanceState) -> Iterator[Violation]:
    for _, kept in sorted(state.completed.items(), key=itemgetter(0)):
        for _, activity in all_records(kept):
            node = plan.source.nodes[activity.node]
            if node.index not in plan.nodes:
                actual = "it does not"
            elif not _undone_alike(node, plan.target.nodes[plan.nodes[node.index]]):
                actual = "it is undone in another way there"
            else:
                continue
            yield _violation(
                "compensation",
                node,
                f"the plan to map {node.element_id}, which was completed and can be undone",
                actual,
            )


def _undone_alike(source: Node, target: Node) -> bool:
    one, other = source.compensation, target.compensation
    if one is None or other is None:
        return one is other
    return (one.handler is None) is (other.handler is None) and (
        one.event_sub_process is None
    ) is (other.event_sub_process is None)
