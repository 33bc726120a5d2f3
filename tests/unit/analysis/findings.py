"""Reads a small file and says what the analysis finds in it."""

from __future__ import annotations

from bpmn_engine.analysis.process_analysis import analyse_process, analyse_together
from bpmn_engine.graph.compiler import compile_process
from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.model.definitions import Definitions, Process, Severity, Violation
from bpmn_engine.parser.reader import read_definitions


def findings(xml: bytes) -> tuple[Violation, ...]:
    """Return what is found in the processes of a file, each by itself."""
    return tuple(one for pair in compiled(xml) for one in analyse_process(*pair))


def together(xml: bytes) -> tuple[Violation, ...]:
    """Return what only the processes of a file together show."""
    return analyse_together(compiled(xml))


def words(xml: bytes) -> set[tuple[str, str | None]]:
    """Return rule and element of each finding that is more than information."""
    found = findings(xml)
    return {(one.rule, one.element_id) for one in found if one.severity is Severity.WARNING}


def compiled(xml: bytes) -> list[tuple[Process, ProcessGraph]]:
    """Return the processes of a file that must be accepted, compiled."""
    definitions = read_definitions(xml)
    assert isinstance(definitions, Definitions), definitions.violations
    found = []
    for process in definitions.processes:
        graph = compile_process(process)
        assert isinstance(graph, ProcessGraph), graph
        found.append((process, graph))
    return found
