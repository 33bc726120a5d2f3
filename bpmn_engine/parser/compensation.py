"""Who compensates what: associations, event sub-processes (BPMN 2.0.2, section 10.7.1)."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.ids import ElementId
from bpmn_engine.parser.diagram import Diagram, strip_prefix
from bpmn_engine.parser.namespaces import children, element_id_of, first_child, local_name
from bpmn_engine.parser.support import ACTIVITIES

COMPENSATION = "compensateEventDefinition"


def handlers_of(diagram: Diagram, boundary: Element) -> list[Element]:
    """Return the activities that associations join to a boundary event.

    The association is to lead from the event to the activity; modelers draw it either way.
    """
    boundary_id = boundary.get("id") or ""
    found = []
    for association in diagram.associations.get(boundary_id, ()):
        ends = [
            strip_prefix(association, association.get(attribute) or "")
            for attribute in ("sourceRef", "targetRef")
        ]
        other = diagram.by_id.get(ends[1] if ends[0] == boundary_id else ends[0])
        if other is not None and local_name(other) in ACTIVITIES:
            diagram.findings.used.add(association)
            found.append(other)
    return found


def read_handler(diagram: Diagram, boundary: Element) -> ElementId | None:
    """Return the activity that compensates; rules refuse none, several and unsuitable ones."""
    handlers = handlers_of(diagram, boundary)
    return ElementId(element_id_of(handlers[0])) if handlers else None


def starts_by_compensation(event_sub_process: Element) -> bool:
    """Tell whether an event sub-process starts by compensation."""
    return any(
        first_child(start, COMPENSATION) is not None
        for start in children(event_sub_process, "startEvent")
    )
