"""Durations of timers: ISO 8601 with calendar months, as timer events and retries write them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from decimal import Decimal

from bpmn_engine.expressions.expression import EvaluationFailure
from bpmn_engine.expressions.feel.durations import YearsMonths, format_duration

_NUMBER = r"\d{1,9}(?:[.,]\d{1,9})?"
_DURATION = re.compile(
    rf"P(?=[\dT])(?:(?P<years>{_NUMBER})Y)?(?:(?P<months>\d{{1,9}})M)?(?:(?P<weeks>{_NUMBER})W)?"
    rf"(?:(?P<days>{_NUMBER})D)?"
    rf"(?:T(?=\d)(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?",
    re.ASCII | re.IGNORECASE,
)
_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A duration that is not negative: calendar months, then exact time."""

    months: int = 0
    span: dt.timedelta = dt.timedelta()

    @property
    def text(self) -> str:
        """The duration as ISO 8601."""
        if not self.months:
            return format_duration(self.span)
        months = format_duration(YearsMonths(self.months))
        return months + (format_duration(self.span)[1:] if self.span else "")

    @property
    def is_zero(self) -> bool:
        """Whether it lasts no time at all."""
        return not self.months and not self.span

    def add_to(self, moment: dt.datetime, times: int = 1) -> dt.datetime:
        """Return the moment so many durations later; a day past the month's end is its last.

        Raises:
            OverflowError: the year would be past 9999.
        """
        months = YearsMonths(self.months * times)
        day = months.add_to(moment.date())
        return dt.datetime.combine(day, moment.timetz()) + self.span * times


def parse_duration(text: str) -> Duration | EvaluationFailure:
    """Return the duration of an ISO 8601 text such as `PT5M`, `P1DT2H`, `P2W` or `P1M`.

    Months and years follow the calendar. Fractions are allowed except for months.
    """
    plain = unquoted(text)
    if plain.startswith(("-", "P-", "PT-")):
        return timer_failure("Expected a duration that is not negative, but it is.", text)
    match = _DURATION.fullmatch(plain)
    if match is None:
        return timer_failure("Expected a duration such as PT5M, P1DT2H or P1M.", text)
    months = Decimal((match["years"] or "0").replace(",", ".")) * 12 + int(match["months"] or 0)
    if months != int(months):
        return timer_failure("Expected whole months.", text)
    seconds = sum(
        Decimal((match[unit] or "0").replace(",", ".")) * length
        for unit, length in _SECONDS.items()
    )
    try:
        span = dt.timedelta(microseconds=int(seconds * 1_000_000))
    except OverflowError:
        return timer_failure("Expected a shorter duration.", text)
    return Duration(months=int(months), span=span)


def parse_retry_cycle(text: str) -> tuple[dt.timedelta, ...] | EvaluationFailure:
    """Return the waits before each further attempt.

    `R3/PT10M` waits ten minutes three times; `PT1M,PT5M,PT1H` waits as listed.
    """
    plain = unquoted(text)
    count = 1
    match = re.fullmatch(r"R(\d{1,4})/(.+)", plain, re.ASCII)
    if match is not None:
        count, plain = int(match[1]), match[2]
    elif plain.startswith("R"):
        return timer_failure("Expected a number of retries such as R3/PT10M.", text)
    if count > _MAX_RETRIES:
        return timer_failure(f"Expected at most {_MAX_RETRIES} retries.", text)
    waits: list[dt.timedelta] = []
    for part in plain.split(","):
        duration = parse_duration(part)
        if isinstance(duration, EvaluationFailure):
            return replace(duration, source=text)
        if duration.months:
            return timer_failure("Expected days, hours, minutes or seconds to wait.", text)
        waits.append(duration.span)
    if match is not None and len(waits) != 1:
        return timer_failure("Expected one duration after R3/, or a list without it.", text)
    return tuple(waits * count)


_MAX_RETRIES = 1_000


def unquoted(text: str) -> str:
    """Return the text without blanks and without quotes around it."""
    plain = text.strip()
    if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "\"'":
        return plain[1:-1].strip()
    return plain


def timer_failure(message: str, text: str) -> EvaluationFailure:
    """Return the failure of a timer text."""
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return EvaluationFailure(
        message=f"{message.rstrip('.')}; the text is {shown!r}.", source=text, line=1, column=1
    )


_SHOWN = 80
