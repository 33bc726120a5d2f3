"""The FEEL expression: text in, value or failure out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bpmn_engine.expressions.expression import (
    MAX_DEPTH,
    EvaluationFailure,
    FailingError,
    Language,
    Strictness,
    SyntaxFailure,
    evaluation_failure,
    syntax_failure,
)
from bpmn_engine.expressions.feel import (
    calls,
    filters,
    functions,
    loops,
    membership,
    operations,
)
from bpmn_engine.expressions.feel.builtins.table import BUILTIN_NAMES
from bpmn_engine.expressions.feel.compiler import compile_node
from bpmn_engine.expressions.feel.known import KnownNames
from bpmn_engine.expressions.feel.parse import parse_feel
from bpmn_engine.expressions.feel.scope import Evaluation, FeelWarning, Scope
from bpmn_engine.expressions.feel.shortcut import Shortcut, shortcut
from bpmn_engine.expressions.feel.tokens import FeelTokens
from bpmn_engine.expressions.feel.trace import Tracing
from bpmn_engine.expressions.feel.unit import Code, Unit
from bpmn_engine.expressions.feel.values import lower
from bpmn_engine.expressions.misread import MisreadError
from bpmn_engine.values import JsonValue

NODE_COMPILERS = (operations, membership, filters, loops, functions, calls)
"""The modules that register what `compile_node` knows."""


PLAIN_TOKENS = FeelTokens(BUILTIN_NAMES, KnownNames())
"""Tells names apart where no variables are known beforehand, as in diagrams."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeelExpression:
    """A compiled FEEL expression."""

    source: str
    names: frozenset[str]
    code: Code
    shortcut: Shortcut | None = None  #: the short way through a simple condition
    is_lenient: bool = False  #: warnings are not failures
    language: Language = Language.FEEL

    def evaluate(
        self, variables: Mapping[str, JsonValue], now: dt.datetime
    ) -> JsonValue | EvaluationFailure:
        """Return the value as JSON, or why there is none; `now` is aware."""
        if self.shortcut is not None:
            verdict = self.shortcut(variables)
            if verdict is not None:
                return verdict
        return self.evaluate_traced(variables, now, None)

    def evaluate_traced(
        self, variables: Mapping[str, JsonValue], now: dt.datetime, tracing: Tracing | None
    ) -> JsonValue | EvaluationFailure:
        """Return the value as JSON, or why there is none, and fill the tracing."""
        try:
            evaluation = Evaluation(now)
            evaluation.tracing = tracing
            value = lower(self.code(Scope(variables, None, evaluation)), evaluation.budget)
        except FailingError as failing:
            return evaluation_failure(failing, self.source, self.names, variables)
        except ArithmeticError:
            reason = FailingError("Expected finite numbers, but found one that is not.")
            return evaluation_failure(reason, self.source, self.names, variables)
        except RecursionError:
            reason = FailingError("Expected values of fewer levels, but these nest too deep.")
            return evaluation_failure(reason, self.source, self.names, variables)
        if evaluation.warnings and not self.is_lenient:
            return self._warned(evaluation.warnings[0], variables)
        return value

    def _warned(
        self, warning: FeelWarning, variables: Mapping[str, JsonValue]
    ) -> EvaluationFailure:
        return EvaluationFailure(
            message=warning.message,
            source=self.source,
            line=warning.line,
            column=warning.column,
            values={name: variables[name] for name in sorted(self.names) if name in variables},
        )


def compile_feel(
    text: str,
    source: str,
    *,
    is_traced: bool = False,
    strictness: Strictness = Strictness.STRICT,
) -> FeelExpression | SyntaxFailure:
    """Compile a FEEL text; offsets in `text` are those in `source`, which messages show.

    What a lenient text may say is the same: what is refused in a strict one is refused in it.
    """
    unit = Unit(
        source=source,
        is_traced=is_traced,
        allows_absence=strictness is Strictness.PATIENT,
    )
    is_lenient = strictness is Strictness.LENIENT
    try:
        node = parse_feel(text, PLAIN_TOKENS)
        code = compile_node(node, unit)
        if is_lenient:
            code = compile_node(node, replace(unit, is_strict=False))
    except MisreadError as error:
        return syntax_failure(error.message, source, error.offset)
    except RecursionError:
        message = f"Expected at most {MAX_DEPTH} levels, but the expression nests deeper."
        return syntax_failure(message, source, 0)
    return FeelExpression(
        source=source,
        names=frozenset(unit.names),
        code=code,
        shortcut=shortcut(node),
        is_lenient=is_lenient,
    )
