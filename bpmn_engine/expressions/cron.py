"""Cron texts: 5 fields as in crontab, 6 or 7 with seconds first as in Spring and Quartz.

With 5 fields a day fits when the day of month *or* the day of week fits, if both are restricted.
With 6 or 7 fields both must fit. Days of the week are 0-7 with 0 and 7 for Sunday; in a text of 6
or 7 fields that has a `?`, as Quartz writes them, they are 1-7 with 1 for Sunday.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from croniter import croniter
from croniter.croniter import CroniterError

MACROS: Mapping[str, str] = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""Short names for common texts."""

_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_WORDS = frozenset(
    {*_DAYS, "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
)
_FIELD = re.compile(r"[0-9A-Z*/,?#-]+", re.ASCII)
_DAY_FIELD = 3
_WEEKDAY_FIELD = 5
_CRONTAB_FIELDS = 5
_MAX_FIELDS = 7
_MAX_YEARS = 12  # long enough for the 29th of February on any weekday over a century's turn


def is_cron(text: str) -> bool:
    """Tell whether the text looks like cron rather than an ISO 8601 cycle."""
    return text.startswith("@") or len(text.split()) >= _CRONTAB_FIELDS


def next_cron_firing(text: str, after: dt.datetime) -> dt.datetime | str | None:
    """Return the first moment after `after`, in UTC; None when there is none; or what is wrong."""
    if text.startswith("@"):
        if text.lower() not in MACROS:
            return f"Expected one of {', '.join(MACROS)}, but found {text}"
        text = MACROS[text.lower()]
    fields = text.upper().split()
    problem = _problem(fields)
    if problem is not None:
        return problem
    is_crontab = len(fields) == _CRONTAB_FIELDS
    if not is_crontab:
        fields = _translated(fields)
    try:
        schedule = croniter(
            " ".join(fields),
            after,
            day_or=is_crontab,
            second_at_beginning=True,
            max_years_between_matches=_MAX_YEARS,
        )
    except (CroniterError, ValueError, KeyError) as error:
        return f"Expected a cron text, but {error}"
    try:
        moment: dt.datetime = schedule.get_next(dt.datetime)
    except CroniterError:
        return None
    return moment.astimezone(dt.UTC)


def _problem(fields: list[str]) -> str | None:
    if not _CRONTAB_FIELDS <= len(fields) <= _MAX_FIELDS:
        return f"Expected 5 to 7 cron fields, but found {len(fields)}"
    for field in fields:
        words = {re.sub("(?<=[A-Z]{3})L$", "", word) for word in re.findall(r"[A-Z]+", field)}
        words -= _WORDS
        if not _FIELD.fullmatch(field) or words - {"L", "W"}:
            return f"Expected numbers, names of days and months, and * / , - ? # L W, not {field}"
    for field in fields if len(fields) == _CRONTAB_FIELDS else []:
        if re.search(r"[?#]|L|W(?!ED)", field) and field not in _WORDS:
            return f"Expected plain crontab fields; {field} needs six fields, seconds first"
    return None


def _translated(fields: list[str]) -> list[str]:
    """Return the fields as croniter writes them: 0 is Sunday, the last Friday is `L5`."""
    is_quartz = "?" in fields
    weekday = "*" if fields[_WEEKDAY_FIELD] == "?" else fields[_WEEKDAY_FIELD]
    parts = [_weekday(part, is_quartz=is_quartz) for part in weekday.split(",")]
    day = "*" if fields[_DAY_FIELD] == "?" else fields[_DAY_FIELD]
    return [*fields[:_DAY_FIELD], day, fields[4], ",".join(parts), *fields[6:]]


def _weekday(part: str, *, is_quartz: bool) -> str:
    body, slash, step = part.partition("/")
    body, hash_sign, nth = body.partition("#")
    is_last = body.endswith("L") and body not in _WORDS
    days = body[:-1] if is_last else body
    if is_last and not days:
        return "6"  # L alone is Saturday, the last day of the week
    numbered = re.sub("|".join(_DAYS), lambda name: str(_DAYS.index(name[0])), days)
    if is_quartz:
        shifted = re.sub(r"\d+", lambda number: str(int(number[0]) - 1), days)
        numbered = re.sub("|".join(_DAYS), lambda name: str(_DAYS.index(name[0])), shifted)
    if is_last:
        return f"L{numbered}"
    return numbered + hash_sign + nth + slash + step
