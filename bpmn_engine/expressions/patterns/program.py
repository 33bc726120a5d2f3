"""The instructions a regular expression becomes (after Thompson and Pike)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

CharacterTest = Callable[[str], bool]
"""Whether one character fits."""


class Place(Enum):
    """A place between characters that a pattern can ask for."""

    LINE_START = "^"  #: the beginning of the text, or of a line with the flag m
    LINE_END = "$"  #: the end of the text, or of a line with the flag m
    WORD_EDGE = "\\b"  #: between a word character and another one
    NOT_WORD_EDGE = "\\B"  #: anywhere else


@dataclass(frozen=True, slots=True)
class Consume:
    """Go on when the next character fits."""

    test: CharacterTest


@dataclass(frozen=True, slots=True)
class Fork:
    """Go on at both instructions; the first is preferred."""

    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Save:
    """Note the position in a slot: a group's start (even) or end (odd)."""

    slot: int


@dataclass(frozen=True, slots=True)
class Assert:
    """Go on when the position is such a place."""

    place: Place


@dataclass(frozen=True, slots=True)
class SameAgain:
    r"""Go on after what a group fitted, `\1`; a group that took no part fits nothing."""

    group: int


@dataclass(frozen=True, slots=True)
class Accept:
    """The pattern fits."""


Instruction = Consume | Fork | Save | Assert | SameAgain | Accept


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One compiled regular expression."""

    instructions: tuple[Instruction, ...]
    group_count: int  #: without the whole match
    is_multiline: bool
    ignores_case: bool

    @property
    def has_references(self) -> bool:
        """Whether it asks for what a group fitted, which no linear matcher can."""
        return any(isinstance(each, SameAgain) for each in self.instructions)
