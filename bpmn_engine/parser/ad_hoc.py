"""Ad-hoc sub-processes (BPMN 2.0.2, sections 10.3.5 and 13.3.5) of the standard and of Zeebe."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.model.extensions import FormalExpression
from bpmn_engine.model.flow_nodes import AdHoc
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.formal_expressions import optional_literal, read_expression
from bpmn_engine.parser.namespaces import (
    CAMUNDA,
    ZEEBE,
    element_id_of,
    first_child,
    is_true,
    local_name,
)
from bpmn_engine.parser.structure import Structure
from bpmn_engine.parser.support import ACTIVITIES


def read_ad_hoc(diagram: Diagram, element: Element) -> AdHoc | None:
    """Read what makes a sub-process ad-hoc; None for any other sub-process."""
    if local_name(element) != "adHocSubProcess":
        return None
    condition = first_child(element, "completionCondition")
    extension = diagram.extension(element, "zeebe:adHoc")
    return AdHoc(
        is_sequential=element.get("ordering") == "Sequential",
        completion_condition=None if condition is None else read_expression(diagram, condition),
        cancels_remaining=is_true(element, "cancelRemainingInstances", default=True),
        begins_all=extension is None and not _is_for_zeebe(diagram),
        active_elements=None if extension is None else _active_elements(diagram, extension),
    )


def _is_for_zeebe(diagram: Diagram) -> bool:
    """Tell whether the file is drawn for Camunda 8, where nothing begins that is not told to."""
    declared = set(diagram.root.nsmap.values())
    return ZEEBE in declared and CAMUNDA not in declared


def _active_elements(diagram: Diagram, extension: Element) -> FormalExpression | None:
    for attribute in ("outputCollection", "outputElement"):
        if extension.get(attribute):
            diagram.findings.refuse_part(
                extension,
                "zeebe:adHoc",
                f"{attribute} of an ad-hoc sub-process is not executed. Use output mappings.",
            )
    return optional_literal(extension.get("activeElementsCollection"))


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
