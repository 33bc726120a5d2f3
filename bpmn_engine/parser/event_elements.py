"""Where an event's definitions stand: in it, or at the root (BPMN 2.0.2, section 10.5.5)."""

from __future__ import annotations

from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.parser.diagram import Diagram, strip_prefix
from bpmn_engine.parser.namespaces import children, text_of

THROWING: Final = frozenset({"endEvent", "intermediateThrowEvent"})
SUFFIX: Final = "EventDefinition"


def definition_elements(diagram: Diagram, event: Element) -> list[Element]:
    """Return an event's definitions: its own, and those at the root that it refers to."""
    found = [child for child in event if is_definition(child)]
    for reference in children(event, "eventDefinitionRef"):
        target = diagram.by_id.get(strip_prefix(reference, text_of(reference)))
        if target is not None and is_definition(target):
            diagram.findings.used.add(target)
            found.append(target)
    return found


def is_definition(element: Element) -> bool:
    """Tell whether the element is any of the standard's event definitions."""
    return str(element.tag).endswith(SUFFIX) and "camunda.org" not in str(element.tag)


def refers_to_nothing(diagram: Diagram, event: Element) -> bool:
    """Note references to event definitions that do not exist; tell whether there were any."""
    dangling = [
        reference
        for reference in children(event, "eventDefinitionRef")
        if not _is_known(diagram, reference)
    ]
    for reference in dangling:
        diagram.findings.violate(
            event,
            "dangling-reference",
            f"Expected an event definition with the id {text_of(reference)!r} directly under "
            "bpmn:definitions, but there is none. Choose the event's type again.",
            "10.5.5",
        )
    return bool(dangling)


def _is_known(diagram: Diagram, reference: Element) -> bool:
    target = diagram.by_id.get(strip_prefix(reference, text_of(reference)))
    return target is not None and is_definition(target)
