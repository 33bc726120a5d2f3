"""From the text of a type to the type (DMN 1.5, 10.3.1.2, rule 54)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bpmn_engine.expressions.feel.types import (
    SIMPLE_TYPES,
    ContextType,
    FeelType,
    FunctionType,
    ListType,
    RangeType,
)

_PIECE = re.compile(r"->|-\s*>|[<>,:]|[^<>,:\s-]+|-")
_MAX_LEVELS = 30


class _TypeError(Exception):
    """The text is no type; caught in `read_type`."""


def read_type(text: str, types: Mapping[str, FeelType]) -> FeelType | str:
    """Return the type a text says, or what is wrong with it; `types` are known by name."""
    whole = " ".join(text.split()).replace(" . ", ".")
    if whole in types:
        return types[whole]
    reading = _Reading(_PIECE.findall(whole), types)
    try:
        found = reading.read_type(0)
    except _TypeError as error:
        return str(error)
    return found if reading.is_at_end else f"Expected a type, but found {text}."


class _Reading:
    """One way through a text, from left to right."""

    def __init__(self, pieces: list[str], types: Mapping[str, FeelType]) -> None:
        self._pieces = pieces
        self._types = types
        self._index = 0

    @property
    def is_at_end(self) -> bool:
        return self._index == len(self._pieces)

    def read_type(self, level: int) -> FeelType:
        if level > _MAX_LEVELS:
            message = f"Expected a type of at most {_MAX_LEVELS} levels."
            raise _TypeError(message)
        name = self._words()
        if self._next() == "<":
            return self._generic(name, level + 1)
        found = self._types.get(name) or SIMPLE_TYPES.get(name)
        if found is None:
            known = ", ".join(sorted({each.name for each in SIMPLE_TYPES.values()}))
            message = f"Expected a type ({known}), but found {name}."
            raise _TypeError(message)
        return found

    def _generic(self, name: str, level: int) -> FeelType:
        self._take("<")
        made: FeelType
        match name:
            case "list":
                made = ListType(item=self.read_type(level))
            case "range":
                made = RangeType(end=self.read_type(level))
            case "context":
                made = ContextType(entries=dict(self._entries(level)))
            case "function":
                return self._function(level)
            case _:
                message = f"Expected list, range, context or function before <, but found {name}."
                raise _TypeError(message)
        self._take(">")
        return made

    def _entries(self, level: int) -> list[tuple[str, FeelType]]:
        entries = []
        while self._next() != ">":
            name = self._words()
            self._take(":")
            entries.append((name, self.read_type(level)))
            if self._next() == ",":
                self._take(",")
        return entries

    def _function(self, level: int) -> FeelType:
        parameters = []
        while self._next() != ">":
            parameters.append(self.read_type(level))
            if self._next() == ",":
                self._take(",")
        self._take(">")
        if self._next().replace(" ", "") != "->":
            message = "Expected -> and the type of the result."
            raise _TypeError(message)
        self._index += 1
        return FunctionType(parameters=tuple(parameters), result=self.read_type(level))

    def _next(self) -> str:
        return "" if self.is_at_end else self._pieces[self._index]

    def _take(self, piece: str) -> None:
        if self._next() != piece:
            message = f"Expected {piece} in a type, but found {self._next() or 'the end'}."
            raise _TypeError(message)
        self._index += 1

    def _words(self) -> str:
        words = []
        while self._next() and self._next() not in "<>,:" and not self._next().endswith(">"):
            words.append(self._next())
            self._index += 1
        return " ".join(words)
