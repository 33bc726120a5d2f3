"""Matching: all ways through the program at once, so that no pattern can make it slow.

Only a pattern with back-references goes one way after the other; the budget bounds that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.patterns.backtracking import Slots as Slots
from bpmn_engine.expressions.patterns.backtracking import is_at, search_each_way
from bpmn_engine.expressions.patterns.program import (
    Accept,
    Assert,
    Consume,
    Fork,
    Program,
    SameAgain,
    Save,
)
from bpmn_engine.expressions.patterns.reader import PatternError as PatternError
from bpmn_engine.expressions.patterns.reader import read_program

_Thread = tuple[int, Slots]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled regular expression; its searches cost time linear in the text."""

    program: Program

    def search(self, text: str, budget: Budget, start: int = 0) -> Slots | None:
        """Return the first match from `start` on, as a backtracking matcher would choose it."""
        if self.program.has_references:
            return search_each_way(self.program, text, budget, start, is_anchored=False)
        return _run(self.program, text, budget, start, is_anchored=False)

    def full_match(self, text: str, budget: Budget) -> Slots | None:
        """Return the match of the whole text."""
        if self.program.has_references:
            return search_each_way(self.program, text, budget, 0, is_anchored=True)
        return _run(self.program, text, budget, 0, is_anchored=True)

    def find_all(self, text: str, budget: Budget) -> list[str]:
        """Return every match, none overlapping."""
        return [text[slots[0] : slots[1]] for slots in self._matches(text, budget)]

    def split(self, text: str, budget: Budget) -> list[str]:
        """Return what stands between the matches; empty matches divide nothing."""
        parts, last = [], 0
        for slots in self._matches(text, budget):
            if slots[0] < slots[1]:
                parts.append(text[last : slots[0]])
                last = slots[1]
        return [*parts, text[last:]]

    def replace(self, text: str, replacement: str, budget: Budget) -> str:
        """Return the text with each match replaced; `$1` is a group, `$0` the match."""
        parts, last, length = [], 0, 0
        pieces = _pieces(replacement, self.program.group_count)
        for slots in self._matches(text, budget):
            parts.append(text[last : slots[0]])
            parts.append(_expanded(pieces, text, slots))
            length += len(parts[-1]) + len(parts[-2])
            budget.check_text(length)
            last = slots[1]
        budget.spend_text(length)
        return "".join([*parts, text[last:]])

    def _matches(self, text: str, budget: Budget) -> Iterator[Slots]:
        start = 0
        while start <= len(text):
            slots = self.search(text, budget, start)
            if slots is None:
                return
            yield slots
            start = slots[1] + 1 if slots[1] == slots[0] else slots[1]


@lru_cache(maxsize=512)
def compile_pattern(text: str, flags: str = "") -> Pattern:
    """Return the pattern of a regular expression.

    Raises:
        PatternError: the text is none, is too large, or a flag is unknown.
    """
    return Pattern(read_program(text, flags))


def _run(
    program: Program, text: str, budget: Budget, start: int, *, is_anchored: bool
) -> Slots | None:
    blank = (-1,) * (2 * program.group_count + 2)
    threads: list[_Thread] = []
    seen: set[int] = set()
    found: Slots | None = None
    for index in range(start, len(text) + 1):
        if found is None and (index == start or not is_anchored):
            _follow(program, text, index, (0, blank), threads, seen)
        if not threads and (is_anchored or found is not None):
            break
        budget.spend(1 + len(seen) // 4)
        threads, seen, accepted = _advance(program, text, index, threads, is_anchored=is_anchored)
        found = accepted or found
    return found


def _advance(
    program: Program, text: str, index: int, threads: list[_Thread], *, is_anchored: bool
) -> tuple[list[_Thread], set[int], Slots | None]:
    """Take one character; return the threads after it and the match that ended before it."""
    advanced: list[_Thread] = []
    seen: set[int] = set()
    for place, slots in threads:
        instruction = program.instructions[place]
        if not isinstance(instruction, Consume):
            if not is_anchored or index == len(text):
                return advanced, seen, slots  # threads of less preference are dropped
        elif index < len(text) and instruction.test(text[index]):
            _follow(program, text, index + 1, (place + 1, slots), advanced, seen)
    return advanced, seen, None


def _follow(
    program: Program,
    text: str,
    index: int,
    thread: _Thread,
    threads: list[_Thread],
    seen: set[int],
) -> None:
    """Add to `threads`, in order of preference, where a thread can be without a character."""
    pending = [thread]
    while pending:
        place, slots = pending.pop()
        if place in seen:
            continue
        seen.add(place)
        match program.instructions[place]:
            case Fork(first, second):
                pending.append((second, slots))
                pending.append((first, slots))
            case Save(slot):
                pending.append((place + 1, (*slots[:slot], index, *slots[slot + 1 :])))
            case Assert(wanted):
                if is_at(wanted, text, index, is_multiline=program.is_multiline):
                    pending.append((place + 1, slots))
            case Consume() | SameAgain() | Accept():
                threads.append((place, slots))


_MARK = re.compile(r"\\(.)|\$([0-9]+)", re.DOTALL)


def _pieces(replacement: str, group_count: int) -> tuple[str | int, ...]:
    """Return a replacement as texts and numbers of groups."""
    pieces: list[str | int] = []
    last = 0
    for mark in _MARK.finditer(replacement):
        pieces.append(replacement[last : mark.start()])
        if mark[2] is None:
            pieces.append(mark[1])
        else:
            group, rest = _group_of(mark[2], group_count)
            pieces.extend((group, rest))
        last = mark.end()
    return (*pieces, replacement[last:])


def _group_of(digits: str, group_count: int) -> tuple[int, str]:
    """Return the longest group number that the pattern has, and the digits after it."""
    length = 1
    while length < len(digits) and int(digits[: length + 1]) <= group_count:
        length += 1
    return int(digits[:length]), digits[length:]


def _expanded(pieces: Sequence[str | int], text: str, slots: Sequence[int]) -> str:
    return "".join(
        [piece if isinstance(piece, str) else _group_text(piece, text, slots) for piece in pieces]
    )


def _group_text(group: int, text: str, slots: Sequence[int]) -> str:
    """Return what a group fitted; nothing when it took no part, or is none."""
    if 2 * group + 1 >= len(slots) or slots[2 * group] < 0:
        return ""
    return text[slots[2 * group] : slots[2 * group + 1]]
