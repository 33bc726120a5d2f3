"""Connectors of Camunda 7: `camunda:connector` with its id, its inputs and its outputs."""

from __future__ import annotations

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import Connector, FormalExpression, VariableMapping
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.findings import owner_of
from bpmn_engine.parser.formal_expressions import literal
from bpmn_engine.parser.mappings import read_parameter
from bpmn_engine.parser.namespaces import full_name, text_of


def read_connector(diagram: Diagram, holder: Element) -> tuple[FormalExpression, Connector] | None:
    """Read the connector of a task or a message event: the job type, which is its id, and more.

    None when there is none, or after a violation.
    """
    box = diagram.extension(holder, "camunda:connector")
    if box is None:
        return None
    connector_id = text_of(box.find(full_name("camunda:connectorId")))
    if not connector_id:
        diagram.findings.violate(
            owner_of(holder),
            "missing-job-type",
            "Expected camunda:connector to have a camunda:connectorId, but it has none. "
            "Fill in the connector's id.",
        )
        return None
    return literal(connector_id), Connector(
        inputs=_parameters(diagram, box, "camunda:inputParameter"),
        outputs=_parameters(diagram, box, "camunda:outputParameter"),
    )


def _parameters(diagram: Diagram, box: Element, short: str) -> tuple[VariableMapping, ...]:
    found: list[VariableMapping] = []
    mapped = box.find(full_name("camunda:inputOutput"))
    for child in () if mapped is None else mapped.iterchildren(full_name(short)):
        name = (child.get("name") or "").strip()
        if not name:
            diagram.findings.violate(
                owner_of(child),
                "incomplete-mapping",
                f"Expected {short} to have a name, but it has none (line {child.sourceline}). "
                "Fill it in, or remove the parameter.",
            )
            continue
        source = read_parameter(diagram, child)
        if source is not None:
            found.append(VariableMapping(target=name, source=source))
    return tuple(found)
