"""The DMN test kit, read in place: folders of models with cases in XML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from bpmn_engine.dmn.decisions import DecisionModel, compile_decisions
from bpmn_engine.dmn.model import Definitions
from bpmn_engine.dmn.reading.cases import read_cases
from bpmn_engine.dmn.reading.reader import Refusal, read_definitions
from bpmn_engine.dmn.testkit.running import run_case
from tests.conformance.scores import FOLDER, Score

NOW = dt.datetime(2026, 3, 1, 12, 30, tzinfo=dt.UTC)
KIT = "dmn-tck"

_JAVA = "it calls a method of a Java class, and the engine runs no code from outside"
_CALLS_JAVA = (
    "boxed_001",
    *(f"literal_{number:03}" for number in range(1, 13)),
    "varargs_001",
)
DEVIATING = {f"0076-feel-external-java/{case}": _JAVA for case in _CALLS_JAVA}
"""Cases whose result we do not give, and why: refused by name, null at evaluation."""


def folders(group: str) -> list[Path]:
    """Return the folders of a group; none where the kit is not here."""
    return sorted(path for path in (FOLDER / KIT / group).glob("*") if path.is_dir())


def play_folder(folder: Path, score: Score) -> None:
    """Run every case of a folder; its name and the case's id name it in the score."""
    for file in sorted(folder.glob("*test*.xml")):
        for name, difference in _play_file(file):
            if difference is None:
                score.passed.append(name)
            elif name in DEVIATING:
                score.deviating[name] = DEVIATING[name]
            else:
                score.failed[name] = difference


def _play_file(file: Path) -> Iterator[tuple[str, str | None]]:
    read = read_cases(file.read_bytes())
    assert not isinstance(read, Refusal), read
    model = _model(file.parent / (read.model_name or ""))
    for case in read.cases:
        differences = run_case(case, model, NOW)
        told = "; ".join(f"{one.result}: {one.message}" for one in differences)
        yield f"{file.parent.name}/{case.id}", told or None


def _model(path: Path) -> DecisionModel:
    beside = [_definitions(one) for one in sorted(path.parent.glob("*.dmn")) if one != path]
    return compile_decisions(_definitions(path), beside)


def _definitions(path: Path) -> Definitions:
    read = read_definitions(path.read_bytes())
    assert not isinstance(read, Refusal), read
    return read
