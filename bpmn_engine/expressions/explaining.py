"""Why an expression of a diagram has its value, in whatever language it is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from bpmn_engine.expressions.expression import EvaluationFailure, Expression, Language
from bpmn_engine.expressions.feel.explain import (
    Explained,
    Explanation,
    explain_feel,
    shown_value,
)
from bpmn_engine.expressions.feel.values import lift
from bpmn_engine.expressions.juel.explain import explain_juel
from bpmn_engine.expressions.juel.expression import JuelExpression
from bpmn_engine.expressions.language import SyntaxFailure, without_equals_sign
from bpmn_engine.values import JsonValue


def explain_expression(
    expression: Expression, variables: Mapping[str, JsonValue], now: dt.datetime
) -> Explanation:
    """Evaluate an expression again, and tell how it came to its value; `now` is aware.

    One in FEEL or JUEL gives the tree of its parts, a list or a map of expressions the variables
    that they read.
    """
    explanation = _explained(expression, variables, now)
    if isinstance(explanation, Explanation):
        return explanation
    result = expression.evaluate(variables, now)
    is_failed = isinstance(result, EvaluationFailure)
    root = Explained(
        text=" ".join(expression.source.split()),
        value="" if is_failed else _shown(result),
        parts=tuple(
            Explained(text=name, value=_shown(variables[name]), parts=())
            for name in sorted(expression.names)
            if name in variables
        ),
    )
    return Explanation(
        source=expression.source,
        root=root,
        value=None if isinstance(result, EvaluationFailure) else lift(result),
        failure=result if isinstance(result, EvaluationFailure) else None,
        warnings=(),
    )


def _explained(
    expression: Expression, variables: Mapping[str, JsonValue], now: dt.datetime
) -> Explanation | SyntaxFailure | None:
    source = expression.source
    if isinstance(expression, JuelExpression):
        return explain_juel(source, variables, now, expression.functions, expression.surroundings)
    if expression.language is Language.FEEL:
        return explain_feel(without_equals_sign(source), source, variables, now)
    return None


def _shown(value: JsonValue | EvaluationFailure) -> str:
    return "" if isinstance(value, EvaluationFailure) else shown_value(lift(value))
