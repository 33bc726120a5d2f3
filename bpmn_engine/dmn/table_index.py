"""Which rules of a decision table can hold for some inputs, found without asking each of them.

Each column divides the line of its constants at the ends of its intervals; each piece knows its
rules. A look-up finds one piece a column and intersects. Few rules are kept as numbers, many as
the bits of one integer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from bpmn_engine.dmn.cells import Cell, Interval, NotSimple, Point, point_of
from bpmn_engine.dmn.feel import Value

_FEW = 64
"""Rules that are kept as numbers; more are kept as bits."""

_MOST_BITS = 8 * 64 * 1024 * 1024
"""Bits all pieces of a column may take; a column that needs more is asked rule by rule."""

Rules: TypeAlias = "tuple[int, ...] | int"
"""Rules as ascending numbers from 0, or as bits."""


class Possible(NamedTuple):
    """What one column leaves possible for a value."""

    rules: int  #: as bits
    is_certain: bool  #: the simple cells of these rules hold, so that they need not be asked


class ColumnIndex:
    """One column: what each of its pieces leaves possible."""

    __slots__ = ("_lines", "_negated", "_unbound")

    def __init__(self, cells: Sequence[Cell | NotSimple], *, negated: int = 0) -> None:
        """Take the cells, one a rule, and the rules whose cell is a `not(…)`, as bits."""
        self._negated = negated
        by_kind: defaultdict[str, list[tuple[int, Interval]]] = defaultdict(list)
        self._unbound = 0  # rules whose cell tells nothing here, as bits
        for rule, cell in enumerate(cells):
            if cell is None or isinstance(cell, NotSimple):
                self._unbound |= 1 << rule
                continue
            for interval in cell:
                by_kind[interval.kind].append((rule, interval))
        self._lines = {kind: _Line(found, len(cells)) for kind, found in by_kind.items()}

    def rules_for(self, value: Value) -> Possible | None:
        """Return the rules that this column leaves possible; None: it cannot tell.

        A constant meets no test of another kind, negated or not. Null equals no constant and is in
        no interval, but it may meet what is negated.
        """
        if value is None:
            return Possible(self._unbound | self._negated, is_certain=False)
        found = point_of(value)
        if found is None:
            return None
        line = self._lines.get(found[0])
        if line is None:
            return Possible(self._unbound, is_certain=True)
        if line.is_too_large:
            return None
        rules = line.rules_at(found[1])
        bits = rules if isinstance(rules, int) else bits_of(rules)
        return Possible(self._unbound | bits, is_certain=True)


class _Line:
    """The constants of one kind, divided at the ends of the intervals.

    Piece 2i+1 is the end number i itself, piece 2i what lies before it.
    """

    __slots__ = ("_ends", "_pieces", "is_too_large")

    def __init__(self, found: Sequence[tuple[int, Interval]], rule_count: int) -> None:
        ends = {
            end
            for _, interval in found
            for end in (interval.low, interval.high)
            if end is not None
        }
        self._ends: list[Point] = sorted(ends)
        self._pieces: list[Rules] = []
        self.is_too_large = False
        self._divide(found, rule_count)

    def rules_at(self, point: Point) -> Rules:
        """Return the rules with an interval that holds the constant."""
        return self._pieces[self._piece(point)]

    def _piece(self, point: Point) -> int:
        place = bisect_left(self._ends, point)
        is_end = place < len(self._ends) and self._ends[place] == point
        return 2 * place + is_end

    def _divide(self, found: Sequence[tuple[int, Interval]], rule_count: int) -> None:
        begins: defaultdict[int, list[int]] = defaultdict(list)
        ends: defaultdict[int, list[int]] = defaultdict(list)
        for rule, interval in found:
            if interval.is_empty():
                continue
            first, last = self._reach(interval)
            begins[first].append(rule)
            ends[last + 1].append(rule)
        current = _Open()
        rules: Rules = ()
        bits_used = 0
        for piece in range(2 * len(self._ends) + 1):
            if piece in begins or piece in ends:
                current.change(begins.get(piece, ()), ends.get(piece, ()))
                rules = current.rules()
                bits_used += rule_count if isinstance(rules, int) else 0
                if bits_used > _MOST_BITS:
                    self.is_too_large = True
                    self._pieces = []
                    return
            self._pieces.append(rules)

    def _reach(self, interval: Interval) -> tuple[int, int]:
        """Return the first and last piece of an interval that is not empty."""
        first, last = 0, 2 * len(self._ends)
        if interval.low is not None:
            first = self._piece(interval.low) + (not interval.low_included)
        if interval.high is not None:
            last = self._piece(interval.high) - (not interval.high_included)
        return first, last


class _Open:
    """The rules whose intervals hold the piece that a walk along the line has reached."""

    __slots__ = ("_bits", "_counts")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._bits = 0

    def change(self, begun: Iterable[int], ended: Iterable[int]) -> None:
        """Take the intervals that begin and end here, by their rules."""
        for rule in begun:
            self._counts[rule] = self._counts.get(rule, 0) + 1
            self._bits |= 1 << rule
        for rule in ended:
            self._counts[rule] -= 1
            if not self._counts[rule]:
                del self._counts[rule]
                self._bits ^= 1 << rule

    def rules(self) -> Rules:
        """Return the rules, few as numbers and many as bits."""
        if len(self._counts) > _FEW:
            return self._bits
        return tuple(sorted(self._counts))


def bits_of(rules: Iterable[int]) -> int:
    """Return rules as the bits of one integer."""
    bits = 0
    for rule in rules:
        bits |= 1 << rule
    return bits


def rules_of(bits: int) -> Iterator[int]:
    """Yield the rules of an integer's bits, ascending."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
