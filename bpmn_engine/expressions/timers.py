"""Timer texts of BPMN timer events (BPMN 2.0.2, 10.5.5.5): when they fire first, and next."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from enum import Enum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bpmn_engine.expressions.cron import is_cron, next_cron_firing
from bpmn_engine.expressions.durations import Duration as Duration
from bpmn_engine.expressions.durations import parse_duration as parse_duration
from bpmn_engine.expressions.durations import parse_retry_cycle as parse_retry_cycle
from bpmn_engine.expressions.durations import timer_failure, unquoted
from bpmn_engine.expressions.expression import EvaluationFailure
from bpmn_engine.expressions.feel.values import describe, lift
from bpmn_engine.values import JsonValue


class TimerKind(Enum):
    """The three kinds of timer event definition."""

    DATE = "date"  #: once, at a moment: `timeDate`
    DURATION = "duration"  #: once, after a time: `timeDuration`
    CYCLE = "cycle"  #: again and again: `timeCycle`


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerSchedule:
    """One firing of a timer, and what follows it."""

    due_at: dt.datetime  #: aware, UTC
    repetitions: int | None  #: firings after this one; None without end, 0 for the last
    text: str
    """The normalised text; a cycle's is the same for all its firings and holds its anchor:
    `R/<anchor>/<interval>[/<end>]` or the cron text. The count is in `repetitions` alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cycle:
    """Moments at equal distances: `anchor + index * interval`, up to `end`."""

    anchor: dt.datetime
    interval: Duration
    end: dt.datetime | None

    @property
    def text(self) -> str:
        end = f"/{_moment_text(self.end)}" if self.end else ""
        return f"R/{_moment_text(self.anchor)}/{self.interval.text}{end}"

    def moment(self, index: int) -> dt.datetime | None:
        try:
            moment = self.interval.add_to(self.anchor, index)
        except OverflowError:
            return None
        return moment if self.end is None or moment <= self.end else None

    def index_after(self, moment: dt.datetime) -> int:
        """Return the least index whose moment is later than `moment`; 0 at least."""
        length = dt.timedelta(days=30.436875) * self.interval.months + self.interval.span
        index = max((moment - self.anchor) // length, 0)
        while index > 0 and self._is_after(index - 1, moment):
            index -= 1
        while not self._is_after(index, moment):
            index += 1
        return index

    def _is_after(self, index: int, moment: dt.datetime) -> bool:
        try:
            return self.interval.add_to(self.anchor, index) > moment
        except OverflowError:
            return True


def first_firing(
    kind: TimerKind, value: JsonValue, now: dt.datetime
) -> TimerSchedule | EvaluationFailure:
    """Return when a timer that starts `now` (aware) fires first.

    `value` is a text, quoted or not, as a diagram or an expression gives it. A date in the past
    is due at once. Firings of a cycle with a start in the past that were missed are left out, and
    count.
    """
    if not isinstance(value, str):
        example = {
            TimerKind.DATE: "2024-01-31T10:00:00Z",
            TimerKind.DURATION: "PT5M for five minutes",
            TimerKind.CYCLE: "R3/PT10M",
        }[kind]
        message = f"Expected a text such as {example}, but got {describe(lift(value))}."
        return EvaluationFailure(message=message, source=str(value), line=1, column=1)
    text, start = unquoted(value), now.astimezone(dt.UTC)
    match kind:
        case TimerKind.DATE:
            return _date_schedule(text)
        case TimerKind.DURATION:
            return _duration_schedule(text, start)
        case TimerKind.CYCLE if is_cron(text):
            return _cron_schedule(" ".join(text.split()), start)
        case TimerKind.CYCLE:
            return _cycle_schedule(text, start)


def next_firing(schedule: TimerSchedule) -> TimerSchedule | None:
    """Return the firing after this one, reckoned from when it was due; None after the last."""
    if schedule.repetitions == 0:
        return None
    if is_cron(schedule.text):
        moment = next_cron_firing(schedule.text, schedule.due_at)
        return replace(schedule, due_at=moment) if isinstance(moment, dt.datetime) else None
    cycle = _parse_cycle(schedule.text, schedule.due_at)
    if isinstance(cycle, EvaluationFailure):
        return None  # a date or a duration fires once
    due_at = cycle[0].moment(cycle[0].index_after(schedule.due_at))
    if due_at is None:
        return None
    left = None if schedule.repetitions is None else schedule.repetitions - 1
    return replace(schedule, due_at=due_at, repetitions=left)


def parse_moment(text: str) -> dt.datetime | None:
    """Return the moment of an ISO 8601 date or date-time in UTC; without an offset it is UTC.

    A zone may follow, as `@Europe/Berlin` or `[Europe/Berlin]`; an offset given too wins.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(match["iso"])
        zone = ZoneInfo(match["at"] or match["in"]) if match["at"] or match["in"] else dt.UTC
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError, ZoneInfoNotFoundError):
        return None


_ZONE = r"[A-Za-z][A-Za-z0-9_+/-]{0,49}"
_MOMENT = re.compile(
    rf"(?P<iso>\d{{4}}-?\d{{2}}-?\d{{2}}(?:[T ][0-9:.,]+(?:Z|[+-][0-9:]+)?)?)"
    rf"(?:@(?P<at>{_ZONE})|\[(?P<in>{_ZONE})\])?",
    re.ASCII,
)
_REPEAT = re.compile(r"R(?P<count>-1|\d{1,9})?", re.ASCII)


def _moment_text(moment: dt.datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _date_schedule(text: str) -> TimerSchedule | EvaluationFailure:
    moment = parse_moment(text)
    if moment is None:
        return timer_failure("Expected a date such as 2024-01-31T10:00:00Z.", text)
    return TimerSchedule(due_at=moment, repetitions=0, text=_moment_text(moment))


def _duration_schedule(text: str, now: dt.datetime) -> TimerSchedule | EvaluationFailure:
    duration = parse_duration(text)
    if isinstance(duration, EvaluationFailure):
        return duration
    try:
        return TimerSchedule(due_at=duration.add_to(now), repetitions=0, text=duration.text)
    except OverflowError:
        return timer_failure("Expected a duration that ends before the year 10000.", text)


def _cron_schedule(text: str, now: dt.datetime) -> TimerSchedule | EvaluationFailure:
    moment = next_cron_firing(text, now)
    if isinstance(moment, str):
        return timer_failure(moment, text)
    if moment is None:
        return timer_failure("Expected a cron text that fits some moment to come.", text)
    return TimerSchedule(due_at=moment, repetitions=None, text=text)


def _cycle_schedule(text: str, now: dt.datetime) -> TimerSchedule | EvaluationFailure:
    parsed = _parse_cycle(text, now)
    if isinstance(parsed, EvaluationFailure):
        return parsed
    cycle, first_index, count = parsed
    index = max(first_index, 0 if cycle.anchor >= now else cycle.index_after(now))
    missed = index - first_index
    due_at = cycle.moment(index)
    if due_at is None or (count is not None and missed >= count):
        return timer_failure("Expected a cycle with a firing to come.", text)
    left = None if count is None else count - missed - 1
    if cycle.end is not None:
        until_end = cycle.index_after(cycle.end) - 1 - index
        left = until_end if left is None else min(left, until_end)
    return TimerSchedule(due_at=due_at, repetitions=left, text=cycle.text)


def _parse_cycle(
    text: str, now: dt.datetime
) -> tuple[_Cycle, int, int | None] | EvaluationFailure:
    """Return the cycle, the index of its first firing, and how many firings it has."""
    repeat, *parts = text.split("/")
    parts = _rejoin_zones(parts)
    match = _REPEAT.fullmatch(repeat)
    if match is None or not parts:
        return timer_failure("Expected a cycle such as R3/PT10M, R/PT1H or a cron text.", text)
    count = None if match["count"] in {None, "-1"} else int(match["count"])
    if count == 0:
        return timer_failure("Expected at least one repetition.", text)
    start = None if parts[0].lstrip().upper().startswith("P") else parse_moment(parts[0])
    if start is not None:
        parts = parts[1:]
    if not 1 <= len(parts) <= 2:  # noqa: PLR2004 - an interval, and an end perhaps
        return timer_failure("Expected an interval, and perhaps a start or an end.", text)
    interval = parse_duration(parts[0])
    end = parse_moment(parts[1]) if len(parts) > 1 else None
    if isinstance(interval, EvaluationFailure) or interval.is_zero:
        return timer_failure("Expected an interval such as PT10M, longer than zero.", text)
    if len(parts) > 1 and end is None:
        return timer_failure("Expected an end such as 2025-01-01T00:00:00Z.", text)
    cycle = _Cycle(anchor=start or now, interval=interval, end=end)
    return cycle, 0 if start else 1, count


def _rejoin_zones(parts: list[str]) -> list[str]:
    """Return the parts with zones such as `@Europe/Berlin` in one piece again."""
    joined: list[str] = []
    for part in parts:
        if (
            joined
            and ("@" in joined[-1] or joined[-1].count("[") > joined[-1].count("]"))
            and (not re.match(r"P|\d{4}-", part))
        ):
            joined[-1] += f"/{part}"
        else:
            joined.append(part)
    return joined
