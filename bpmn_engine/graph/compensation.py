"""How each activity is compensated (BPMN 2.0.2, section 10.7.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bpmn_engine.graph.nodes import CompensationPlan, Edge, Node
from bpmn_engine.graph.specs import MultiInstanceSpec, StandardLoopSpec
from bpmn_engine.model.event_definitions import CompensateEventDefinition
from bpmn_engine.model.flow_nodes import (
    Activity,
    AnyFlowNode,
    BoundaryEvent,
    StartEvent,
    SubProcess,
)


def compensation_plans(
    elements: Sequence[AnyFlowNode],
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    outer: Mapping[str, int],
) -> dict[int, CompensationPlan]:
    """Return the plan of each node that has a handler, or contains one that has.

    The handler of an activity with a loop belongs to each of its instances.

    Args:
        elements: by node index.
        nodes: by their index.
        edges: by their index.
        outer: element id -> the node seen from outside.
    """
    plans: dict[int, CompensationPlan] = {}
    for node, element in zip(nodes, elements, strict=True):
        plan = _own_plan(node, element, outer)
        if plan is not None:
            host = outer[element.attached_to] if isinstance(element, BoundaryEvent) else node.index
            plans[_instance(nodes[host])] = plan
    _add_containers(plans, nodes, elements)
    for index, plan in plans.items():
        led_to = _led_to(nodes[index], nodes, edges)
        if led_to:
            plans[index] = replace(plan, led_to=led_to)
    return plans


def _led_to(host: Node, nodes: Sequence[Node], edges: Sequence[Edge]) -> int:
    """Return the bit set of nodes that events at the border lead to, which do not interrupt."""
    beside = (nodes[index] for index in host.boundaries if not nodes[index].is_interrupting)
    pending = [event.index for event in beside if event.outgoing]
    found = 0
    while pending:
        index = pending.pop()
        if found >> index & 1:
            continue
        found |= 1 << index
        pending += nodes[index].boundaries
        pending += (edges[flow].target for flow in nodes[index].outgoing)
    return found


def _own_plan(
    node: Node, element: AnyFlowNode, outer: Mapping[str, int]
) -> CompensationPlan | None:
    match element:
        case BoundaryEvent(compensation_handler=handler) if handler is not None:
            return CompensationPlan(boundary=node.index, handler=outer[handler])
        case SubProcess() if not isinstance(node.spec, MultiInstanceSpec | StandardLoopSpec):
            found = (inner for inner in element.nodes if _starts_by_compensation(inner))
            inner = next(found, None)
            if inner is not None:
                return CompensationPlan(event_sub_process=outer[inner.id])
    return None


def _starts_by_compensation(element: AnyFlowNode) -> bool:
    return (
        isinstance(element, SubProcess)
        and element.is_triggered_by_event
        and any(
            isinstance(start, StartEvent)
            and isinstance(start.definition, CompensateEventDefinition)
            for start in element.nodes
        )
    )


def _instance(node: Node) -> int:
    return (
        node.spec.inner
        if isinstance(node.spec, MultiInstanceSpec | StandardLoopSpec)
        else node.index
    )


def _add_containers(
    plans: dict[int, CompensationPlan], nodes: Sequence[Node], elements: Sequence[AnyFlowNode]
) -> None:
    """Give every activity around one with a plan a plan too: to compensate what is in it."""
    owners = {node.inner_scope: node.index for node in nodes if node.inner_scope is not None}
    for index in sorted(plans):
        owner = owners.get(nodes[index].scope)
        while owner is not None and owner not in plans:
            plans[owner] = CompensationPlan()
            owner = owners.get(nodes[owner].scope)
    for index in [index for index in plans if _is_handler(elements[index])]:
        del plans[index]


def _is_handler(element: AnyFlowNode) -> bool:
    """What undoes something is not undone itself."""
    return (isinstance(element, Activity) and element.is_for_compensation) or (
        isinstance(element, SubProcess) and element.is_triggered_by_event
    )
