"""Gateways (BPMN 2.0.2, section 10.6) and sequence flows (section 8.4.13)."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.ids import ElementId, FlowId
from bpmn_engine.model.extensions import FormalExpression
from bpmn_engine.model.flow_nodes import Gateway, GatewayKind, SequenceFlow
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.formal_expressions import read_expression
from bpmn_engine.parser.instantiation import is_instantiating
from bpmn_engine.parser.listeners import read_flow_listeners
from bpmn_engine.parser.namespaces import element_id_of, first_child, local_name
from bpmn_engine.parser.place import Place, node_fields


def read_gateway(diagram: Diagram, element: Element, place: Place) -> Gateway:
    """Read a gateway of any kind."""
    kind = GatewayKind(local_name(element))
    condition = None
    if kind is GatewayKind.COMPLEX:
        condition = _activation_condition(diagram, element, place)
    return Gateway(
        **node_fields(diagram, element, place),
        kind=kind,
        default=default_flow(element),
        activation_condition=condition,
        is_instantiating=is_instantiating(element),
        awaits_all=element.get("eventGatewayType") == "Parallel",
    )


def _activation_condition(
    diagram: Diagram, element: Element, place: Place
) -> FormalExpression | None:
    """Read when a complex gateway fires; one that joins has to say it (section 10.6.5)."""
    condition = first_child(element, "activationCondition")
    if condition is not None:
        return read_expression(diagram, condition)
    if len(place.incoming) > 1:
        diagram.findings.violate(
            element,
            "activation-condition",
            "Expected the complex gateway, which joins flows, to have an activation condition, "
            "but it has none. Write one, such as activationCount >= 2, or use another gateway.",
            "10.6.5",
        )
    return None


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
        listeners=read_flow_listeners(diagram, element, source),
    )
