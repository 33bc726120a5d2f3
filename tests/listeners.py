"""Puts listeners of either Camunda into the diagrams of tests.

zeebe(service("bill"), "start audit", "end log")      # event and job type
camunda(task(), "start class my.Audit", "end expression ${execution.setVariable('x', 1)}")
"""

from __future__ import annotations

from dataclasses import replace
from xml.sax.saxutils import quoteattr

from tests.diagrams import Element


def zeebe(element: Element, *listeners: str) -> Element:
    """Return an element with execution listeners of Camunda 8, each `<event> <job type>`."""
    return _with(element, zeebe_xml(*listeners))


def zeebe_xml(*listeners: str) -> str:
    """Return the extension with execution listeners of Camunda 8."""
    return _group("execution", listeners)


def zeebe_task(element: Element, *listeners: str) -> Element:
    """Return a user task with task listeners of Camunda 8, each `<event> <job type>`."""
    return _with(element, _group("task", listeners))


def camunda(element: Element, *listeners: str) -> Element:
    """Return an element with execution listeners of Camunda 7, each `<event> <kind> <text>`."""
    return _with(element, camunda_xml(*listeners))


def camunda_xml(*listeners: str) -> str:
    """Return execution listeners of Camunda 7."""
    return "".join(_java("executionListener", listener) for listener in listeners)


def camunda_task(element: Element, *listeners: str) -> Element:
    """Return a user task with task listeners of Camunda 7, each `<event> <kind> <text>`."""
    return _with(element, "".join(_java("taskListener", listener) for listener in listeners))


def on_process(xml: bytes, extensions: str) -> bytes:
    """Return a file whose first process has these extensions."""
    opening, rest = xml.decode().split('isExecutable="true">', 1)
    inside = f"<bpmn:extensionElements>{extensions}</bpmn:extensionElements>"
    return f'{opening}isExecutable="true">{inside}{rest}'.encode()


def on_flow(xml: bytes, flow_id: str, extensions: str) -> bytes:
    """Return a file one of whose sequence flows has these extensions."""
    before, found, rest = xml.decode().partition(f'<bpmn:sequenceFlow id="{flow_id}"')
    assert found, flow_id
    tag, rest = rest.split(">", 1)
    inside = f"<bpmn:extensionElements>{extensions}</bpmn:extensionElements>"
    return f"{before}{found}{tag}>{inside}{rest}".encode()


def _with(element: Element, extensions: str) -> Element:
    return replace(element, extensions=element.extensions + extensions)


def _group(kind: str, listeners: tuple[str, ...]) -> str:
    inside = "".join(
        f"<zeebe:{kind}Listener eventType={quoteattr(event)} type={quoteattr(job_type)}/>"
        for event, job_type in (listener.split(" ", 1) for listener in listeners)
    )
    return f"<zeebe:{kind}Listeners>{inside}</zeebe:{kind}Listeners>"


def _java(tag: str, listener: str) -> str:
    event, kind, text = listener.split(" ", 2)
    if kind == "script":
        inside = f'<camunda:script scriptFormat="feel">{text}</camunda:script>'
        return f"<camunda:{tag} event={quoteattr(event)}>{inside}</camunda:{tag}>"
    if event == "timeout":
        inside = (
            "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration>"
            "</bpmn:timerEventDefinition>"
        )
        return f"<camunda:{tag} event='timeout' {kind}={quoteattr(text)}>{inside}</camunda:{tag}>"
    return f"<camunda:{tag} event={quoteattr(event)} {kind}={quoteattr(text)}/>"
