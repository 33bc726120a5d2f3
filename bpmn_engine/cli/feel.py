"""`bpmn-engine feel`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from bpmn_engine.cli.engine_options import json_option
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode
from bpmn_engine.cli.printing import print_error_line, print_json, print_line
from bpmn_engine.clock import SystemClock
from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.expression import EvaluationFailure, FailingError, SyntaxFailure
from bpmn_engine.expressions.feel.explain import (
    Explanation,
    explain_feel,
    explain_program,
    explanation_lines,
)
from bpmn_engine.expressions.feel.program import Names
from bpmn_engine.expressions.feel.values import Value, lower, text_of
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
@json_option
def feel(
    expression: str,
    context_file: Path | None,
    strict: bool,  # noqa: FBT001 — click passes options by name
    explain: bool,  # noqa: FBT001
    is_json: bool,  # noqa: FBT001
) -> None:
    """Evaluate a FEEL expression.

    Without --strict a part that has no value is null, with a warning, as DMN has it.
    """
    variables = _read_context(context_file)
    explanation = _explanation(expression, variables, is_strict=strict)
    if is_json:
        print_json(_as_json(explanation, has_tree=explain))
        return
    print_line(_shown(explanation.value))
    for warning in explanation.warnings:
        print_error_line(f"{warning.line}:{warning.column}: {warning.message}")
    if explain:
        for line in explanation_lines(explanation.root):
            print_line(line)


def _read_context(file: Path | None) -> Mapping[str, JsonValue]:
    if file is None:
        return {}
    try:
        context: JsonValue = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"Expected a file with a JSON object, but {file}: {error}"
        raise CommandFailedError(message, ExitCode.USAGE) from error
    if not isinstance(context, dict):
        message = f"Expected a JSON object in {file}, but it holds something else."
        raise CommandFailedError(message, ExitCode.USAGE)
    return context


def _explanation(text: str, variables: Mapping[str, JsonValue], *, is_strict: bool) -> Explanation:
    now = SystemClock().now()
    if is_strict:
        found = explain_feel(text, text, variables, now)
    else:
        known = Names(variables=frozenset(variables), members=frozenset(_member_names(variables)))
        found = explain_program(text, variables, now, known)
    if isinstance(found, SyntaxFailure):
        raise CommandFailedError(_with_place(found), ExitCode.USAGE)
    if found.failure is not None:
        raise CommandFailedError(_with_place(found.failure))
    return found


def _with_place(failure: SyntaxFailure | EvaluationFailure) -> str:
    return f"{failure.line}:{failure.column}: {failure.message}"


def _member_names(value: JsonValue | Mapping[str, JsonValue]) -> Iterator[str]:
    """Yield the names of entries at any depth."""
    pending: list[JsonValue | Mapping[str, JsonValue]] = [value]
    while pending:
        found = pending.pop()
        if isinstance(found, Mapping):
            yield from found
            pending.extend(found.values())
        elif isinstance(found, list):
            pending.extend(found)


def _as_json(explanation: Explanation, *, has_tree: bool) -> Mapping[str, object]:
    document: dict[str, object] = {
        "value": _lowered(explanation.value),
        "text": explanation.root.value,
        "warnings": explanation.warnings,
    }
    if has_tree:
        document["explanation"] = explanation.root
    return document


def _lowered(value: Value) -> JsonValue:
    try:
        return lower(value, Budget())
    except FailingError:
        return None  # a range or a function, which only its text can show


def _shown(value: Value) -> str:
    try:
        return json.dumps(lower(value, Budget()), ensure_ascii=False)
    except FailingError:
        return text_of(value)
