"""Rules about what an event may wait for or throw, by its place (BPMN 2.0.2, section 10.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.event_elements import (
    SUFFIX,
    THROWING,
    definition_elements,
)
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.namespaces import is_true, local_name
from bpmn_engine.parser.rules_event_sub_processes import is_event_sub_process
from bpmn_engine.parser.structure import Scope, Structure

_PLACES: Final[dict[str, frozenset[str]]] = {
    "startEvent": frozenset({"message", "timer", "conditional", "signal"}),
    "endEvent": frozenset(
        {"message", "escalation", "error", "cancel", "compensate", "signal", "terminate"}
    ),
    "intermediateCatchEvent": frozenset({"message", "timer", "conditional", "link", "signal"}),
    "intermediateThrowEvent": frozenset({"message", "escalation", "compensate", "link", "signal"}),
    "boundaryEvent": frozenset(
        {
            "message",
            "timer",
            "escalation",
            "error",
            "cancel",
            "compensate",
            "conditional",
            "signal",
        }
    ),
}
"""Which triggers and results the standard allows where (table 10.93)."""

_EVENT_SUB_PROCESS: Final = frozenset(
    {"message", "timer", "escalation", "error", "compensate", "conditional", "signal"}
)
_INTERRUPTING: Final = {"boundaryEvent": "cancelActivity", "startEvent": "isInterrupting"}
_ALWAYS_INTERRUPTING: Final = frozenset({"error", "cancel"})
_WAITS: Final = frozenset({"message", "timer", "signal", "conditional"})
_SEVERAL: Final = _WAITS | {"error", "escalation"}
_THROWN_TOGETHER: Final = {
    "intermediateThrowEvent": frozenset({"message", "signal", "escalation", "compensate"}),
    "endEvent": frozenset(
        {"message", "signal", "escalation", "compensate", "error", "cancel", "terminate"}
    ),
}
_ENDING: Final = frozenset({"error", "cancel", "terminate"})


def must_have_trigger_of_its_place(structure: Structure) -> list[Violation]:
    """An event has no definition but those its place allows (table 10.93)."""
    found: list[Violation] = []
    for scope, event, definitions in _events(structure):
        allowed = _allowed(scope, event)
        found += [
            violation(
                event,
                "event-definition" if allowed else "sub-process-start",
                _misplaced(local_name(event), local_name(definition), allowed),
                "10.5.6" if allowed else "10.5.2",
            )
            for definition in definitions
            if _kind(definition) not in allowed
        ]
    return found


def _allowed(scope: Scope, event: Element) -> frozenset[str]:
    if local_name(event) == "startEvent" and local_name(scope.element) != "process":
        return _EVENT_SUB_PROCESS if is_event_sub_process(scope.element) else frozenset()
    return _PLACES[local_name(event)]


def _misplaced(place: str, definition: str, allowed: frozenset[str]) -> str:
    if not allowed:
        return (
            "The start event of a sub-process may not wait for a trigger: the sub-process starts "
            "when a token reaches it. Remove the trigger, or use an event before it."
        )
    return (
        f"A {place} may not have a {definition} in this place; it may have "
        f"{', '.join(sorted(allowed))}. Choose another type in the modeler."
    )


def must_combine_triggers(structure: Structure) -> list[Violation]:
    """A multiple event catches any or all of its definitions, or throws all (section 10.5.5)."""
    found: list[Violation] = []
    for scope, event, definitions in _events(structure):
        if len(definitions) < 2:  # noqa: PLR2004 - several
            continue
        is_parallel = is_true(event, "parallelMultiple")
        allowed = _allowed(scope, event)
        possible = allowed & (_WAITS if is_parallel else _SEVERAL)
        if local_name(event) in THROWING:
            possible = _THROWN_TOGETHER[local_name(event)]
        if len(_ENDING.intersection(map(_kind, definitions))) > 1:
            found.append(_ends_twice(event))
        found += [
            violation(
                event,
                "event-definition",
                f"A {local_name(event)} with several definitions may not have a "
                f"{kind}EventDefinition among them; it may have {', '.join(sorted(possible))}. "
                "Draw an event of its own for it.",
                "10.5.5",
            )
            for kind in map(_kind, definitions)
            if kind in allowed - possible
        ]
    return found


def _ends_twice(event: Element) -> Violation:
    return violation(
        event,
        "event-definition",
        "Of an error, a cancel and a termination an end event may have one: each ends what the "
        "others would end. Keep one of them.",
        "10.5.3",
    )


def must_begin_by_more_than_time(structure: Structure) -> list[Violation]:
    """What needs several events begins by one that belongs to a conversation, so by no timer."""
    return [
        violation(
            event,
            "event-definition",
            "A start event that needs all of its timers would begin by none of them: nothing "
            "tells which instance a moment belongs to. Add a message or a signal, or set "
            "parallelMultiple to false.",
            "10.5.2",
        )
        for scope, event, definitions in _events(structure)
        if local_name(event) == "startEvent"
        and local_name(scope.element) == "process"
        and is_true(event, "parallelMultiple")
        and len(definitions) > 1
        and all(_kind(definition) == "timer" for definition in definitions)
    ]


def must_interrupt(structure: Structure) -> list[Violation]:
    """An event that catches an error or a cancel always interrupts (sections 10.5.2, 10.5.4)."""
    return [
        violation(
            event,
            "not-interrupting-error",
            "An error or a cancel always ends what it is thrown in, so that the event that "
            f"catches it is interrupting. Set {attribute} to true.",
            "10.5.4",
        )
        for _, event, definitions in _events(structure)
        if (attribute := _INTERRUPTING.get(local_name(event))) is not None
        and not is_true(event, attribute, default=True)
        and any(_kind(definition) in _ALWAYS_INTERRUPTING for definition in definitions)
    ]


def _kind(definition: Element) -> str:
    return local_name(definition).removesuffix(SUFFIX)


def _events(structure: Structure) -> Iterator[tuple[Scope, Element, list[Element]]]:
    for scope in structure.scopes:
        for node in scope.nodes:
            if local_name(node) in _PLACES:
                yield scope, node, definition_elements(structure.diagram, node)
