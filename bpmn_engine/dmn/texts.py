"""Values from texts: what XML Schema and JSON write as text, FEEL has as values of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from bpmn_engine.dmn.feel import (
    Evaluation,
    FailingError,
    FeelProgram,
    Names,
    Value,
    compile_program,
)

_NO_TIME = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_TEXT = Names(variables=frozenset({"text"}))
_READERS: Final[Mapping[str, str]] = {
    "number": "number(text)",
    "date": "date(text)",
    "time": "time(text)",
    "date and time": "date and time(text)",
    "days and time duration": "duration(text)",
    "years and months duration": "duration(text)",
}
"""The kind of a value, and the FEEL that makes one of a text."""

_PROGRAMS: Final = {kind: compile_program(source, _TEXT) for kind, source in _READERS.items()}


def is_written_as_text(kind: str) -> bool:
    """Tell whether JSON has values of this kind of FEEL as texts."""
    return kind in _PROGRAMS and kind != "number"


def value_of(text: str, kind: str) -> Value:
    """Return the value of this kind that a text says; null when it says none."""
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.strip())
    program = _PROGRAMS.get(kind)
    if not isinstance(program, FeelProgram):
        return text
    try:
        return program.run({"text": text.strip()}, Evaluation(_NO_TIME))
    except FailingError:
        return None
