"""The elements and sequence flows of a process: what can be passed at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bpmn_engine.model.definitions import Definitions
from bpmn_engine.model.event_definitions import MessageEventDefinition
from bpmn_engine.model.flow_nodes import (
    AnyFlowNode,
    BoundaryEvent,
    EndEvent,
    SequenceFlow,
    SubProcess,
)
from bpmn_engine.parser.reader import read_definitions
from bpmn_engine.views.instances import VisitView

_COMPLETED: Final = "completed"
_TERMINATED: Final = "terminated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessElement:
    """One flow node."""

    element_id: str
    name: str | None
    is_boundary: bool = False
    is_throwing_end: bool = False  #: an end event whose trigger may end its own scope

    @property
    def label(self) -> str:
        """Name and id, for people."""
        if self.name is None or self.name == self.element_id:
            return self.element_id
        return f'{self.element_id} "{self.name}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFlow:
    """One sequence flow."""

    flow_id: str
    name: str | None
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessElements:
    """One process, sub-processes included."""

    process_id: str
    name: str | None
    elements: Mapping[str, ProcessElement]  #: by id, document order
    flows: Mapping[str, ProcessFlow]  #: by id, document order

    @property
    def words(self) -> tuple[str, ...]:
        """Return all names and ids, by which elements can be called."""
        names = (element.name for element in self.elements.values())
        return (*(name for name in names if name), *self.elements)

    def is_passed(self, visit: VisitView) -> bool:
        """Tell whether a visit passed its element.

        An error end event ends with the scope that its own error interrupts, so that it counts.
        """
        if visit.state == _COMPLETED:
            return True
        element = self.elements.get(visit.element_id)
        is_throwing = element is not None and element.is_throwing_end
        return is_throwing and visit.state == _TERMINATED

    def label(self, element_id: str) -> str:
        """Return how an element is shown to people."""
        element = self.elements.get(element_id)
        return element_id if element is None else element.label

    def find(self, word: str) -> frozenset[str]:
        """Return the ids of the elements that have this id, else this name."""
        if word in self.elements:
            return frozenset({word})
        return frozenset(
            element.element_id for element in self.elements.values() if element.name == word
        )


@lru_cache(maxsize=64)
def processes_in(xml: bytes) -> tuple[ProcessElements, ...]:
    """Return the executable processes of a diagram; none of one that would be refused."""
    definitions = read_definitions(xml)
    if not isinstance(definitions, Definitions):
        return ()
    return tuple(
        ProcessElements(
            process_id=process.id,
            name=process.name,
            elements={
                node.id: ProcessElement(
                    element_id=node.id,
                    name=node.name,
                    is_boundary=isinstance(node, BoundaryEvent),
                    is_throwing_end=_is_throwing_end(node),
                )
                for node in _nodes(process.nodes)
            },
            flows={
                flow.id: ProcessFlow(
                    flow_id=flow.id, name=flow.name, source=flow.source, target=flow.target
                )
                for flow in _flows(process.nodes, process.flows)
            },
        )
        for process in definitions.processes
    )


def _is_throwing_end(node: AnyFlowNode) -> bool:
    """A message leaves the scope as it is, and may wait for a worker to send it."""
    return (
        isinstance(node, EndEvent)
        and node.definition is not None
        and not isinstance(node.definition, MessageEventDefinition)
    )


def _nodes(nodes: tuple[AnyFlowNode, ...]) -> Iterator[AnyFlowNode]:
    for node in nodes:
        yield node
        if isinstance(node, SubProcess):
            yield from _nodes(node.nodes)


def _flows(
    nodes: tuple[AnyFlowNode, ...], flows: tuple[SequenceFlow, ...]
) -> Iterator[SequenceFlow]:
    yield from flows
    for node in nodes:
        if isinstance(node, SubProcess):
            yield from _flows(node.nodes, node.flows)
