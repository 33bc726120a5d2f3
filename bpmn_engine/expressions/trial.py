"""One expression evaluated for whoever asks, beside any process: value, warnings, explanation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bpmn_engine.expressions.answer_size import MAX_ANSWER, is_too_large
from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.expression import (
    MAX_TEXT,
    EvaluationFailure,
    FailingError,
    Language,
    SyntaxFailure,
    syntax_failure,
)
from bpmn_engine.expressions.feel.explain import (
    Explained,
    Explanation,
    explain_feel,
    explain_program,
    explain_unary_tests,
)
from bpmn_engine.expressions.feel.program import FeelWarning, Names
from bpmn_engine.expressions.feel.values import Value, kind_of, lower
from bpmn_engine.expressions.juel.explain import explain_juel
from bpmn_engine.expressions.language import detect_language
from bpmn_engine.functions import NO_FUNCTIONS, FunctionTable
from bpmn_engine.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRequest:
    """What is to be evaluated, and how."""

    text: str
    language: Language | None = None  #: FEEL or JUEL; None goes by the looks of the text
    variables: Mapping[str, JsonValue] = field(default_factory=dict)
    is_strict: bool = False  #: FEEL fails where the standard gives null, as diagrams do
    is_unary_test: bool = False  #: FEEL: the tests of an input entry
    tested: JsonValue = None  #: the input those tests are about


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How an expression was evaluated."""

    language: Language
    value: JsonValue  #: null too where JSON cannot hold it, or it failed
    text: str  #: the value as FEEL writes it, cut off when it is long; empty when it failed
    type: str  #: of the value, by its FEEL name; empty when it failed
    failure: EvaluationFailure | None
    warnings: tuple[FeelWarning, ...]
    explanation: Explained


def try_expression(
    request: TrialRequest, now: dt.datetime, functions: FunctionTable = NO_FUNCTIONS
) -> Trial | SyntaxFailure:
    """Evaluate an expression and explain it, within the budget of one evaluation.

    FEEL evaluates as decisions do, where a part without a value is null and a warning says why,
    unless it is to be strict. JUEL is always strict, and may call `functions`; unary tests are
    FEEL. `now` is aware.
    """
    text = request.text
    if len(text) > MAX_TEXT:
        message = f"Expected at most {MAX_TEXT} characters, but the text has {len(text)}."
        return syntax_failure(message, text, MAX_TEXT)
    language = request.language or detect_language(text, default=Language.FEEL)
    language = Language.FEEL if request.is_unary_test else language
    if language is Language.JUEL:
        explanation = explain_juel(request.text, request.variables, now, functions)
    else:
        explanation = _explained_feel(request, now)
    if isinstance(explanation, SyntaxFailure):
        return explanation
    failure = explanation.failure or _too_large(explanation)
    return Trial(
        language=language,
        value=None if failure else _json(explanation.value),
        text="" if failure else explanation.root.value,
        type="" if failure else kind_of(explanation.value),
        failure=failure,
        warnings=explanation.warnings,
        explanation=explanation.root,
    )


def _explained_feel(request: TrialRequest, now: dt.datetime) -> Explanation | SyntaxFailure:
    variables = request.variables
    text = _plain(request.text)
    if request.is_unary_test:
        known = _names(variables)
        return explain_unary_tests(text, {**variables, "?": request.tested}, now, known)
    if request.is_strict:
        return explain_feel(text, request.text, variables, now)
    return explain_program(text, variables, now, _names(variables))


def _plain(text: str) -> str:
    """Return the text with a space for the `=` it may begin with, so that positions stay."""
    return text.replace("=", " ", 1) if text.lstrip().startswith("=") else text


def _names(variables: Mapping[str, JsonValue]) -> Names:
    return Names(variables=frozenset(variables), members=frozenset(_member_names(variables)))


def _member_names(variables: Mapping[str, JsonValue]) -> Iterator[str]:
    """Yield the names of entries at any depth."""
    pending: list[JsonValue] = list(variables.values())
    while pending:
        found = pending.pop()
        if isinstance(found, Mapping):
            yield from found
            pending.extend(found.values())
        elif isinstance(found, list | tuple):
            pending.extend(found)


def _json(value: Value) -> JsonValue:
    try:
        return lower(value, Budget())
    except FailingError:
        return None  # a range or a function, which only its text can show


def _too_large(explanation: Explanation) -> EvaluationFailure | None:
    """Return the failure that the value is too large to be shown as a whole."""
    if not is_too_large([explanation.value]):
        return None
    message = f"Expected a value of at most {MAX_ANSWER} characters, but this one has more."
    return EvaluationFailure(message=message, source=explanation.source, line=1, column=1)
