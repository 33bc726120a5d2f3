"""Fragments of files, put into whole ones: what the standard or the vendor wants around them.

A fragment shows one extension and leaves out the rest. What its host may not lack (an
implementation, a reference, a flow, an activity inside, a name) is added, so that only the
extension itself can be the reason of a refusal. The modeler's own fixtures are never edited.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"

OPENING = (
    f'<definitions xmlns="{BPMN}" xmlns:bpmn="{BPMN}" xmlns:bpmn2="{BPMN}" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="http://example.test" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)
WITH_TASK = "{}<process id='w' isExecutable='true'><task id='t'/></process>"
IN_PROCESS = "<process id='w' isExecutable='true'>{}</process>"
ON_TASK = IN_PROCESS.format(
    "<{tag} id='t' {attributes}><extensionElements>{{}}</extensionElements></{tag}>"
)
MAPPED = "<camunda:inputOutput>{}</camunda:inputOutput>"
EXTERNAL = "camunda:type='external' camunda:topic='x'"
AROUND = {
    "process": "{}",
    "message": WITH_TASK,
    "signal": WITH_TASK,
    "error": WITH_TASK,
    "escalation": WITH_TASK,
    "collaboration": WITH_TASK,
    "multiInstanceLoopCharacteristics": IN_PROCESS.format("<task id='t'>{}</task>"),
    "errorEventDefinition": IN_PROCESS.format(
        "<task id='h'/><boundaryEvent id='t' attachedToRef='h'>{}</boundaryEvent>"
    ),
    "escalationEventDefinition": IN_PROCESS.format("<endEvent id='t'>{}</endEvent>"),
    "signalEventDefinition": IN_PROCESS.format("<endEvent id='t'>{}</endEvent>"),
    "conditionalEventDefinition": IN_PROCESS.format(
        "<intermediateCatchEvent id='t'>{}</intermediateCatchEvent>"
    ),
    "formalExpression": IN_PROCESS.format(
        "<userTask id='t'><potentialOwner><resourceAssignmentExpression>{}"
        "</resourceAssignmentExpression></potentialOwner></userTask>"
    ),
    "inputParameter": ON_TASK.format(tag="task", attributes="").format(MAPPED),
    "outputParameter": ON_TASK.format(tag="task", attributes="").format(MAPPED),
    "in": ON_TASK.format(tag="callActivity", attributes="calledElement='q'"),
    "out": ON_TASK.format(tag="callActivity", attributes="calledElement='q'"),
    "formData": ON_TASK.format(tag="userTask", attributes=""),
    "formProperty": ON_TASK.format(tag="userTask", attributes=""),
    "taskListener": ON_TASK.format(tag="userTask", attributes=""),
    "connector": ON_TASK.format(tag="serviceTask", attributes=""),
    "field": ON_TASK.format(tag="serviceTask", attributes=EXTERNAL),
    "properties": ON_TASK.format(tag="serviceTask", attributes=EXTERNAL),
    "potentialStarter": "<process id='w' isExecutable='true'><extensionElements>{}"
    "</extensionElements><task id='t'/></process>",
    "script": ON_TASK.format(tag="task", attributes="").format(
        MAPPED.format("<camunda:inputParameter name='a'>{}</camunda:inputParameter>")
    ),
    "input": ON_TASK.format(tag="task", attributes="").format(
        "<zeebe:ioMapping>{}</zeebe:ioMapping>"
    ),
    "property": ON_TASK.format(tag="task", attributes="").format(
        "<zeebe:properties>{}</zeebe:properties>"
    ),
}
"""What stands around a fragment, by the name of its root; any other is a node of a process."""


def wrap(fragment: bytes) -> bytes:
    """Put a fragment of a file into a whole one, with ids where it has none."""
    text = re.sub(r"<\?xml[^>]*\?>", "", fragment.decode()).strip()
    root = etree.fromstring(f"{OPENING}{text}</definitions>")[0]
    name = etree.QName(root).localname
    if name == "definitions":
        return _whole(root)
    name = name[0].lower() + name[1:]
    if root.tag.startswith(f"{{{BPMN}}}"):
        root.tag = f"{{{BPMN}}}{name}"
    if root.get("id") is None and root.tag.startswith(f"{{{BPMN}}}"):
        root.set("id", "fragment")
    if name == "process":
        root.set("isExecutable", "true")
        root.append(etree.SubElement(root, f"{{{BPMN}}}task", id="t"))
    around = AROUND.get(name) or (
        IN_PROCESS
        if root.tag.startswith("{" + BPMN)
        else ON_TASK.format(tag="task", attributes="")
    )
    inner = etree.tostring(root, with_tail=False).decode()
    whole = etree.fromstring(f"{OPENING}{around.format(inner)}</definitions>")
    for element in list(whole.iter(etree.Element)):
        complete = COMPLETIONS.get(etree.QName(element).localname)
        if complete is not None:
            complete(whole, element)
    return etree.tostring(whole)


def _whole(root: etree._Element) -> bytes:
    """Complete a file that has only its outermost element."""
    root.set("targetNamespace", root.get("targetNamespace") or "http://example.test")
    process = etree.SubElement(root, f"{{{BPMN}}}process", id="w", isExecutable="true")
    etree.SubElement(process, f"{{{BPMN}}}task", id="t")
    return etree.tostring(root)


def _extensions(element: etree._Element) -> etree._Element:
    """Return where the element's extensions stand, made if there is none."""
    box = element.find(f"{{{BPMN}}}extensionElements")
    if box is None:
        box = etree.Element(f"{{{BPMN}}}extensionElements")
        element.insert(0, box)
    return box


def _implementation(_whole: etree._Element, task: etree._Element) -> None:
    named = ("class", "delegateExpression", "expression", "type", "decisionRef", "resource")
    has_own = any(task.get(f"{{{CAMUNDA}}}{name}") for name in named)
    box = task.find(f"{{{BPMN}}}extensionElements")
    inside = ("taskDefinition", "calledDecision", "connector", "script")
    known = set() if box is None else {etree.QName(one).localname for one in box}
    if task.get("messageRef") or has_own or known.intersection(inside):
        return
    if any(str(one.tag).startswith(f"{{{CAMUNDA}}}") for one in task.iter(etree.Element)) or any(
        str(name).startswith(f"{{{CAMUNDA}}}") for name in task.attrib
    ):
        task.set(f"{{{CAMUNDA}}}type", "external")
        task.set(f"{{{CAMUNDA}}}topic", "x")
    else:
        etree.SubElement(_extensions(task), f"{{{ZEEBE}}}taskDefinition", type="x")


def _activity_inside(_whole: etree._Element, sub_process: etree._Element) -> None:
    activities = ("Task", "task", "Process")
    if not any(str(one.tag).endswith(activities) for one in sub_process):
        etree.SubElement(sub_process, f"{{{BPMN}}}task", id="inside")


def _flows(_whole: etree._Element, gateway: etree._Element) -> None:
    process = gateway.getparent()
    if process is None or process.find(f"{{{BPMN}}}sequenceFlow") is not None:
        return
    for name, source, target in (("f1", "a", gateway.get("id")), ("f2", gateway.get("id"), "b")):
        etree.SubElement(
            process, f"{{{BPMN}}}sequenceFlow", id=name, sourceRef=source, targetRef=target
        )
    for name in ("a", "b"):
        etree.SubElement(process, f"{{{BPMN}}}task", id=name)


def _reference(kind: str, code: str | None = None) -> Callable[..., None]:
    def complete(whole: etree._Element, definition: etree._Element) -> None:
        if str(definition.tag).startswith(f"{{{BPMN}}}") and not definition.get(f"{kind}Ref"):
            named = {} if code is None else {code: "C"}
            declared = etree.Element(f"{{{BPMN}}}{kind}", id="declared", name="n", **named)
            whole.insert(0, declared)
            definition.set(f"{kind}Ref", "declared")

    return complete


def _condition(_whole: etree._Element, definition: etree._Element) -> None:
    if definition.find(f"{{{BPMN}}}condition") is None:
        condition = etree.SubElement(definition, f"{{{BPMN}}}condition")
        condition.text = "= foo = bar"


def _timer(_whole: etree._Element, event: etree._Element) -> None:
    if not any(str(one.tag).endswith("EventDefinition") for one in event):
        timer = etree.SubElement(event, f"{{{BPMN}}}timerEventDefinition")
        etree.SubElement(timer, f"{{{BPMN}}}timeDuration").text = "PT1M"


def _attributes(**defaults: str) -> Callable[..., None]:
    def complete(_whole: etree._Element, element: etree._Element) -> None:
        for name, value in defaults.items():
            element.set(name, element.get(name) or value)

    return complete


def _form(whole: etree._Element, definition: etree._Element) -> None:
    key = definition.get("formKey") or ""
    if key.startswith("camunda-forms:bpmn:"):
        process = whole.find(f"{{{BPMN}}}process")
        if process is not None and process.find(f".//{{{ZEEBE}}}userTaskForm") is None:
            form_id = key.removeprefix("camunda-forms:bpmn:")
            form = etree.SubElement(_extensions(process), f"{{{ZEEBE}}}userTaskForm", id=form_id)
            form.text = "{}"
    elif not {"formId", "formKey", "externalReference"}.intersection(definition.attrib):
        definition.set("formId", "form")


COMPLETIONS: dict[str, Callable[..., None]] = {
    "serviceTask": _implementation,
    "sendTask": _implementation,
    "businessRuleTask": _implementation,
    "scriptTask": _implementation,
    "adHocSubProcess": _activity_inside,
    "exclusiveGateway": _flows,
    "parallelGateway": _flows,
    "signalEventDefinition": _reference("signal"),
    "escalationEventDefinition": _reference("escalation", "escalationCode"),
    "conditionalEventDefinition": _condition,
    "intermediateCatchEvent": _timer,
    "calledElement": _attributes(processId="q"),
    "formDefinition": _form,
    "formProperty": _attributes(id="f"),
    "inputParameter": _attributes(name="a"),
    "outputParameter": _attributes(name="a"),
    "input": _attributes(source="=x", target="a"),
}
"""What an element may not lack, by its name."""
