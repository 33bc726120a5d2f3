"""Events: start, end, intermediate and boundary (BPMN 2.0.2, section 10.5)."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.ids import ElementId
from bpmn_engine.model.event_definitions import (
    CancelEventDefinition,
    CompensateEventDefinition,
    EventDefinition,
    MultipleEventDefinition,
)
from bpmn_engine.model.flow_nodes import (
    BoundaryEvent,
    EndEvent,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    StartEvent,
)
from bpmn_engine.parser.compensation import read_handler
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.event_definitions import (
    read_event_definition,
)
from bpmn_engine.parser.event_elements import (
    definition_elements,
    refers_to_nothing,
)
from bpmn_engine.parser.forms import read_form
from bpmn_engine.parser.namespaces import is_true, local_name
from bpmn_engine.parser.place import Place, node_fields


def read_start_event(diagram: Diagram, element: Element, place: Place) -> StartEvent:
    """Read a start event, of a process or of an event sub-process (section 10.5.2)."""
    return StartEvent(
        **node_fields(diagram, element, place),
        definition=_definition(diagram, element),
        is_interrupting=is_true(element, "isInterrupting", default=True),
        initiator_variable=diagram.take(element, "camunda:initiator"),
        form=read_form(diagram, element),
    )


def read_end_event(diagram: Diagram, element: Element, place: Place) -> EndEvent:
    """Read an end event: none, message, signal, error or terminate (section 10.5.3)."""
    return EndEvent(
        **node_fields(diagram, element, place), definition=_definition(diagram, element)
    )


def read_catch_event(
    diagram: Diagram, element: Element, place: Place
) -> IntermediateCatchEvent | None:
    """Read an intermediate catch event: message, timer or signal (section 10.5.4)."""
    fields = node_fields(diagram, element, place)
    definition = _required_definition(diagram, element)
    return None if definition is None else IntermediateCatchEvent(**fields, definition=definition)


def read_throw_event(diagram: Diagram, element: Element, place: Place) -> IntermediateThrowEvent:
    """Read an intermediate throw event: none, message or signal (section 10.5.4)."""
    return IntermediateThrowEvent(
        **node_fields(diagram, element, place), definition=_definition(diagram, element)
    )


def read_boundary_event(diagram: Diagram, element: Element, place: Place) -> BoundaryEvent | None:
    """Read a boundary event: message, timer, signal or error (section 10.5.4)."""
    fields = node_fields(diagram, element, place)
    definition = _required_definition(diagram, element)
    if definition is None:
        return None
    is_compensation = isinstance(definition, CompensateEventDefinition)
    return BoundaryEvent(
        **fields,
        attached_to=ElementId((element.get("attachedToRef") or "").strip()),
        is_interrupting=isinstance(definition, CancelEventDefinition)
        or (not is_compensation and is_true(element, "cancelActivity", default=True)),
        definition=definition,
        compensation_handler=read_handler(diagram, element) if is_compensation else None,
    )


def _definition(diagram: Diagram, element: Element) -> EventDefinition | None:
    """Read the event's definition; several become one. Rules refuse unsupported ones."""
    read = [
        read_event_definition(diagram, element, found)
        for found in definition_elements(diagram, element)
    ]
    known = tuple(definition for definition in read if definition is not None)
    if len(read) < 2:  # noqa: PLR2004 — several
        return known[0] if known else None
    return MultipleEventDefinition(
        definitions=known, is_parallel=is_true(element, "parallelMultiple")
    )


def _required_definition(diagram: Diagram, element: Element) -> EventDefinition | None:
    if not definition_elements(diagram, element) and not refers_to_nothing(diagram, element):
        diagram.findings.violate(
            element,
            "missing-event-definition",
            f"Expected the {local_name(element)} to wait for a message, timer, signal or error, "
            "but it has no event definition. Choose its type in the modeler.",
            "10.5.4",
        )
    return _definition(diagram, element)
