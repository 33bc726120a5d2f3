"""Times as Camunda 7 writes them: `2013-01-23T13:42:42.000+0200`."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

_KEPT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d")
_WRITTEN: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d(?::?\d\d)?)?)?"
)


def written_time(at: dt.datetime) -> str:
    """Return a time as Camunda 7 writes it: `2026-01-05T09:00:00.000+0000`."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}{at:%z}"


def written_or_none(at: dt.datetime | None) -> str | None:
    """Return a time as Camunda 7 writes it; None stays None."""
    return None if at is None else written_time(at)


def read_time(text: str) -> dt.datetime | None:
    """Return the moment that a text tells, aware; one without a time zone is in UTC.

    Anything that is no date or date-time is None.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    digits = (fraction or "0")[:6].ljust(6, "0")
    try:
        moment = dt.datetime.fromisoformat(f"{day}T{clock or '00:00:00'}.{digits}{_zone(zone)}")
    except ValueError:
        return None
    return moment


def kept_date(text: str) -> str | None:
    """Return how a variable keeps a Date, which expressions read too; None for no date."""
    moment = read_time(text)
    return None if moment is None else moment.isoformat(timespec="milliseconds")


def written_date(text: str) -> str | None:
    """Return the Date that a variable keeps, as Camunda 7 writes it; None for another text."""
    if not _KEPT.fullmatch(text):
        return None
    try:
        return written_time(dt.datetime.fromisoformat(text))
    except ValueError:
        return None


def _zone(given: str | None) -> str:
    if given in {None, "Z"}:
        return "+00:00"
    digits = str(given).replace(":", "").ljust(5, "0")
    return f"{digits[:3]}:{digits[3:]}"
