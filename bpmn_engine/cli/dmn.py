"""`bpmn-engine dmn`: evaluate, check and test decisions, from files and without a database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from bpmn_engine.cli.dmn_files import UnreadableFileError, read_model
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode
from bpmn_engine.cli.parameters import VARIABLES
from bpmn_engine.cli.printing import print_error_line, print_json, print_line
from bpmn_engine.dmn.checks.findings import check_model
from bpmn_engine.dmn.decisions import DecisionModel
from bpmn_engine.dmn.json_values import JsonResult, evaluate_json
from bpmn_engine.dmn.reading.cases import read_cases
from bpmn_engine.dmn.reading.reader import Refusal
from bpmn_engine.dmn.testkit.cases import TestFile
from bpmn_engine.dmn.testkit.running import run_case
from bpmn_engine.model.definitions import Severity, Violation
from bpmn_engine.values import JsonValue

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True)


@click.group()
def dmn() -> None:
    """Evaluate, check and test decisions in DMN files."""


@dmn.command()
@click.argument("file", type=_FILE)
@click.option("--decision", help="Id or name; not needed where the file has only one.")
@click.option("--input", "input_file", type=_FILE, help="A JSON object with the inputs by name.")
@click.option("--inputs", type=VARIABLES, help="The same as text: '{\"amount\": 120}'.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON: value, rules hit, problems.")
def evaluate(
    file: Path,
    *,
    decision: str | None,
    input_file: Path | None,
    inputs: Mapping[str, JsonValue] | None,
    is_json: bool,
) -> None:
    """Evaluate a decision and print its value.

    Exit code 1 says that something went wrong: the problems say what and where.
    """
    model = read_model(file)
    given = inputs or {}
    if input_file is not None:
        given = {**VARIABLES.convert(f"@{input_file}", None, None), **given}
    wanted = decision or _only_decision(file, model)
    result = evaluate_json(model, wanted, given, dt.datetime.now(dt.UTC))
    _print_result(result, is_json=is_json)
    if result.problems:
        raise CommandFailedError(f"{file}: {wanted} has {len(result.problems)} problems.")


def _only_decision(file: Path, model: DecisionModel) -> str:
    own = [one.name for one in model.definitions.decisions]
    if len(own) != 1:
        names = ", ".join(own) or "none"
        message = f"Expected --decision, because {file} has these decisions: {names}."
        raise CommandFailedError(message, ExitCode.USAGE)
    return own[0]


def _print_result(result: JsonResult, *, is_json: bool) -> None:
    if is_json:
        print_json(result)
        return
    print_json(result.value)
    for hit in result.hits:
        rules = ", ".join(str(rule) for rule in hit.rules) or "none"
        print_error_line(f"{hit.decision}: rules that hold: {rules}")
    for problem in result.problems:
        print_error_line(str(problem))


@dmn.command()
@click.argument("files", type=_FILE, nargs=-1, required=True)
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
def check(files: tuple[Path, ...], *, is_json: bool) -> None:
    """Check decisions: expressions, requirements, types, gaps, overlaps, unreachable rules.

    Exit code 1 says that a file has an error; warnings alone are no failure.
    """
    found = {str(file): _findings(file) for file in files}
    if is_json:
        print_json(found)
    for file, violations in found.items():
        for violation in violations if not is_json else ():
            print_error_line(_sentence(file, violation))
        if not is_json:
            print_line(f"{file}: {_summary(violations)}")
    wrong = [file for file, violations in found.items() if _has_error(violations)]
    if wrong:
        raise CommandFailedError(f"{', '.join(wrong)}: see the errors above.")


def _findings(file: Path) -> tuple[Violation, ...]:
    try:
        model = read_model(file)
    except UnreadableFileError as error:
        return tuple(error.violations)
    return tuple(sorted(check_model(model), key=lambda one: one.line or 0))


def _has_error(violations: tuple[Violation, ...]) -> bool:
    return any(one.severity is Severity.ERROR for one in violations)


def _summary(violations: tuple[Violation, ...]) -> str:
    counts = {
        severity.value: sum(one.severity is severity for one in violations)
        for severity in Severity
    }
    told = [f"{count} {word}" for word, count in counts.items() if count]
    return ", ".join(told) or "nothing found"


def _sentence(file: str, violation: Violation) -> str:
    place = file if violation.line is None else f"{file}:{violation.line}"
    element = "" if violation.element_id is None else f" {violation.element_id}:"
    return f"{place}: {violation.severity.value}:{element} {violation.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What became of one test case."""

    file: str
    case: str
    difference: str | None


@dmn.command()
@click.argument("folder", type=_FOLDER)
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
def test(folder: Path, *, is_json: bool) -> None:
    """Run the test cases in a folder, in the format of the DMN test kit, and print the score.

    Every XML file with test cases is run, in the folder and below; exit code 1 if a case fails.
    """
    outcomes = [one for file in _case_files(folder) for one in _run(*file)]
    failed = [one for one in outcomes if one.difference is not None]
    if is_json:
        print_json(
            {"passed": len(outcomes) - len(failed), "total": len(outcomes), "failed": failed}
        )
    else:
        for one in failed:
            print_error_line(f"{one.file}: {one.case}: {one.difference}")
        print_line(f"{len(outcomes) - len(failed)}/{len(outcomes)}")
    if not outcomes:
        raise CommandFailedError(f"{folder}: there are no test cases.", ExitCode.NOT_FOUND)
    if failed:
        raise CommandFailedError(f"{len(failed)} of {len(outcomes)} test cases fail.")


def _case_files(folder: Path) -> Iterator[tuple[Path, TestFile]]:
    paths = [folder] if folder.is_file() else sorted(folder.rglob("*.xml"))
    for path in paths:
        read = read_cases(path.read_bytes())
        if not isinstance(read, Refusal):
            yield path, read


def _run(path: Path, read: TestFile) -> Iterator[_Outcome]:
    now = dt.datetime.now(dt.UTC)
    try:
        model = read_model(_model_path(path, read))
    except CommandFailedError as error:
        for case in read.cases:
            yield _Outcome(file=str(path), case=case.id, difference=str(error))
        return
    for case in read.cases:
        differences = run_case(case, model, now)
        told = "; ".join(f"{one.result}: {one.message}" for one in differences)
        yield _Outcome(file=str(path), case=case.id, difference=told or None)


def _model_path(path: Path, read: TestFile) -> Path:
    """Return the model beside the cases: the one they name, or the only one there is."""
    if read.model_name is not None:
        return path.parent / Path(read.model_name).name
    found = sorted(path.parent.glob("*.dmn"))
    if len(found) != 1:
        message = f"{path}: Expected a modelName, because {len(found)} models are beside it."
        raise CommandFailedError(message, ExitCode.USAGE)
    return found[0]
