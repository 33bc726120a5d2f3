"""Looking through all combinations of the pieces of a table's columns, within a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bpmn_engine.dmn.cells import Point
from bpmn_engine.dmn.checks.pieces import Piece

Example: TypeAlias = "tuple[Point | None, ...]"
"""A constant for each column; None where any value will do."""

MOST_STEPS = 100_000
"""Combinations that are looked at for one table; a larger table is checked in part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What combinations are looked for, told by the rules that are left, as bits."""

    rules: int  #: to begin with
    bits: Callable[[Piece], int]  #: the rules that a piece leaves
    is_hopeless: Callable[[int], bool]  #: nothing will be found with the rules left
    is_certain: Callable[[int], bool]  #: every combination with the rules left is looked for


class Search:
    """The looks through the combinations of one table; counts their steps."""

    def __init__(self, columns: Sequence[Sequence[Piece]]) -> None:
        self._columns = columns
        self._steps = 0

    @property
    def is_cut_short(self) -> bool:
        """Tell whether the budget ended a look."""
        return self._steps > MOST_STEPS

    def find(self, question: Question) -> Iterator[tuple[int, Example]]:
        """Yield the rules left and an example, once for the same rules left after a column."""
        done: set[tuple[int, int]] = set()
        pending: list[tuple[int, int, Example]] = [(0, question.rules, ())]
        while pending and not self.is_cut_short:
            column, left, example = pending.pop()
            self._steps += 1
            if (column, left) in done or question.is_hopeless(left):
                continue
            done.add((column, left))
            if column == len(self._columns) or question.is_certain(left):
                yield left, example + (None,) * (len(self._columns) - column)
                continue
            pending += [
                (column + 1, left & question.bits(piece), (*example, piece.example))
                for piece in reversed(self._columns[column])
            ]
