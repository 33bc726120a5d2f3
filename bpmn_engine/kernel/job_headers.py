"""Headers that are worked out when a job is created: fields, arguments, linked resources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.specs import JobSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure, of_expression
from bpmn_engine.values import JsonValue

ARGUMENTS: Final = "arguments"
"""The header with the arguments of a bean's method, as a JSON list."""


def headers_of(draft: Draft, key: ElementKey, spec: JobSpec) -> Mapping[str, str] | Failure:
    """Return all headers of a job. Text stays text, null is left out, the rest is JSON."""
    if not spec.fields and spec.arguments is None:
        return spec.headers
    headers = dict(spec.headers)
    scope = draft.scope_seen_by(key)
    for name, expression in spec.fields:
        value = draft.evaluate(expression, scope)
        if isinstance(value, EvaluationFailure):
            return of_expression(value, f"The field {name}")
        if value is not None:
            headers[name] = value if isinstance(value, str) else _json(value)
    if spec.arguments is None:
        return headers
    arguments: list[JsonValue] = []
    for expression in spec.arguments:
        value = draft.evaluate(expression, scope)
        if isinstance(value, EvaluationFailure):
            return of_expression(value, "An argument")
        arguments.append(value)
    headers[ARGUMENTS] = _json(arguments)
    return headers


def _json(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
