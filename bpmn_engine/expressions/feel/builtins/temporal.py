"""The built-in functions on dates, times, durations and the clock (DMN 1.5, 10.3.4.1, .8, .10)."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from bpmn_engine.expressions.feel.builtins.arguments import Arguments, Builtin, builtin
from bpmn_engine.expressions.feel.durations import YearsMonths, parse_feel_duration
from bpmn_engine.expressions.feel.far import (
    AnyDate,
    FarDate,
    FarMoment,
    make_date,
    make_moment,
    split_moment,
)
from bpmn_engine.expressions.feel.moving import months_between
from bpmn_engine.expressions.feel.temporals import (
    parse_date,
    parse_date_time,
    parse_time,
    parse_zone,
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
    if given.is_named("year"):
        return _made(given, lambda: make_date(*[given.integer(index) for index in range(3)]))
    value = given.single(0)
    if isinstance(value, dt.datetime | FarMoment):
        return split_moment(value)[0]
    if isinstance(value, dt.date | FarDate):
        return value
    day = parse_date(given.text(0)) or _day_of_moment(given.text(0))
    if day is None:
        raise given.misfit("date such as 2024-01-31", 0)
    return day


def _day_of_moment(text: str) -> AnyDate | None:
    moment = parse_date_time(text)
    return None if moment is None else split_moment(moment)[0]


def _time(given: Arguments) -> Value:
    if given.is_named("hour"):
        return _made(given, lambda: _time_of_numbers(given, 0))
    value = given.single(0)
    if isinstance(value, dt.datetime | FarMoment):
        return split_moment(value)[1]
    if isinstance(value, dt.date | FarDate):
        return dt.time(tzinfo=dt.UTC)
    if isinstance(value, dt.time):
        return value
    moment = parse_date_time(given.text(0))
    time = split_moment(moment)[1] if moment else parse_time(given.text(0))
    if time is None:
        raise given.misfit("time such as 10:30:00", 0)
    return time


def _time_of_numbers(given: Arguments, first: int) -> dt.time:
    """Return the time of hour, minute, second and perhaps an offset or zone from `first` on."""
    second, micros = divmod(given.number(first + 2) * 1_000_000, 1_000_000)
    return dt.time(
        given.integer(first),
        given.integer(first + 1),
        int(second),
        int(micros),
        tzinfo=_given_zone(given, first + 3),
    )


def _given_zone(given: Arguments, index: int) -> dt.tzinfo | None:
    offset = given.single(index)
    if offset is None:
        return None
    if isinstance(offset, dt.timedelta):
        return dt.UTC if not offset else dt.timezone(offset)
    zone = parse_zone(offset) if isinstance(offset, str) else None
    if zone is None:
        raise given.misfit("days and time duration, or the name of a time zone,", index)
    return zone


def _date_and_time(given: Arguments) -> Value:
    if given.is_named("year"):
        return _made(given, lambda: _moment_of_numbers(given))
    if len(given) > 1:
        return _moment_of_two(given)
    value = given.single(0)
    if isinstance(value, dt.datetime | FarMoment):
        return value
    if isinstance(value, dt.date | FarDate):
        return make_moment(value, dt.time())
    moment = parse_date_time(given.text(0))
    day_only = parse_date(given.text(0))
    if moment is None and day_only is not None:
        return make_moment(day_only, dt.time())
    if moment is None:
        raise given.misfit("date and time such as 2024-01-31T10:30:00", 0)
    return moment


def _moment_of_numbers(given: Arguments) -> Value:
    day = make_date(*[given.integer(index) for index in range(3)])
    return make_moment(day, _time_of_numbers(given, 3))


def _moment_of_two(given: Arguments) -> Value:
    """Return a date with a time, or a moment seen from a time zone."""
    time = given.single(1)
    if isinstance(time, dt.time):
        day = given.date(0)
        return make_moment(
            split_moment(day)[0] if isinstance(day, dt.datetime | FarMoment) else day, time
        )
    moment = given.single(0)
    zone = parse_zone(time) if isinstance(time, str) else None
    if zone is None:
        raise given.misfit("time, or the name of a time zone,", 1)
    if not isinstance(moment, dt.datetime):
        raise given.misfit("date and time", 0)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _duration(given: Arguments) -> Value:
    value = given.single(0)
    if isinstance(value, dt.timedelta | YearsMonths):
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


def _near_day(given: Arguments) -> dt.date:
    """Return the day, of a far year as one of the same calendar."""
    value = given.date(0)
    day = split_moment(value)[0] if isinstance(value, dt.datetime | FarMoment) else value
    return day.near if isinstance(day, FarDate) else day


def _last_day_of_month(given: Arguments) -> Value:
    value = given.date(0)
    day = split_moment(value)[0] if isinstance(value, dt.datetime | FarMoment) else value
    return make_date(day.year, day.month, calendar.monthrange(_near_day(given).year, day.month)[1])


def _from_unix(given: Arguments) -> Value:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=int(given.number(0)))


def _total_seconds(given: Arguments) -> Value:
    value = given.single(0)
    if not isinstance(value, dt.timedelta):
        raise given.misfit("days and time duration", 0)
    return seconds_of(value)


TEMPORAL_BUILTINS: tuple[Builtin, ...] = (
    builtin(
        "date(from | year, month, day)",
        _date,
        "The date of a text, a date and time, or numbers.",
    ),
    builtin(
        "time(from | hour, minute, second, offset?)",
        _time,
        "The time of a text, a date and time, or numbers.",
    ),
    builtin(
        "date and time(from | date, time | date, timezone"
        " | year, month, day, hour, minute, second, offset?"
        " | year, month, day, hour, minute, second, timezone)",
        _date_and_time,
        "The moment of a text, of a date and a time, of numbers, or as seen from a time zone.",
    ),
    builtin("duration(from)", _duration, "The duration of a text."),
    builtin("years and months duration(from, to)", _months_between, "Whole months between."),
    builtin("now()", lambda given: given.now, "The moment of this evaluation, in UTC."),
    builtin("today()", lambda given: given.now.date(), "The date of this evaluation, in UTC."),
    builtin(
        "day of week(date)",
        lambda given: _DAYS[_near_day(given).weekday()],
        "The English name of the day.",
    ),
    builtin(
        "day of year(date)",
        lambda given: Decimal(_near_day(given).timetuple().tm_yday),
        "From 1 to 366.",
    ),
    builtin(
        "week of year(date)",
        lambda given: Decimal(_near_day(given).isocalendar().week),
        "The ISO 8601 week.",
    ),
    builtin(
        "month of year(date)",
        lambda given: _MONTHS[_near_day(given).month - 1],
        "The English name of the month.",
    ),
    builtin("last day of month(date)", _last_day_of_month, "The last date of its month."),
    builtin("from unix timestamp(milliseconds)", _from_unix, "The moment since 1970, in UTC."),
    builtin("total seconds(duration)", _total_seconds, "A days and time duration in seconds."),
)
