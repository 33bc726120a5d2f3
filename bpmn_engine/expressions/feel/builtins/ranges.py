"""The built-in functions on ranges and points (DMN 1.5, 10.3.4.11), and `range()` (10.3.4.1)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.builtins.arguments import Arguments, Builtin, builtin
from bpmn_engine.expressions.feel.known import KnownNames
from bpmn_engine.expressions.feel.operators import compare, includes
from bpmn_engine.expressions.feel.parse import parse_feel
from bpmn_engine.expressions.feel.temporals import (
    parse_date,
    parse_date_time,
    parse_temporal,
    parse_time,
)
from bpmn_engine.expressions.feel.tokens import FeelTokens
from bpmn_engine.expressions.feel.values import Range, Value, describe, lift
from bpmn_engine.expressions.misread import MisreadError

_TOKENS = FeelTokens(KnownNames(("date and time",)), KnownNames())
_TEXT_READERS: dict[str, Callable[[str], Value]] = {
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_date_time,
    "duration": parse_temporal,
}

_MAX_RANGE_TEXT = 1_000
_Ends = tuple[Range, Range]


class _Order:
    """Compares the ends of two ranges; a missing end is beyond every value."""

    def __init__(self, given: Arguments) -> None:
        self._given = given

    def of(self, left: Value, right: Value, *, beyond: int) -> int:
        """Return -1, 0 or 1; a missing end on the left counts as `beyond`, on the right not."""
        if left is None or right is None:
            return 0 if left is right else (beyond if left is None else -beyond)
        order = compare(left, right)
        if order is None:
            message = (
                f"Expected values of one ordered kind, but got {describe(left)} and "
                f"{describe(right)}."
            )
            raise self._given.fail(message)
        return order

    def lows(self, left: Range, right: Range) -> int:
        return self.of(left.low, right.low, beyond=-1)

    def highs(self, left: Range, right: Range) -> int:
        return self.of(left.high, right.high, beyond=1)

    def high_to_low(self, left: Range, right: Range) -> int:
        """Compare the end of `left` with the start of `right`."""
        if left.high is None or right.low is None:
            return 1
        return self.of(left.high, right.low, beyond=1)


def _ends(given: Arguments) -> _Ends:
    return _range_at(given, 0), _range_at(given, 1)


def _range_at(given: Arguments, index: int) -> Range:
    """Return a range; a point is the range of itself."""
    value = given.single(index)
    if isinstance(value, Range):
        return value
    if compare(value, value) is None:
        raise given.misfit("range, or a value with an order", index)
    return Range(low=value, high=value, low_included=True, high_included=True)


def _is_point(given: Arguments, index: int) -> bool:
    return not isinstance(given.single(index), Range)


def _is_before(given: Arguments, first: Range, second: Range) -> bool:
    order = _Order(given).high_to_low(first, second)
    return order < 0 or (order == 0 and not (first.high_included and second.low_included))


def _before(given: Arguments) -> Value:
    return _is_before(given, *_ends(given))


def _after(given: Arguments) -> Value:
    first, second = _ends(given)
    return _is_before(given, second, first)


def _do_meet(given: Arguments, first: Range, second: Range) -> bool:
    is_touching = first.high is not None and _Order(given).high_to_low(first, second) == 0
    return first.high_included and second.low_included and is_touching


def _overlaps(given: Arguments) -> Value:
    first, second = _ends(given)
    return not _is_before(given, first, second) and not _is_before(given, second, first)


def _overlaps_first(given: Arguments, first: Range, second: Range) -> bool:
    order = _Order(given)
    low, high = order.lows(first, second), order.highs(first, second)
    begins = low < 0 or (low == 0 and first.low_included and not second.low_included)
    ends = high < 0 or (high == 0 and (not first.high_included or second.high_included))
    return begins and ends and not _is_before(given, first, second)


def _does_finish(given: Arguments, first: Range, second: Range, *, is_point: bool) -> bool:
    order = _Order(given)
    if order.highs(first, second) != 0 or first.high_included != second.high_included:
        return False
    low = order.lows(first, second)
    return is_point or low > 0 or (low == 0 and (not first.low_included or second.low_included))


def _does_start(given: Arguments, first: Range, second: Range, *, is_point: bool) -> bool:
    order = _Order(given)
    if order.lows(first, second) != 0 or first.low_included != second.low_included:
        return False
    high = order.highs(first, second)
    is_shorter = high == 0 and (not first.high_included or second.high_included)
    return is_point or high < 0 or is_shorter


def _finishes(given: Arguments) -> Value:
    return _does_finish(given, *_ends(given), is_point=_is_point(given, 0))


def _finished_by(given: Arguments) -> Value:
    first, second = _ends(given)
    return _does_finish(given, second, first, is_point=_is_point(given, 1))


def _starts(given: Arguments) -> Value:
    return _does_start(given, *_ends(given), is_point=_is_point(given, 0))


def _started_by(given: Arguments) -> Value:
    first, second = _ends(given)
    return _does_start(given, second, first, is_point=_is_point(given, 1))


def _does_include(given: Arguments, outer: Range, inner: Range) -> bool:
    order = _Order(given)
    low, high = order.lows(outer, inner), order.highs(outer, inner)
    begins = low < 0 or (low == 0 and (outer.low_included or not inner.low_included))
    return begins and (
        high > 0 or (high == 0 and (outer.high_included or not inner.high_included))
    )


def _includes(given: Arguments) -> Value:
    outer, inner = _ends(given)
    if _is_point(given, 1):
        return includes(outer, lift(given.single(1)))
    return _does_include(given, outer, inner)


def _during(given: Arguments) -> Value:
    inner, outer = _ends(given)
    if _is_point(given, 0):
        return includes(outer, lift(given.single(0)))
    return _does_include(given, outer, inner)


def _coincides(given: Arguments) -> Value:
    first, second = _ends(given)
    order = _Order(given)
    are_alike = (first.low_included, first.high_included) == (
        second.low_included,
        second.high_included,
    )
    return are_alike and order.lows(first, second) == 0 and order.highs(first, second) == 0


def _range(given: Arguments) -> Value:
    text = given.text(0)
    if len(text) > _MAX_RANGE_TEXT:
        raise given.misfit("short text of a range such as [1..10]", 0)
    given.budget.spend(len(text))
    try:
        node = parse_feel(text, _TOKENS)
    except (MisreadError, RecursionError) as error:
        raise given.misfit("text of a range such as [1..10]", 0) from error
    if not isinstance(node, syntax.RangeLiteral):
        raise given.misfit("text of a range such as [1..10]", 0)
    low, high = _end(given, node.low), _end(given, node.high)
    order = compare(low, high)
    if order is None or order > 0:
        raise given.misfit("range whose ends go up", 0)
    return Range(
        low=low, high=high, low_included=node.low_included, high_included=node.high_included
    )


def _end(given: Arguments, node: syntax.Node) -> Value:
    """Return the literal value of an end: a literal, or `date("…")` and its like."""
    value: Value = None
    match node:
        case syntax.Literal():
            value = node.value
        case syntax.Negation(operand=syntax.Literal(value=Decimal() as number)):
            value = -number
        case syntax.Call(
            function=syntax.Name(name=name), arguments=(syntax.Literal(value=str() as text),)
        ) if name in _TEXT_READERS:
            value = _TEXT_READERS[name](text)
    if value is None:
        raise given.misfit("text of a range with literal ends", 0)
    return value


_POINTS_AND_RANGES = "(point1, point2 | range, point | point, range | range1, range2)"

RANGE_BUILTINS: tuple[Builtin, ...] = (
    builtin("range(from)", _range, "The range of a text such as `[1..10]`."),
    builtin(f"before{_POINTS_AND_RANGES}", _before, "Whether the first ends before the second."),
    builtin(f"after{_POINTS_AND_RANGES}", _after, "Whether the first starts after the second."),
    builtin(
        "meets(range1, range2)",
        lambda given: _do_meet(given, *_ends(given)),
        "Whether the first ends where the second starts.",
    ),
    builtin(
        "met by(range1, range2)",
        lambda given: _do_meet(given, *reversed(_ends(given))),
        "Whether the first starts where the second ends.",
    ),
    builtin("overlaps(range1, range2)", _overlaps, "Whether they have a value in common."),
    builtin(
        "overlaps before(range1, range2)",
        lambda given: _overlaps_first(given, *_ends(given)),
        "Whether they overlap and the first starts earlier.",
    ),
    builtin(
        "overlaps after(range1, range2)",
        lambda given: _overlaps_first(given, *reversed(_ends(given))),
        "Whether they overlap and the first starts later.",
    ),
    builtin("finishes(point, range | range1, range2)", _finishes, "Whether both end together."),
    builtin(
        "finished by(range, point | range1, range2)", _finished_by, "Whether both end together."
    ),
    builtin("includes(range, point | range1, range2)", _includes, "Whether the first holds it."),
    builtin("during(point, range | range1, range2)", _during, "Whether the second holds it."),
    builtin("starts(point, range | range1, range2)", _starts, "Whether both start together."),
    builtin(
        "started by(range, point | range1, range2)", _started_by, "Whether both start together."
    ),
    builtin("coincides(point1, point2 | range1, range2)", _coincides, "Whether both are alike."),
)
