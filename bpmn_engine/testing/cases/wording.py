"""Problems and failures as people read them: file, line, column, and the line itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bpmn_engine.testing.cases.case_file import CaseFile, UnreadableFile
from bpmn_engine.testing.cases.case_running import CaseResult
from bpmn_engine.testing.cases.yaml_nodes import Place

_LONGEST: Final = 120


def problems_text(file: UnreadableFile) -> str:
    """Return everything that is wrong with a file, each with the line it is in."""
    return "\n".join(
        _pointed(file.path, file.lines, problem.place, problem.message)
        for problem in file.problems
    )


def failure_text(file: CaseFile, result: CaseResult) -> str:
    """Return why a case did not pass, and where its instances are."""
    parts = [
        _pointed(file.path, file.lines, failure.place, failure.message)
        for failure in result.failures
    ]
    return "\n".join((*parts, result.report))


def _pointed(path: Path, lines: Sequence[str], place: Place, message: str) -> str:
    first, *more = message.splitlines() or [""]
    at = f"{path}:{place.line}:{place.column}"
    return "\n".join((f"{at}: {first}", *_excerpt(lines, place), *more))


def _excerpt(lines: Sequence[str], place: Place) -> Iterator[str]:
    """Yield the line with a mark under the column; a long line only as far as it is needed."""
    if not 0 < place.line <= len(lines):
        return
    line = lines[place.line - 1].rstrip()
    first = max(0, place.column - _LONGEST // 2) if len(line) > _LONGEST else 0
    gutter = f"  {place.line} | "
    yield f"{gutter}{line[first : first + _LONGEST]}"
    yield f"{' ' * (len(gutter) - 2)}| {' ' * (place.column - 1 - first)}^"
