"""Dates, times and durations: texts, parts, arithmetic (DMN 1.5, 10.3.2.3.3-8, 10.3.2.15)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bpmn_engine.expressions.feel.durations import YearsMonths, parse_feel_duration
from bpmn_engine.expressions.feel.far import (
    AnyDate,
    AnyMoment,
    FarDate,
    FarMoment,
    make_date,
    make_moment,
    moved,
    offset_of,
    split_moment,
)
from bpmn_engine.expressions.feel.values import ARITHMETIC, Value

Temporal = dt.date | dt.time | dt.timedelta | YearsMonths | FarDate | FarMoment
"""A value of one of the six temporal types; a date-time is a date here."""

_DATE = re.compile(r"(-?(?:\d{4}|[1-9]\d{4,8}))-(\d{2})-(\d{2})", re.ASCII)
_TIME = re.compile(
    r"(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?"
    r"(?:(?P<utc>Z)|(?P<offset>[+-]\d{2}:\d{2}(?::\d{2})?)|@(?P<zone>[A-Za-z][A-Za-z0-9_+/-]{0,49}))?",
    re.ASCII,
)
_MIDNIGHT = re.compile(r"24:00(?::00(?:\.0+)?)?(?=$|[Z@+-])", re.ASCII)
_MAX_OFFSET = dt.timedelta(hours=18)
_MICROSECOND = dt.timedelta(microseconds=1)
_EPOCH = dt.date(1970, 1, 1)


def parse_temporal(text: str) -> Temporal | None:
    """Return what an ISO 8601 text says: date, time, both, or a duration; None when nothing."""
    for parse in (parse_date, parse_date_time, parse_time, parse_feel_duration):
        value: Temporal | None = parse(text)
        if value is not None:
            return value
    return None


def parse_date(text: str) -> AnyDate | None:
    """Return the date of `2024-01-31`; years may be negative and have nine digits."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return make_date(int(match[1]), int(match[2]), int(match[3]))
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


def parse_date_time(text: str) -> AnyMoment | None:
    """Return the moment of `2024-01-31T10:30:00`, with an offset, a zone or neither."""
    day_text, separator, time_text = text.partition("T")
    if not separator:
        return None
    is_midnight = _MIDNIGHT.match(time_text) is not None
    time_text = "00" + time_text[2:] if is_midnight else time_text  # the end of the day
    day, time = parse_date(day_text), parse_time(time_text)
    if day is None or time is None:
        return None
    moment = make_moment(day, time)
    try:
        return moved(moment, dt.timedelta(days=1)) if is_midnight else moment
    except ValueError:
        return None


def parse_zone(text: str) -> dt.tzinfo | None:
    """Return the zone of a name or an offset; None when there is none."""
    match = _TIME.fullmatch(f"00:00:00{text}") or _TIME.fullmatch(f"00:00:00@{text}")
    try:
        return None if match is None else _zone(match)
    except (ValueError, ZoneInfoNotFoundError):
        return None


def _zone(match: re.Match[str]) -> dt.tzinfo | None:
    if match["utc"]:
        return dt.UTC
    if match["zone"]:
        return ZoneInfo(match["zone"])
    if not match["offset"]:
        return None
    hours, minutes, seconds = (*match["offset"][1:].split(":"), "0")[:3]
    span = dt.timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    if span > _MAX_OFFSET:
        message = f"offset {match['offset']} is out of range"
        raise ValueError(message)
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


def part_of(value: Value, name: str) -> tuple[Value] | None:
    """Return the named part of a temporal value in a tuple; None when it has no such part."""
    for kind, parts in _PARTS:
        if isinstance(value, kind):
            read = parts.get(name)
            return None if read is None else (read(value),)
    return None


def _day_part(name: str) -> Callable[[Value], Value]:
    def read(value: Value) -> Value:
        day = split_moment(value)[0] if isinstance(value, dt.datetime | FarMoment) else value
        return Decimal(getattr(day, name))

    return read


def _weekday(value: Value) -> Value:
    day = value.date if isinstance(value, FarMoment) else value
    near = day.near if isinstance(day, FarDate) else day
    return Decimal(near.isoweekday()) if isinstance(near, dt.date) else None


def _time_part(name: str) -> Callable[[Value], Value]:
    def read(value: Value) -> Value:
        return Decimal(getattr(_time_of(value), name))

    return read


def _time_of(value: Value) -> dt.time:
    if isinstance(value, dt.datetime | FarMoment):
        return split_moment(value)[1]
    return value if isinstance(value, dt.time) else dt.time()


def _second(value: Value) -> Value:
    time = _time_of(value)
    micros = ARITHMETIC.divide(Decimal(time.microsecond), Decimal(1_000_000))
    return ARITHMETIC.add(Decimal(time.second), micros)


def offset_from_utc(value: Value) -> dt.timedelta | None:
    """Return the offset of a moment or time; None when it has none, or is neither."""
    if isinstance(value, dt.datetime | FarMoment):
        return offset_of(value)
    return dt.datetime.combine(_EPOCH, value).utcoffset() if isinstance(value, dt.time) else None


def _zone_name(value: Value) -> Value:
    return getattr(_time_of(value).tzinfo, "key", None)


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
    "year": _day_part("year"),
    "month": _day_part("month"),
    "day": _day_part("day"),
    "weekday": _weekday,
}
_TIME_PARTS: Mapping[str, Callable[[Value], Value]] = {
    "hour": _time_part("hour"),
    "minute": _time_part("minute"),
    "second": _second,
    "time offset": offset_from_utc,
    "timezone": _zone_name,
}
_PARTS: tuple[tuple[type, Mapping[str, Callable[[Value], Value]]], ...] = (
    (dt.datetime, {**_DAY_PARTS, **_TIME_PARTS}),
    (FarMoment, {**_DAY_PARTS, **_TIME_PARTS}),
    (dt.date, _DAY_PARTS),
    (FarDate, _DAY_PARTS),
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
