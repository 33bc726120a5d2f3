"""Puts the processes of `tests.diagrams` into pools, in a file that is not for Camunda.

    between(processes(order=contents(…), stock=contents(…)), "ask -> asked", "pool_bank -> paid")

Each process is a pool `pool_<process id>`; `bank` above is an empty one. A flow has the id
`ask_asked`.
"""

from __future__ import annotations

import re

from tests.diagrams import Element, Trigger

_VENDORS = re.compile(r' xmlns:(?:zeebe|camunda)="[^"]*"')


def plain(xml: bytes, *, roots: str = "", closing: str = "") -> bytes:
    """Return a file without the namespaces of Camunda.

    Args:
        xml: of `tests.diagrams`, without anything of Camunda in it.
        roots: XML of other root elements.
        closing: XML at the end of every process.
    """
    text = _VENDORS.sub("", xml.decode())
    assert "zeebe:" not in text, "Expected a diagram that is not for Camunda, but it is."
    text = text.replace("</bpmn:process>", f"{closing}</bpmn:process>")
    return text.replace("</bpmn:definitions>", f"{roots}</bpmn:definitions>").encode()


def between(xml: bytes, *flows: str, keys: str = "", roots: str = "") -> bytes:
    """Return a file whose processes are pools that message flows join.

    Args:
        xml: of `tests.diagrams.processes`, without anything of Camunda in it.
        flows: `a -> b`, or `a -> b: M` with a message.
        keys: XML of correlation keys.
        roots: XML of other root elements.
    """
    pools = [
        f'<bpmn:participant id="pool_{process_id}" processRef="{process_id}"/>'
        for process_id in re.findall(r'<bpmn:process id="([^"]*)"', xml.decode())
    ]
    drawn = [_flow(text) for text in flows]
    known = "".join(pools)
    pools += [
        f'<bpmn:participant id="{end}"/>'
        for end in dict.fromkeys(re.findall(r'Ref="(pool_\w+)"', "".join(drawn)))
        if f'"{end}"' not in known
    ]
    inside = "".join([*pools, *drawn, keys])
    collaboration = f'<bpmn:collaboration id="together">{inside}</bpmn:collaboration>'
    return plain(xml, roots=collaboration + roots)


def _flow(text: str) -> str:
    ends, _, message = text.partition(":")
    source, target = (end.strip() for end in ends.split("->"))
    reference = f' messageRef="Message_{message.strip()}"' if message else ""
    return (
        f'<bpmn:messageFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"'
        f"{reference}/>"
    )


def send(trigger: Trigger | None = None) -> Element:
    """Return a send task; without a message its message flow names one."""
    reference = None if trigger is None else re.search(r'messageRef="([^"]+)"', trigger.xml)
    roots = () if trigger is None else trigger.roots
    return Element(
        "sendTask", {} if reference is None else {"messageRef": reference[1]}, roots=roots
    )


def some_message() -> Trigger:
    """Return a message event definition that names no message."""
    return Trigger("<bpmn:messageEventDefinition/>")


def correlation(key: str, **properties: dict[str, str]) -> tuple[str, str]:
    """Return the XML of a correlation key, and of its properties.

    Each property is, by the name of a message, a FEEL expression over that message's content.
    """
    references = "".join(
        f"<bpmn:correlationPropertyRef>{name}</bpmn:correlationPropertyRef>" for name in properties
    )
    drawn = "".join(
        f'<bpmn:correlationProperty id="{name}">{_retrievals(paths)}</bpmn:correlationProperty>'
        for name, paths in properties.items()
    )
    return f'<bpmn:correlationKey id="{key}">{references}</bpmn:correlationKey>', drawn


def _retrievals(paths: dict[str, str]) -> str:
    return "".join(
        f'<bpmn:correlationPropertyRetrievalExpression messageRef="Message_{message}">'
        f'<bpmn:messagePath xsi:type="bpmn:tFormalExpression">{path}</bpmn:messagePath>'
        "</bpmn:correlationPropertyRetrievalExpression>"
        for message, path in paths.items()
    )


def subscription(key: str, **paths: str) -> str:
    """Return the XML of a correlation subscription: what each property is in the data."""
    bindings = "".join(
        f'<bpmn:correlationPropertyBinding correlationPropertyRef="{name}">'
        f'<bpmn:dataPath xsi:type="bpmn:tFormalExpression">{path}</bpmn:dataPath>'
        "</bpmn:correlationPropertyBinding>"
        for name, path in paths.items()
    )
    return (
        f'<bpmn:correlationSubscription id="subscribed" correlationKeyRef="{key}">{bindings}'
        "</bpmn:correlationSubscription>"
    )
