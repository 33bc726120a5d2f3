"""Listeners: `zeebe:executionListeners`, `zeebe:taskListeners` and those of `camunda:`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.event_definitions import TimerEventDefinition
from bpmn_engine.model.extensions import JobDefinition
from bpmn_engine.model.listeners import Listener, ListenerEvent, Listeners
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.event_definitions import read_event_definition
from bpmn_engine.parser.formal_expressions import literal, optional_literal, read_script
from bpmn_engine.parser.job_headers import field_text, read_headers
from bpmn_engine.parser.jobs import without_braces
from bpmn_engine.parser.namespaces import (
    first_child,
    full_name,
    is_true,
    local_name,
)
from bpmn_engine.parser.support import GATEWAYS

_EVENTS: Final[Mapping[str, ListenerEvent]] = {
    event.value: event
    for event in (
        ListenerEvent.START,
        ListenerEvent.END,
        ListenerEvent.BEFORE_ALL,
        ListenerEvent.CANCEL,
    )
}
_TASK_EVENTS: Final[Mapping[str, ListenerEvent]] = {
    "creating": ListenerEvent.CREATING,
    "create": ListenerEvent.CREATING,
    "assigning": ListenerEvent.ASSIGNING,
    "assign": ListenerEvent.ASSIGNING,
    "assignment": ListenerEvent.ASSIGNING,
    "updating": ListenerEvent.UPDATING,
    "update": ListenerEvent.UPDATING,
    "completing": ListenerEvent.COMPLETING,
    "complete": ListenerEvent.COMPLETING,
    "canceling": ListenerEvent.CANCELING,
    "cancel": ListenerEvent.CANCELING,
}
"""Of Camunda 8, with the names it had before 8.8."""

_CAMUNDA7_EVENTS: Final[Mapping[str, ListenerEvent]] = {
    "start": ListenerEvent.START,
    "end": ListenerEvent.END,
}
_CAMUNDA7_TASK_EVENTS: Final[Mapping[str, ListenerEvent]] = {
    "create": ListenerEvent.CREATING,
    "assignment": ListenerEvent.ASSIGNING,
    "update": ListenerEvent.UPDATING,
    "complete": ListenerEvent.COMPLETING,
    "delete": ListenerEvent.CANCELING,
    "timeout": ListenerEvent.TIMEOUT,
}
_UNTAKEN: Final = (
    "The flows out of an event-based gateway are not taken by a token. Put the listener on the "
    "event that the flow leads to."
)
_BY_NAME: Final = ("camunda:class", "camunda:expression", "camunda:delegateExpression")
"""In the order in which Camunda 7 looks for them."""

_CHOOSE: Final = "Choose one of Java class, delegate expression, expression and script"


def read_listeners(diagram: Diagram, element: Element) -> Listeners | None:
    """Read the listeners of a flow node or of a process; None when it has none."""
    found = _zeebe(diagram, element)
    old = _camunda(diagram, element, _CAMUNDA7_EVENTS)
    if found and old:
        diagram.findings.violate(
            element,
            "several-flavours",
            "Expected the listeners of one Camunda, but there are some of Camunda 7 and some of "
            "Camunda 8. Remove those of the other.",
        )
    if not found and not old:
        return None
    listeners = Listeners(listeners=tuple(found or old), is_camunda7=bool(old))
    for event in {listener.event: None for listener in listeners.listeners}:
        problem = _problem(element, event, is_camunda7=listeners.is_camunda7)
        if problem is not None:
            diagram.findings.violate(
                element, "listener-event", f"Expected no {event.value} listener, but: {problem}"
            )
    return listeners


def read_flow_listeners(
    diagram: Diagram, flow: Element, source: Element | None
) -> Listeners | None:
    """Read what is called when a sequence flow is taken: Camunda 7 only, whatever its event."""
    if source is not None and local_name(source) == "eventBasedGateway":
        for box in diagram.extensions(flow, "camunda:executionListener"):
            diagram.findings.refuse_part(box, "camunda:executionListener", _UNTAKEN)
        return None
    found = [
        listener
        for box in diagram.extensions(flow, "camunda:executionListener")
        if (listener := _java(diagram, flow, box, ListenerEvent.TAKE)) is not None
    ]
    return Listeners(listeners=tuple(found), is_camunda7=True) if found else None


# Where they may stand -------------------------------------------------------------------------

_START_OF_EVENT: Final = (
    "it is not called there by Camunda 8. Put it on the process, or on the element before."
)
_END_OF_GATEWAY: Final = (
    "it is not called there by Camunda 8. Put a start listener on what follows the gateway."
)
_COMPENSATION: Final = "compensation begins with the handler. Put the listener on the handler."
_NOT_PROCESS: Final = (
    "only the process has it. Put it there, or use a canceling listener of a user task."
)


def _problem(element: Element, event: ListenerEvent, *, is_camunda7: bool) -> str | None:
    """Say why an element has no such listener, or why it would never be called."""
    name = local_name(element)
    if first_child(element, "compensateEventDefinition") is not None and name == "boundaryEvent":
        return _COMPENSATION
    if name == "eventBasedGateway":
        return _problem_of_event_gateway(element, event)
    if event is ListenerEvent.BEFORE_ALL:
        several = first_child(element, "multiInstanceLoopCharacteristics")
        return None if several is not None else "there is one instance only. Use a start listener."
    if event is ListenerEvent.CANCEL:
        return None if name == "process" else _NOT_PROCESS
    return None if is_camunda7 else _problem_of_camunda8(element, name, event)


def _problem_of_event_gateway(element: Element, event: ListenerEvent) -> str | None:
    if is_true(element, "instantiate"):
        return "the gateway has been passed when the process starts. Put it on the events."
    if event is ListenerEvent.END:
        return "the gateway ends with one of its events. Put the listener on the events after it."
    return None


def _problem_of_camunda8(element: Element, name: str, event: ListenerEvent) -> str | None:
    if event is ListenerEvent.START and name in {"startEvent", "boundaryEvent"}:
        return _START_OF_EVENT
    if event is ListenerEvent.END and name in GATEWAYS:
        return _END_OF_GATEWAY
    if event is ListenerEvent.END and first_child(element, "errorEventDefinition") is not None:
        is_end = name == "endEvent"
        return "an error ends the event at once. Put it on what catches it." if is_end else None
    return None


# Camunda 8 ------------------------------------------------------------------------------------


def _zeebe(diagram: Diagram, element: Element) -> list[Listener]:
    found = []
    for group, child, events in (
        ("zeebe:executionListeners", "zeebe:executionListener", _EVENTS),
        ("zeebe:taskListeners", "zeebe:taskListener", _TASK_EVENTS),
    ):
        if group == "zeebe:taskListeners" and local_name(element) != "userTask":
            continue
        seen: set[tuple[ListenerEvent, str]] = set()
        for box in diagram.extensions(element, group):
            for one in box.iterchildren(full_name(child)):
                listener = _zeebe_listener(diagram, element, one, events)
                if listener is not None and listener.job is not None:
                    _must_be_new(diagram, element, listener.event, listener.job, seen)
                    found.append(listener)
    return found


def _zeebe_listener(
    diagram: Diagram, element: Element, one: Element, events: Mapping[str, ListenerEvent]
) -> Listener | None:
    event = _event(diagram, element, one.get("eventType"), events)
    job_type = optional_literal(one.get("type"))
    if job_type is None:
        diagram.findings.violate(
            element,
            "missing-job-type",
            f"Expected the listener on line {one.sourceline} to have a type, but it has none. "
            "Fill in the job type.",
        )
    if event is None or job_type is None:
        return None
    headers = read_headers(diagram, element, element)
    own = one.find(full_name("zeebe:taskHeaders"))
    for header in () if own is None else own.iterchildren(full_name("zeebe:header")):
        if header.get("key"):
            headers[header.get("key") or ""] = header.get("value") or ""
    return Listener(
        event=event,
        job=JobDefinition(
            type=job_type, retries=optional_literal(one.get("retries")), headers=headers
        ),
    )


def _must_be_new(
    diagram: Diagram,
    element: Element,
    event: ListenerEvent,
    job: JobDefinition,
    seen: set[tuple[ListenerEvent, str]],
) -> None:
    if (event, job.type.text) in seen:
        diagram.findings.violate(
            element,
            "repeated-listener",
            f"Expected one {event.value} listener of type {job.type.text!r}, but there are "
            "several. Remove all but one, or give them different types.",
        )
    seen.add((event, job.type.text))


# Camunda 7 ------------------------------------------------------------------------------------


def _camunda(
    diagram: Diagram, element: Element, events: Mapping[str, ListenerEvent]
) -> list[Listener]:
    found = []
    for box in diagram.extensions(element, "camunda:executionListener"):
        event = _event(diagram, element, box.get("event"), events)
        listener = None if event is None else _java(diagram, element, box, event)
        found += [] if listener is None else [listener]
    if local_name(element) != "userTask":
        return found
    for box in diagram.extensions(element, "camunda:taskListener"):
        event = _event(diagram, element, box.get("event"), _CAMUNDA7_TASK_EVENTS)
        listener = None if event is None else _java(diagram, element, box, event)
        found += [] if listener is None else [listener]
    return found


def _java(
    diagram: Diagram, element: Element, box: Element, event: ListenerEvent
) -> Listener | None:
    """Read a listener of Camunda 7: a class or delegate is a job of that type."""
    given = {name: box.get(name.removeprefix("camunda:")) for name in _BY_NAME}
    named = {name: text.strip() for name, text in given.items() if text and text.strip()}
    script = box.find(full_name("camunda:script"))
    if not named and script is None:
        diagram.findings.violate(
            element,
            "listener-implementation",
            f"Expected the listener on line {box.sourceline} to have an implementation, but there "
            f"is none. {_CHOOSE}.",
        )
        return None
    if len(named) + (script is not None) > 1:
        diagram.findings.warn(
            element,
            "listener-implementation",
            f"Expected the listener on line {box.sourceline} to have one implementation, but "
            "there are several. As in Camunda 7, the first of class, expression, delegate "
            f"expression and script counts. {_CHOOSE}.",
        )
    timer = _timer(diagram, element, box, event)
    if event is ListenerEvent.TIMEOUT and timer is None:
        return None
    name, text = next(iter(named.items()), ("camunda:script", ""))
    if name == "camunda:expression":
        return Listener(event=event, expression=literal(text), timer=timer)
    if name == "camunda:script" and script is not None:
        source = read_script(diagram, script, "listener")
        return None if source is None else Listener(event=event, expression=source, timer=timer)
    job = JobDefinition(type=literal(without_braces(text)), headers=_fields(box))
    return Listener(event=event, job=job, timer=timer)


def _fields(box: Element) -> dict[str, str]:
    fields = box.iterchildren(full_name("camunda:field"))
    headers = {field.get("name") or "": field_text(field) for field in fields}
    headers.pop("", None)
    return headers


def _timer(
    diagram: Diagram, element: Element, box: Element, event: ListenerEvent
) -> TimerEventDefinition | None:
    if event is not ListenerEvent.TIMEOUT:
        return None
    definition = first_child(box, "timerEventDefinition")
    if definition is None:
        diagram.findings.violate(
            element,
            "listener-timer",
            f"Expected the timeout listener on line {box.sourceline} to have a timer, but it has "
            "none. Fill in its duration, date or cycle.",
        )
        return None
    timer = read_event_definition(diagram, element, definition)
    return timer if isinstance(timer, TimerEventDefinition) else None


def _event(
    diagram: Diagram,
    element: Element,
    name: str | None,
    events: Mapping[str, ListenerEvent],
) -> ListenerEvent | None:
    """Return the event of a listener; one that this element does not have is refused."""
    event = events.get((name or "").strip())
    if event is None:
        diagram.findings.violate(
            element,
            "listener-event",
            f"Expected a listener to be called by one of {', '.join(events)}, but found "
            f"{name!r}. Choose its event.",
        )
    return event
