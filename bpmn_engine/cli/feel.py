"""`bpmn-engine feel`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import click

from bpmn_engine.cli.engine_options import json_option
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode
from bpmn_engine.cli.printing import print_error_line, print_json, print_line
from bpmn_engine.clock import SystemClock
from bpmn_engine.expressions.expression import EvaluationFailure, Language, SyntaxFailure
from bpmn_engine.expressions.feel.explain import explanation_lines
from bpmn_engine.expressions.trial import Trial, TrialRequest, try_expression
from bpmn_engine.service.function_modules import load_functions
from bpmn_engine.settings import EngineSettings
from bpmn_engine.values import JsonValue


@click.command()
@click.argument("expression")
@click.option(
    "--context",
    "context_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with a JSON object: the variables.",
)
@click.option("--strict", is_flag=True, help="Fail where the standard gives null, as diagrams do.")
@click.option("--explain", is_flag=True, help="Print the value of every sub-expression.")
@click.option(
    "--juel",
    "language",
    flag_value=Language.JUEL.value,
    help="Read it as JUEL, as a text with ${…} or #{…} is anyway.",
)
@click.option(
    "--feel", "language", flag_value=Language.FEEL.value, help="Read it as FEEL in any case."
)
@click.option(
    "--unary-test",
    "tested",
    metavar="JSON",
    help="Read it as the cell of a decision table, and test this input with it.",
)
@json_option
def feel(  # noqa: PLR0913 -- click passes each option by its name
    expression: str,
    *,
    context_file: Path | None,
    strict: bool,
    explain: bool,
    language: str | None,
    tested: str | None,
    is_json: bool,
) -> None:
    """Evaluate an expression in FEEL, or in JUEL where it looks like that.

    Without --strict a part of FEEL that has no value is null, with a warning, as DMN has it.
    """
    trial = _trial(
        TrialRequest(
            text=expression,
            language=None if language is None else Language(language),
            variables=_read_context(context_file),
            is_strict=strict,
            is_unary_test=tested is not None,
            tested=None if tested is None else _read_json(tested),
        )
    )
    if is_json:
        print_json(_as_json(trial, has_tree=explain))
    else:
        _print(trial, has_tree=explain)
    if trial.failure is not None:
        raise CommandFailedError(_with_place(trial.failure))


def _trial(request: TrialRequest) -> Trial:
    if request.is_unary_test and (request.is_strict or request.language is Language.JUEL):
        message = "Expected --unary-test without --strict and --juel, which have no such tests."
        raise CommandFailedError(message, ExitCode.USAGE)
    settings = EngineSettings.from_environment(os.environ)
    known = load_functions(settings.functions).table
    trial = try_expression(request, SystemClock().now(), known)
    if isinstance(trial, SyntaxFailure):
        raise CommandFailedError(_with_place(trial), ExitCode.USAGE)
    return trial


def _read_context(file: Path | None) -> Mapping[str, JsonValue]:
    if file is None:
        return {}
    try:
        context: JsonValue = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        message = f"Expected a file with a JSON object, but {file}: {error}"
        raise CommandFailedError(message, ExitCode.USAGE) from error
    if not isinstance(context, dict):
        message = f"Expected a JSON object in {file}, but it holds something else."
        raise CommandFailedError(message, ExitCode.USAGE)
    return context


def _read_json(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"Expected JSON after --unary-test, but: {error}"
        raise CommandFailedError(message, ExitCode.USAGE) from error
    return value


def _with_place(failure: SyntaxFailure | EvaluationFailure) -> str:
    return f"{failure.line}:{failure.column}: {failure.message}"


def _as_json(trial: Trial, *, has_tree: bool) -> Mapping[str, object]:
    document: dict[str, object] = {
        "language": trial.language,
        "value": trial.value,
        "text": trial.text,
        "type": trial.type,
        "warnings": trial.warnings,
    }
    if trial.failure is not None:
        document["failure"] = {
            "message": trial.failure.message,
            "line": trial.failure.line,
            "column": trial.failure.column,
        }
    if has_tree:
        document["explanation"] = trial.explanation
    return document


def _print(trial: Trial, *, has_tree: bool) -> None:
    if trial.failure is None:
        is_json = trial.value is not None or trial.type == "null"
        print_line(json.dumps(trial.value, ensure_ascii=False) if is_json else trial.text)
    for warning in trial.warnings:
        print_error_line(f"{warning.line}:{warning.column}: {warning.message}")
    if has_tree:
        for line in explanation_lines(trial.explanation):
            print_line(line)
