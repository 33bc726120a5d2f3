"""Rules about what an event may wait for or throw, by its place (BPMN 2.0.2, section 10.5)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Severity, Violation
from bpmn_engine.parser.diagram import strip_prefix
from bpmn_engine.parser.event_elements import (
    SUFFIX,
    THROWING,
    definition_elements,
)
from bpmn_engine.parser.findings import violation
from bpmn_engine.parser.namespaces import (
    children,
    element_id_of,
    is_true,
    local_name,
    text_of,
)
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


def is_event_sub_process(element: Element) -> bool:
    """Tell whether the scope is a sub-process that an event starts (section 10.3.5)."""
    return local_name(element) == "subProcess" and is_true(element, "triggeredByEvent")


def must_have_trigger_of_its_place(structure: Structure) -> list[Violation]:
    """An event has no definition but those its place allows (table 10.93)."""
    found: list[Violation] = []
    for scope, event, definitions in _events(structure):
        place = local_name(event)
        allowed = _PLACES[place]
        if place == "startEvent" and local_name(scope.element) != "process":
            allowed = _EVENT_SUB_PROCESS if is_event_sub_process(scope.element) else frozenset()
        found += [
            violation(
                event,
                "event-definition" if allowed else "sub-process-start",
                _misplaced(place, local_name(definition), allowed),
                "10.5.6" if allowed else "10.5.2",
            )
            for definition in definitions
            if _kind(definition) not in allowed
        ]
    return found


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
                    f"Expected the event sub-process to have one start event, but it has "
                    f"{len(starts)}. Keep one.",
                    "10.3.5",
                )
            )
        found += [
            violation(
                start,
                "event-sub-process-start",
                "Expected the start event of an event sub-process to wait for something, but it "
                "has no event definition. Choose its type in the modeler.",
                "10.3.5",
            )
            for start in starts
            if not definition_elements(structure.diagram, start)
            and not children(start, "eventDefinitionRef")
        ]
    return found


def must_cancel_a_transaction(structure: Structure) -> list[Violation]:
    """Cancel events belong to transactions; errors and cancels always interrupt (10.5.3, 10.5.4).

    An error on a boundary is looked at by `must_be_attached`.
    """
    found: list[Violation] = []
    for scope, event, definitions in _events(structure):
        kinds = {_kind(definition) for definition in definitions}
        if "cancel" in kinds and not _is_of_transaction(scope, event):
            found.append(
                violation(
                    event,
                    "cancel-without-transaction",
                    "A cancel event ends a transaction or stands on its border, but there is no "
                    "transaction. Use an error event, or make the sub-process a transaction.",
                    "10.5.5",
                )
            )
        attribute = _INTERRUPTING.get(local_name(event))
        if (
            attribute is not None
            and kinds & _ALWAYS_INTERRUPTING
            and not is_true(event, attribute, default=True)
        ):
            found.append(
                violation(
                    event,
                    "not-interrupting-error",
                    f"An error or a cancel event always interrupts. Set {attribute} to true.",
                    "10.5.4",
                )
            )
    return found


def _is_of_transaction(scope: Scope, event: Element) -> bool:
    if local_name(event) == "boundaryEvent":
        host = scope.by_id.get((event.get("attachedToRef") or "").strip())
        return host is not None and local_name(host) == "transaction"
    if local_name(event) != "endEvent":
        return True
    return any(local_name(one) == "transaction" for one in event.iterancestors())


def must_link_to_each_other(structure: Structure) -> list[Violation]:
    """Link events come in pairs of one name and scope, and flows stay outside (section 10.5.5)."""
    found: list[Violation] = []
    for scope in structure.scopes:
        links = [
            (node, definition)
            for node in scope.nodes
            if local_name(node) in {"intermediateCatchEvent", "intermediateThrowEvent"}
            for definition in definition_elements(structure.diagram, node)
            if _kind(definition) == "link"
        ]
        sources = [(n, d) for n, d in links if local_name(n) == "intermediateThrowEvent"]
        targets = [(n, d) for n, d in links if local_name(n) == "intermediateCatchEvent"]
        found += _link_flows(scope, [n for n, _ in sources], [n for n, _ in targets])
        found += _link_references(structure, links)
        for node, definition in sources:
            if not any(_are_linked(definition, other) for _, other in targets):
                found.append(_unlinked(node, definition, "catch"))
        for node, definition in targets:
            if not any(_are_linked(other, definition) for _, other in sources):
                found.append(
                    dataclasses.replace(
                        _unlinked(node, definition, "throw"),
                        severity=Severity.WARNING if structure.is_lenient else Severity.ERROR,
                    )
                )
        found += _repeated_targets(targets)
    return found


def _link_flows(
    scope: Scope, sources: list[Element], targets: list[Element]
) -> Iterator[Violation]:
    for node in sources:
        if scope.flows_out_of(node):
            yield violation(
                node,
                "link-flow",
                "The token jumps from here to the link's target, so that no flow may leave the "
                "event. Remove the flow.",
                "10.5.5",
            )
    for node in targets:
        if scope.flows_into(node):
            yield violation(
                node,
                "link-flow",
                "The token comes from the link's source, so that no flow may enter the event. "
                "Remove the flow.",
                "10.5.5",
            )


def _link_references(
    structure: Structure, links: list[tuple[Element, Element]]
) -> Iterator[Violation]:
    for node, definition in links:
        for reference in children(definition, "source", "target"):
            text = text_of(reference)
            other = structure.diagram.by_id.get(strip_prefix(reference, text))
            if other is None or _kind(other) != "link":
                yield violation(
                    node,
                    "dangling-reference",
                    f"Expected the link to name another link, but {text!r} is none. "
                    "Give both link events the same name.",
                    "10.5.5",
                )


def _are_linked(source: Element, target: Element) -> bool:
    if source.get("name") and source.get("name") == target.get("name"):
        return True
    named = {strip_prefix(one, text_of(one)) for one in children(source, "target")}
    back = {strip_prefix(one, text_of(one)) for one in children(target, "source")}
    return target.get("id") in named or source.get("id") in back


def _unlinked(node: Element, definition: Element, missing: str) -> Violation:
    return violation(
        node,
        "link-without-partner",
        f"Expected a link {missing} event named {definition.get('name')!r} beside "
        f"{element_id_of(node)}, but there is none. Draw it, or draw a flow instead.",
        "10.5.5",
    )


def _repeated_targets(targets: list[tuple[Element, Element]]) -> Iterator[Violation]:
    seen: set[str] = set()
    for node, definition in targets:
        name = definition.get("name") or ""
        if name in seen:
            yield violation(
                node,
                "link-without-partner",
                f"The link {name!r} has several targets, so that the token would not know where "
                "to go. Rename one.",
                "10.5.5",
            )
        seen.add(name)


def must_throw_a_code(structure: Structure) -> list[Violation]:
    """A thrown escalation names an escalation that has a code (section 10.5.5)."""
    found: list[Violation] = []
    for _, event, definitions in _events(structure):
        if local_name(event) not in THROWING:
            continue
        for definition in definitions:
            if _kind(definition) != "escalation":
                continue
            reference = (definition.get("escalationRef") or "").strip()
            target = structure.diagram.by_id.get(strip_prefix(definition, reference))
            if target is None or not (target.get("escalationCode") or "").strip():
                found.append(
                    structure.lenient(
                        event,
                        "missing-escalation-code",
                        "Expected the event to throw an escalation with a code, but it has none, "
                        "so that nothing could catch it. Choose an escalation and fill in its "
                        "code.",
                        "10.5.5",
                    )
                )
    return found


def _kind(definition: Element) -> str:
    return local_name(definition).removesuffix(SUFFIX)


def _events(structure: Structure) -> Iterator[tuple[Scope, Element, list[Element]]]:
    for scope in structure.scopes:
        for node in scope.nodes:
            if local_name(node) in _PLACES:
                yield scope, node, definition_elements(structure.diagram, node)
