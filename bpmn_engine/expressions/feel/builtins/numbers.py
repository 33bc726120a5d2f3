"""The built-in functions on numbers and booleans (DMN 1.5, 10.3.4.5 and 10.3.4.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)

from bpmn_engine.expressions.feel.builtins.arguments import Arguments, Builtin, builtin
from bpmn_engine.expressions.feel.durations import YearsMonths
from bpmn_engine.expressions.feel.values import ARITHMETIC, Value, describe

_MAX_SCALE = 900


def rounding(mode: str) -> Callable[[Arguments], Value]:
    """Return the body of a function that rounds to a scale, by default to a whole number."""

    def body(given: Arguments) -> Value:
        scale = given.integer(1) if len(given) > 1 else 0
        if abs(scale) > _MAX_SCALE:
            raise given.misfit(f"scale from -{_MAX_SCALE} to {_MAX_SCALE}", 1)
        number = given.number(0)
        if number.adjusted() + scale >= ARITHMETIC.prec:
            return number  # it has no digits to round away
        return number.quantize(Decimal(1).scaleb(-scale), mode, ARITHMETIC)

    return body


def _abs(given: Arguments) -> Value:
    value = given.single(0)
    if isinstance(value, YearsMonths):
        return YearsMonths(abs(value.months))
    return abs(value) if isinstance(value, dt.timedelta) else abs(given.number(0))


def _modulo(given: Arguments) -> Value:
    number, divisor = given.number(0), given.number(1)
    if not divisor:
        raise given.fail("Expected a divisor other than 0 in modulo().", 1)
    rest = ARITHMETIC.remainder(number, divisor)
    return ARITHMETIC.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else rest


def _root(given: Arguments) -> Value:
    number = given.number(0)
    if number < 0:
        raise given.misfit("number from 0", 0)
    return ARITHMETIC.sqrt(number)


def _logarithm(given: Arguments) -> Value:
    number = given.number(0)
    if number <= 0:
        raise given.misfit("number above 0", 0)
    return ARITHMETIC.ln(number)


def _is_odd(given: Arguments) -> Value:
    return abs(_rest_of_two(given)) == 1


def _is_even(given: Arguments) -> Value:
    return _rest_of_two(given) == 0


def _rest_of_two(given: Arguments) -> Decimal:
    if given.is_strict:
        return Decimal(given.integer(0) % 2)
    return ARITHMETIC.remainder(given.number(0), Decimal(2))


def _negated(given: Arguments) -> Value:
    return None if given.get(0) is None else not given.boolean(0)


def _all(given: Arguments) -> Value:
    return _three_valued(given, decisive=False)


def _any(given: Arguments) -> Value:
    return _three_valued(given, decisive=True)


def _three_valued(given: Arguments, *, decisive: bool) -> Value:
    items = given.spread()
    for item in items:
        if item is not None and not isinstance(item, bool):
            raise given.fail(f"Expected booleans in the list, but found {describe(item)}.")
    if decisive in items:
        return decisive
    return None if None in items else not decisive


NUMBER_BUILTINS: tuple[Builtin, ...] = (
    builtin("abs(n)", _abs, "The number or duration without its sign."),
    builtin("ceiling(n, scale?)", rounding(ROUND_CEILING), "Rounded towards more."),
    builtin("floor(n, scale?)", rounding(ROUND_FLOOR), "Rounded towards less."),
    builtin("round up(n, scale)", rounding(ROUND_UP), "Rounded away from zero."),
    builtin("round down(n, scale)", rounding(ROUND_DOWN), "Rounded towards zero."),
    builtin("round half up(n, scale)", rounding(ROUND_HALF_UP), "Halves away from zero."),
    builtin("round half down(n, scale)", rounding(ROUND_HALF_DOWN), "Halves towards zero."),
    builtin("round half even(n, scale)", rounding(ROUND_HALF_EVEN), "Halves to the even digit."),
    builtin("round(n, scale?)", rounding(ROUND_HALF_EVEN), "Halves to the even digit."),
    builtin("decimal(n, scale)", rounding(ROUND_HALF_EVEN), "Halves to the even digit."),
    builtin(
        "modulo(dividend, divisor)", _modulo, "The rest of the division, signed as the divisor."
    ),
    builtin("sqrt(number)", _root, "The square root."),
    builtin("log(number)", _logarithm, "The natural logarithm."),
    builtin("exp(number)", lambda given: ARITHMETIC.exp(given.number(0)), "e to the number."),
    builtin(
        "power(base, exponent)",
        lambda given: ARITHMETIC.power(given.number(0), given.number(1)),
        "The base to the exponent.",
    ),
    builtin("odd(number)", _is_odd, "Whether it is odd."),
    builtin("even(number)", _is_even, "Whether it is even."),
    builtin("not(negand)", _negated, "The opposite boolean; null of null."),
    builtin("all(list...)", _all, "Whether all are true, three-valued."),
    builtin("any(list...)", _any, "Whether one is true, three-valued."),
)
