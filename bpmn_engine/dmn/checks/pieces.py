"""One input column divided into pieces in which no rule changes its mind, with an example each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bpmn_engine.dmn.cells import Cell, Interval, NotSimple, Point, is_before
from bpmn_engine.dmn.table_index import ColumnIndex, bits_of

OTHER_TEXT = "…"
"""The example of a text that no rule names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some values of one column, and the rules whose cell they meet."""

    example: Point | None  #: None where any value will do
    surely: int  #: rules, as bits
    perhaps: int  #: those, and the rules whose cell only FEEL can tell


def divide(cells: Sequence[Cell | NotSimple], domain: Cell) -> tuple[Piece, ...]:
    """Return the pieces of a column; pieces of the same rules are told once.

    Args:
        cells: one a rule.
        domain: the values the column takes; None is all.
    """
    kinds = {one.kind for cell in (*cells, domain) if isinstance(cell, tuple) for one in cell}
    if len(kinds) != 1:
        return (_undivided(cells),)
    index = ColumnIndex(cells)
    unknown = bits_of(rule for rule, cell in enumerate(cells) if isinstance(cell, NotSimple))
    pieces: dict[int, Piece] = {}
    for example in _examples(kinds.pop(), cells, domain):
        possible = index.rules_for(example)
        if possible is None:  # the column is too large to be divided
            return (_undivided(cells),)
        perhaps = possible.rules
        piece = Piece(example=example, surely=perhaps & ~unknown, perhaps=perhaps)
        pieces.setdefault(perhaps, piece)
    return tuple(pieces.values())


def is_in(point: Point, cell: Cell) -> bool:
    """Tell whether a simple cell holds a constant of its kind."""
    return cell is None or any(interval.holds(point) for interval in cell)


def example_text(point: Point) -> str:
    """Return a constant as FEEL writes it."""
    match point:
        case bool():
            return "true" if point else "false"
        case str():
            return "another text" if point == OTHER_TEXT else f'"{point}"'
        case dt.date():
            return f'date("{point.isoformat()}")'
        case _:
            return f"{point.normalize():f}"


def _undivided(cells: Sequence[Cell | NotSimple]) -> Piece:
    """Return the one piece of a column that no simple cell divides, or whose kinds are mixed."""
    surely = bits_of(rule for rule, cell in enumerate(cells) if cell is None)
    return Piece(example=None, surely=surely, perhaps=(1 << len(cells)) - 1)


def _examples(kind: str, cells: Sequence[Cell | NotSimple], domain: Cell) -> Iterator[Point]:
    if kind == "boolean":
        candidates: Iterator[Point] = iter((True, False))
    else:
        intervals = [one for cell in (*cells, domain) if isinstance(cell, tuple) for one in cell]
        candidates = _along(intervals)
    return (point for point in candidates if is_in(point, domain))


def _along(intervals: Sequence[Interval]) -> Iterator[Point]:
    """Yield each end of the intervals, and a constant before, between and after them."""
    found = {end for one in intervals for end in (one.low, one.high) if end is not None}
    ends = sorted(found)
    if not ends:
        return
    if isinstance(ends[0], str) and all(one.low == one.high for one in intervals):
        yield from ends
        yield OTHER_TEXT  # texts are compared for equality only, so any other one will do
        return
    yield from _between(None, ends[0])
    for place, end in enumerate(ends):
        yield end
        yield from _between(end, ends[place + 1] if place + 1 < len(ends) else None)


def _between(low: Point | None, high: Point | None) -> Iterator[Point]:
    """Yield a constant between two, if there is one."""
    match low, high:
        case (Decimal() as below, Decimal() as above):
            middle = (below + above) / 2
            whole = middle.to_integral_value()
            yield whole if below < whole < above else middle
        case (dt.date() as below, dt.date() as above):
            if (above - below).days > 1:
                yield below + (above - below) // 2
        case (str() as below, str() as above):
            if is_before(below + " ", above):
                yield below + " "
        case _:
            yield from _outside(low, high)


def _outside(low: Point | None, high: Point | None) -> Iterator[Point]:
    match low if low is not None else high:
        case Decimal() as end:
            yield end + 1 if low is not None else end - 1
        case dt.date() as end if dt.date.min < end < dt.date.max:
            yield end + dt.timedelta(days=1 if low is not None else -1)
        case str() as end if low is not None:
            yield end + " "
        case str() as end if end:
            yield ""
        case _:
            return
