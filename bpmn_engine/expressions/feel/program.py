"""FEEL as decisions use it: FEEL values in, a FEEL value and warnings out (DMN 1.5, chapter 10).

As the standard asks, what goes wrong gives null and a warning; only a spent budget is a failure.
A text is compiled with the names in scope, for a name may have spaces and operators in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bpmn_engine.expressions.expression import (
    MAX_DEPTH,
    MAX_TEXT,
    EvaluationFailure,
    FailingError,
    SyntaxFailure,
    evaluation_failure,
    syntax_failure,
)
from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.builtins.table import BUILTIN_NAMES
from bpmn_engine.expressions.feel.compiler import compile_node
from bpmn_engine.expressions.feel.expression import NODE_COMPILERS as NODE_COMPILERS
from bpmn_engine.expressions.feel.expression import PLAIN_TOKENS
from bpmn_engine.expressions.feel.known import KnownNames
from bpmn_engine.expressions.feel.parse import parse_feel, parse_unary_tests
from bpmn_engine.expressions.feel.scope import Evaluation, Scope
from bpmn_engine.expressions.feel.scope import FeelWarning as FeelWarning
from bpmn_engine.expressions.feel.tokens import FeelTokens
from bpmn_engine.expressions.feel.unit import Code, Unit
from bpmn_engine.expressions.feel.values import FeelType, Value
from bpmn_engine.expressions.misread import MisreadError


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a text may name besides built-ins and the names it introduces itself."""

    variables: frozenset[str] = frozenset()  #: in scope: inputs, decisions, parameters
    members: frozenset[str] = frozenset()  #: of the types of those, at any depth
    types: Mapping[str, FeelType] = field(default_factory=dict)  #: item definitions, by name


NO_NAMES = Names()
"""What a text may name when nothing is in scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an evaluation gave."""

    value: Value  #: null when it failed
    failure: EvaluationFailure | None
    warnings: tuple[FeelWarning, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeelProgram:
    """A compiled text; immutable, re-entrant and safe to share between threads."""

    source: str
    names: frozenset[str]  #: the variables it may read
    code: Code

    def run(self, values: Mapping[str, Value], evaluation: Evaluation) -> Value:
        """Return the value; warnings and the budget are those of the `evaluation`.

        Functions from outside run their own programs with the same `evaluation`.

        Raises:
            FailingError: the budget is spent, or values nest too deep.
        """
        try:
            return self.code(Scope(values, None, evaluation))
        except RecursionError as error:
            message = "Expected values of fewer levels, but these nest too deep."
            raise FailingError(message) from error
        except ArithmeticError as error:
            message = "Expected values in reach, but one is not."
            raise FailingError(message) from error

    def evaluate(
        self,
        values: Mapping[str, Value],
        now: dt.datetime,
        *,
        evaluation: Evaluation | None = None,
    ) -> Outcome:
        """Return the value, the warnings, and the failure when the budget was spent.

        `now` is aware; a unary test has its input as the value `?`.
        """
        evaluation = evaluation or Evaluation(now)
        try:
            value = self.run(values, evaluation)
        except FailingError as failing:
            failure = evaluation_failure(failing, self.source, frozenset(), {})
            return Outcome(value=None, failure=failure, warnings=tuple(evaluation.warnings))
        return Outcome(value=value, failure=None, warnings=tuple(evaluation.warnings))


def compile_program(
    text: str, known: Names = NO_NAMES, *, is_traced: bool = False
) -> FeelProgram | SyntaxFailure:
    """Compile a textual expression; a traced one is slower and can be explained."""
    unit = Unit(
        source=text,
        is_strict=False,
        is_traced=is_traced,
        types=known.types,
        outer_names=known.variables,
    )
    return _compiled(text, known, unit, parse_feel)


def compile_unary_tests(
    text: str, known: Names = NO_NAMES, *, is_traced: bool = False
) -> FeelProgram | SyntaxFailure:
    """Compile the tests of an input entry: true when the input, the value `?`, meets one."""
    unit = Unit(
        source=text,
        is_strict=False,
        is_traced=is_traced,
        types=known.types,
        outer_names=known.variables,
    )
    return _compiled(text, known, unit, parse_unary_tests)


def _compiled(
    text: str, known: Names, unit: Unit, parse: Callable[[str, FeelTokens], syntax.Node]
) -> FeelProgram | SyntaxFailure:
    if len(text) > MAX_TEXT:
        message = f"Expected at most {MAX_TEXT} characters, but the text has {len(text)}."
        return syntax_failure(message, text, MAX_TEXT)
    try:
        code = compile_node(parse(text, _tokens(known)), unit)
    except MisreadError as error:
        return syntax_failure(error.message, text, error.offset)
    except RecursionError:
        message = f"Expected at most {MAX_DEPTH} levels, but the expression nests deeper."
        return syntax_failure(message, text, 0)
    return FeelProgram(source=text, names=frozenset(unit.names), code=code)


def _tokens(known: Names) -> FeelTokens:
    if known is NO_NAMES:
        return PLAIN_TOKENS
    variables = KnownNames((*known.variables, *known.types), behind=BUILTIN_NAMES)
    return FeelTokens(variables, KnownNames(known.members))
