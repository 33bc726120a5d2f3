"""Rules about the file as a whole."""

from __future__ import annotations

from typing import Final

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.global_tasks import global_tasks
from bpmn_engine.parser.namespaces import BPMN, children, line_of, local_name
from bpmn_engine.parser.structure import Structure
from bpmn_engine.parser.support import FLOW_NODES, SUB_PROCESSES

DEEPEST_SUB_PROCESS: Final = 50
"""How many sub-processes may stand inside one another."""


def must_not_nest_too_deep(diagram: Diagram) -> list[Violation]:
    """Sub-processes stand inside one another at most `DEEPEST_SUB_PROCESS` deep."""
    depths: dict[object, int] = {}
    for element in diagram.root.iter(*(f"{{{BPMN}}}{name}" for name in SUB_PROCESSES)):
        parent = element.getparent()
        depths[element] = depth = depths.get(parent, 0) + 1
        if depth > DEEPEST_SUB_PROCESS:
            return [
                violation(
                    element,
                    "too-deep",
                    f"Sub-processes are nested more than {DEEPEST_SUB_PROCESS} deep. "
                    "Use call activities.",
                )
            ]
    return []


def must_have_executable_process(structure: Structure) -> list[Violation]:
    """There is something to execute."""
    diagram = structure.diagram
    if diagram.executable:
        return []
    processes = children(diagram.root, "process")
    if global_tasks(diagram.root):
        return []
    if not processes:
        return [
            violation(
                diagram.root,
                "no-executable-process",
                "Expected an executable process, but the file has no process. Draw one.",
            )
        ]
    return [
        violation(
            process,
            "no-executable-process",
            "Expected an executable process, but none of the file's processes is executable. "
            "Tick 'Executable' in the properties of the process (isExecutable=true).",
        )
        for process in processes[:1]
    ]


def must_have_unique_ids(structure: Structure) -> list[Violation]:
    """Every id is given once; flow nodes and executable processes have one."""
    diagram = structure.diagram
    found: list[Violation] = []
    for element in diagram.root.iter(f"{{{BPMN}}}*"):
        element_id = element.get("id")
        if not element_id:
            if local_name(element) in FLOW_NODES or element in diagram.executable:
                found.append(
                    violation(
                        element,
                        "missing-id",
                        f"Expected the {local_name(element)} to have an id, but it has none. "
                        "Give it one.",
                    )
                )
            continue
        first = diagram.by_id[element_id]
        if first is not element:
            found.append(
                violation(
                    element,
                    "duplicate-id",
                    f"The id {element_id!r} is given twice: first to the {local_name(first)} on "
                    f"line {line_of(first)}. Change one of them.",
                )
            )
    return found
