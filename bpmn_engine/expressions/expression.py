"""What every expression language of the engine has in common: the port and its outcomes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from bpmn_engine.values import JsonValue

MAX_TEXT = 20_000
"""Characters an expression may have; a longer text is a syntax failure."""

MAX_DEPTH = 100
"""Levels an expression may nest; a deeper text is a syntax failure."""

MAX_STEPS = 250_000
"""Steps one evaluation may take, counted where an expression repeats itself."""

MAX_STRING = 1_000_000
"""Characters a string made by an expression may have."""


class Language(Enum):
    """The language an expression is written in."""

    FEEL = "feel"  #: the Friendly Enough Expression Language, DMN 1.5, chapter 10
    JUEL = "juel"  #: the Unified Expression Language with the methods Camunda 7 diagrams use
    LITERAL = "literal"  #: the text itself


class Strictness(Enum):
    """What an expression in FEEL does about what does not exist; other languages are strict."""

    STRICT = "strict"  #: a missing variable, entry or item is a failure, unless it is asked for
    PATIENT = "patient"  #: it is null: in conditions that are asked until they are true
    LENIENT = "lenient"  #: as in decisions, whatever goes wrong is null, without a word


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntaxFailure:
    """A text that is no expression."""

    message: str  #: "Expected <this>, but <that>."
    source: str  #: the whole text
    line: int  #: from 1
    column: int  #: from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationFailure:
    """An expression that has no value for these variables."""

    message: str  #: "Expected <this>, but <that>."
    source: str  #: the whole text
    line: int  #: from 1
    column: int  #: from 1
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    """The variables the expression reads and what they held; undefined ones are left out."""


class Expression(Protocol):
    """One compiled expression; immutable, re-entrant and safe to share between threads."""

    @property
    def source(self) -> str:
        """The text as it was written."""

    @property
    def language(self) -> Language:
        """The language the text was read as."""

    @property
    def names(self) -> frozenset[str]:
        """The names of the variables the expression may read."""

    def evaluate(
        self, variables: Mapping[str, JsonValue], now: dt.datetime
    ) -> JsonValue | EvaluationFailure:
        """Return the value, or why there is none; `now` is aware and the only clock."""


class FailingError(Exception):
    """An evaluation cannot go on; caught at the border and turned into a failure value."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset  #: into the source, from 0


class MisfitError(FailingError):
    """A value is not what an operation needs; where null may stand for that, it is no end."""


def position(source: str, offset: int) -> tuple[int, int]:
    """Return line and column, both from 1, of the character at `offset`."""
    offset = max(0, min(offset, len(source)))
    line = source.count("\n", 0, offset) + 1
    return line, offset - source.rfind("\n", 0, offset)


def syntax_failure(message: str, source: str, offset: int) -> SyntaxFailure:
    """Return the failure that points at the character at `offset`."""
    line, column = position(source, offset)
    return SyntaxFailure(message=message, source=source, line=line, column=column)


def evaluation_failure(
    failing: FailingError,
    source: str,
    names: frozenset[str],
    variables: Mapping[str, JsonValue],
) -> EvaluationFailure:
    """Return the failure with its position and the values of those `names` that are defined."""
    line, column = position(source, failing.offset)
    values = {name: variables[name] for name in sorted(names) if name in variables}
    return EvaluationFailure(
        message=failing.message, source=source, line=line, column=column, values=values
    )
