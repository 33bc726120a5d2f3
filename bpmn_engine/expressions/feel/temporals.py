"""Dates, times and durations: texts, parts, arithmetic (DMN 1.5, 10.3.2.3.3-8, 10.3.2.15)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bpmn_engine.expressions.feel.durations import YearsMonths, parse_feel_duration
from bpmn_engine.expressions.feel.values import ARITHMETIC, Value

Temporal = dt.date | dt.time | dt.timedelta | YearsMonths
"""A value of one of the six temporal types; a date-time is a date here."""

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_TIME = re.compile(
    r"(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?"
    r"(?:(?P<utc>Z)|(?P<offset>[+-]\d{2}:\d{2})|@(?P<zone>[A-Za-z][A-Za-z0-9_+/-]{0,49}))?",
    re.ASCII,
)
_MICROSECOND = dt.timedelta(microseconds=1)
_EPOCH = dt.date(1970, 1, 1)


def parse_temporal(text: str) -> Temporal | None:
    """Return what an ISO 8601 text says: date, time, both, or a duration; None when nothing."""
    for parse in (parse_date, parse_date_time, parse_time, parse_feel_duration):
        value: Temporal | None = parse(text)
        if value is not None:
            return value
    return None


def parse_date(text: str) -> dt.date | None:
    """Return the date of `2024-01-31`."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return dt.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def parse_time(text: str) -> dt.time | None:
    """Return the time of `10:30:00`, with an offset (`+01:00`, `Z`), a zone or neither."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    try:
        return dt.time(
            int(match[1]),
            int(match[2]),
            int(match[3] or 0),
            int((match[4] or "0")[:6].ljust(6, "0")),
            tzinfo=_zone(match),
        )
    except (ValueError, ZoneInfoNotFoundError):
        return None


def parse_date_time(text: str) -> dt.datetime | None:
    """Return the moment of `2024-01-31T10:30:00`, with an offset, a zone or neither."""
    day_text, separator, time_text = text.partition("T")
    if not separator:
        return None
    day, time = parse_date(day_text), parse_time(time_text)
    return None if day is None or time is None else dt.datetime.combine(day, time)


def _zone(match: re.Match[str]) -> dt.tzinfo | None:
    if match["utc"]:
        return dt.UTC
    if match["zone"]:
        return ZoneInfo(match["zone"])
    if not match["offset"]:
        return None
    hours, minutes = match["offset"][1:].split(":")
    span = dt.timedelta(hours=int(hours), minutes=int(minutes))
    return dt.timezone(-span if match["offset"].startswith("-") else span)


def seconds_of(span: dt.timedelta) -> Decimal:
    """Return the exact seconds of a duration."""
    return ARITHMETIC.divide(Decimal(span // _MICROSECOND), Decimal(1_000_000))


def span_of(seconds: Decimal) -> dt.timedelta:
    """Return the duration of so many seconds, to the microsecond.

    Raises:
        OverflowError: the duration is longer than about 2.7 million years.
    """
    return dt.timedelta(microseconds=int(ARITHMETIC.multiply(seconds, Decimal(1_000_000))))


def shift(value: Value, span: Value) -> Value | None:
    """Return the temporal value moved by a duration; None when the two do not fit.

    Raises:
        OverflowError: the result is out of the years 1 to 9999.
    """
    match value, span:
        case (dt.datetime() as moment, dt.timedelta() as length):
            return moment + length
        case (dt.date() as day, dt.timedelta() as length):
            return (dt.datetime.combine(day, dt.time()) + length).date()
        case (dt.time() as time, dt.timedelta() as length):
            return (dt.datetime.combine(_EPOCH, time) + length % dt.timedelta(days=1)).timetz()
        case (dt.date() as day, YearsMonths() as months):
            return months.add_to(day)
        case (dt.timedelta() as first, dt.timedelta() as second):
            return first + second
        case (YearsMonths() as first_months, YearsMonths() as second_months):
            return YearsMonths(first_months.months + second_months.months)
        case _:
            return None


def negate(span: Value) -> dt.timedelta | YearsMonths | None:
    """Return the duration that goes the other way; None when the value is no duration."""
    if isinstance(span, dt.timedelta):
        return -span
    return YearsMonths(-span.months) if isinstance(span, YearsMonths) else None


def distance(end: Value, start: Value) -> Value | None:
    """Return the days and time between two values of one kind; None when they do not fit."""
    match end, start:
        case (dt.datetime() as later, dt.datetime() as earlier):
            return later - earlier if is_comparable(later, earlier) else None
        case (dt.datetime(), _) | (_, dt.datetime()):
            return None
        case (dt.date() as later_day, dt.date() as earlier_day):
            return later_day - earlier_day
        case (dt.time() as later_time, dt.time() as earlier_time):
            if not is_comparable(later_time, earlier_time):
                return None
            return dt.datetime.combine(_EPOCH, later_time) - dt.datetime.combine(
                _EPOCH, earlier_time
            )
        case _:
            return None


def is_comparable(left: Value, right: Value) -> bool:
    """Tell whether both or neither of two moments or times have an offset."""
    return (_offset(left) is None) == (_offset(right) is None)


def _offset(value: Value) -> dt.timedelta | None:
    if isinstance(value, dt.datetime):
        return value.utcoffset()
    if isinstance(value, dt.time):
        return dt.datetime.combine(_EPOCH, value).utcoffset()
    return None


def scale(span: Value, factor: Decimal) -> Value | None:
    """Return the duration so many times; None when the value is no duration.

    Raises:
        OverflowError: the result is too long.
    """
    if isinstance(span, dt.timedelta):
        return span_of(ARITHMETIC.multiply(seconds_of(span), factor))
    if isinstance(span, YearsMonths):
        return YearsMonths(int(ARITHMETIC.multiply(Decimal(span.months), factor)))
    return None


def months_between(start: dt.date, end: dt.date) -> YearsMonths:
    """Return the whole calendar months from `start` to `end`."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        months -= 1
    elif months < 0 and end.day > start.day:
        months += 1
    return YearsMonths(months)


def part_of(value: Value, name: str) -> tuple[Value] | None:
    """Return the named part of a temporal value in a tuple; None when it has no such part."""
    for kind, parts in _PARTS:
        if isinstance(value, kind):
            read = parts.get(name)
            return None if read is None else (read(value),)
    return None


def _date_part(name: str) -> Callable[[Value], Value]:
    def read(value: Value) -> Value:
        return Decimal(getattr(value, name)())

    return read


def _number_part(name: str) -> Callable[[Value], Value]:
    def read(value: Value) -> Value:
        return Decimal(getattr(value, name))

    return read


def _second(value: Value) -> Value:
    if not isinstance(value, (dt.datetime, dt.time)):
        return None
    micros = ARITHMETIC.divide(Decimal(value.microsecond), Decimal(1_000_000))
    return ARITHMETIC.add(Decimal(value.second), micros)


def _zone_name(value: Value) -> Value:
    return getattr(getattr(value, "tzinfo", None), "key", None)


def _span_part(divisor: int, modulus: int | None) -> Callable[[Value], Value]:
    def read(value: Value) -> Value:
        if not isinstance(value, dt.timedelta):
            return None
        seconds = abs(seconds_of(value))
        if modulus is not None:
            seconds %= modulus
        whole = seconds if divisor == 1 else seconds // divisor
        return -whole if value < dt.timedelta() else whole

    return read


def _months_part(value: Value) -> Value:
    months = value.months if isinstance(value, YearsMonths) else 0
    return Decimal(-(-months % 12) if months < 0 else months % 12)


def _years_part(value: Value) -> Value:
    months = value.months if isinstance(value, YearsMonths) else 0
    return Decimal(-(-months // 12) if months < 0 else months // 12)


_DAY_PARTS: Mapping[str, Callable[[Value], Value]] = {
    "year": _number_part("year"),
    "month": _number_part("month"),
    "day": _number_part("day"),
    "weekday": _date_part("isoweekday"),
}
_TIME_PARTS: Mapping[str, Callable[[Value], Value]] = {
    "hour": _number_part("hour"),
    "minute": _number_part("minute"),
    "second": _second,
    "time offset": _offset,
    "timezone": _zone_name,
}
_PARTS: tuple[tuple[type, Mapping[str, Callable[[Value], Value]]], ...] = (
    (dt.datetime, {**_DAY_PARTS, **_TIME_PARTS}),
    (dt.date, _DAY_PARTS),
    (dt.time, _TIME_PARTS),
    (
        dt.timedelta,
        {
            "days": _span_part(86_400, None),
            "hours": _span_part(3_600, 86_400),
            "minutes": _span_part(60, 3_600),
            "seconds": _span_part(1, 60),
        },
    ),
    (YearsMonths, {"years": _years_part, "months": _months_part}),
)
"""Type to parts; `datetime` stands before `date`, whose subclass it is."""
