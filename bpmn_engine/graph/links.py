"""Link events as edges: a link is a sequence flow that is not drawn (BPMN 2.0.2, 10.5.5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bpmn_engine.ids import FlowId
from bpmn_engine.model.event_definitions import LinkEventDefinition
from bpmn_engine.model.flow_nodes import (
    AnyFlowNode,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    SequenceFlow,
)

LINK_SUFFIX: Final = "#link"
"""Marks the edge out of a throwing link event: `<its id>#link`, which no element can have."""


def link_flows(elements: Iterable[AnyFlowNode]) -> tuple[SequenceFlow, ...]:
    """Return a flow from each throwing link event to the catching one of its name."""
    known = tuple(elements)
    targets = {
        element.definition.name: element.id
        for element in known
        if isinstance(element, IntermediateCatchEvent)
        and isinstance(element.definition, LinkEventDefinition)
    }
    return tuple(
        SequenceFlow(
            id=FlowId(element.id + LINK_SUFFIX),
            source=element.id,
            target=targets[element.definition.name],
            name=element.definition.name,
        )
        for element in known
        if isinstance(element, IntermediateThrowEvent)
        and isinstance(element.definition, LinkEventDefinition)
    )


def is_link(flow_id: str) -> bool:
    """Tell whether a flow stands for a link, so that the diagram shows no line for it."""
    return flow_id.endswith(LINK_SUFFIX)
