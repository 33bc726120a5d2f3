"""`bpmn-engine test`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from bpmn_engine.cli.engine_options import json_option
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode
from bpmn_engine.cli.printing import (
    Advance,
    print_error_line,
    print_json,
    print_line,
    progress_bar,
)
from bpmn_engine.testing.cases.case_file import CaseFile, ProcessCase, UnreadableFile
from bpmn_engine.testing.cases.case_running import CaseResult, run_case
from bpmn_engine.testing.cases.file_reading import SUFFIXES, read_case_file
from bpmn_engine.testing.cases.found_files import find_case_files
from bpmn_engine.testing.cases.json_schema import file_schema
from bpmn_engine.testing.cases.junit import FileResult, junit_xml
from bpmn_engine.testing.cases.wording import failure_text, problems_text
from bpmn_engine.testing.coverage.pages import write_pages
from bpmn_engine.testing.coverage.tally import CoverageTally, ProcessCoverage
from bpmn_engine.values import JsonValue

_MOST_SHOWN: Final = 12


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "-k", "--filter", "words", metavar="TEXT", help="Only cases with this text in their name."
)
@click.option(
    "--coverage",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for the diagrams with what the cases passed; made if it is not there.",
)
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file for the results as JUnit XML.",
)
@click.option(
    "--allow",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A further folder whose files may be deployed; may be given several times.  "
    "[default: the test file's own and the working folder]",
)
@click.option("--schema", is_flag=True, help="Print the JSON schema of test files, and end.")
@json_option
def test(  # noqa: PLR0913, PLR0917 — one argument for each option
    paths: tuple[Path, ...],
    words: str | None,
    coverage: Path | None,
    junit: Path | None,
    folders: tuple[Path, ...],
    schema: bool,  # noqa: FBT001 — click passes options by name
    is_json: bool,  # noqa: FBT001
) -> None:
    """Run process tests: files, or all *.bpmn-test.yaml below folders, by default the working one.

    Each case runs in an engine of its own in memory; no database, server or network is used. What
    the cases passed of each process is printed in per cent. Exit code 1 if a case fails, 2 if a
    file cannot be read as a test, 3 if there are none.
    """
    if schema:
        print_json(file_schema())
        return
    found = list(find_case_files(paths or (Path(),)))
    if not found:
        raise CommandFailedError(
            f"Expected test files (*{SUFFIXES[0]}), but found none.", ExitCode.NOT_FOUND
        )
    files = [read_case_file(path, folders=(Path.cwd(), *folders)) for path in found]
    tally = CoverageTally()
    results = _run(files, words, tally)
    if junit is not None:
        _write(junit, junit_xml(results))
    if coverage is not None:
        try:
            write_pages(coverage, tally.coverage())
        except OSError as error:
            raise CommandFailedError(f"Expected to write the coverage, but: {error}") from error
    if is_json:
        print_json(_as_json(results, tally.coverage()))
    else:
        for one in results:
            _print_file(one)
        _print_coverage(tally.coverage(), coverage)
    _end(results)


def _run(
    files: Sequence[CaseFile | UnreadableFile], words: str | None, tally: CoverageTally
) -> list[FileResult]:
    """Run the chosen cases. Nothing is printed meanwhile: the bar would swallow it."""
    total = sum(len(_chosen(file, words)) for file in files)
    with progress_bar("Running cases", total) as advance:
        return [_run_file(file, _chosen(file, words), tally, advance) for file in files]


def _run_file(
    file: CaseFile | UnreadableFile,
    cases: Sequence[ProcessCase],
    tally: CoverageTally,
    advance: Advance,
) -> FileResult:
    if isinstance(file, UnreadableFile):
        return FileResult(file=file)
    results: list[CaseResult] = []
    for case in cases:
        results.append(run_case(file, case))
        tally.add(file.resources, results[-1].traces)
        advance(1)
    return FileResult(file=file, results=tuple(results))


def _chosen(file: CaseFile | UnreadableFile, words: str | None) -> tuple[ProcessCase, ...]:
    if isinstance(file, UnreadableFile):
        return ()
    if words is None:
        return file.cases
    return tuple(case for case in file.cases if words.lower() in case.name.lower())


def _print_file(one: FileResult) -> None:
    if isinstance(one.file, UnreadableFile):
        print_error_line(problems_text(one.file))
        return
    if one.results:
        print_line(str(one.file.path))
    for result in one.results:
        print_line(f"  {'ok    ' if result.is_passed else 'FAILED'} {result.case.name}")
        if not result.is_passed:
            text = failure_text(one.file, result)
            print_line("".join(f"    {line}" for line in text.splitlines(keepends=True)))


def _print_coverage(coverage: Sequence[ProcessCoverage], folder: Path | None) -> None:
    for one in coverage:
        print_line(
            f"Coverage of {one.process.elements.process_id}: elements {one.element_share}, "
            f"sequence flows {one.flow_share}"
        )
        _print_missing("not passed", [element.label for element in one.missing_elements])
        _print_missing("flows not taken", [flow.flow_id for flow in one.missing_flows])
    if folder is not None:
        print_line(f"Diagrams: {folder / 'index.html'}")


def _print_missing(label: str, missing: Sequence[str]) -> None:
    if missing:
        more = len(missing) - _MOST_SHOWN
        rest = f" and {more} more" if more > 0 else ""
        print_line(f"  {label}: {', '.join(missing[:_MOST_SHOWN])}{rest}")


def _end(results: Sequence[FileResult]) -> None:
    """Say how it went; end with the exit code for it."""
    cases = [case for one in results for case in one.results]
    failed = sum(not case.is_passed for case in cases)
    unreadable = sum(isinstance(one.file, UnreadableFile) for one in results)
    if unreadable:
        raise CommandFailedError(
            f"{unreadable} of {len(results)} files cannot be read as tests; {failed} of "
            f"{len(cases)} cases failed.",
            ExitCode.USAGE,
        )
    if not cases:
        raise CommandFailedError(
            "Expected a case to run, but none was chosen.", ExitCode.NOT_FOUND
        )
    if failed:
        raise CommandFailedError(f"{failed} of {len(cases)} cases failed.")
    print_error_line("1 case passed." if len(cases) == 1 else f"{len(cases)} cases passed.")


def _as_json(
    results: Sequence[FileResult], coverage: Sequence[ProcessCoverage]
) -> Mapping[str, JsonValue]:
    return {
        "files": [_file_as_json(one) for one in results],
        "coverage": [_coverage_as_json(one) for one in coverage],
    }


def _file_as_json(one: FileResult) -> JsonValue:
    problems: Sequence[JsonValue] = ()
    if isinstance(one.file, UnreadableFile):
        problems = [
            {
                "line": problem.place.line,
                "column": problem.place.column,
                "message": problem.message,
            }
            for problem in one.file.problems
        ]
    return {
        "file": str(one.file.path),
        "problems": problems,
        "cases": [_case_as_json(result) for result in one.results],
    }


def _case_as_json(result: CaseResult) -> JsonValue:
    return {
        "name": result.case.name,
        "line": result.case.place.line,
        "is_passed": result.is_passed,
        "seconds": round(result.seconds, 3),
        "failures": [
            {
                "line": failure.place.line,
                "column": failure.place.column,
                "message": failure.message,
            }
            for failure in result.failures
        ],
        "report": result.report,
    }


def _coverage_as_json(one: ProcessCoverage) -> JsonValue:
    elements, flows = one.element_share, one.flow_share
    return {
        "process_id": one.process.elements.process_id,
        "elements": {
            "passed": elements.passed,
            "total": elements.total,
            "percent": elements.percent,
            "missing": [element.element_id for element in one.missing_elements],
        },
        "flows": {
            "passed": flows.passed,
            "total": flows.total,
            "percent": flows.percent,
            "missing": [flow.flow_id for flow in one.missing_flows],
        },
    }


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise CommandFailedError(f"Expected to write {path}, but: {error}") from error
