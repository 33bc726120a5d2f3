"""What the operators of FEEL do to two values (DMN 1.5, 10.3.2.9 and 10.3.2.10).

Every function returns None when the kinds do not fit; the caller knows the words for a message.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal, DivisionByZero

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.feel import moving, temporals
from bpmn_engine.expressions.feel.durations import YearsMonths
from bpmn_engine.expressions.feel.values import ARITHMETIC, Range, Value, equals, items_of, lift

Arithmetic = Callable[[Value, Value], Value]


def add(left: Value, right: Value) -> Value:
    """Return the sum, the joined strings, or the moved date."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return ARITHMETIC.add(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    moved = moving.shift(left, right)
    return moving.shift(right, left) if moved is None else moved


def subtract(left: Value, right: Value) -> Value:
    """Return the difference, or the date moved back."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return ARITHMETIC.subtract(left, right)
    back = moving.negate(right)
    return moving.distance(left, right) if back is None else moving.shift(left, back)


def multiply(left: Value, right: Value) -> Value:
    """Return the product, or the longer duration."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return ARITHMETIC.multiply(left, right)
    if isinstance(right, Decimal):
        return moving.scale(left, right)
    return moving.scale(right, left) if isinstance(left, Decimal) else None


def divide(left: Value, right: Value) -> Value:
    """Return the quotient, or the shorter duration.

    Raises:
        ZeroDivisionError: the divisor is zero.
    """
    match left, right:
        case (Decimal() as number, Decimal() as divisor):
            return ARITHMETIC.divide(number, divisor)
        case (dt.timedelta() as span, dt.timedelta() as unit):
            return ARITHMETIC.divide(temporals.seconds_of(span), temporals.seconds_of(unit))
        case (YearsMonths() as months, YearsMonths() as per):
            return ARITHMETIC.divide(Decimal(months.months), Decimal(per.months))
        case (_, Decimal() as divisor):
            return moving.scale(left, ARITHMETIC.divide(Decimal(1), divisor))
        case _:
            return None


def power(left: Value, right: Value) -> Value:
    """Return `left` to the power of `right`."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return _power(left, right)
    return None


def _power(left: Decimal, right: Decimal) -> Decimal:
    """Return the power; `0 ** -1` is infinite, and decimal arithmetic says so without a word.

    Raises:
        ArithmeticError: the result is not finite.
    """
    result = ARITHMETIC.power(left, right)
    if not result.is_finite():
        raise DivisionByZero
    return result


ARITHMETICS: Mapping[str, Arithmetic] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "**": power,
}
"""Operator to what it does."""

NUMBER_ARITHMETICS: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": ARITHMETIC.add,
    "-": ARITHMETIC.subtract,
    "*": ARITHMETIC.multiply,
    "/": ARITHMETIC.divide,
    "**": _power,
}
"""Operator to what it does to numbers: the common case, without a look at the kinds."""

ORDERS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
"""Operator to its test of two numbers."""


def compare(left: Value, right: Value) -> int | None:
    """Return -1, 0 or 1 as `left` is less, equal or greater; None when the kinds have no order."""
    match left, right:
        case (bool(), _) | (_, bool()):
            return None
        case (Decimal() as a, Decimal() as b):
            return (a > b) - (a < b)
        case (str() as c, str() as d):
            return (c > d) - (c < d)
        case (dt.timedelta() as e, dt.timedelta() as f):
            return (e > f) - (e < f)
        case (YearsMonths() as g, YearsMonths() as h):
            return (g > h) - (g < h)
        case _:
            return moving.compare_moments(left, right)


def includes(span: Range, value: Value) -> bool | None:
    """Tell whether the value lies in the range; None when it cannot be compared with its ends."""
    if span.operator == "!=":
        order = compare(value, span.low)
        return None if order is None else order != 0
    if span.low is None and span.high is None:
        return None
    return _and(_is_above(span, value), _is_below(span, value))


def _is_above(span: Range, value: Value) -> bool | None:
    if span.low is None:
        return True
    order = compare(value, span.low)
    return None if order is None else order > 0 or (span.low_included and order == 0)


def _is_below(span: Range, value: Value) -> bool | None:
    if span.high is None:
        return True
    order = compare(value, span.high)
    return None if order is None else order < 0 or (span.high_included and order == 0)


def _and(first: bool | None, second: bool | None) -> bool | None:  # noqa: FBT001 - operands
    return None if first is None or second is None else first and second


def satisfies(value: Value, test: Value, budget: Budget) -> bool | None:
    """Tell whether `value in test` holds; None when the two cannot be compared."""
    if isinstance(test, Range):
        return includes(test, value)
    items = items_of(test)
    if items is None or items_of(value) is not None:
        outcome = equals(value, test, budget)
        return outcome or any(equals(value, item, budget) for item in items or ()) or outcome
    return any(_holds(value, lift(item), budget) for item in items)


def _holds(value: Value, item: Value, budget: Budget) -> bool:
    budget.spend(1)
    return bool(includes(item, value) if isinstance(item, Range) else equals(value, item, budget))
