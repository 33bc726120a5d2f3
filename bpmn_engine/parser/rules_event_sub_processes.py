"""Rules about event sub-processes (BPMN 2.0.2, sections 10.3.5 and 10.5.2)."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.event_elements import definition_elements
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.namespaces import children, element_id_of, is_true, local_name
from bpmn_engine.parser.structure import Scope, Structure


def is_event_sub_process(element: Element) -> bool:
    """Tell whether the element is a sub-process that an event starts."""
    return local_name(element) == "subProcess" and is_true(element, "triggeredByEvent")


def must_start_event_sub_process(structure: Structure) -> list[Violation]:
    """An event sub-process has one start event, and that has a trigger (section 10.3.5)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        if not is_event_sub_process(scope.element):
            continue
        starts = [node for node in scope.nodes if local_name(node) == "startEvent"]
        if len(starts) != 1:
            found.append(
                violation(
                    scope.element,
                    "event-sub-process-start",
                    "Expected the event sub-process to have one start event, but it has "
                    f"{len(starts)}. Draw one sub-process for each event.",
                    "10.3.5",
                )
            )
        found += [
            violation(
                start,
                "event-sub-process-start",
                "Expected the start event of the event sub-process to wait for an event, but it "
                "has no event definition. Choose its type in the modeler.",
                "10.3.5",
            )
            for start in starts
            if not definition_elements(structure.diagram, start)
        ]
    return found


def must_be_plain_event_sub_process(structure: Structure) -> list[Violation]:
    """No flow joins an event sub-process, no boundary event, no loop (section 10.3.5)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        hosts = {
            (node.get("attachedToRef") or "").strip()
            for node in scope.nodes
            if local_name(node) == "boundaryEvent"
        }
        for node in scope.nodes:
            if is_event_sub_process(node):
                found += [
                    violation(node, "event-sub-process", message, "10.3.5")
                    for message in _oddities(scope, node, hosts)
                ]
            elif is_true(node, "triggeredByEvent"):
                found.append(
                    violation(
                        node,
                        "event-sub-process",
                        f"Only a sub-process may be started by an event, but "
                        f"{element_id_of(node)} is a {local_name(node)}. Put it into an event "
                        "sub-process.",
                        "10.3.5",
                    )
                )
    return found


def _oddities(scope: Scope, node: Element, hosts: set[str]) -> list[str]:
    name = element_id_of(node)
    found: list[str] = []
    if scope.flows_into(node) or scope.flows_out_of(node):
        found.append(
            f"An event starts {name}, so that no flow may enter or leave it. Remove the flows."
        )
    if (node.get("id") or "") in hosts:
        found.append(
            f"An event sub-process may not have boundary events, but {name} has. Put the event "
            "on a sub-process inside it."
        )
    if children(node, "multiInstanceLoopCharacteristics", "standardLoopCharacteristics"):
        found.append(
            f"An event sub-process runs as often as its event occurs, but {name} has a loop. "
            "Put the loop on a sub-process inside it."
        )
    return found
