"""The values FEEL computes with, and the border between them and JSON (DMN 1.5, 10.3.2).

Lists and contexts that come from variables stay as they are: their numbers are lifted to decimals
where they are read, so that a large variable costs nothing until it is looked at.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from itertools import islice
from typing import Protocol, TypeAlias

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.expression import FailingError
from bpmn_engine.expressions.feel.durations import YearsMonths, format_duration
from bpmn_engine.expressions.feel.far import FarDate, FarMoment
from bpmn_engine.values import JsonValue

Value: TypeAlias = (
    "bool | Decimal | int | float | str | dt.date | dt.time | dt.timedelta | YearsMonths | FarDate"
    " | FarMoment | Range | Function | Sequence[Value] | Mapping[str, Value] | None"
)
"""What an expression can hold. `int` and `float` occur inside lists and contexts only."""

ARITHMETIC = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-999,
    Emax=999,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
"""Decimal arithmetic with 34 digits (DMN 1.5, 10.3.2.3.1), kept in reach of JSON numbers."""

_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "boolean"),
    ((Decimal, int, float), "number"),
    (str, "string"),
    ((dt.datetime, FarMoment), "date and time"),
    ((dt.date, FarDate), "date"),
    (dt.time, "time"),
    (dt.timedelta, "days and time duration"),
    (YearsMonths, "years and months duration"),
    (Mapping, "context"),
    (Sequence, "list"),
)
_PLAIN_KEY = re.compile(r"(?!\d)[\w?\U00010000-\U000EFFFF'][\w' .+*/\U00010000-\U000EFFFF-]*")
_SHOWN = 40
_PLAIN_DIGITS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Every value between two ends of one kind; without an end where that is null.

    `(= 10)` has two equal ends, `(!= 10)` two that are not included; both are told by `operator`.
    """

    low: Value
    high: Value
    low_included: bool
    high_included: bool
    operator: str = ""  #: of a range written with one, such as `(< 10)`


class FeelType(Protocol):
    """One type; immutable. `types` has those of the standard."""

    @property
    def name(self) -> str:
        """The type as a text says it."""

    def fits(self, value: Value) -> bool:
        """Tell whether the value is null or conforms to the type."""

    def conforms_to(self, other: FeelType) -> bool:
        """Tell whether every value of this type is one of the other type."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Function:
    """A function as a value: a literal with its scope, a built-in, or one from outside.

    `invoke` takes one value per parameter, in order, already of the right types; it may raise
    `FailingError`. Without `types` every argument is taken.
    """

    parameters: tuple[str, ...]
    invoke: Callable[[Sequence[Value]], Value]
    types: tuple[FeelType, ...] = ()
    result: FeelType | None = None
    is_variadic: bool = False  #: takes any number of arguments, without names


def lift(value: Value) -> Value:
    """Return a number from JSON as a decimal, every other value as it is."""
    if type(value) is int:
        return Decimal(value)
    if type(value) is float:
        return Decimal(repr(value))
    return value


def kind_of(value: Value) -> str:
    """Return the FEEL name of the value's type."""
    if value is None:
        return "null"
    for types, name in _KINDS:
        if isinstance(value, types):
            return name
    return "range" if isinstance(value, Range) else "function"


def items_of(value: Value) -> Sequence[Value] | None:
    """Return the items when the value is a list."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    return None


def describe(value: Value) -> str:
    """Return the value in words, short enough for a message: `the string "12"`."""
    if value is None:
        return "null"
    kind = kind_of(value)
    if isinstance(value, Mapping):
        names = ", ".join(str(name) for name in islice(value, 5))
        return f"a context with {names}" if names else "an empty context"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"a list of {len(value)} item{'' if len(value) == 1 else 's'}"
    if kind in {"range", "function"}:
        return f"a {kind}"
    text = f'"{value}"' if isinstance(value, str) else text_of(value)
    return f"the {kind} {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}"


def number_text(number: Decimal) -> str:
    """Return the number as plain digits, without an exponent or trailing zeros."""
    if abs(number.adjusted()) > _PLAIN_DIGITS:
        return str(number)
    if number == number.to_integral_value():
        return str(int(number))
    return f"{number:f}".rstrip("0")


def text_of(value: Value) -> str:
    """Return what FEEL's `string()` makes of a value; lists and contexts as FEEL literals."""
    return "".join(text_pieces(value))


def text_pieces(value: Value) -> Iterator[str]:
    """Yield the text of a value in pieces, so that a long one can be stopped."""
    match value:
        case Range() if value.operator:
            end = value.high if value.low is None else value.low
            yield f"({value.operator} {_quoted(end)})"
        case Range():
            yield "[" if value.low_included else "("
            yield f"{_quoted(value.low)}..{_quoted(value.high)}"
            yield "]" if value.high_included else ")"
        case Function():
            yield f"function({', '.join(value.parameters)})"
        case Mapping():
            yield from _context_pieces(value)
        case list() | tuple():
            yield from _list_pieces(value)
        case _:
            yield _scalar_text(value)


def _list_pieces(items: Sequence[Value]) -> Iterator[str]:
    mark = "["
    for item in items:
        yield mark
        yield from (quoted(item),) if isinstance(item, str) else text_pieces(item)
        mark = ", "
    yield "]" if items else "[]"


def _context_pieces(entries: Mapping[str, Value]) -> Iterator[str]:
    mark = "{"
    for name, entry in entries.items():
        yield f"{mark}{name if _PLAIN_KEY.fullmatch(name) else quoted(name)}: "
        yield from (quoted(entry),) if isinstance(entry, str) else text_pieces(entry)
        mark = ", "
    yield "}" if entries else "{}"


def _quoted(value: Value) -> str:
    if isinstance(value, str):
        return quoted(value)
    text = _scalar_text(value)
    is_temporal = value is not None and not isinstance(value, bool | int | float | Decimal)
    return f'@"{text}"' if is_temporal else text


def quoted(text: str) -> str:
    """Return the string as FEEL writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _scalar_text(value: Value) -> str:
    lifted = lift(value)
    match lifted:
        case bool():
            return "true" if lifted else "false"
        case Decimal():
            return number_text(lifted)
        case str():
            return lifted
        case YearsMonths() | dt.timedelta():
            return format_duration(lifted)
        case dt.date() | dt.time() | FarDate() | FarMoment():
            return temporal_text(lifted)
        case _:
            return "null"


def temporal_text(value: dt.date | dt.time | FarDate | FarMoment, *, iso: bool = False) -> str:
    """Return a date, time, or both; a zone by its name, or by its offset when `iso` is asked."""
    if isinstance(value, FarMoment):
        return f"{value.date.isoformat()}T{temporal_text(value.time, iso=iso)}"
    if not isinstance(value, (dt.datetime, dt.time)):
        return value.isoformat()
    zone = getattr(value.tzinfo, "key", None)
    plain = value.replace(tzinfo=None).isoformat()
    offset = value.isoformat()[len(plain) :]
    if not iso:
        plain = plain.rstrip("0") if "." in plain else plain
        if zone is not None and zone != "UTC":
            return f"{plain}@{zone}"
    return plain + ("Z" if offset == "+00:00" else offset)


def lower(value: Value, budget: Budget) -> JsonValue:
    """Return the value as JSON: integral numbers as int, temporal values as ISO 8601 texts.

    Raises:
        FailingError: the value is a range or a function, contains one, or is too large.
    """
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            budget.spend_text(len(value))
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case YearsMonths() | dt.timedelta():
            return format_duration(value)
        case dt.date() | dt.time() | FarDate() | FarMoment():
            return temporal_text(value, iso=True)
        case Range() | Function():
            message = f"Expected a value that JSON can hold, but the result is {describe(value)}."
            raise FailingError(message)
        case Mapping():
            budget.spend(len(value) // 8)
            return {name: lower(entry, budget) for name, entry in value.items()}
        case _:
            budget.spend(1 + len(value) // 8)
            return [lower(item, budget) for item in value]


def equals(left: Value, right: Value, budget: Budget) -> bool | None:
    """Tell whether two values are equal; None when their kinds differ and neither is null."""
    left, right = lift(left), lift(right)
    if left is None or right is None:
        return left is right
    kind = kind_of(left)
    if kind != kind_of(right):
        return None
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        budget.spend(len(left))
        return left.keys() == right.keys() and all(
            equals(entry, right[name], budget) for name, entry in left.items()
        )
    lefts, rights = items_of(left), items_of(right)
    if lefts is not None and rights is not None:
        budget.spend(len(lefts))
        return len(lefts) == len(rights) and all(
            equals(first, second, budget) for first, second in zip(lefts, rights, strict=True)
        )
    if isinstance(left, Range) and isinstance(right, Range):
        return _ranges_equal(left, right, budget)
    if isinstance(left, dt.datetime | dt.time) and isinstance(right, dt.datetime | dt.time):
        return _to_milliseconds(left) == _to_milliseconds(right)
    return left == right


def _ranges_equal(left: Range, right: Range, budget: Budget) -> bool:
    are_alike = (left.operator, left.low_included, left.high_included) == (
        right.operator,
        right.low_included,
        right.high_included,
    )
    return (
        are_alike
        and bool(equals(left.low, right.low, budget))
        and bool(equals(left.high, right.high, budget))
    )


def _to_milliseconds(value: dt.datetime | dt.time) -> dt.datetime | dt.time:
    """Return the moment as far as equality looks at it."""
    micros = value.microsecond
    return value.replace(microsecond=micros - micros % 1000) if micros % 1000 else value
