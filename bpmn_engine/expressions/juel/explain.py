"""Why a JUEL expression has its value: the evaluated tree, as FEEL's explanations have it.

An explained text is compiled a second time, so that the usual evaluation pays nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from bpmn_engine.expressions.expression import EvaluationFailure, SyntaxFailure
from bpmn_engine.expressions.feel.explain import Explanation, explained_root
from bpmn_engine.expressions.feel.trace import Tracing
from bpmn_engine.expressions.juel.delegates import ANYWHERE, Surroundings
from bpmn_engine.expressions.juel.expression import compile_juel
from bpmn_engine.functions import NO_FUNCTIONS, FunctionTable
from bpmn_engine.values import JsonValue


def explain_juel(
    source: str,
    variables: Mapping[str, JsonValue],
    now: dt.datetime,
    functions: FunctionTable = NO_FUNCTIONS,
    surroundings: Surroundings = ANYWHERE,
) -> Explanation | SyntaxFailure:
    """Evaluate a template, and tell how it came to its value; `now` is aware."""
    tracing = Tracing()
    expression = compile_juel(
        source, tracing=tracing, functions=functions, surroundings=surroundings
    )
    if isinstance(expression, SyntaxFailure):
        return expression
    is_lone = len(expression.segments) == 1 and not isinstance(expression.segments[0], str)
    whole = None if is_lone else tracing.enter(0, len(source))
    result = expression.evaluate(variables, now)
    failure = result if isinstance(result, EvaluationFailure) else None
    value = None if isinstance(result, EvaluationFailure) else result
    if whole is not None and failure is None:
        whole.value, whole.is_done = value, True
    return Explanation(
        source=source,
        root=explained_root(tracing, source),
        value=value,
        failure=failure,
        warnings=(),
    )
