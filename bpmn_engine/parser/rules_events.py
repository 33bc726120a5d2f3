"""Rules about what triggers events, and about event sub-processes (BPMN 2.0.2, 10.3.5, 10.5)."""

from __future__ import annotations

from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.event_elements import (
    THROWING,
    definition_elements,
)
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.namespaces import children, element_id_of, is_true, local_name
from bpmn_engine.parser.structure import Scope, Structure
from bpmn_engine.parser.support import REFUSED_ELEMENTS

_EXECUTED: Final[dict[str, frozenset[str]]] = {
    "startEvent": frozenset({"message", "timer", "signal", "conditional"}),
    "endEvent": frozenset(
        {"message", "signal", "error", "escalation", "compensate", "cancel", "terminate"}
    ),
    "intermediateCatchEvent": frozenset({"message", "timer", "signal", "conditional", "link"}),
    "intermediateThrowEvent": frozenset({"message", "signal", "escalation", "compensate", "link"}),
    "boundaryEvent": frozenset(
        {
            "message",
            "timer",
            "signal",
            "conditional",
            "error",
            "escalation",
            "compensate",
            "cancel",
        }
    ),
}
"""Which event definitions each event may have; any other is refused."""

_WAITS: Final = frozenset({"message", "timer", "signal", "conditional"})
_SEVERAL: Final = _WAITS | {"error", "escalation"}
_STARTS_EVENT_SUB_PROCESS: Final = _SEVERAL | {"compensate"}
_THROWN_TOGETHER: Final = frozenset({"message", "signal", "escalation"})


def must_have_allowed_trigger(structure: Structure) -> list[Violation]:
    """An event has at most one event definition, of a kind that its place allows."""
    found: list[Violation] = []
    for scope in structure.scopes:
        for event in scope.nodes:
            allowed = _allowed(scope, event)
            if allowed is not None:
                definitions = definition_elements(structure.diagram, event)
                found += _trigger_problems(event, definitions, allowed)
    return found


def _allowed(scope: Scope, event: Element) -> frozenset[str] | None:
    if local_name(event) == "startEvent" and is_event_sub_process(scope.element):
        return _STARTS_EVENT_SUB_PROCESS
    return _EXECUTED.get(local_name(event))


def _trigger_problems(
    event: Element, definitions: list[Element], allowed: frozenset[str]
) -> list[Violation]:
    kinds = [
        local_name(definition).removesuffix("EventDefinition")
        for definition in definitions
        if local_name(definition) not in REFUSED_ELEMENTS
    ]
    if len(definitions) > 1:
        return _several_problems(event, kinds, allowed)
    return [
        violation(
            event,
            "event-definition",
            f"A {local_name(event)} may not have a {kind}EventDefinition; it may have "
            f"{', '.join(sorted(allowed))}. Choose another type in the modeler.",
            "10.5.5",
        )
        for kind in kinds
        if kind not in allowed
    ]


def _several_problems(
    event: Element, kinds: list[str], allowed: frozenset[str]
) -> list[Violation]:
    """Say what is wrong with a multiple event: it catches any or all, or throws all."""
    is_parallel = is_true(event, "parallelMultiple")
    possible = allowed & (_WAITS if is_parallel else _SEVERAL)
    if local_name(event) in THROWING:
        possible = _THROWN_TOGETHER
    found = [
        violation(
            event,
            "event-definition",
            f"A {local_name(event)} with several definitions may not have a "
            f"{kind}EventDefinition among them; it may have {', '.join(sorted(possible))}. "
            "Draw an event of its own for it.",
            "10.5.5",
        )
        for kind in kinds
        if kind not in possible
    ]
    if is_parallel and not _interrupts(event):
        found.append(
            violation(
                event,
                "unsupported-element",
                "Parallel multiple events that do not interrupt are not executed yet. Let it "
                "interrupt, or draw an event for each definition.",
                "10.5.5",
            )
        )
    return found


def _interrupts(event: Element) -> bool:
    return is_true(event, "cancelActivity", default=True) and is_true(
        event, "isInterrupting", default=True
    )


def must_start_process_by_one_event(structure: Structure) -> list[Violation]:
    """Several triggers of a process are timers and at most one message or signal, for now."""
    found: list[Violation] = []
    for scope in structure.scopes:
        if local_name(scope.element) != "process":
            continue
        for event in scope.nodes:
            kinds = [
                local_name(definition).removesuffix("EventDefinition")
                for definition in definition_elements(structure.diagram, event)
            ]
            if local_name(event) != "startEvent" or len(kinds) < 2:  # noqa: PLR2004 - several
                continue
            is_parallel = is_true(event, "parallelMultiple")
            if is_parallel or len([kind for kind in kinds if kind != "timer"]) > 1:
                found.append(
                    violation(
                        event,
                        "unsupported-element",
                        "Of multiple events that start a process only those of timers and one "
                        "message or signal are executed yet. Draw one start event for each "
                        "definition.",
                        "10.5.5",
                    )
                )
    return found


def must_start_sub_process_plainly(structure: Structure) -> list[Violation]:
    """An embedded sub-process starts by a none start event (section 10.3.5)."""
    return [
        violation(
            event,
            "sub-process-start",
            "The start event of a sub-process may not wait for a trigger: the sub-process starts "
            "when a token reaches it. Remove the trigger, or use an event before it.",
            "10.5.2",
        )
        for scope in structure.scopes
        if local_name(scope.element) != "process" and not is_event_sub_process(scope.element)
        for event in scope.nodes
        if local_name(event) == "startEvent" and definition_elements(structure.diagram, event)
    ]


def is_event_sub_process(element: Element) -> bool:
    """Tell whether the element is a sub-process that an event triggers."""
    return local_name(element) == "subProcess" and is_true(element, "triggeredByEvent")


def must_start_event_sub_process_by_event(structure: Structure) -> list[Violation]:
    """An event sub-process has one start event, which waits for a trigger (section 10.3.5)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        if is_event_sub_process(scope.element):
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
            for start in starts:
                found += _start_problems(structure, start)
    return found


def _start_problems(structure: Structure, start: Element) -> list[Violation]:
    definitions = definition_elements(structure.diagram, start)
    if not definitions:
        return [
            violation(
                start,
                "event-sub-process-start",
                "Expected the start event of the event sub-process to wait for an event, but it "
                "has no event definition. Choose its type in the modeler.",
                "10.3.5",
            )
        ]
    is_error = any(local_name(found) == "errorEventDefinition" for found in definitions)
    if is_error and not is_true(start, "isInterrupting", default=True):
        return [
            violation(
                start,
                "not-interrupting-error",
                "An error always ends what it is thrown in, so that the start event is "
                "interrupting. Set isInterrupting to true.",
                "10.5.2",
            )
        ]
    return []


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
