"""Moments and lengths of time as people write them: `2 days`, `P2D`, `2026-04-01T09:00:00Z`."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from bpmn_engine.expressions.durations import Duration, parse_duration
from bpmn_engine.expressions.expression import EvaluationFailure

_PART: Final = re.compile(r"(\d{1,6})\s*(second|minute|hour|day|week|month|year)s?", re.ASCII)
_JOINED: Final = re.compile(r"\s*(?:,|and|,\s*and)?\s*")
_LETTERS: Final = {
    "year": "Y",
    "month": "M",
    "week": "W",
    "day": "D",
    "hour": "H",
    "minute": "M",
    "second": "S",
}
_ORDER: Final = tuple(_LETTERS)
_FIRST_OF_TIME: Final = _ORDER.index("hour")


def read_span(text: str) -> Duration | None:
    """Return a length of time: `2 days`, `1 week and 3 hours`, or ISO 8601 (`P2D`)."""
    iso = text if text[:1].upper() == "P" else _as_iso(text.strip().lower())
    if iso is None:
        return None
    duration = parse_duration(iso)
    return None if isinstance(duration, EvaluationFailure) else duration


def read_moment(text: str) -> dt.datetime | None:
    """Return a moment of ISO 8601 in UTC; one without a zone is taken to be UTC."""
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=dt.UTC)
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def is_span(text: str) -> bool:
    """Tell whether it is a length of time."""
    return read_span(text) is not None


def is_moment(text: str) -> bool:
    """Tell whether it is a moment."""
    return read_moment(text) is not None


def is_span_or_moment(text: str) -> bool:
    """Tell whether it is one of both."""
    return is_span(text) or is_moment(text)


def _as_iso(text: str) -> str | None:
    found: dict[str, int] = {}
    at = 0
    while at < len(text):
        joined = _JOINED.match(text, at) if found else None
        at = at if joined is None else joined.end()
        part = _PART.match(text, at)
        if part is None or part[2] in found:
            return None
        found[part[2]] = int(part[1])
        at = part.end()
    if not found:
        return None
    days = [f"{found[unit]}{_LETTERS[unit]}" for unit in _ORDER[:_FIRST_OF_TIME] if unit in found]
    time = [f"{found[unit]}{_LETTERS[unit]}" for unit in _ORDER[_FIRST_OF_TIME:] if unit in found]
    return f"P{''.join(days)}{'T' if time else ''}{''.join(time)}"
