"""Which events a multi-instance activity throws as its instances complete (section 10.3.8)."""

from __future__ import annotations

from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.event_definitions import MessageEventDefinition, SignalEventDefinition
from bpmn_engine.model.flow_nodes import ImplicitThrowEvent
from bpmn_engine.parser.diagram import Diagram, strip_prefix
from bpmn_engine.parser.event_definitions import (
    read_event_definition,
)
from bpmn_engine.parser.event_elements import (
    definition_elements,
    is_definition,
)
from bpmn_engine.parser.formal_expressions import read_expression
from bpmn_engine.parser.namespaces import children, first_child

_REFERENCES: Final = {"None": "noneBehaviorEventRef", "One": "oneBehaviorEventRef"}


def read_implicit_events(
    diagram: Diagram, activity: Element, loop: Element
) -> tuple[ImplicitThrowEvent, ...]:
    """Read the events of the behaviors None, One and Complex; All throws none."""
    behavior = (loop.get("behavior") or "All").strip()
    if behavior == "Complex":
        return _complex(diagram, activity, loop)
    if behavior not in _REFERENCES:
        return ()
    definition = _referred(diagram, activity, loop, _REFERENCES[behavior])
    if definition is None:
        return ()
    event = _event(diagram, activity, definition)
    if event is None:
        return ()
    return (ImplicitThrowEvent(definition=event, is_first_only=behavior == "One"),)


def _referred(
    diagram: Diagram, activity: Element, loop: Element, attribute: str
) -> Element | None:
    """Return the event definition that the loop names.

    The standard's default, a signal without a name, could be caught by nothing.
    """
    reference = (loop.get(attribute) or "").strip()
    definition = diagram.by_id.get(strip_prefix(loop, reference))
    if definition is not None and is_definition(definition):
        diagram.findings.used.add(definition)
        return definition
    diagram.findings.violate(
        activity,
        "multi-instance-event",
        f"Expected {attribute} to name a message or signal event definition, but "
        f"{'there is none' if not reference else f'{reference!r} is none'}. "
        "Name the event that is thrown, or set the behavior to All.",
        "10.3.8",
    )
    return None


def _complex(diagram: Diagram, activity: Element, loop: Element) -> tuple[ImplicitThrowEvent, ...]:
    found: list[ImplicitThrowEvent] = []
    for behavior in children(loop, "complexBehaviorDefinition"):
        condition = first_child(behavior, "condition")
        event = first_child(behavior, "event")
        expression = None if condition is None else read_expression(diagram, condition)
        if event is None:
            continue
        definitions = definition_elements(diagram, event)
        if len(definitions) != 1:
            diagram.findings.violate(
                activity,
                "multi-instance-event",
                "Expected one event definition in the event of a complex behavior, but there are "
                f"{len(definitions)}. Draw one message or signal in each.",
                "10.3.8",
            )
            continue
        definition = _event(diagram, activity, definitions[0])
        if expression is not None and definition is not None:
            found.append(ImplicitThrowEvent(definition=definition, condition=expression))
    return tuple(found)


def _event(
    diagram: Diagram, activity: Element, definition: Element
) -> MessageEventDefinition | SignalEventDefinition | None:
    read = read_event_definition(diagram, activity, definition)
    if isinstance(read, MessageEventDefinition | SignalEventDefinition):
        return read
    if read is not None:
        diagram.findings.violate(
            activity,
            "unsupported-element",
            "A multi-instance activity throws messages and signals only while its instances "
            "complete. Choose one of them.",
            "10.3.8",
        )
    return None
