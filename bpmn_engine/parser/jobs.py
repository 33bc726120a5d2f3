"""Jobs: `zeebe:taskDefinition`, `camunda:topic`, `camunda:class`, connectors and beans."""

from __future__ import annotations

import re
from typing import Final

from lxml.etree import _Element as Element

from bpmn_engine.model.extensions import FormalExpression, JobDefinition, Script
from bpmn_engine.parser.connectors import read_connector
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.formal_expressions import literal, optional_literal
from bpmn_engine.parser.job_errors import read_job_errors
from bpmn_engine.parser.job_headers import read_fields, read_headers
from bpmn_engine.parser.namespaces import full_name, text_of

_JAVA_HINT = "choose one of job type, Java class, delegate expression, expression and connector"
_NO_IMPLEMENTATION = (
    "Expected an implementation, but there is none. Give it a job type (zeebe:taskDefinition) or "
    "an external topic (camunda:type=external with camunda:topic)."
)
_REFUSED_ATTRIBUTES = ("camunda:decisionRef",)
_REFUSED_ELEMENTS = ("zeebe:calledDecision", "camunda:connector")
_METHOD_CALL: Final = re.compile(r"[$#]\{\s*(?!execution\b)[^\W\d]\w*\s*\..*\)\s*\}", re.DOTALL)
"""What may be the call of a bean's method; the graph compiler knows."""


def read_job(diagram: Diagram, element: Element, holder: Element) -> JobDefinition | None:
    """Read the job of a task or of a message event, of either flavour.

    Args:
        diagram: the file.
        element: the flow node: it has zeebe's extensions, headers and retries.
        holder: where camunda's attributes stand: the node, or its message event definition.

    Returns:
        None when nothing names a job; that alone is no violation.
    """
    zeebe_type = _zeebe_type(diagram, element)
    camunda_types = _camunda_types(diagram, holder)
    connector = read_connector(diagram, holder)
    if connector is not None:
        camunda_types.append(connector[0])
    if (zeebe_type is not None) + len(camunda_types) > 1:
        diagram.findings.violate(
            element,
            "several-implementations",
            f"Expected one implementation, but there are several: {_JAVA_HINT}.",
        )
    job_type = zeebe_type or (camunda_types[0] if camunda_types else None)
    if job_type is None:
        return None
    is_external = holder.get(full_name("camunda:type")) == "external"
    return JobDefinition(
        type=job_type,
        retries=_zeebe_retries(diagram, element),
        retry_cycle=_retry_cycle(diagram, element, holder),
        priority=_priority(diagram, element, holder),
        headers=read_headers(diagram, element, holder),
        fields=read_fields(diagram, element, holder),
        errors=read_job_errors(diagram, element) if is_external else (),
        connector=None if connector is None else connector[1],
    )


def read_variable_mapping(diagram: Diagram, call: Element) -> JobDefinition | None:
    """Read the class or bean that maps the variables of a call activity, as a job."""
    java_class = diagram.take(call, "camunda:variableMappingClass")
    delegate = diagram.take(call, "camunda:variableMappingDelegateExpression")
    named = [name for name in (java_class, delegate) if name is not None]
    if not named:
        return None
    if len(named) > 1:
        diagram.findings.violate(
            call,
            "several-implementations",
            "Expected one variable mapping, but there are a class and a delegate expression. "
            "Remove one of them.",
        )
    return JobDefinition(
        type=literal(without_braces(named[0])),
        retry_cycle=_retry_cycle(diagram, call, call),
        priority=_priority(diagram, call, call),
    )


def engine_job(diagram: Diagram, element: Element, job_type: str) -> JobDefinition:
    """Return a job of one of the engine's own types, with what the task says of any job."""
    return JobDefinition(
        type=literal(job_type),
        retry_cycle=_retry_cycle(diagram, element, element),
        priority=_priority(diagram, element, element),
        headers=read_headers(diagram, element, element),
    )


def require_implementation(diagram: Diagram, element: Element) -> None:
    """Note the violation that a task which needs an implementation has none.

    A decision is refused by its own name already, a connector without an id too.
    """
    if any(element.get(full_name(name)) for name in _REFUSED_ATTRIBUTES):
        return
    if next(element.iter(*map(full_name, _REFUSED_ELEMENTS)), None) is not None:
        return
    diagram.findings.violate(element, "missing-implementation", _NO_IMPLEMENTATION)


def read_java_expression(diagram: Diagram, element: Element, holder: Element) -> Script | None:
    """Read `camunda:expression` with its `camunda:resultVariable` as a JUEL script.

    One that calls a method may be a job for the bean whose method it is.
    """
    expression = diagram.take(holder, "camunda:expression")
    if expression is None:
        return None
    result = diagram.take(holder, "camunda:resultVariable")
    return Script(
        expression=literal(expression),
        result_variable=result,
        bean_job=_bean_job(diagram, element, holder, result)
        if _METHOD_CALL.fullmatch(expression)
        else None,
    )


def must_be_one(
    diagram: Diagram, element: Element, job: JobDefinition | None, script: Script | None
) -> None:
    """Note the violation that `camunda:expression` stands beside another implementation."""
    if job is not None and script is not None:
        diagram.findings.violate(
            element,
            "several-implementations",
            "Expected one implementation, but camunda:expression stands beside another. "
            "Remove one of them.",
        )


def _bean_job(
    diagram: Diagram, element: Element, holder: Element, result: str | None
) -> JobDefinition:
    """Return the job of a bean's method; its type and arguments follow from the expression."""
    headers = read_headers(diagram, element, holder)
    return JobDefinition(
        type=literal(""),
        retry_cycle=_retry_cycle(diagram, element, holder),
        priority=_priority(diagram, element, holder),
        headers=headers if result is None else {**headers, "resultVariable": result},
        fields=read_fields(diagram, element, holder),
    )


def _zeebe_type(diagram: Diagram, element: Element) -> FormalExpression | None:
    definition = diagram.extension(element, "zeebe:taskDefinition")
    if definition is None:
        return None
    job_type = (definition.get("type") or "").strip()
    if not job_type:
        diagram.findings.violate(
            element,
            "missing-job-type",
            "Expected zeebe:taskDefinition to have a type, but it has none. Fill in the job type.",
        )
        return literal("")
    return literal(job_type)


def _camunda_types(diagram: Diagram, holder: Element) -> list[FormalExpression]:
    """Return the job types that camunda's attributes name; more than one is the caller's case."""
    found: list[FormalExpression] = []
    kind = diagram.take(holder, "camunda:type")
    if kind == "external":
        topic = diagram.take(holder, "camunda:topic")
        if topic is None:
            diagram.findings.violate(
                holder,
                "missing-job-type",
                "Expected camunda:topic beside camunda:type=external, but there is none. "
                "Fill in the topic.",
            )
        else:
            found.append(literal(topic))
    elif kind is not None:
        diagram.findings.refuse_part(
            holder, "camunda:type", f"The built-in type {kind!r} is not executed. Use 'external'."
        )
    java_class = diagram.take(holder, "camunda:class")
    if java_class is not None:
        found.append(literal(java_class))
    delegate = diagram.take(holder, "camunda:delegateExpression")
    if delegate is not None:
        found.append(literal(without_braces(delegate)))
    return found


def without_braces(expression: str) -> str:
    """Return the name in `${name}`: the job type that a delegate expression stands for."""
    if expression[:2] in {"${", "#{"} and expression.endswith("}"):
        return expression[2:-1].strip()
    return expression


def _zeebe_retries(diagram: Diagram, element: Element) -> FormalExpression | None:
    definition = diagram.extension(element, "zeebe:taskDefinition")
    return None if definition is None else optional_literal(definition.get("retries"))


def _retry_cycle(diagram: Diagram, element: Element, holder: Element) -> FormalExpression | None:
    for owner in (holder, element):
        for cycle in diagram.extensions(owner, "camunda:failedJobRetryTimeCycle"):
            return optional_literal(text_of(cycle))
        attribute = diagram.take(owner, "camunda:failedJobRetryTimeCycle")
        if attribute is not None:
            return literal(attribute)
    return None


def _priority(diagram: Diagram, element: Element, holder: Element) -> FormalExpression | None:
    for owner in (holder, element):
        found = _own_priority(diagram, owner)
        if found is not None:
            return found
    process = next(element.iterancestors(full_name("process")), None)
    if process is None:
        return None
    if process not in diagram.job_priorities:
        diagram.job_priorities[process] = _own_priority(diagram, process)
    return diagram.job_priorities[process]


def _own_priority(diagram: Diagram, owner: Element) -> FormalExpression | None:
    definition = diagram.extension(owner, "zeebe:jobPriorityDefinition")
    if definition is not None:
        return optional_literal(definition.get("priority"))
    for attribute in ("camunda:taskPriority", "camunda:jobPriority"):
        value = diagram.take(owner, attribute)
        if value is not None:
            return literal(value)
    return None
