"""What kind of element a visit is of, in the words of Camunda 8."""

from __future__ import annotations

import re
from typing import Final

from bpmn_engine.graph.nodes import Node, NodeKind, ProcessGraph
from bpmn_engine.views.records import ElementRecord

PROCESS: Final = "PROCESS"

_KNOWN: Final = frozenset(
    {
        "SUB_PROCESS",
        "AD_HOC_SUB_PROCESS",
        "START_EVENT",
        "INTERMEDIATE_CATCH_EVENT",
        "INTERMEDIATE_THROW_EVENT",
        "BOUNDARY_EVENT",
        "END_EVENT",
        "SERVICE_TASK",
        "RECEIVE_TASK",
        "USER_TASK",
        "MANUAL_TASK",
        "TASK",
        "EXCLUSIVE_GATEWAY",
        "INCLUSIVE_GATEWAY",
        "PARALLEL_GATEWAY",
        "EVENT_BASED_GATEWAY",
        "CALL_ACTIVITY",
        "BUSINESS_RULE_TASK",
        "SCRIPT_TASK",
        "SEND_TASK",
        "SEQUENCE_FLOW",
    }
)
_OF_KIND: Final = {
    NodeKind.EVENT_SUB_PROCESS: "EVENT_SUB_PROCESS",
    NodeKind.AD_HOC_INSTANCE: "AD_HOC_SUB_PROCESS_INNER_INSTANCE",
    NodeKind.MULTI_INSTANCE: "MULTI_INSTANCE_BODY",
    NodeKind.STANDARD_LOOP: "MULTI_INSTANCE_BODY",
}


def element_type(node: Node) -> str:
    """Return the type of a node; `UNKNOWN` for what Camunda 8 does not know."""
    of_kind = _OF_KIND.get(node.kind)
    if of_kind is not None:
        return of_kind
    word = re.sub(r"(?<!^)(?=[A-Z])", "_", node.element_type).upper()
    if word == "TRANSACTION":
        return "SUB_PROCESS"
    return word if word in _KNOWN else "UNKNOWN"


def type_and_name(graph: ProcessGraph, record: ElementRecord) -> tuple[str, str | None]:
    """Return type and name of the element that a visit is of."""
    if record.visit == 0:
        return PROCESS, graph.name
    node = graph.node(record.element_id)
    if node is None:
        return "UNKNOWN", None
    if record.is_loop_body:
        return "MULTI_INSTANCE_BODY", node.name
    inner = graph.node(f"{record.element_id}#instance")
    return element_type(node if inner is None else inner), node.name


def elements_of(graph: ProcessGraph) -> dict[str, tuple[str, str | None]]:
    """Return type and name of every element, by element id."""
    found: dict[str, tuple[str, str | None]] = {graph.process_id: (PROCESS, graph.name)}
    for node in graph.nodes:
        found[node.element_id] = (element_type(node), node.name)
    return found
