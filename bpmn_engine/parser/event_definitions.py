"""Event definitions: what an event waits for or throws (BPMN 2.0.2, section 10.5.5)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.ids import ElementId
from bpmn_engine.model.event_definitions import (
    CancelEventDefinition,
    CompensateEventDefinition,
    ConditionalEventDefinition,
    ErrorEventDefinition,
    EscalationEventDefinition,
    EventDefinition,
    LinkEventDefinition,
    MessageEventDefinition,
    SignalEventDefinition,
    TerminateEventDefinition,
    TimerEventDefinition,
    TimerKind,
)
from bpmn_engine.model.extensions import FormalExpression
from bpmn_engine.parser.correlation import read_correlations
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.event_elements import THROWING
from bpmn_engine.parser.findings import owner_of
from bpmn_engine.parser.formal_expressions import (
    is_marked,
    language_problem,
    literal,
    optional_literal,
    read_expression,
)
from bpmn_engine.parser.in_out import read_payload
from bpmn_engine.parser.jobs import must_be_one, read_java_expression, read_job
from bpmn_engine.parser.namespaces import (
    children,
    element_id_of,
    first_child,
    is_true,
    local_name,
    text_of,
)
from bpmn_engine.parser.support import ACTIVITIES

_DURATION = re.compile(r"-?P(?=.)(?:\d+[YMWD])*(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:[.,]\d+)?S)?)?")
_TIMER_CHILDREN = {
    "timeDate": TimerKind.DATE,
    "timeDuration": TimerKind.DURATION,
    "timeCycle": TimerKind.CYCLE,
}
_EXAMPLES = {
    TimerKind.DATE: "2030-01-31T09:00:00Z",
    TimerKind.DURATION: "PT15M",
    TimerKind.CYCLE: "R3/PT1H or 0 0 9 * * MON-FRI",
}


def read_event_definition(
    diagram: Diagram, event: Element, definition: Element
) -> EventDefinition | None:
    """Read one definition; None for a kind that is refused elsewhere, or after a violation."""
    reader = _READERS.get(local_name(definition))
    return None if reader is None else reader(diagram, event, definition)


def read_message(
    diagram: Diagram, event: Element, holder: Element
) -> MessageEventDefinition | None:
    """Read the message of an event definition or of a send or receive task.

    A thrower with a job needs no message; the worker sends it. An event with an expression only
    evaluates that.
    """
    throwing = local_name(event) in THROWING | {"sendTask"}
    job = read_job(diagram, event, holder) if throwing else None
    is_event = throwing and holder is not event
    script = read_java_expression(diagram, event, holder) if is_event else None
    must_be_one(diagram, event, job, script)
    reference = (holder.get("messageRef") or "").strip()
    if not reference and (job is not None or script is not None):
        label = event.get("name") or event.get("id") or local_name(event)
        return MessageEventDefinition(message_name=literal(label), job=job, script=script)
    message = _message_at(diagram, event, holder, reference)
    if isinstance(message, str):
        return _along_flows(diagram, event, MessageEventDefinition(message_name=literal(message)))
    name = None if message is None else _name_of(diagram, message)
    if message is None or name is None:
        return None
    definition = MessageEventDefinition(
        message_name=name,
        correlation_key=_correlation_key(diagram, message),
        job=job,
        script=script,
        correlations=read_correlations(diagram, event, message),
    )
    return _along_flows(diagram, event, definition)


def _message_at(
    diagram: Diagram, event: Element, holder: Element, reference: str
) -> Element | str | None:
    """Return the message that an element names, or that a message flow names for it."""
    if reference:
        return diagram.resolve(owner_of(holder), reference, "message")
    message = diagram.message_flows.message_of(event)
    if message is None:
        _missing_reference(diagram, event, "message")
    elif not isinstance(message, str):
        diagram.findings.used.add(message)
    return message


def _along_flows(
    diagram: Diagram, event: Element, definition: MessageEventDefinition
) -> MessageEventDefinition:
    """Note the message flows that the message goes over (section 9.4)."""
    flows, name = diagram.message_flows, definition.message_name.text
    if not flows.is_end(event, name):
        return definition
    diagram.findings.used.update(
        flow.element for flow in flows.at(event) if flows.is_executed(flow)
    )
    return dataclasses.replace(
        definition, receivers=flows.receivers(event, name), is_conversing=True
    )


def _message_definition(
    diagram: Diagram, event: Element, definition: Element
) -> MessageEventDefinition | None:
    return read_message(diagram, event, definition)


def _correlation_key(diagram: Diagram, message: Element) -> FormalExpression | None:
    subscription = diagram.extension(message, "zeebe:subscription")
    return None if subscription is None else optional_literal(subscription.get("correlationKey"))


def _name_of(diagram: Diagram, element: Element) -> FormalExpression | None:
    name = (element.get("name") or "").strip()
    if name:
        return literal(name)
    kind = local_name(element)
    diagram.findings.violate(
        element,
        "missing-name",
        f"Expected the {kind} to have a name, but it has none. Name it in the properties panel.",
    )
    return None


def _missing_reference(diagram: Diagram, event: Element, kind: str) -> None:
    diagram.findings.violate(
        event,
        "missing-reference",
        f"Expected the {local_name(event)} to name its {kind}, but it names none. "
        f"Choose or create a {kind} in the properties panel.",
        "10.5.5",
    )


def _signal(diagram: Diagram, event: Element, definition: Element) -> SignalEventDefinition | None:
    reference = (definition.get("signalRef") or "").strip()
    if not reference:
        _missing_reference(diagram, event, "signal")
        return None
    signal = diagram.resolve(owner_of(definition), reference, "signal")
    name = None if signal is None else _name_of(diagram, signal)
    if name is None:
        return None
    payload = read_payload(diagram, definition) if local_name(event) in THROWING else None
    return SignalEventDefinition(signal_name=name, payload=payload)


def _error(diagram: Diagram, event: Element, definition: Element) -> ErrorEventDefinition | None:
    throwing = local_name(event) in THROWING
    caught = ErrorEventDefinition(
        code_variable=diagram.take(definition, "camunda:errorCodeVariable"),
        message_variable=diagram.take(definition, "camunda:errorMessageVariable"),
    )
    reference = (definition.get("errorRef") or "").strip()
    if not reference:
        if throwing:
            _missing_reference(diagram, event, "error")
            return None
        return caught
    error = diagram.resolve(owner_of(definition), reference, "error")
    if error is None:
        return None
    code = optional_literal(error.get("errorCode"))
    if code is None:
        _missing_code(diagram, error, throwing=throwing)
    return dataclasses.replace(
        caught, error_code=code, error_message=diagram.take(error, "camunda:errorMessage")
    )


def _missing_code(diagram: Diagram, error: Element, *, throwing: bool) -> None:
    kind = local_name(error)
    if throwing:
        diagram.findings.violate(
            error,
            f"missing-{kind}-code",
            f"Expected the {kind} to have an {kind} code, but it has none, so that nothing could "
            "catch it. Fill in its code.",
            "10.5.5",
        )
    else:
        diagram.findings.warn(
            error,
            f"missing-{kind}-code",
            f"The {kind} has no {kind} code; the event that names it catches every {kind}.",
        )


def _escalation(
    diagram: Diagram, event: Element, definition: Element
) -> EscalationEventDefinition | None:
    throwing = local_name(event) in THROWING
    caught = EscalationEventDefinition(
        code_variable=diagram.take(definition, "camunda:escalationCodeVariable")
    )
    reference = (definition.get("escalationRef") or "").strip()
    if not reference:
        if throwing:
            _missing_reference(diagram, event, "escalation")
            return None
        return caught
    escalation = diagram.resolve(owner_of(definition), reference, "escalation")
    if escalation is None:
        return None
    code = optional_literal(escalation.get("escalationCode"))
    if code is None:
        _missing_code(diagram, escalation, throwing=throwing)
    return dataclasses.replace(caught, escalation_code=code)


def _condition(
    diagram: Diagram, event: Element, definition: Element
) -> ConditionalEventDefinition | None:
    box = diagram.extension(definition, "zeebe:conditionalFilter")
    names = diagram.take(definition, "camunda:variableName")
    events = diagram.take(definition, "camunda:variableEvents")
    if box is not None:
        names = box.get("variableNames") or names
        events = box.get("variableEvents") or events
    asked = _words(events) or ["create", "update"]
    element = first_child(definition, "condition")
    condition = None if element is None else read_expression(diagram, element)
    if element is None or not {"create", "update"}.intersection(asked):
        diagram.findings.violate(
            event,
            "condition",
            "Expected a condition that is asked when a variable is created or updated, but there "
            "is none. Write one in the properties panel, and choose these variable events.",
            "10.5.5",
        )
    if condition is None:
        return None
    return ConditionalEventDefinition(
        condition=condition,
        variable_names=tuple(_words(names)),
        is_asked_on_create="create" in asked,
        is_asked_on_update="update" in asked,
    )


def _words(text: str | None) -> list[str]:
    """Return what stands between commas."""
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _link(_diagram: Diagram, _event: Element, definition: Element) -> LinkEventDefinition | None:
    """Read a link; a rule refuses one without a name."""
    name = (definition.get("name") or "").strip()
    return LinkEventDefinition(name=name) if name else None


def _terminate(_diagram: Diagram, _event: Element, _definition: Element) -> EventDefinition | None:
    return TerminateEventDefinition()


def _cancel(_diagram: Diagram, _event: Element, _definition: Element) -> EventDefinition | None:
    return CancelEventDefinition()


def _compensate(
    diagram: Diagram, event: Element, definition: Element
) -> CompensateEventDefinition | None:
    """Read what is compensated; only throwing events say so (section 10.5.5)."""
    reference = (definition.get("activityRef") or "").strip()
    if not reference or local_name(event) not in THROWING:
        return CompensateEventDefinition(
            waits_for_completion=is_true(definition, "waitForCompletion", default=True)
        )
    activity = diagram.resolve(owner_of(definition), reference, *sorted(ACTIVITIES))
    if activity is None:
        return None
    return CompensateEventDefinition(
        activity=ElementId(element_id_of(activity)),
        waits_for_completion=is_true(definition, "waitForCompletion", default=True),
    )


def _timer(diagram: Diagram, event: Element, definition: Element) -> TimerEventDefinition | None:
    found = children(definition, *_TIMER_CHILDREN)
    if len(found) != 1:
        count = "none" if not found else "several"
        diagram.findings.violate(
            event,
            "timer",
            f"Expected the timer to have one of date, duration and cycle, but it has {count}. "
            "Choose one in the properties panel.",
            "10.5.5",
        )
        return None
    kind = _TIMER_CHILDREN[local_name(found[0])]
    text = text_of(found[0])
    problem = _timer_problem(diagram, kind, text, found[0].get("language"))
    if problem is not None:
        diagram.findings.violate(event, "timer", problem, "10.5.5")
        return None
    return TimerEventDefinition(kind=kind, expression=literal(text))


def _timer_problem(
    diagram: Diagram, kind: TimerKind, text: str, language: str | None
) -> str | None:
    example = _EXAMPLES[kind]
    if not text:
        return f"Expected a {kind.value} such as {example}, but the timer's {kind.value} is empty."
    if is_marked(text):
        problem = language_problem(diagram, language, text)
        return None if problem is None else f"{problem}."
    if _FORMATS[kind](text):
        return None
    return (
        f"Expected a {kind.value} such as {example}, but found {text!r}. "
        "Write it so, or as an expression that begins with =."
    )


def _is_date(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_duration(text: str) -> bool:
    return len(text) < 100 and _DURATION.fullmatch(text) is not None  # noqa: PLR2004


def _is_cycle(text: str) -> bool:
    if text.startswith("R"):
        count, *rest = text[1:].split("/")
        return (not count or count.lstrip("-").isdigit()) and bool(rest)
    return text.startswith("@") or len(text.split()) in {5, 6, 7}


_FORMATS: Final[dict[TimerKind, Callable[[str], bool]]] = {
    TimerKind.DATE: _is_date,
    TimerKind.DURATION: _is_duration,
    TimerKind.CYCLE: _is_cycle,
}
_READERS: Final[dict[str, Callable[[Diagram, Element, Element], EventDefinition | None]]] = {
    "timerEventDefinition": _timer,
    "messageEventDefinition": _message_definition,
    "signalEventDefinition": _signal,
    "errorEventDefinition": _error,
    "escalationEventDefinition": _escalation,
    "linkEventDefinition": _link,
    "conditionalEventDefinition": _condition,
    "terminateEventDefinition": _terminate,
    "compensateEventDefinition": _compensate,
    "cancelEventDefinition": _cancel,
}
EXECUTED_DEFINITIONS: Final = frozenset(_READERS)
