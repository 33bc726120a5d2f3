"""Where an element stands in the file, and the findings about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bpmn_engine.graph.nodes import Node, ProcessGraph
from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Process, Severity, Violation
from bpmn_engine.model.flow_nodes import AnyFlowNode, SubProcess

_MOST_LISTED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One compiled process with the lines of its elements."""

    process: Process
    graph: ProcessGraph
    lines: Mapping[str, int]

    def warning(self, rule: str, element_id: str, message: str) -> Violation:
        """Return a finding that somebody should look at."""
        return self._finding(rule, element_id, message, Severity.WARNING)

    def information(self, rule: str, element_id: str, message: str) -> Violation:
        """Return a finding that is good to know."""
        return self._finding(rule, element_id, message, Severity.INFORMATION)

    def _finding(self, rule: str, element_id: str, message: str, severity: Severity) -> Violation:
        return Violation(
            rule=rule,
            message=message,
            element_id=ElementId(element_id),
            line=self.lines.get(element_id),
            severity=severity,
        )


def subject_of(process: Process, graph: ProcessGraph) -> Subject:
    """Index the lines of a process; sub-processes included."""
    lines: dict[str, int] = {process.id: process.line}
    pending: list[AnyFlowNode] = list(process.nodes)
    while pending:
        element = pending.pop()
        lines[element.id] = element.line
        if isinstance(element, SubProcess):
            pending.extend(element.nodes)
    return Subject(process=process, graph=graph, lines=lines)


def label(node: Node) -> str:
    """Return how a person knows the element: its name, else its id."""
    return f"'{node.name}'" if node.name else str(node.element_id)


def listed(words: Iterable[str]) -> str:
    """Return the first few of many words, and how many more there are."""
    every = list(words)
    more = len(every) - _MOST_LISTED
    return ", ".join(every[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")
