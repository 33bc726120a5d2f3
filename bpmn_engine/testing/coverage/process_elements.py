"""The elements and sequence flows of a process: what can be passed at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bpmn_engine.model.definitions import Definitions
from bpmn_engine.model.flow_nodes import AnyFlowNode, BoundaryEvent, SequenceFlow, SubProcess
from bpmn_engine.parser.reader import read_definitions


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessElement:
    """One flow node."""

    element_id: str
    name: str | None
    is_boundary: bool = False

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
