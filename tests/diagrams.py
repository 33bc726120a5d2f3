"""Builds BPMN XML in tests, so that the diagram stands beside what is said about it.

    process(
        "s -> check -> x",
        "x -> ship if stock >= quantity",
        "x -> refuse default",
        "ship, refuse -> e",
        s=start(), check=service("stock"), x=exclusive(), ship=task(), refuse=task(), e=end(),
    )

`a, b -> c` draws a flow from each to each; a flow's id is `a_c`. Conditions are FEEL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise, product
from xml.sax.saxutils import escape, quoteattr

_HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'id="Definitions_1" targetNamespace="http://example.test/bpmn">'
)


@dataclass(frozen=True)
class Element:
    """One element to draw; `extensions` and `children` are XML."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    extensions: str = ""
    children: str = ""
    roots: tuple[str, ...] = ()  #: messages, signals, errors this element refers to
    contents: Contents | None = None
    host: str | None = None  #: of a boundary event
    closing: str = ""  #: XML after the contents


@dataclass(frozen=True)
class Contents:
    """The inside of a process or sub-process."""

    flows: tuple[str, ...]
    elements: Mapping[str, Element]


def process(*flows: str, process_id: str = "p", **elements: Element) -> bytes:
    """Return a file with one executable process."""
    return processes(**{process_id: Contents(flows, elements)})


def contents(*flows: str, **elements: Element) -> Contents:
    """Return the inside of one of several processes."""
    return Contents(flows, elements)


def processes(**by_id: Contents) -> bytes:
    """Return a file with several executable processes."""
    roots: dict[str, None] = {}
    bodies = []
    for process_id, inside in by_id.items():
        body = _render(inside, roots)
        bodies.append(f'<bpmn:process id="{process_id}" isExecutable="true">{body}</bpmn:process>')
    return "".join([_HEADER, *roots, *bodies, "</bpmn:definitions>"]).encode()


_FLOW = re.compile(
    r"^(?P<chain>[\w\s,>-]+?)(?:\s+if\s+(?P<condition>.+)|\s+(?P<default>default))?$", re.DOTALL
)


_ARTIFACTS = frozenset({"association"})
"""What the schema wants after all flow elements."""


def _render(inside: Contents, roots: dict[str, None]) -> str:
    defaults: dict[str, str] = {}
    flows = "".join(_render_flows(text, defaults) for text in inside.flows)
    drawn = {
        name: _render_element(name, element, defaults.get(name), roots)
        for name, element in inside.elements.items()
    }
    artifacts = [drawn.pop(name) for name, el in inside.elements.items() if el.tag in _ARTIFACTS]
    return "".join([*drawn.values(), flows, *artifacts])


def _render_flows(text: str, defaults: dict[str, str]) -> str:
    """Draw the flows of one text; note in `defaults` whose default flow they are."""
    match = _FLOW.match(text.strip())
    if match is None:
        raise ValueError(f"Expected a flow like 'a -> b', but got {text!r}.")
    stops = [[name.strip() for name in stop.split(",")] for stop in match["chain"].split("->")]
    drawn = []
    for sources, targets in pairwise(stops):
        for source, target in product(sources, targets):
            if match["default"]:
                defaults[source] = f"{source}_{target}"
            drawn.append(
                f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" '
                f'targetRef="{target}">{_condition(match["condition"])}</bpmn:sequenceFlow>'
            )
    return "".join(drawn)


def _condition(feel: str | None) -> str:
    if feel is None:
        return ""
    return (
        '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">'
        f"= {escape(feel)}</bpmn:conditionExpression>"
    )


def _render_element(
    name: str, element: Element, default: str | None, roots: dict[str, None]
) -> str:
    roots.update(dict.fromkeys(element.roots))
    attributes = {"id": name, **element.attributes}
    if default is not None:
        attributes["default"] = default
    if element.host is not None:
        attributes["attachedToRef"] = element.host
    written = " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items())
    extensions = (
        f"<bpmn:extensionElements>{element.extensions}</bpmn:extensionElements>"
        if element.extensions
        else ""
    )
    inner = "" if element.contents is None else _render(element.contents, roots)
    return (
        f"<bpmn:{element.tag} {written}>{extensions}{element.children}{inner}"
        f"{element.closing}</bpmn:{element.tag}>"
    )


# Events ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trigger:
    """An event definition with the root element it refers to."""

    xml: str
    roots: tuple[str, ...] = ()


def timer(
    *, duration: str | None = None, date: str | None = None, cycle: str | None = None
) -> Trigger:
    """Return a timer event definition."""
    tag, text = next(
        (tag, text)
        for tag, text in (("timeDuration", duration), ("timeDate", date), ("timeCycle", cycle))
        if text is not None
    )
    return Trigger(
        f'<bpmn:timerEventDefinition><bpmn:{tag} xsi:type="bpmn:tFormalExpression">{escape(text)}'
        f"</bpmn:{tag}></bpmn:timerEventDefinition>"
    )


def message(name: str, key: str | None = None) -> Trigger:
    """Return a message event definition; `key` is a FEEL expression for the correlation key."""
    root_id = f"Message_{name}"
    subscription = (
        ""
        if key is None
        else (
            f"<bpmn:extensionElements><zeebe:subscription correlationKey={quoteattr('= ' + key)}/>"
            "</bpmn:extensionElements>"
        )
    )
    return Trigger(
        f'<bpmn:messageEventDefinition messageRef="{root_id}"/>',
        (f'<bpmn:message id="{root_id}" name="{name}">{subscription}</bpmn:message>',),
    )


def signal(name: str) -> Trigger:
    """Return a signal event definition."""
    return Trigger(
        f'<bpmn:signalEventDefinition signalRef="Signal_{name}"/>',
        (f'<bpmn:signal id="Signal_{name}" name="{name}"/>',),
    )


def error(code: str | None = None) -> Trigger:
    """Return an error event definition; without a code it catches all."""
    if code is None:
        return Trigger("<bpmn:errorEventDefinition/>")
    return Trigger(
        f'<bpmn:errorEventDefinition errorRef="Error_{code}"/>',
        (f'<bpmn:error id="Error_{code}" name="{code}" errorCode="{code}"/>',),
    )


def compensate(activity: str | None = None, *, waits: bool = True) -> Trigger:
    """Return a compensation event definition, of one activity or of all that are visible."""
    reference = "" if activity is None else f' activityRef="{activity}"'
    waiting = "" if waits else ' waitForCompletion="false"'
    return Trigger(f"<bpmn:compensateEventDefinition{reference}{waiting}/>")


def cancel() -> Trigger:
    """Return a cancel event definition."""
    return Trigger("<bpmn:cancelEventDefinition/>")


def escalation(code: str | None = None) -> Trigger:
    """Return an escalation event definition; without a code it catches all."""
    if code is None:
        return Trigger("<bpmn:escalationEventDefinition/>")
    return Trigger(
        f'<bpmn:escalationEventDefinition escalationRef="Escalation_{code}"/>',
        (f'<bpmn:escalation id="Escalation_{code}" name="{code}" escalationCode="{code}"/>',),
    )


def condition(feel: str, *, names: str | None = None, events: str | None = None) -> Trigger:
    """Return a conditional event definition, asked when these variables change."""
    filters = "".join(
        f" {name}={quoteattr(value)}"
        for name, value in (("variableNames", names), ("variableEvents", events))
        if value is not None
    )
    extensions = (
        f"<bpmn:extensionElements><zeebe:conditionalFilter{filters}/></bpmn:extensionElements>"
        if filters
        else ""
    )
    return Trigger(
        f"<bpmn:conditionalEventDefinition>{extensions}"
        f'<bpmn:condition xsi:type="bpmn:tFormalExpression">= {escape(feel)}</bpmn:condition>'
        "</bpmn:conditionalEventDefinition>"
    )


def several(*triggers: Trigger) -> Trigger:
    """Return the definitions of a multiple event."""
    return Trigger(
        "".join(trigger.xml for trigger in triggers),
        tuple(root for trigger in triggers for root in trigger.roots),
    )


def needing_all(event: Element) -> Element:
    """Return a multiple event that waits for all of its definitions."""
    return replace(event, attributes={**event.attributes, "parallelMultiple": "true"})


def link(name: str) -> Trigger:
    """Return a link event definition."""
    return Trigger(f'<bpmn:linkEventDefinition name="{name}"/>')


def _event(tag: str, trigger: Trigger | None, extensions: str = "", **attributes: str) -> Element:
    return Element(
        tag,
        attributes,
        extensions,
        "" if trigger is None else trigger.xml,
        () if trigger is None else trigger.roots,
    )


def start(trigger: Trigger | None = None, *, interrupting: bool = True) -> Element:
    """Return a start event; `interrupting` counts in an event sub-process."""
    if interrupting:
        return _event("startEvent", trigger)
    return _event("startEvent", trigger, isInterrupting="false")


def end(trigger: Trigger | None = None) -> Element:
    """Return an end event."""
    return _event("endEvent", trigger)


def terminate() -> Element:
    """Return a terminate end event."""
    return Element("endEvent", children="<bpmn:terminateEventDefinition/>")


def catch(trigger: Trigger) -> Element:
    """Return an intermediate catch event."""
    return _event("intermediateCatchEvent", trigger)


def throw(trigger: Trigger | None = None, *, inputs: Mapping[str, str] | None = None) -> Element:
    """Return an intermediate throw event."""
    return _event("intermediateThrowEvent", trigger, _mappings(inputs, None))


def boundary(host: str, trigger: Trigger, *, interrupting: bool = True) -> Element:
    """Return a boundary event on `host`."""
    return Element(
        "boundaryEvent",
        {} if interrupting else {"cancelActivity": "false"},
        children=trigger.xml,
        roots=trigger.roots,
        host=host,
    )


# Gateways -------------------------------------------------------------------------------------


def exclusive() -> Element:
    """Return an exclusive gateway."""
    return Element("exclusiveGateway")


def parallel() -> Element:
    """Return a parallel gateway."""
    return Element("parallelGateway")


def inclusive() -> Element:
    """Return an inclusive gateway."""
    return Element("inclusiveGateway")


def complex_gateway(condition: str | None = None) -> Element:
    """Return a complex gateway with an activation condition in FEEL."""
    if condition is None:
        return Element("complexGateway")
    return Element(
        "complexGateway",
        children='<bpmn:activationCondition xsi:type="bpmn:tFormalExpression">'
        f"= {escape(condition)}</bpmn:activationCondition>",
    )


def event_based(**attributes: str) -> Element:
    """Return an event-based gateway."""
    return Element("eventBasedGateway", attributes)


# Activities -----------------------------------------------------------------------------------


def _mappings(inputs: Mapping[str, str] | None, outputs: Mapping[str, str] | None) -> str:
    if not inputs and not outputs:
        return ""
    written = [
        f"<zeebe:{tag} source={quoteattr('= ' + source)} target={quoteattr(target)}/>"
        for tag, mappings in (("input", inputs or {}), ("output", outputs or {}))
        for target, source in mappings.items()
    ]
    return f"<zeebe:ioMapping>{''.join(written)}</zeebe:ioMapping>"


@dataclass(frozen=True)
class Loop:
    """Multi-instance characteristics."""

    xml: str


def each(
    collection: str,
    item: str = "item",
    *,
    sequential: bool = False,
    gather: tuple[str, str] | None = None,
    until: str | None = None,
) -> Loop:
    """Return characteristics over a FEEL collection; `gather` is (collection, element in FEEL)."""
    gathered = (
        ""
        if gather is None
        else (
            f" outputCollection={quoteattr(gather[0])} outputElement={quoteattr('= ' + gather[1])}"
        )
    )
    condition = (
        ""
        if until is None
        else (
            '<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">'
            f"= {escape(until)}</bpmn:completionCondition>"
        )
    )
    return Loop(
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
        "<bpmn:extensionElements><zeebe:loopCharacteristics "
        f"inputCollection={quoteattr('= ' + collection)} inputElement={quoteattr(item)}"
        f"{gathered}/></bpmn:extensionElements>{condition}</bpmn:multiInstanceLoopCharacteristics>"
    )


def times(
    cardinality: str, *, sequential: bool = False, behavior: str = "", complex_events: str = ""
) -> Loop:
    """Return characteristics with a loop cardinality (FEEL); the rest is XML."""
    return Loop(
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}" '
        f'{behavior}><bpmn:loopCardinality xsi:type="bpmn:tFormalExpression">'
        f"= {escape(cardinality)}</bpmn:loopCardinality>{complex_events}"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def when(condition: str, thrown: Trigger) -> str:
    """Return a complex behavior that throws an event when a condition (FEEL) is true."""
    return (
        '<bpmn:complexBehaviorDefinition><bpmn:condition xsi:type="bpmn:tFormalExpression">'
        f"= {escape(condition)}</bpmn:condition><bpmn:event>{thrown.xml}</bpmn:event>"
        "</bpmn:complexBehaviorDefinition>"
    )


def again(
    condition: str | None = None, *, tests_before: bool = False, maximum: str | None = None
) -> Loop:
    """Return standard loop characteristics (FEEL)."""
    most = "" if maximum is None else f" loopMaximum={quoteattr(maximum)}"
    inner = (
        ""
        if condition is None
        else (
            '<bpmn:loopCondition xsi:type="bpmn:tFormalExpression">'
            f"= {escape(condition)}</bpmn:loopCondition>"
        )
    )
    return Loop(
        f'<bpmn:standardLoopCharacteristics testBefore="{str(tests_before).lower()}"{most}>'
        f"{inner}</bpmn:standardLoopCharacteristics>"
    )


def _activity(
    tag: str,
    extensions: str = "",
    *,
    loop: Loop | None = None,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
    roots: tuple[str, ...] = (),
    inside: Contents | None = None,
    **attributes: str,
) -> Element:
    return Element(
        tag,
        attributes,
        extensions + _mappings(inputs, outputs),
        "" if loop is None else loop.xml,
        roots,
        inside,
    )


def task(loop: Loop | None = None, **attributes: str) -> Element:
    """Return a plain task."""
    return _activity("task", loop=loop, **attributes)


def manual() -> Element:
    """Return a manual task."""
    return _activity("manualTask")


def service(
    job_type: str,
    *,
    retries: str | None = None,
    loop: Loop | None = None,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
    **attributes: str,
) -> Element:
    """Return a service task done by a job."""
    tried = "" if retries is None else f" retries={quoteattr(retries)}"
    definition = f"<zeebe:taskDefinition type={quoteattr(job_type)}{tried}/>"
    return _activity(
        "serviceTask", definition, loop=loop, inputs=inputs, outputs=outputs, **attributes
    )


def script(
    expression: str,
    into: str | None = None,
    *,
    loop: Loop | None = None,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
) -> Element:
    """Return a script task in FEEL."""
    result = "" if into is None else f" resultVariable={quoteattr(into)}"
    xml = f"<zeebe:script expression={quoteattr('= ' + expression)}{result}/>"
    return _activity("scriptTask", xml, loop=loop, inputs=inputs, outputs=outputs)


def user(
    *,
    assignee: str | None = None,
    groups: str | None = None,
    due: str | None = None,
    loop: Loop | None = None,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
) -> Element:
    """Return a user task; texts that begin with `=` are FEEL."""
    assigned = "".join(
        f" {name}={quoteattr(value)}"
        for name, value in (("assignee", assignee), ("candidateGroups", groups))
        if value is not None
    )
    xml = "<zeebe:userTask/>"
    if assigned:
        xml += f"<zeebe:assignmentDefinition{assigned}/>"
    if due is not None:
        xml += f"<zeebe:taskSchedule dueDate={quoteattr(due)}/>"
    return _activity("userTask", xml, loop=loop, inputs=inputs, outputs=outputs)


def receive(trigger: Trigger, **attributes: str) -> Element:
    """Return a receive task."""
    reference = re.search(r'messageRef="([^"]+)"', trigger.xml)
    if reference is None:
        raise ValueError("Expected a message, but the trigger is something else.")
    return _activity("receiveTask", roots=trigger.roots, messageRef=reference[1], **attributes)


def subprocess(
    *flows: str,
    loop: Loop | None = None,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
    **elements: Element,
) -> Element:
    """Return an embedded sub-process."""
    return _activity(
        "subProcess", loop=loop, inputs=inputs, outputs=outputs, inside=Contents(flows, elements)
    )


def event_subprocess(
    *flows: str,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
    **elements: Element,
) -> Element:
    """Return an event sub-process."""
    return _activity(
        "subProcess",
        inputs=inputs,
        outputs=outputs,
        inside=Contents(flows, elements),
        triggeredByEvent="true",
    )


def ad_hoc(
    *flows: str,
    until: str | None = None,
    active: str | None = None,
    by_hand: bool = False,
    sequential: bool = False,
    cancels: bool = True,
    loop: Loop | None = None,
    **elements: Element,
) -> Element:
    """Return an ad-hoc sub-process; `until` is its completion condition in FEEL.

    Without `by_hand` the file must not be for Camunda 8 alone: here it declares both.
    """
    listed = "" if active is None else f" activeElementsCollection={quoteattr('= ' + active)}"
    return Element(
        "adHocSubProcess",
        {
            "ordering": "Sequential" if sequential else "Parallel",
            "cancelRemainingInstances": str(cancels).lower(),
        },
        extensions=f"<zeebe:adHoc{listed}/>" if by_hand or active else "",
        children="" if loop is None else loop.xml,
        contents=Contents(flows, elements),
        closing=(
            ""
            if until is None
            else '<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">'
            f"= {escape(until)}</bpmn:completionCondition>"
        ),
    )


def call(
    process_id: str,
    *,
    propagate: bool = True,
    loop: Loop | None = None,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
) -> Element:
    """Return a call activity of a process in the Camunda 8 way."""
    passed = str(propagate).lower()
    xml = (
        f"<zeebe:calledElement processId={quoteattr(process_id)} "
        f'propagateAllChildVariables="{passed}" propagateAllParentVariables="{passed}"/>'
    )
    return _activity("callActivity", xml, loop=loop, inputs=inputs, outputs=outputs)


def transaction(
    *flows: str,
    loop: Loop | None = None,
    inputs: Mapping[str, str] | None = None,
    **elements: Element,
) -> Element:
    """Return a transaction."""
    return _activity("transaction", loop=loop, inputs=inputs, inside=Contents(flows, elements))


def undone(host: str, handler: Element) -> dict[str, Element]:
    """Return how `host` is compensated: its event, an association, the activity `undo_host`."""
    return {
        f"on_{host}": boundary(host, compensate()),
        f"undo_{host}": replace(
            handler, attributes={**handler.attributes, "isForCompensation": "true"}
        ),
        f"association_{host}": association(f"on_{host}", f"undo_{host}"),
    }


def association(source: str, target: str) -> Element:
    """Return an association."""
    return Element("association", {"sourceRef": source, "targetRef": target})
