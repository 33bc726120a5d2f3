"""Cells of simple forms, as sets of intervals: what indexes and static checks can reason about.

A cell is simple when it is empty or `-`, or lists constants, comparisons with constants and
intervals of constants, of one kind: numbers, strings, booleans or dates. Anything else is left
to FEEL.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from bpmn_engine.dmn.feel import Value

Point: TypeAlias = "Decimal | str | dt.date | bool"
"""A constant; values of one kind are ordered, booleans with false first."""

_STRING = r'"(?:[^"\\])*"'
_CONSTANT = (
    rf"(?:-?\s*(?:\d+(?:\.\d+)?|\.\d+)|{_STRING}|true|false|date\(\s*{_STRING}\s*\)|@{_STRING})"
)
_TEST = re.compile(
    rf"\s*(?:(?P<operator><=|>=|<|>|=)?\s*(?P<constant>{_CONSTANT})"
    rf"|(?P<open>[\[\](])\s*(?P<low>{_CONSTANT})\s*\.\.\s*(?P<high>{_CONSTANT})\s*(?P<close>[\[\])]))\s*"
)
_NEGATION = re.compile(r"\s*not\s*\((?P<inside>.*)\)\s*", re.DOTALL)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOST_DIGITS = 30  # longer numbers may round, so FEEL reads them


@dataclass(frozen=True, slots=True)
class Interval:
    """Every constant of one kind between two ends; None is no end."""

    kind: str  #: `number`, `string`, `boolean` or `date`
    low: Point | None
    low_included: bool
    high: Point | None
    high_included: bool

    def is_empty(self) -> bool:
        """Tell whether nothing is between the ends."""
        if self.low is None or self.high is None:
            return False
        if self.low == self.high:
            return not (self.low_included and self.high_included)
        return is_before(self.high, self.low)

    def holds(self, point: Point) -> bool:
        """Tell whether a constant of the same kind is between the ends."""
        if self.low is not None and not _is_in_order(
            self.low, point, may_be_equal=self.low_included
        ):
            return False
        return self.high is None or _is_in_order(point, self.high, may_be_equal=self.high_included)


Cell: TypeAlias = "tuple[Interval, ...] | None"
"""The intervals a simple cell is the union of; None is the cell that every input meets."""


def is_before(left: Point, right: Point) -> bool:
    """Tell whether `left` is less than `right`, which is of the same kind."""
    return left < right  # type: ignore[operator] # one kind, as the intervals hold it


def _is_in_order(left: Point, right: Point, *, may_be_equal: bool) -> bool:
    return may_be_equal if left == right else is_before(left, right)


def point_of(value: Value) -> tuple[str, Point] | None:
    """Return the kind and the constant that a value is; None for values of other kinds."""
    match value:
        case bool():
            return "boolean", value
        case Decimal():
            return "number", value
        case str():
            return "string", value
        case _ if type(value) is dt.date:
            return "date", value
        case _:
            return None


def read_cell(source: str) -> Cell | NotSimple:
    """Return the intervals of a simple cell, or that it is not simple."""
    text = source.strip()
    if text in {"", "-"}:
        return None
    negation = _NEGATION.fullmatch(text)
    inside = text if negation is None else negation["inside"]
    intervals: list[Interval] = []
    for test in split_tests(inside):
        interval = _interval(test)
        if interval is None:
            return NOT_SIMPLE
        intervals.append(interval)
    if len({interval.kind for interval in intervals}) != 1:
        return NOT_SIMPLE
    if negation is not None and any(interval.is_empty() for interval in intervals):
        return NOT_SIMPLE  # FEEL knows what is not in an interval that is none
    return tuple(intervals) if negation is None else complement(tuple(intervals))


@dataclass(frozen=True, slots=True)
class NotSimple:
    """The mark of a cell that only FEEL can tell."""


NOT_SIMPLE = NotSimple()


def split_tests(source: str) -> Iterator[str]:
    """Yield the parts between the commas that are in no string, bracket or parenthesis."""
    depth, start, in_string, escaped = 0, 0, False, False
    for place, letter in enumerate(source):
        if in_string:
            in_string = escaped or letter != '"'
            escaped = letter == "\\" and not escaped
        elif letter == '"':
            in_string = True
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == "," and depth == 0:
            yield source[start:place].strip()
            start = place + 1
    yield source[start:].strip()


def complement(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """Return what of the kind is in none of the intervals."""
    kind = intervals[0].kind
    if kind == "boolean":
        return tuple(
            Interval(kind, point, True, point, True)  # noqa: FBT003 - both ends included
            for point in (False, True)
            if not any(interval.holds(point) for interval in intervals)
        )
    rest = [Interval(kind, None, False, None, False)]  # noqa: FBT003 - no ends
    for interval in intervals:
        rest = [piece for whole in rest for piece in _without(whole, interval)]
    return tuple(rest)


def _without(whole: Interval, taken: Interval) -> Iterator[Interval]:
    """Yield what is left of one interval below and above another."""
    if taken.low is not None:
        below = Interval(
            whole.kind, whole.low, whole.low_included, taken.low, not taken.low_included
        )
        if whole.high is not None and _ends_before(whole, below):
            below = whole
        if not below.is_empty():
            yield below
    if taken.high is not None:
        above = Interval(
            whole.kind, taken.high, not taken.high_included, whole.high, whole.high_included
        )
        if whole.low is not None and _begins_after(whole, above):
            above = whole
        if not above.is_empty():
            yield above


def _ends_before(left: Interval, right: Interval) -> bool:
    if left.high is None or right.high is None:
        return False
    if left.high == right.high:
        return right.high_included or not left.high_included
    return is_before(left.high, right.high)


def _begins_after(left: Interval, right: Interval) -> bool:
    if left.low is None or right.low is None:
        return False
    if left.low == right.low:
        return right.low_included or not left.low_included
    return is_before(right.low, left.low)


def _interval(test: str) -> Interval | None:
    match = _TEST.fullmatch(test)
    if match is None:
        return None
    if match["constant"] is not None:
        return _comparison(match["operator"] or "=", match["constant"])
    low, high = constant_of(match["low"]), constant_of(match["high"])
    if low is None or high is None or low[0] != high[0] or low[0] == "boolean":
        return None
    return Interval(low[0], low[1], match["open"] == "[", high[1], match["close"] == "]")


def _comparison(operator: str, text: str) -> Interval | None:
    found = constant_of(text)
    if found is None:
        return None
    kind, point = found
    if operator == "=":
        return Interval(kind, point, True, point, True)  # noqa: FBT003 - both ends included
    if kind == "boolean":
        return None
    is_included = operator.endswith("=")
    if operator.startswith("<"):
        return Interval(kind, None, False, point, is_included)  # noqa: FBT003 - no lower end
    return Interval(kind, point, is_included, None, False)  # noqa: FBT003 - no upper end


def constant_of(text: str) -> tuple[str, Point] | None:
    """Return the kind and value of a constant; None for what FEEL should read itself."""
    stripped = text.strip()
    if stripped in {"true", "false"}:
        return "boolean", stripped == "true"
    if re.fullmatch(_STRING, stripped):
        return "string", stripped[1:-1]
    date = re.fullmatch(rf"(?:date\(\s*|@)({_STRING})\s*\)?", stripped)
    if date is not None:
        return _date(date[1][1:-1])
    number = stripped.replace(" ", "")
    if not re.fullmatch(r"-?(?:\d+(?:\.\d+)?|\.\d+)", number) or len(number) > _MOST_DIGITS:
        return None
    return "number", Decimal(number)


def _date(text: str) -> tuple[str, Point] | None:
    if _ISO_DATE.fullmatch(text) is None:
        return None
    try:
        return "date", dt.date.fromisoformat(text)
    except ValueError:
        return None
