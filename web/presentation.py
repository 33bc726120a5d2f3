"""How values read on a page: the template filters and globals that the templates need.

All functions are pure; those that speak of "now" are given it.
"""

import datetime as dt
import json
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from flask import Flask
from markupsafe import Markup

from bpmn_engine.service.views import COUNT_LIMIT
from web.assets import AssetManifest

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_UNITS = (
    (365 * _DAY, "year"),
    (30 * _DAY, "month"),
    (_DAY, "day"),
    (_HOUR, "hour"),
    (_MINUTE, "minute"),
)
_SHORT_UNITS = ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min"), (1, "s"))
_JUST_NOW_SECONDS = 45
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def install(app: Flask, dist: Path, now: Callable[[], dt.datetime]) -> None:
    """Give `app` the filters and globals of the templates; call once, before the first request.

    The manifest is read at the first page, and again while the application is in debug mode.

    Args:
        app: The application whose Jinja environment is changed.
        dist: The folder of the browser bundle.
        now: The clock, aware UTC.
    """
    loaded: list[AssetManifest] = []

    def asset_tags(entry: str) -> Markup:
        if app.debug or not loaded:
            loaded[:] = [AssetManifest.load(dist)]
        return loaded[0].tags(entry)

    app.jinja_env.globals.update(asset_tags=asset_tags, asset_path=AssetManifest.path)
    app.jinja_env.filters.update(
        absolute=absolute,
        bounded=bounded,
        duration=duration,
        initials=initials,
        json_text=json_text,
        pairs=pairs,
        plural=plural,
        readable_type=readable_type,
        sparkline=sparkline,
        tally=tally,
        due_words=lambda at: due_words(at, now()),
        is_past=lambda at: at < now(),
        relative=lambda at: relative(at, now()),
    )


def absolute(at: dt.datetime) -> str:
    """Return `at` as "21 Nov 2026, 10:51 UTC"; the browser turns it into the reader's zone."""
    utc = at.astimezone(dt.UTC)
    return f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year}, {utc.hour:02}:{utc.minute:02} UTC"


def relative(at: dt.datetime, now: dt.datetime) -> str:
    """Return how long ago `at` was, or how soon it is, in its largest unit."""
    seconds = (at - now).total_seconds()
    if abs(seconds) < _JUST_NOW_SECONDS:
        return "just now"
    words = _largest_unit(seconds)
    return f"in {words}" if seconds > 0 else f"{words} ago"


def due_words(at: dt.datetime, now: dt.datetime) -> str:
    """Return a due date as "due in 2 hours", "due now" or "overdue by 3 days"."""
    seconds = (at - now).total_seconds()
    if abs(seconds) < _JUST_NOW_SECONDS:
        return "due now"
    words = _largest_unit(seconds)
    return f"due in {words}" if seconds > 0 else f"overdue by {words}"


def duration(length: float | dt.timedelta) -> str:
    """Return a length of time, seconds if a number, in its two largest units: "2 h 5 min"."""
    seconds = length.total_seconds() if isinstance(length, dt.timedelta) else float(length)
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    rest = round(seconds)
    parts: list[str] = []
    for size, unit in _SHORT_UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count:,} {unit}")
        elif parts:
            break
        if len(parts) == 2:  # noqa: PLR2004 -- two units are as much as a reader takes in
            break
    return " ".join(parts)


def tally(number: float) -> str:
    """Return a number with its thousands apart: "12,345"."""
    return f"{number:,}"


def bounded(number: int) -> str:
    """Return a count that goes no further than COUNT_LIMIT: "12", at its end "1,000+"."""
    return f"{tally(COUNT_LIMIT)}+" if number > COUNT_LIMIT else tally(number)


def plural(number: int, noun: str, many: str | None = None) -> str:
    """Return "1 task", "3 tasks"; `many` where an s is not enough, else made by rule."""
    if number == 1:
        return f"{tally(number)} {noun}"
    return f"{tally(number)} {many or (noun + ('es' if noun.endswith('s') else 's'))}"


def initials(name: str) -> str:
    """Return at most two capitals for a name or a user id: "AB" for "Alice Brown"."""
    words = name.replace(".", " ").replace("_", " ").replace("@", " ").split()
    if not words:
        return "?"
    return (words[0][0] + (words[1][0] if len(words) > 1 else "")).upper()


def json_text(value: object) -> str:
    """Return a JSON value as people read it: short ones on a line, longer ones indented."""
    line = json.dumps(value, ensure_ascii=False, default=str)
    if len(line) <= 90:  # noqa: PLR2004 -- as wide as the column that shows it
        return line
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def readable_type(name: str) -> str:
    """Return an element's type in words: "bpmn:UserTask" and "userTask" become "User task"."""
    local = name.rpartition(":")[2].replace("_", " ")
    if local.isupper():
        return local.capitalize()
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in local)
    return spaced.strip().capitalize()


def pairs(rows: Iterable[object], value: str, label: str) -> list[tuple[str, str]]:
    """Return (value, label) of each row for a choice; rows are mappings or objects."""
    return [
        (str(_member(row, value)), str(_member(row, label) or _member(row, value))) for row in rows
    ]


def sparkline(values: Sequence[float], width: float, height: float) -> str:
    """Return svg points for `values`, evenly spread over `width`, the largest at the top."""
    top = max(*values, 1)
    step = width / max(len(values) - 1, 1)
    margin = 2.0
    points = (
        (index * step, height - margin - (height - 2 * margin) * number / top)
        for index, number in enumerate(values)
    )
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _largest_unit(seconds: float) -> str:
    """Return the distance to now: the past rounded down, what is to come to the nearest.

    What is due in 7 h 59 min is due "in 8 hours".
    """
    for size, unit in _UNITS:
        if abs(seconds) >= size:
            count = math.floor(seconds / size + 0.5) if seconds > 0 else int(-seconds // size)
            return plural(count, unit)
    return plural(1, "minute")


def _member(row: object, name: str) -> object:
    if isinstance(row, dict):
        return row.get(name)
    return getattr(row, name)
