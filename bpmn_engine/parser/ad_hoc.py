"""Ad-hoc sub-processes (BPMN 2.0.2, sections 10.3.5 and 13.3.5) of the standard and of Zeebe."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Violation
from bpmn_engine.model.extensions import FormalExpression
from bpmn_engine.model.flow_nodes import AdHoc, AdHocElement
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.formal_expressions import optional_literal, read_expression
from bpmn_engine.parser.jobs import read_job
from bpmn_engine.parser.namespaces import (
    CAMUNDA,
    ZEEBE,
    element_id_of,
    first_child,
    full_name,
    is_true,
    local_name,
)
from bpmn_engine.parser.place import documentation_of
from bpmn_engine.parser.structure import Structure
from bpmn_engine.parser.support import ACTIVITIES, FLOW_NODES


def read_ad_hoc(diagram: Diagram, element: Element) -> AdHoc | None:
    """Read what makes a sub-process ad-hoc; None for any other sub-process."""
    if local_name(element) != "adHocSubProcess":
        return None
    condition = first_child(element, "completionCondition")
    extension = diagram.extension(element, "zeebe:adHoc")
    has_job = diagram.extension(element, "zeebe:taskDefinition") is not None
    job = read_job(diagram, element, element) if has_job else None
    if job is not None:
        _must_leave_it_to_the_worker(diagram, element, extension)
    return AdHoc(
        is_sequential=element.get("ordering") == "Sequential",
        completion_condition=None if condition is None else read_expression(diagram, condition),
        cancels_remaining=is_true(element, "cancelRemainingInstances", default=True),
        begins_all=(extension, job) == (None, None) and not _is_for_zeebe(diagram),
        active_elements=_expression(extension, "activeElementsCollection"),
        job=job,
        elements=_elements(diagram, element) if job is not None else (),
        output_collection=_output_collection(diagram, element, extension),
        output_element=_expression(extension, "outputElement"),
    )


def _must_leave_it_to_the_worker(
    diagram: Diagram, element: Element, extension: Element | None
) -> None:
    has_list = extension is not None and extension.get("activeElementsCollection")
    if has_list or first_child(element, "completionCondition") is not None:
        diagram.findings.violate(
            element,
            "ad-hoc-job",
            "Expected the worker of the ad-hoc sub-process to say what begins and when it is "
            "over, but there is a list of active elements or a completion condition beside its "
            "job type. Remove one or the other.",
        )


def _output_collection(
    diagram: Diagram, element: Element, extension: Element | None
) -> str | None:
    if extension is None:
        return None
    collection = (extension.get("outputCollection") or "").strip()
    if bool(collection) != bool((extension.get("outputElement") or "").strip()):
        diagram.findings.violate(
            element,
            "ad-hoc-output",
            "Expected an output collection and an output element, but one is missing. "
            "Fill in both or none.",
        )
    return collection or None


def _expression(extension: Element | None, attribute: str) -> FormalExpression | None:
    return None if extension is None else optional_literal(extension.get(attribute))


def _elements(diagram: Diagram, element: Element) -> tuple[AdHocElement, ...]:
    return tuple(
        AdHocElement(
            id=ElementId(element_id_of(child)),
            name=child.get("name") or None,
            documentation=documentation_of(child),
            properties={
                one.get("name") or "": one.get("value") or ""
                for box in diagram.extensions(child, "zeebe:properties")
                for one in box.iterchildren(full_name("zeebe:property"))
            },
        )
        for child in element
        if local_name(child) in FLOW_NODES and child.get("id")
    )


def _is_for_zeebe(diagram: Diagram) -> bool:
    """Tell whether the file is drawn for Camunda 8, where nothing begins that is not told to."""
    declared = set(diagram.root.nsmap.values())
    return ZEEBE in declared and CAMUNDA not in declared


def must_hold_activities(structure: Structure) -> list[Violation]:
    """An ad-hoc sub-process has at least one activity (section 10.3.5)."""
    return [
        violation(
            scope.element,
            "ad-hoc-content",
            f"Expected {element_id_of(scope.element)} to contain an activity, but there is none. "
            "Draw one into it.",
            "10.3.5",
        )
        for scope in structure.scopes
        if local_name(scope.element) == "adHocSubProcess"
        and not any(local_name(node) in ACTIVITIES for node in scope.nodes)
    ]


def must_begin_in_any_order(structure: Structure) -> list[Violation]:
    """An ad-hoc sub-process has no start or end event (section 10.3.5)."""
    return [
        violation(
            node,
            "ad-hoc-content",
            f"An ad-hoc sub-process may not contain a {local_name(node)}: its activities begin "
            "in any order. Remove it.",
            "10.3.5",
        )
        for scope in structure.scopes
        if local_name(scope.element) == "adHocSubProcess"
        for node in scope.nodes
        if local_name(node) in {"startEvent", "endEvent"}
    ]
