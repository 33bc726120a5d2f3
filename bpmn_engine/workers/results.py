"""How the output of an adapter becomes variables, a BPMN error or a failure: task headers.

    resultVariable     the whole output becomes this one variable
    resultExpression   FEEL; a context whose entries become variables
    errorExpression    FEEL; null, or what `bpmnError(code, message, variables?)` or
                       `jobError(message, variables?, retries?, pause?)` gives

Without the first two, every field of the output becomes a variable. Expressions read the fields of
the output by name, the whole as `response`, and `error` (code, message) after a failed call. The
names are those of Camunda's connectors.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from bpmn_engine.expressions.durations import parse_duration
from bpmn_engine.expressions.expression import EvaluationFailure, Expression, SyntaxFailure
from bpmn_engine.expressions.language import Strictness, compile_expression
from bpmn_engine.ports import Failed
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.work import JobPhase
from bpmn_engine.workers.outcomes import Completed, GiveUp, Outcome, Thrown, TryAgain

RESULT_VARIABLE: Final = "resultVariable"
RESULT_EXPRESSION: Final = "resultExpression"
ERROR_EXPRESSION: Final = "errorExpression"

_DONE_ALREADY: Final = "The work itself is done; complete the job by hand or retry to do it again."
_BPMN_ERRORS: Final = (
    'bpmnError: function(code, message) {errorType: "bpmnError", code: code, message: message}',
    "bpmnError: function(code, message, variables) "
    '{errorType: "bpmnError", code: code, message: message, variables: variables}',
)
_JOB_ERRORS: Final = (
    'jobError: function(message) {errorType: "jobError", message: message}',
    "jobError: function(message, variables) "
    '{errorType: "jobError", message: message, variables: variables}',
    "jobError: function(message, variables, retries) "
    '{errorType: "jobError", message: message, variables: variables, retries: retries}',
    "jobError: function(message, variables, retries, pause) "
    '{errorType: "jobError", message: message, variables: variables, retries: retries, '
    "pause: pause}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultMapping:
    """What one task does with the output of its adapter."""

    variable: str | None = None
    expression: Expression | None = None
    error_expressions: tuple[Expression, ...] = ()  #: the same text for each number of arguments

    def of_output(self, output: Variables, now: dt.datetime) -> Outcome:
        """Return what a finished call becomes."""
        seen: Variables = {**output, "response": dict(output)}
        error = self._error(seen, now)
        return self._completed(output, seen, now) if error is None else error

    def of_failure(self, failure: Failed, now: dt.datetime) -> Outcome | None:
        """Return what the task makes of a failed call; None when it leaves it to the policy."""
        seen: Variables = {
            **failure.variables,
            "response": dict(failure.variables),
            "error": {"code": failure.code, "message": failure.message},
        }
        return self._error(seen, now)

    def _completed(self, output: Variables, seen: Variables, now: dt.datetime) -> Outcome:
        if self.variable is None and self.expression is None:
            return Completed(variables=output)
        variables: dict[str, JsonValue] = {}
        if self.variable is not None:
            variables[self.variable] = dict(output)
        if self.expression is not None:
            value = self.expression.evaluate(seen, now)
            if isinstance(value, EvaluationFailure):
                return _useless(RESULT_EXPRESSION, value.message)
            if not isinstance(value, Mapping):
                return _useless(RESULT_EXPRESSION, "Expected a context, but got another value.")
            variables |= value
        return Completed(variables=variables)

    def _error(self, seen: Variables, now: dt.datetime) -> Outcome | None:
        first: EvaluationFailure | None = None
        for expression in self.error_expressions:
            value = expression.evaluate(seen, now)
            if not isinstance(value, EvaluationFailure):
                return None if value is None else _read_error(value)
            first = first or value
        return None if first is None else _useless(ERROR_EXPRESSION, first.message)


def read_mapping(
    headers: Mapping[str, str], strictness: Strictness = Strictness.STRICT
) -> ResultMapping | str:
    """Return the mapping that task headers ask for, or which of them is no expression, and why.

    `strictness` is that of the result expression: what the setting `strict_mappings` says.
    """
    result: Expression | None = None
    text = headers.get(RESULT_EXPRESSION, "").strip()
    if text:
        compiled = compile_expression(text, strictness=strictness)
        if isinstance(compiled, SyntaxFailure):
            return _no_expression(RESULT_EXPRESSION, compiled)
        result = compiled
    errors = _compile_errors(headers.get(ERROR_EXPRESSION, "").strip())
    if isinstance(errors, SyntaxFailure):
        return _no_expression(ERROR_EXPRESSION, errors)
    return ResultMapping(
        variable=headers.get(RESULT_VARIABLE, "").strip() or None,
        expression=result,
        error_expressions=errors,
    )


def _compile_errors(text: str) -> tuple[Expression, ...] | SyntaxFailure:
    """Compile the text once for each way its two functions may be called.

    FEEL has no optional arguments, but these functions have: the first way that fits is taken.
    """
    if not text:
        return ()
    if "bpmnError" not in text and "jobError" not in text:
        plain = compile_expression(text, strictness=Strictness.PATIENT)
        return plain if isinstance(plain, SyntaxFailure) else (plain,)
    body = text.removeprefix("=")
    compiled: list[Expression] = []
    for bpmn_error, job_error in product(_BPMN_ERRORS, _JOB_ERRORS):
        one = compile_expression(
            f"= {{{bpmn_error}, {job_error}, outcome: {body}}}.outcome",
            strictness=Strictness.PATIENT,
        )
        if isinstance(one, SyntaxFailure):
            return one
        compiled.append(one)
    return tuple(compiled)


def _read_error(value: JsonValue) -> Outcome:
    said = _variables(value)
    code = said.get("code")
    match said.get("errorType"):
        case "bpmnError" if isinstance(code, str) and code:
            return Thrown(
                error_code=code,
                message=_text(said.get("message")),
                variables=_variables(said.get("variables")),
            )
        case "jobError":
            return _read_job_error(_text(said.get("message")), said)
        case _:
            return _useless(
                ERROR_EXPRESSION, "Expected null, bpmnError(…) or jobError(…), but got another."
            )


def _read_job_error(message: str, rest: Mapping[str, JsonValue]) -> Outcome:
    retries, pause = rest.get("retries"), rest.get("pause")
    if retries is not None and (isinstance(retries, bool) or not isinstance(retries, int | float)):
        return _useless(ERROR_EXPRESSION, "Expected a number of retries, but got another value.")
    after: dt.timedelta | None = None
    if pause is not None:
        duration = parse_duration(_text(pause))
        if isinstance(duration, EvaluationFailure):
            return _useless(ERROR_EXPRESSION, duration.message)
        after = duration.span
    return TryAgain(
        message=message,
        after=after,
        retries_left=None if retries is None else max(0, int(retries)),
    )


def _text(value: JsonValue) -> str:
    return "" if value is None else str(value)


def _variables(value: JsonValue) -> Variables:
    return value if isinstance(value, Mapping) else {}


def _useless(header: str, message: str) -> GiveUp:
    """Return the outcome of a call whose result the task cannot read; nothing is repeated."""
    return GiveUp(
        message=f"Expected a usable task header {header}, but: {message} {_DONE_ALREADY}",
        phase=JobPhase.UNKNOWN,
    )


def _no_expression(header: str, failure: SyntaxFailure) -> str:
    return f"Expected FEEL in the task header {header}, but: {failure.message}"
