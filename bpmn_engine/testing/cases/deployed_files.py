"""The files that a test file deploys: only from its own folder and below allowed ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bpmn_engine.parser.document import MAX_BYTES
from bpmn_engine.service.outcomes import Resource
from bpmn_engine.testing.cases.shapes import did_you_mean
from bpmn_engine.testing.cases.yaml_nodes import FileProblem, Scalar

_SUFFIXES: Final = frozenset({".bpmn", ".form", ".dmn"})
_MOST_FILES: Final = 1_000


def read_resources(
    names: Sequence[Scalar], *, file: Path, folders: Sequence[Path]
) -> Iterator[Resource | FileProblem]:
    """Yield what is to be deployed, or why it is not.

    Args:
        names: files and folders, as seen from the folder of the test file.
        file: the test file.
        folders: where files may be, beside the test file's own folder.
    """
    allowed = [folder.resolve() for folder in (file.parent, *folders)]
    for name in names:
        path = file.parent / name.text
        problem = _refuse(name, path, allowed)
        if problem is not None:
            yield problem
        elif path.is_dir():
            yield from _folder(name, path, allowed)
        else:
            yield _read(name, path.name, path)


def _refuse(name: Scalar, path: Path, allowed: Sequence[Path]) -> FileProblem | None:
    if "\0" in name.text or not _is_below(path, allowed):
        return FileProblem(
            place=name.place,
            message=f"Expected a file below the test file's folder or the working folder, but "
            f"{name.text!r} is elsewhere.",
        )
    if not path.exists():
        siblings = (
            sorted(one.name for one in path.parent.iterdir()) if path.parent.is_dir() else []
        )
        return FileProblem(
            place=name.place,
            message=f"Expected the file {name.text!r}, but there is none in "
            f"{path.parent}.{did_you_mean(path.name, siblings)}",
        )
    if path.is_file() and path.suffix not in _SUFFIXES:
        return FileProblem(
            place=name.place,
            message=f"Expected a .bpmn, .form or .dmn file or a folder, but got {name.text!r}.",
        )
    return None


def _folder(
    name: Scalar, folder: Path, allowed: Sequence[Path]
) -> Iterator[Resource | FileProblem]:
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in _SUFFIXES and path.is_file() and _is_below(path, allowed)
    )
    if not found:
        yield FileProblem(
            place=name.place,
            message=f"Expected .bpmn, .form or .dmn files in {name.text!r}, but there are none.",
        )
    if len(found) > _MOST_FILES:
        yield FileProblem(
            place=name.place,
            message=f"Expected at most {_MOST_FILES:,} files in {name.text!r}, but found more.",
        )
        return
    for path in found:
        yield _read(name, path.relative_to(folder).as_posix(), path)


def _read(name: Scalar, resource_name: str, path: Path) -> Resource | FileProblem:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"Expected to read {name.text!r}, but: {error.strerror}."
        return FileProblem(place=name.place, message=message)
    return Resource(name=resource_name, content=content)


def _is_below(path: Path, allowed: Sequence[Path]) -> bool:
    """Tell whether a path, with symbolic links followed, is in or below one of the folders."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError, ValueError):
        return False
    return any(real.is_relative_to(folder) for folder in allowed)
