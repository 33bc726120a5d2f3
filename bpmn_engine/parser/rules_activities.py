"""Rules about sub-processes, compensation and what starts a process (BPMN 2.0.2, section 10)."""

from __future__ import annotations

from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.diagram import strip_prefix
from bpmn_engine.parser.event_elements import (
    definition_elements,
)
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.namespaces import element_id_of, full_name, is_true, local_name
from bpmn_engine.parser.rules_triggers import is_event_sub_process
from bpmn_engine.parser.structure import Scope, Structure
from bpmn_engine.parser.support import ACTIVITIES

_CHOREOGRAPHY: Final = frozenset({"callChoreography", "choreographyTask", "subChoreography"})
_QUANTITIES: Final = ("startQuantity", "completionQuantity")


def must_stand_apart(structure: Structure) -> list[Violation]:
    """Event sub-processes and compensation handlers have no flows (sections 10.3.5, 10.7.1)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for node in scope.nodes:
            if not scope.flows_into(node) and not scope.flows_out_of(node):
                continue
            if is_event_sub_process(node):
                found.append(_has_flow(node, "An event sub-process is started by its event"))
            elif is_true(node, "isForCompensation"):
                found.append(_has_flow(node, "A compensation handler is started by its event"))
    return found


def _has_flow(node: Element, why: str) -> Violation:
    return violation(
        node,
        "flow-direction",
        f"{why}, so that no flow may enter or leave it. Remove the flow.",
        "10.3.5",
    )


def must_contain_what_it_may(structure: Structure) -> list[Violation]:
    """A process and a sub-process hold no part of a choreography (section 11)."""
    return [
        violation(
            node,
            "choreography-in-process",
            f"A {local_name(node)} belongs to a choreography and may not stand in a process. "
            "Draw a task, or a message between pools.",
            "10.3.5",
        )
        for scope in structure.scopes
        for node in scope.nodes
        if local_name(node) in _CHOREOGRAPHY
    ]


def must_hold_activities_only(structure: Structure) -> list[Violation]:
    """An ad-hoc sub-process holds activities, but no start or end event (section 10.3.5)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        if local_name(scope.element) != "adHocSubProcess":
            continue
        if not any(local_name(node) in ACTIVITIES for node in scope.nodes):
            found.append(
                structure.lenient(
                    scope.element,
                    "ad-hoc",
                    "Expected the ad-hoc sub-process to hold an activity, but it holds none. "
                    "Draw one.",
                    "10.3.5",
                )
            )
        found += [
            violation(
                node,
                "ad-hoc",
                f"An ad-hoc sub-process may not hold a {local_name(node)}: its activities start "
                "and end as people choose. Remove it.",
                "10.3.5",
            )
            for node in scope.nodes
            if local_name(node) in {"startEvent", "endEvent"}
        ]
    return found


def must_count_from_one(structure: Structure) -> list[Violation]:
    """A start or completion quantity is at least 1 (section 10.3)."""
    return [
        violation(
            node,
            "quantity",
            f"Expected {name} to be 1 or more, but it is {node.get(name)}. Set it to 1.",
            "10.3",
        )
        for scope in structure.scopes
        for node in scope.nodes
        for name in _QUANTITIES
        if _is_below_one(node.get(name))
    ]


def _is_below_one(text: str | None) -> bool:
    try:
        return text is not None and int(text) < 1
    except ValueError:
        return False


def must_have_compensation_handler(structure: Structure) -> list[Violation]:
    """A compensation event on a border is joined to one compensation handler (section 10.7.1)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for event in scope.nodes:
            if local_name(event) != "boundaryEvent":
                continue
            definitions = definition_elements(structure.diagram, event)
            if not any(local_name(one) == "compensateEventDefinition" for one in definitions):
                continue
            if scope.flows_out_of(event):
                found.append(_compensation_flow(event))
            if not any(is_true(one, "isForCompensation") for one in _joined(structure, event)):
                found.append(_no_handler(event))
    return found


def _joined(structure: Structure, event: Element) -> list[Element]:
    """Return the activities that associations join to the event, either way round."""
    event_id = event.get("id")
    found: list[Element] = []
    for association in structure.diagram.root.iter(full_name("association")):
        ends = [
            strip_prefix(association, association.get(name) or "")
            for name in ("sourceRef", "targetRef")
        ]
        if event_id in ends:
            others = [structure.diagram.by_id.get(one) for one in ends if one != event_id]
            found += [one for one in others if one is not None and local_name(one) in ACTIVITIES]
    return found


def _compensation_flow(event: Element) -> Violation:
    return violation(
        event,
        "flow-direction",
        "No flow may leave a compensation event on a border: an association joins it to its "
        "handler. Remove the flow.",
        "10.7.1",
    )


def _no_handler(event: Element) -> Violation:
    return violation(
        event,
        "compensation-handler",
        f"Expected an association from {element_id_of(event)} to an activity that is for "
        "compensation, but there is none. Draw it, and set isForCompensation.",
        "10.7.1",
    )


def must_instantiate_without_incoming(structure: Structure) -> list[Violation]:
    """What starts the process is not reached by a token (sections 10.3.3 and 10.6.6).

    A receive task may come directly after a start event.
    """
    found: list[Violation] = []
    for scope in structure.scopes:
        for node in scope.nodes:
            if is_true(node, "instantiate") and not _may_start(scope, node):
                found.append(
                    violation(
                        node,
                        "instantiate",
                        f"{element_id_of(node)} starts the process, so that no flow may lead to "
                        "it. Remove the flow, or set instantiate to false.",
                        "10.6.6" if local_name(node) == "eventBasedGateway" else "10.3.3",
                    )
                )
            elif _is_parallel_inside(node):
                found.append(
                    structure.lenient(
                        node,
                        "instantiate",
                        "A parallel event-based gateway may only start a process. Set "
                        "instantiate to true, or use a parallel gateway.",
                        "10.6.6",
                    )
                )
    return found


def _may_start(scope: Scope, node: Element) -> bool:
    incoming = scope.flows_into(node)
    if local_name(node) == "eventBasedGateway":
        return not incoming
    sources = [scope.by_id.get((flow.get("sourceRef") or "").strip()) for flow in incoming]
    return all(one is not None and local_name(one) == "startEvent" for one in sources)


def _is_parallel_inside(node: Element) -> bool:
    return (
        local_name(node) == "eventBasedGateway"
        and node.get("eventGatewayType") == "Parallel"
        and not is_true(node, "instantiate")
    )


def must_start_before_it_ends(structure: Structure) -> list[Violation]:
    """A process or sub-process with an end event has a start event (section 10.5.3)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        kinds = {local_name(node) for node in scope.nodes}
        if (
            "endEvent" in kinds
            and "startEvent" not in kinds
            and local_name(scope.element) != "adHocSubProcess"
            and not any(is_true(node, "instantiate") for node in scope.nodes)
        ):
            end = next(node for node in scope.nodes if local_name(node) == "endEvent")
            found.append(
                structure.lenient(
                    end,
                    "end-without-start",
                    f"There is an end event but no start event in {element_id_of(scope.element)}. "
                    "Draw a start event, or remove the end event.",
                    "10.5.3",
                )
            )
    return found
