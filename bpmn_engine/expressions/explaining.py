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
from bpmn_engine.expressions.language import SyntaxFailure, without_equals_sign
from bpmn_engine.values import JsonValue


def explain_expression(
    expression: Expression, variables: Mapping[str, JsonValue], now: dt.datetime
) -> Explanation:
    """Evaluate an expression again, and tell how it came to its value; `now` is aware.

    One in FEEL gives the tree of its parts, one in another language the variables it reads.
    """
    if expression.language is Language.FEEL:
        source = expression.source
        explanation = explain_feel(without_equals_sign(source), source, variables, now)
        if not isinstance(explanation, SyntaxFailure):
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


def _shown(value: JsonValue | EvaluationFailure) -> str:
    return "" if isinstance(value, EvaluationFailure) else shown_value(lift(value))
