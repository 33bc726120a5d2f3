"""Expressions, evaluated and explained."""

from __future__ import annotations

from collections.abc import Mapping

from bpmn_engine.service.views import Language, SyntaxFailure, Trial, TrialRequest
from bpmn_engine.values import JsonValue
from web.api.expression_schemas import (
    ExplainedSchema,
    ExpressionBody,
    ExpressionSchema,
    ExpressionValues,
)
from web.api.resource import Resource
from web.context import service
from web.errors import expression_error

EXPRESSIONS = Resource(
    "expressions", "/expressions", "FEEL and JUEL, evaluated for variables; nothing is stored."
)


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
    explanation = trial.explanation if body["explain"] else None
    if trial.failure is not None:
        tree = None if explanation is None else ExplainedSchema().dump(explanation)
        raise expression_error(trial.failure, {"warnings": _warnings(trial), "explanation": tree})
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
