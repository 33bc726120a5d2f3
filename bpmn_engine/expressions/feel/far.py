"""Dates before the year 1 and after the year 9999, which Python's own cannot hold.

DMN's years go from -999,999,999 to 999,999,999 (DMN 1.5, 10.3.2.3.4). A date is only ever far when
its year is, so that a far one and one of Python's are never the same day. The calendar repeats
every 400 years, which is how a far moment borrows the offsets of its zone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

MAX_YEAR = 999_999_999
"""The last year, and with a minus the first."""

_DAYS_OF_CYCLE = 146_097  # of 400 years
_YEARS_OF_CYCLE = 400
_NEAR_YEAR = 2_000


@dataclass(frozen=True, slots=True)
class FarDate:
    """A date of a far year."""

    year: int
    month: int
    day: int

    @property
    def near(self) -> dt.date:
        """The same day in a year from 2000 to 2399, which has the same calendar."""
        return dt.date(_NEAR_YEAR + self.year % _YEARS_OF_CYCLE, self.month, self.day)

    def toordinal(self) -> int:
        """Return the number of the day; 1 is the first of January of the year 1."""
        cycles = (self.year - _NEAR_YEAR) // _YEARS_OF_CYCLE
        return self.near.toordinal() + cycles * _DAYS_OF_CYCLE

    def isoformat(self) -> str:
        """Return the date as ISO 8601, years of more than four digits as they are."""
        return f"{year_text(self.year)}-{self.month:02d}-{self.day:02d}"


@dataclass(frozen=True, slots=True)
class FarMoment:
    """A date of a far year with a time."""

    date: FarDate
    time: dt.time

    @property
    def near(self) -> dt.datetime:
        """The same moment in a year from 2000 to 2399."""
        return dt.datetime.combine(self.date.near, self.time)

    def isoformat(self) -> str:
        """Return the moment as ISO 8601."""
        return f"{self.date.isoformat()}T{self.time.isoformat()}"


AnyDate = dt.date | FarDate
"""A day, near or far."""

AnyMoment = dt.datetime | FarMoment
"""A date and time, near or far."""


def year_text(year: int) -> str:
    """Return a year with at least four digits."""
    return f"-{-year:04d}" if year < 0 else f"{year:04d}"


def make_date(year: int, month: int, day: int) -> AnyDate:
    """Return a date of any year.

    Raises:
        ValueError: there is no such day, or the year is out of reach.
    """
    if dt.MINYEAR <= year <= dt.MAXYEAR:
        return dt.date(year, month, day)
    if abs(year) > MAX_YEAR:
        message = f"year {year} is out of range"
        raise ValueError(message)
    dt.date(_NEAR_YEAR + year % _YEARS_OF_CYCLE, month, day)  # raises when there is none
    return FarDate(year, month, day)


def make_moment(day: AnyDate, time: dt.time) -> AnyMoment:
    """Return the moment of a time on a day."""
    if isinstance(day, FarDate):
        return FarMoment(day, time)
    return dt.datetime.combine(day, time)


def day_of(ordinal: int) -> AnyDate:
    """Return the day of a number, as `toordinal` gives it.

    Raises:
        ValueError: the year is out of reach.
    """
    if 1 <= ordinal <= dt.date.max.toordinal():
        return dt.date.fromordinal(ordinal)
    base = dt.date(_NEAR_YEAR, 1, 1).toordinal()
    cycles, rest = divmod(ordinal - base, _DAYS_OF_CYCLE)
    near = dt.date.fromordinal(base + rest)
    return make_date(near.year + cycles * _YEARS_OF_CYCLE, near.month, near.day)


def split_moment(moment: AnyMoment) -> tuple[AnyDate, dt.time]:
    """Return the day and the time, with its zone, of a moment."""
    if isinstance(moment, FarMoment):
        return moment.date, moment.time
    return moment.date(), moment.timetz()


def offset_of(moment: AnyMoment) -> dt.timedelta | None:
    """Return the offset from UTC, if there is one."""
    return (moment.near if isinstance(moment, FarMoment) else moment).utcoffset()


def microseconds_of(moment: AnyMoment) -> int:
    """Return the microseconds since the year 1, in UTC where there is an offset."""
    day, time = split_moment(moment)
    seconds = time.hour * 3600 + time.minute * 60 + time.second
    whole = (day.toordinal() * 86_400 + seconds) * 1_000_000 + time.microsecond
    return whole - (offset_of(moment) or dt.timedelta()) // dt.timedelta(microseconds=1)


def moved(moment: AnyMoment, span: dt.timedelta) -> AnyMoment:
    """Return the moment a span later by the clock on the wall.

    Raises:
        ValueError: the year is out of reach.
    """
    day, time = split_moment(moment)
    start = dt.datetime.combine(dt.date(_NEAR_YEAR, 1, 1), time.replace(tzinfo=None))
    end = start + (span - dt.timedelta(days=span.days))
    days = day.toordinal() + span.days + (end.date() - start.date()).days
    return make_moment(day_of(days), end.time().replace(tzinfo=time.tzinfo))
