"""Test files below folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from bpmn_engine.testing.cases.file_reading import SUFFIXES

_SKIPPED: Final = frozenset({"node_modules", "__pycache__"})


def find_case_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files as they are named, and all test files below folders, each once.

    Folders whose name begins with a dot are not looked into.
    """
    seen: set[Path] = set()
    for path in paths:
        for found in _below(path) if path.is_dir() else (path,):
            if found.resolve() not in seen:
                seen.add(found.resolve())
                yield found


def _below(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in _SKIPPED
        )
        yield from (Path(root) / name for name in sorted(files) if name.endswith(SUFFIXES))
