"""`camunda:in` and `camunda:out`: variables into a called process or along with a signal."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.event_definitions import Payload
from bpmn_engine.model.extensions import FormalExpression, VariableMapping
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.findings import owner_of
from bpmn_engine.parser.formal_expressions import literal, optional_literal, variable_expression
from bpmn_engine.parser.namespaces import is_true


def read_mapping(diagram: Diagram, mapping: Element, short: str) -> VariableMapping | None:
    """Read one variable: `source` or `sourceExpression`, and `target`; None after a violation."""
    target = (mapping.get("target") or "").strip()
    expression = (mapping.get("sourceExpression") or "").strip()
    source = (mapping.get("source") or "").strip()
    owner = owner_of(mapping)
    if not target or not (source or expression):
        diagram.findings.violate(
            owner,
            "incomplete-mapping",
            f"Expected {short} to have a source and a target, but one is missing "
            f"(line {mapping.sourceline}). Fill it in, or remove the mapping.",
        )
        return None
    value = literal(expression) if expression else variable_expression(diagram, owner, source)
    return None if value is None else VariableMapping(target=target, source=value)


def read_payload(diagram: Diagram, definition: Element) -> Payload | None:
    """Read what a thrown signal takes along; None when nothing is said."""
    found = diagram.extensions(definition, "camunda:in")
    mappings: list[VariableMapping] = []
    business_key: FormalExpression | None = None
    for mapping in found:
        if (mapping.get("businessKey") or "").strip():
            business_key = optional_literal(mapping.get("businessKey"))
        elif mapping.get("variables") != "all":
            one = read_mapping(diagram, mapping, "camunda:in")
            mappings += [] if one is None else [one]
    if not found:
        return None
    return Payload(
        takes_all=any(
            mapping.get("variables") == "all" and not is_true(mapping, "local")
            for mapping in found
        ),
        mappings=tuple(mappings),
        business_key=business_key,
    )
