"""The executed scopes of a file with their nodes and flows: what the rules look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Severity, Violation
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.namespaces import (
    children,
    element_id_of,
    is_bpmn,
    is_for_camunda,
    line_of,
    local_name,
)
from bpmn_engine.parser.support import FLOW_NODES, SUB_PROCESSES

_LENIENT_EXPORTERS: Final = ("bpmn-js", "bpmn.io", "camunda modeler", "zeebe modeler")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What stands directly inside one process or sub-process."""

    element: Element
    nodes: tuple[Element, ...]  #: document order
    flows: tuple[Element, ...]  #: document order
    by_id: Mapping[str, Element]  #: the nodes
    incoming: Mapping[str, tuple[Element, ...]]  #: flows by the id of their target
    outgoing: Mapping[str, tuple[Element, ...]]  #: flows by the id of their source

    def flows_into(self, node: Element) -> tuple[Element, ...]:
        """Return the flows whose target is the node."""
        return self.incoming.get(node.get("id") or "", ())

    def flows_out_of(self, node: Element) -> tuple[Element, ...]:
        """Return the flows whose source is the node."""
        return self.outgoing.get(node.get("id") or "", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """A file and the scopes of its executable processes."""

    diagram: Diagram
    scopes: tuple[Scope, ...]
    is_camunda: bool  #: the file declares a namespace of Camunda
    is_lenient: bool  #: as `is_camunda`, or drawn in a modeler built on bpmn-js

    def lenient(
        self, element: Element, rule: str, message: str, section: str | None = None
    ) -> Violation:
        """Return an ERROR; a WARNING in a file of modelers and engines that allow this."""
        return Violation(
            rule=rule,
            message=message,
            element_id=ElementId(element_id_of(element)),
            line=line_of(element),
            severity=Severity.WARNING if self.is_lenient else Severity.ERROR,
            section=section,
        )


def structure_of(diagram: Diagram) -> Structure:
    """Return the scopes of the executed processes, outer before inner."""
    scopes: list[Scope] = []
    pending = list(reversed(diagram.executable))
    while pending:
        element = pending.pop()
        scopes.append(_scope(element))
        pending += reversed(children(element, *SUB_PROCESSES))
    exporter = (diagram.root.get("exporter") or "").lower()
    is_camunda = is_for_camunda(diagram.root)
    return Structure(
        diagram=diagram,
        scopes=tuple(scopes),
        is_camunda=is_camunda,
        is_lenient=is_camunda or any(name in exporter for name in _LENIENT_EXPORTERS),
    )


def _scope(element: Element) -> Scope:
    nodes = [child for child in element if is_bpmn(child) and local_name(child) in FLOW_NODES]
    flows = children(element, "sequenceFlow")
    return Scope(
        element=element,
        nodes=tuple(nodes),
        flows=tuple(flows),
        by_id={node.get("id") or "": node for node in nodes},
        incoming=_by_end(flows, "targetRef"),
        outgoing=_by_end(flows, "sourceRef"),
    )


def _by_end(flows: list[Element], attribute: str) -> dict[str, tuple[Element, ...]]:
    found: dict[str, list[Element]] = {}
    for flow in flows:
        found.setdefault((flow.get(attribute) or "").strip(), []).append(flow)
    return {node_id: tuple(group) for node_id, group in found.items()}
