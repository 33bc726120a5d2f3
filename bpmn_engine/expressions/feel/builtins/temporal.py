"""The built-in functions on dates, times, durations and the clock (DMN 1.5, 10.3.4.1, .8, .10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from bpmn_engine.expressions.feel.builtins.arguments import Arguments, Builtin, builtin
from bpmn_engine.expressions.feel.durations import parse_feel_duration
from bpmn_engine.expressions.feel.temporals import (
    months_between,
    parse_date,
    parse_date_time,
    parse_time,
    seconds_of,
)
from bpmn_engine.expressions.feel.values import Value

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _date(given: Arguments) -> Value:
    value = given.get(0)
    if isinstance(value, Decimal):
        return _made(given, lambda: dt.date(*[given.integer(index) for index in range(3)]))
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    text = given.text(0)
    day = parse_date(text) or parse_date(text.partition("T")[0])
    if day is None:
        raise given.misfit("date such as 2024-01-31", 0)
    return day


def _time(given: Arguments) -> Value:
    value = given.get(0)
    if isinstance(value, Decimal):
        return _made(given, lambda: _time_of_numbers(given))
    if isinstance(value, dt.datetime):
        return value.timetz()
    if isinstance(value, dt.date):
        return dt.time(tzinfo=dt.UTC)
    if isinstance(value, dt.time):
        return value
    moment = parse_date_time(given.text(0))
    time = moment.timetz() if moment else parse_time(given.text(0))
    if time is None:
        raise given.misfit("time such as 10:30:00", 0)
    return time


def _time_of_numbers(given: Arguments) -> Value:
    second, micros = divmod(given.number(2) * 1_000_000, 1_000_000)
    offset = given.get(3)
    if offset is not None and not isinstance(offset, dt.timedelta):
        raise given.misfit("days and time duration", 3)
    zone = None if offset is None else dt.timezone(offset)
    return dt.time(given.integer(0), given.integer(1), int(second), int(micros), tzinfo=zone)


def _date_and_time(given: Arguments) -> Value:
    value = given.get(0)
    if len(given) > 1 and given.get(1) is not None:
        time = given.get(1)
        if not isinstance(time, dt.time):
            raise given.misfit("time", 1)
        day = given.date(0)
        return dt.datetime.combine(day.date() if isinstance(day, dt.datetime) else day, time)
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time())
    moment = parse_date_time(given.text(0))
    day_only = parse_date(given.text(0))
    if moment is None and day_only is not None:
        return dt.datetime.combine(day_only, dt.time())
    if moment is None:
        raise given.misfit("date and time such as 2024-01-31T10:30:00", 0)
    return moment


def _duration(given: Arguments) -> Value:
    value = given.get(0)
    if isinstance(value, dt.timedelta):
        return value
    duration = parse_feel_duration(given.text(0))
    if duration is None:
        raise given.misfit("duration such as P1DT2H or P1Y2M", 0)
    return duration


def _made(given: Arguments, make: Callable[[], Value]) -> Value:
    try:
        return make()
    except ValueError as error:
        raise given.fail(f"Expected a date or time that exists, but {error}.") from error


def _months_between(given: Arguments) -> Value:
    return months_between(given.date(0), given.date(1))


def _day_of_year(given: Arguments) -> Value:
    return Decimal(given.date(0).timetuple().tm_yday)


def _last_day_of_month(given: Arguments) -> Value:
    day = given.date(0)
    first = dt.date(day.year, day.month, 1)
    return (
        first.replace(month=12, day=31)
        if day.month == len(_MONTHS)
        else (first.replace(month=day.month + 1) - dt.timedelta(days=1))
    )


def _from_unix(given: Arguments) -> Value:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=int(given.number(0)))


def _total_seconds(given: Arguments) -> Value:
    value = given.get(0)
    if not isinstance(value, dt.timedelta):
        raise given.misfit("days and time duration", 0)
    return seconds_of(value)


TEMPORAL_BUILTINS: tuple[Builtin, ...] = (
    builtin("date(from, month?, day?)", _date, "The date of a text, a date and time, or numbers."),
    builtin(
        "time(from, minute?, second?, offset?)",
        _time,
        "The time of a text, a date and time, or numbers.",
    ),
    builtin(
        "date and time(from, time?)", _date_and_time, "The moment of a text, or a date and a time."
    ),
    builtin("duration(from)", _duration, "The duration of a text."),
    builtin("years and months duration(from, to)", _months_between, "Whole months between."),
    builtin("now()", lambda given: given.now, "The moment of this evaluation, in UTC."),
    builtin("today()", lambda given: given.now.date(), "The date of this evaluation, in UTC."),
    builtin(
        "day of week(date)",
        lambda given: _DAYS[given.date(0).weekday()],
        "The English name of the day.",
    ),
    builtin("day of year(date)", _day_of_year, "From 1 to 366."),
    builtin(
        "week of year(date)",
        lambda given: Decimal(given.date(0).isocalendar().week),
        "The ISO 8601 week.",
    ),
    builtin(
        "month of year(date)",
        lambda given: _MONTHS[given.date(0).month - 1],
        "The English name of the month.",
    ),
    builtin("last day of month(date)", _last_day_of_month, "The last date of its month."),
    builtin("from unix timestamp(milliseconds)", _from_unix, "The moment since 1970, in UTC."),
    builtin("total seconds(duration)", _total_seconds, "A days and time duration in seconds."),
)
