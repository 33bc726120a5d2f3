"""Gateways (BPMN 2.0.2, section 10.6) and sequence flows (section 8.4.13)."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.ids import ElementId, FlowId
from bpmn_engine.model.flow_nodes import Gateway, GatewayKind, SequenceFlow
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.formal_expressions import read_expression
from bpmn_engine.parser.namespaces import element_id_of, first_child, local_name
from bpmn_engine.parser.place import Place, node_fields


def read_gateway(diagram: Diagram, element: Element, place: Place) -> Gateway:
    """Read an exclusive, parallel, inclusive or event-based gateway."""
    return Gateway(
        **node_fields(diagram, element, place),
        kind=GatewayKind(local_name(element)),
        default=default_flow(element),
    )


def default_flow(element: Element) -> FlowId | None:
    """Return the id of the default flow; rules check that it leaves the element."""
    reference = (element.get("default") or "").strip()
    return FlowId(reference) if reference else None


def read_sequence_flow(diagram: Diagram, element: Element, source: Element | None) -> SequenceFlow:
    """Read a sequence flow; a condition after a parallel gateway is ignored (section 10.6.4)."""
    condition = first_child(element, "conditionExpression")
    if source is not None and local_name(source) == GatewayKind.PARALLEL.value:
        condition = None
    return SequenceFlow(
        id=FlowId(element_id_of(element)),
        source=ElementId((element.get("sourceRef") or "").strip()),
        target=ElementId((element.get("targetRef") or "").strip()),
        name=element.get("name") or None,
        condition=None if condition is None else read_expression(diagram, condition),
    )
