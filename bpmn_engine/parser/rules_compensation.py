"""Rules about compensation and transactions (BPMN 2.0.2, sections 10.3.5, 10.5.5 and 10.7)."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element as Element

from bpmn_engine.model.definitions import Violation
from bpmn_engine.parser.compensation import COMPENSATION, handlers_of, starts_by_compensation
from bpmn_engine.parser.diagram import strip_prefix
from bpmn_engine.parser.event_elements import (
    THROWING,
    definition_elements,
)
from bpmn_engine.parser.findings import violation, warning
from bpmn_engine.parser.namespaces import children, element_id_of, is_true, local_name
from bpmn_engine.parser.structure import Scope, Structure
from bpmn_engine.parser.support import SUB_PROCESSES

_CANCEL = "cancelEventDefinition"
_METHOD = "##Compensate"


def _events(structure: Structure, kind: str, *names: str) -> Iterator[tuple[Scope, Element]]:
    """Yield the events of these names that have a definition of a kind."""
    for scope in structure.scopes:
        for node in scope.nodes:
            if local_name(node) in names and any(
                local_name(found) == kind for found in definition_elements(structure.diagram, node)
            ):
                yield scope, node


def must_be_compensated_by_one_handler(structure: Structure) -> list[Violation]:
    """An association leads from a compensation boundary event to its one handler."""
    found: list[Violation] = []
    hosts: dict[str, Element] = {}
    for scope, event in _events(structure, COMPENSATION, "boundaryEvent"):
        found += _handler_problems(structure, scope, event)
        if scope.flows_out_of(event):
            found.append(
                violation(
                    event,
                    "compensation-handler",
                    "No sequence flow may leave a compensation event. Join it to the activity "
                    "that compensates by an association.",
                    "10.7.1",
                )
            )
        host = (event.get("attachedToRef") or "").strip()
        first = hosts.setdefault(host, event)
        contents = scope.by_id.get(host)
        if first is not event or (contents is not None and _event_sub_processes(contents)):
            found.append(
                violation(
                    event,
                    "compensation-handler",
                    f"Expected {host} to have one compensation handler, but it has several. "
                    "Remove all but one compensation event or event sub-process.",
                    "10.7.1",
                )
            )
    return found


def _event_sub_processes(scope: Element) -> list[Element]:
    """Return the event sub-processes directly inside that start by compensation."""
    return [
        inner
        for inner in children(scope, *SUB_PROCESSES)
        if is_true(inner, "triggeredByEvent") and starts_by_compensation(inner)
    ]


def _handler_problems(structure: Structure, scope: Scope, event: Element) -> list[Violation]:
    handlers = handlers_of(structure.diagram, event)
    if len(handlers) != 1:
        count = "none" if not handlers else f"{len(handlers)}"
        return [
            violation(
                event,
                "compensation-handler",
                "Expected an association from the compensation event to the one activity that "
                f"compensates, but there is {count}. Draw one, to an activity marked as "
                "compensation.",
                "10.7.1",
            )
        ]
    handler = handlers[0]
    if handler.getparent() is scope.element and is_true(handler, "isForCompensation"):
        return []
    return [
        violation(
            event,
            "compensation-handler",
            f"Expected {element_id_of(handler)} to be marked as compensation and to stand beside "
            "the event that it is joined to, but it does not. Set its marker, or move it.",
            "10.7.1",
        )
    ]


def must_stand_apart_as_handler(structure: Structure) -> list[Violation]:
    """No sequence flow joins an activity that is for compensation (section 10.3)."""
    found: list[Violation] = []
    joined = {
        handler
        for _, event in _events(structure, COMPENSATION, "boundaryEvent")
        for handler in handlers_of(structure.diagram, event)
    }
    for scope in structure.scopes:
        for node in scope.nodes:
            if not is_true(node, "isForCompensation"):
                continue
            if scope.flows_into(node) or scope.flows_out_of(node):
                found.append(
                    violation(
                        node,
                        "compensation-flow",
                        f"{element_id_of(node)} is for compensation, so that no sequence flow may "
                        "enter or leave it. Remove the flows, or the marker.",
                        "10.3",
                    )
                )
            elif node not in joined:
                found.append(
                    warning(
                        node,
                        "never-compensates",
                        f"{element_id_of(node)} is for compensation, but no association leads to "
                        "it from a compensation event: it never runs.",
                        "10.7.1",
                    )
                )
    return found


def must_compensate_what_is_visible(structure: Structure) -> list[Violation]:
    """A throw event compensates activities beside it, or around its event sub-process."""
    found: list[Violation] = []
    for _, event in _events(structure, COMPENSATION, *sorted(THROWING)):
        for definition in definition_elements(structure.diagram, event):
            reference = strip_prefix(definition, definition.get("activityRef") or "")
            target = structure.diagram.by_id.get(reference)
            if target is not None and target.getparent() not in _visible_scopes(event):
                found.append(
                    violation(
                        event,
                        "compensation-scope",
                        f"{reference!r} cannot be compensated from here: it stands in another "
                        "sub-process. Choose an activity beside the event, or none: then all "
                        "that was completed beside it is compensated.",
                        "10.5.5",
                    )
                )
    return found


def _visible_scopes(event: Element) -> list[Element]:
    scope = event.getparent()
    scopes: list[Element] = []
    while scope is not None:
        scopes.append(scope)
        if not is_true(scope, "triggeredByEvent"):
            break
        scope = scope.getparent()
    return scopes


def must_start_by_compensation(structure: Structure) -> list[Violation]:
    """A compensation event sub-process stands in a sub-process, and alone."""
    found: list[Violation] = []
    for scope in structure.scopes:
        inner = _event_sub_processes(scope.element)
        for position, element in enumerate(inner):
            problem = None
            if local_name(scope.element) == "process":
                problem = (
                    "It stands in a process, which nothing can compensate. Put it into the "
                    "sub-process that it undoes."
                )
            elif position:
                problem = "There may be one. Remove the others."
            if problem is not None:
                found.append(
                    violation(
                        element,
                        "compensation-event-sub-process",
                        f"{element_id_of(element)} starts when the sub-process around it is "
                        f"compensated. {problem}",
                        "10.5.2",
                    )
                )
    return found


def must_cancel_transactions(structure: Structure) -> list[Violation]:
    """Cancel events stand in a transaction, or on its border (section 10.5.5)."""
    found: list[Violation] = []
    hosts: set[str] = set()
    for scope, event in _events(structure, _CANCEL, "boundaryEvent"):
        reference = (event.get("attachedToRef") or "").strip()
        host = scope.by_id.get(reference)
        if host is not None and local_name(host) != "transaction":
            found.append(
                violation(
                    event,
                    "cancel-event",
                    f"Only a transaction can be cancelled, but {reference} is a "
                    f"{local_name(host)}. Use an error event, or make it a transaction.",
                    "10.5.4",
                )
            )
        elif reference in hosts:
            found.append(
                violation(
                    event,
                    "cancel-event",
                    f"Expected {reference} to have one cancel event, but it has several. "
                    "Remove all but one.",
                    "10.5.4",
                )
            )
        hosts.add(reference)
    for _, event in _events(structure, _CANCEL, "endEvent"):
        found += _end_problems(event, hosts)
    return found


def must_be_undone_by_compensation(structure: Structure) -> list[Violation]:
    """A transaction's method is compensation (table 10.23)."""
    return [
        violation(
            scope.element,
            "unsupported-element",
            f"A transaction is undone by compensation here, not by {scope.element.get('method')}. "
            "Remove the method.",
            "10.3.5",
        )
        for scope in structure.scopes
        if local_name(scope.element) == "transaction"
        and (scope.element.get("method") or _METHOD).strip() not in {_METHOD, "compensate"}
    ]


def _end_problems(event: Element, caught: set[str]) -> list[Violation]:
    transaction = next(event.iterancestors("{*}transaction"), None)
    if transaction is None:
        return [
            violation(
                event,
                "cancel-event",
                "A cancel end event cancels the transaction around it, but there is none. Use "
                "an error or terminate event, or draw a transaction.",
                "10.5.3",
            )
        ]
    name = transaction.get("id")
    if name in caught:
        return []
    return [
        warning(
            event,
            "cancel-not-caught",
            f"No cancel event is attached to {name}: when it is cancelled, its token ends there.",
            "10.3.5",
        )
    ]
