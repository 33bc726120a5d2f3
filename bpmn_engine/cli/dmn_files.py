"""Decision models from files: one that is named, with those beside it that it imports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode
from bpmn_engine.dmn.decisions import DecisionModel, compile_decisions
from bpmn_engine.dmn.model import Definitions
from bpmn_engine.dmn.reading.reader import Refusal, read_definitions
from bpmn_engine.model.definitions import Violation


class UnreadableFileError(CommandFailedError):
    """Expected a DMN file, but it cannot be read."""

    def __init__(self, path: Path, violations: Sequence[Violation]) -> None:
        told = "; ".join(_told(one) for one in violations)
        super().__init__(f"{path}: {told}", ExitCode.REFUSED)
        self.violations = violations


def read_model(path: Path) -> DecisionModel:
    """Return the compiled model of a file; imports are looked for in the same folder.

    Raises:
        UnreadableFileError: the file, or one it imports, is no DMN file.
    """
    main = _read(path)
    if not main.imports:
        return compile_decisions(main)
    beside = [one for one in sorted(path.parent.glob("*.dmn")) if one.resolve() != path.resolve()]
    return compile_decisions(main, _imported(main, beside))


def _imported(main: Definitions, beside: Iterable[Path]) -> list[Definitions]:
    """Return those files beside that the main one imports, at any depth."""
    files: dict[str, Definitions] = {}
    for path in beside:
        read = read_definitions(path.read_bytes())
        if isinstance(read, Definitions):
            files.setdefault(read.namespace, read)
    wanted = [one.namespace for one in main.imports]
    found: dict[str, Definitions] = {}
    while wanted:
        namespace = wanted.pop()
        if namespace in files and namespace not in found:
            found[namespace] = files[namespace]
            wanted += [one.namespace for one in files[namespace].imports]
    return list(found.values())


def _read(path: Path) -> Definitions:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CommandFailedError(f"{path}: {error.strerror}", ExitCode.NOT_FOUND) from error
    read = read_definitions(content)
    if isinstance(read, Refusal):
        raise UnreadableFileError(path, read.violations)
    return read


def _told(violation: Violation) -> str:
    place = "" if violation.line is None else f"line {violation.line}: "
    element = "" if violation.element_id is None else f"{violation.element_id}: "
    return f"{place}{element}{violation.message}"
