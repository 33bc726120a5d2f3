"""What a job's worker is told beside variables: headers, properties, fields, linked resources."""

from __future__ import annotations

import json
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import FormalExpression
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.formal_expressions import feel, is_marked, literal
from bpmn_engine.parser.namespaces import full_name, text_of

_LINKED: Final = "linkedResources"


def read_headers(diagram: Diagram, element: Element, holder: Element) -> dict[str, str]:
    """Return zeebe headers and properties, camunda properties and fields, by name.

    `zeebe:taskHeaders` win over properties of the same name. Fields with an expression are left to
    `read_fields`.
    """
    headers: dict[str, str] = {}
    for box in diagram.extensions(element, "zeebe:properties"):
        headers |= _pairs(box, "zeebe:property", "name")
    for box in diagram.extensions(element, "camunda:properties"):
        headers |= _pairs(box, "camunda:property", "name")
    for name, text in _field_texts(diagram, element, holder).items():
        if not is_marked(text):
            headers[name] = text
    for box in diagram.extensions(element, "zeebe:taskHeaders"):
        headers |= _pairs(box, "zeebe:header", "key")
    headers.pop("", None)
    return headers


def read_fields(
    diagram: Diagram, element: Element, holder: Element
) -> dict[str, FormalExpression]:
    """Return the headers that are worked out when the job is created, by name."""
    fields = {
        name: literal(text)
        for name, text in _field_texts(diagram, element, holder).items()
        if name and is_marked(text)
    }
    linked = _linked_resources(diagram, element)
    return fields if linked is None else {**fields, _LINKED: linked}


def _field_texts(diagram: Diagram, element: Element, holder: Element) -> dict[str, str]:
    return {
        field.get("name") or "": field_text(field)
        for owner in ((element,) if holder is element else (element, holder))
        for field in diagram.extensions(owner, "camunda:field")
    }


def field_text(field: Element) -> str:
    """Return the text of a camunda:field; an expression as it is written."""
    for attribute in ("stringValue", "expression"):
        value = field.get(attribute)
        if value is not None:
            return value
    for local in ("camunda:string", "camunda:expression"):
        child = field.find(full_name(local))
        if child is not None:
            return text_of(child)
    return ""


def _pairs(box: Element, short: str, key: str) -> dict[str, str]:
    return {
        child.get(key) or "": child.get("value") or ""
        for child in box.iterchildren(full_name(short))
    }


def _linked_resources(diagram: Diagram, element: Element) -> FormalExpression | None:
    """Return the list of linked resources as one FEEL expression; None for none."""
    found: list[str] = []
    for box in diagram.extensions(element, "zeebe:linkedResources"):
        for linked in box.iterchildren(full_name("zeebe:linkedResource")):
            resource_id = (linked.get("resourceId") or "").strip()
            if not resource_id:
                diagram.findings.violate(
                    element,
                    "incomplete-resource",
                    "Expected zeebe:linkedResource to have a resource id, but it has none "
                    f"(line {linked.sourceline}). Fill it in, or remove it.",
                )
                continue
            binding = linked.get("bindingType") or "latest"
            entries = {"resourceId": _value(resource_id), "bindingType": _quoted(binding)}
            for name in ("resourceType", "linkName", "versionTag"):
                text = linked.get(name)
                if text:
                    entries[name] = _quoted(text)
            inside = ", ".join(f'"{name}": {value}' for name, value in entries.items())
            found.append(f"{{{inside}}}")
    return feel(f"[{', '.join(found)}]") if found else None


def _value(text: str) -> str:
    return f"({text[1:].strip()})" if text.startswith("=") else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
