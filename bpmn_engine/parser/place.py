"""Where a flow node stands: its flows, and what every node has in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

from lxml.etree import _Element as Element

from bpmn_engine.ids import ElementId, FlowId
from bpmn_engine.model.data_elements import NodeData
from bpmn_engine.model.extensions import VariableMapping
from bpmn_engine.model.flow_nodes import AnyFlowNode, SequenceFlow
from bpmn_engine.model.listeners import Listeners
from bpmn_engine.parser.data_associations import read_node_data
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.listeners import read_listeners
from bpmn_engine.parser.mappings import read_mappings
from bpmn_engine.parser.namespaces import element_id_of, first_child, line_of, text_of

ScopeReader = Callable[[Element], tuple[tuple[AnyFlowNode, ...], tuple[SequenceFlow, ...]]]
"""Reads the nodes and flows directly inside a process or sub-process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A node's flows in document order, and how to read a scope inside it."""

    incoming: tuple[FlowId, ...]
    outgoing: tuple[FlowId, ...]
    read_scope: ScopeReader


class NodeFields(TypedDict):
    """The arguments that every flow node of the model takes."""

    id: ElementId
    line: int
    name: str | None
    incoming: tuple[FlowId, ...]
    outgoing: tuple[FlowId, ...]
    documentation: str | None
    inputs: tuple[VariableMapping, ...]
    outputs: tuple[VariableMapping, ...]
    is_result_local: bool
    listeners: Listeners | None
    data: NodeData | None


def node_fields(diagram: Diagram, element: Element, place: Place) -> NodeFields:
    """Read what every flow node has, mappings and listeners included."""
    inputs, outputs = read_mappings(diagram, element)
    return NodeFields(
        id=ElementId(element_id_of(element)),
        line=line_of(element),
        name=element.get("name") or None,
        incoming=place.incoming,
        outgoing=place.outgoing,
        documentation=documentation_of(element),
        inputs=inputs,
        outputs=outputs,
        is_result_local=not diagram.extensions(element, "camunda:inputOutput"),
        listeners=read_listeners(diagram, element),
        data=read_node_data(diagram, element),
    )


def documentation_of(element: Element) -> str | None:
    """Return the text of the element's first documentation."""
    return text_of(first_child(element, "documentation")) or None
