"""Rules about calls of global tasks (BPMN 2.0.2, section 10.3.6)."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.activities import GLOBAL_TASKS
from bpmn_engine.parser.diagram import strip_prefix
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.namespaces import children, element_id_of, first_child, local_name
from bpmn_engine.parser.structure import Structure


def must_match_the_called_task(structure: Structure) -> list[Violation]:
    """A call activity declares the inputs and outputs that the global task has, and no others."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for node in scope.nodes:
            called = strip_prefix(node, node.get("calledElement") or "")
            target = structure.diagram.by_id.get(called)
            if target is not None and local_name(target) in GLOBAL_TASKS:
                found += _differences(node, target)
    return found


def _differences(call: Element, target: Element) -> list[Violation]:
    own, wanted = first_child(call, "ioSpecification"), first_child(target, "ioSpecification")
    if own is None or wanted is None:
        return []
    return [
        violation(
            call,
            "called-element",
            f"Expected as many {kind} elements as {element_id_of(target)} has, "
            f"{len(children(wanted, kind))}, but there are {len(children(own, kind))}. "
            "Declare the same.",
            "10.3.6",
        )
        for kind in ("dataInput", "dataOutput")
        if len(children(own, kind)) != len(children(wanted, kind))
    ]
