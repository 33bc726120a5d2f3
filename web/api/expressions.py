"""Expressions, evaluated and explained."""

from __future__ import annotations

from collections.abc import Mapping

from bpmn_engine.service.views import Explained, Language, SyntaxFailure, Trial, TrialRequest
from bpmn_engine.values import JsonValue
from web.api.expression_schemas import ExpressionBody, ExpressionSchema, ExpressionValues
from web.api.resource import Resource
from web.context import service
from web.errors import expression_error

EXPRESSIONS = Resource(
    "expressions", "/expressions", "FEEL and JUEL, evaluated for variables; nothing is stored."
)

_SHOWN = 300
_DEEPEST = 40


@EXPRESSIONS.endpoint("POST /evaluation", body=ExpressionBody, answer=ExpressionSchema)
def evaluate(body: ExpressionValues) -> Mapping[str, object]:
    """Evaluate an expression.

    A text that is no expression, and an evaluation that fails or goes beyond its budget, are
    answered with 422: the problem document has `kind` (`syntax` or `evaluation`), `line`,
    `column`, `warnings` and, when asked for, `explanation`.
    """
    language = None if body["language"] is None else Language(body["language"])
    trial = service().evaluate_expression(
        TrialRequest(
            text=body["expression"],
            language=language,
            variables=body["variables"],
            is_strict=body["strict"],
            is_unary_test=body["unary_test"],
            tested=body["input"],
        )
    )
    if isinstance(trial, SyntaxFailure):
        raise expression_error(trial)
    explanation = _tree(trial.explanation) if body["explain"] else None
    if trial.failure is not None:
        raise expression_error(
            trial.failure, {"warnings": _warnings(trial), "explanation": explanation}
        )
    return {
        "language": trial.language.value,
        "value": trial.value,
        "text": trial.text,
        "type": trial.type,
        "warnings": trial.warnings,
        "explanation": explanation,
    }


def _warnings(trial: Trial) -> list[JsonValue]:
    return [
        {"message": warning.message, "line": warning.line, "column": warning.column}
        for warning in trial.warnings
    ]


def _tree(explained: Explained, level: int = 0) -> Mapping[str, JsonValue]:
    """Return the tree as JSON, as deep as a person would follow it."""
    is_long = len(explained.text) > _SHOWN
    parts = explained.parts if level < _DEEPEST else ()
    return {
        "text": f"{explained.text[:_SHOWN]}…" if is_long else explained.text,
        "value": explained.value,
        "parts": [_tree(part, level + 1) for part in parts],
    }
