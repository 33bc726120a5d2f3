"""Durations of FEEL: years and months apart from days and time (DMN 1.5, 10.3.2.3.7-8)."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

_DURATION = re.compile(
    r"(?P<sign>-)?P(?=.)(?:(?P<years>\d{1,9})Y)?(?:(?P<months>\d{1,9})M)?"
    r"(?:(?P<weeks>\d{1,9})W)?(?:(?P<days>\d{1,9})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?"
    r"(?:(?P<seconds>\d{1,12}(?:\.\d{0,9})?)S)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A duration of whole months; negative when it goes back."""

    months: int

    def add_to(self, day: dt.date) -> dt.date:
        """Return `day` this many calendar months later; a day past the month's end is its last.

        Raises:
            OverflowError: the year is not one from 1 to 9999.
        """
        total = day.year * 12 + day.month - 1 + self.months
        year, month = divmod(total, 12)
        if not dt.MINYEAR <= year <= dt.MAXYEAR:
            message = f"Expected a year from 1 to 9999, but got {year}."
            raise OverflowError(message)
        last = calendar.monthrange(year, month + 1)[1]
        return day.replace(year=year, month=month + 1, day=min(day.day, last))


def parse_feel_duration(text: str) -> YearsMonths | dt.timedelta | None:
    """Return the duration an ISO 8601 text says; None when it says none or mixes both kinds."""
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith("T"):
        return None
    part = {name: value or "0" for name, value in match.groupdict().items() if name != "sign"}
    sign = -1 if match["sign"] else 1
    if match["years"] or match["months"]:
        if any(match[name] for name in ("weeks", "days", "hours", "minutes", "seconds")):
            return None
        return YearsMonths(sign * (int(part["years"]) * 12 + int(part["months"])))
    whole, _, fraction = part["seconds"].partition(".")
    try:
        return sign * dt.timedelta(
            weeks=int(part["weeks"]),
            days=int(part["days"]),
            hours=int(part["hours"]),
            minutes=int(part["minutes"]),
            seconds=int(whole),
            microseconds=int(fraction[:6].ljust(6, "0")) if fraction else 0,
        )
    except OverflowError:
        return None


def format_duration(duration: YearsMonths | dt.timedelta) -> str:
    """Return the duration as an ISO 8601 text in its shortest form."""
    if isinstance(duration, YearsMonths):
        years, months = divmod(abs(duration.months), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return ("-P" if duration.months < 0 else "P") + (text or "0M")
    span = abs(duration)
    hours, rest = divmod(span.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{span.microseconds:06d}".rstrip("0") if span.microseconds else ""
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or fraction:
        time += f"{seconds}{fraction}S"
    days = f"{span.days}D" if span.days else ""
    text = days + (f"T{time}" if time else "")
    return ("-P" if duration < dt.timedelta() else "P") + (text or "T0S")
