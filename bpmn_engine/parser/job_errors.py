"""`camunda:errorEventDefinition`: the answers of an external task that are BPMN errors."""

from __future__ import annotations

import re
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import FormalExpression, JobError
from bpmn_engine.parser.diagram import Diagram, strip_prefix
from bpmn_engine.parser.findings import owner_of
from bpmn_engine.parser.formal_expressions import feel, literal, optional_literal
from bpmn_engine.parser.namespaces import local_name

_GETTER: Final = re.compile(r"\bexternalTask\s*\.\s*get([A-Z])(\w*)\s*\(\s*\)")


def read_job_errors(diagram: Diagram, element: Element) -> tuple[JobError, ...]:
    """Read the definitions in document order; the first that is true counts."""
    found: list[JobError] = []
    for definition in diagram.extensions(element, "camunda:errorEventDefinition"):
        condition = (definition.get("expression") or "").strip()
        if not condition:
            diagram.findings.violate(
                owner_of(element),
                "condition",
                "Expected camunda:errorEventDefinition to have an expression, but it has none "
                f"(line {definition.sourceline}). Write when the answer is an error.",
            )
            continue
        code, message = _error(diagram, definition, element)
        found.append(
            JobError(
                condition=feel(_with_properties(condition)), error_code=code, error_message=message
            )
        )
    return tuple(found)


def _with_properties(condition: str) -> str:
    """Write the getters of `externalTask` as properties: `externalTask.errorMessage`."""
    return _GETTER.sub(lambda get: f"externalTask.{get[1].lower()}{get[2]}", condition)


def _error(
    diagram: Diagram, definition: Element, element: Element
) -> tuple[FormalExpression | None, str | None]:
    """Return code and message; a reference to no error of the file is itself the code."""
    reference = strip_prefix(definition, definition.get("errorRef") or "")
    error = diagram.by_id.get(reference)
    if error is None or local_name(error) != "error":
        if not reference:
            diagram.findings.warn(
                element,
                "missing-error-code",
                "A camunda:errorEventDefinition names no error; only an event that catches every "
                "error catches it.",
            )
        return (literal(reference) if reference else None), None
    diagram.findings.used.add(error)
    code = optional_literal(error.get("errorCode"))
    if code is None:
        diagram.findings.warn(
            error,
            "missing-error-code",
            "The error has no error code; only an event that catches every error catches it.",
        )
    return code, diagram.take(error, "camunda:errorMessage")
