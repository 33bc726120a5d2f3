"""Figures of jobs between two moments, counted from the journals of the instances of that time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from bpmn_engine.expressions.durations import parse_duration
from bpmn_engine.expressions.expression import EvaluationFailure
from bpmn_engine.service.outcomes import Problem, invalid
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import job_lives
from bpmn_engine.store.database import Session
from bpmn_engine.views.job_lives import (
    EventCount,
    JobErrorFigures,
    JobEventKind,
    JobFigures,
    JobLife,
    LivedEvent,
)

MOST_INSTANCES: Final = 10_000
"""Instances whose journals are read for one answer."""

MOST_STRETCHES: Final = 10_000
"""Stretches of time of one answer."""

Item = TypeVar("Item")
_Event = tuple[JobLife, LivedEvent]


class JobStatistics(UseCases):
    """What happened to jobs. Nothing is counted twice: each reads what it counts."""

    def job_totals(
        self, since: dt.datetime, until: dt.datetime, *, job_type: str | None = None
    ) -> JobFigures | Problem:
        """Return what happened to all jobs, or to those of a type."""
        return self._of_events(
            since, until, job_type, lambda events: _figures(job_type or "", None, events)
        )

    def job_figures_by_type(
        self, since: dt.datetime, until: dt.datetime
    ) -> tuple[JobFigures, ...] | Problem:
        """Return what happened to the jobs of each type."""
        return self._of_events(since, until, None, lambda events: _grouped(events, _type_of))

    def job_figures_by_worker(
        self, since: dt.datetime, until: dt.datetime, *, job_type: str
    ) -> tuple[JobFigures, ...] | Problem:
        """Return what each worker did with jobs of a type; a creation is nobody's."""
        return self._of_events(since, until, job_type, lambda events: _grouped(events, _worker_of))

    def job_figures_over_time(
        self,
        since: dt.datetime,
        until: dt.datetime,
        *,
        job_type: str,
        resolution: str | None = None,
    ) -> tuple[JobFigures, ...] | Problem:
        """Return what happened to jobs of a type in each stretch of time, empty ones left out.

        `resolution` is the length of one, such as `PT1M`; without it there are at most about 200.
        """
        length = _length(resolution, until - since)
        if length is None or (until - since) / length > MOST_STRETCHES:
            return invalid(
                f"Expected a resolution such as PT1M or PT1H that gives at most {MOST_STRETCHES} "
                f"stretches of time, but got {resolution}.",
                field_name="filter.resolution",
            )

        def count(events: Sequence[_Event]) -> tuple[JobFigures, ...]:
            stretches: dict[dt.datetime, list[_Event]] = {}
            for event in events:
                begin = since + (event[1].at - since) // length * length
                stretches.setdefault(begin, []).append(event)
            return tuple(
                _figures(begin.isoformat(), begin, inside)
                for begin, inside in sorted(stretches.items())
            )

        return self._of_events(since, until, job_type, count)

    def job_errors(
        self, since: dt.datetime, until: dt.datetime, *, job_type: str
    ) -> tuple[JobErrorFigures, ...] | Problem:
        """Return the errors that workers reported of jobs of a type."""

        def count(events: Sequence[_Event]) -> tuple[JobErrorFigures, ...]:
            workers: dict[tuple[str, str], set[str]] = {}
            for _, event in events:
                if event.kind is JobEventKind.FAILED:
                    error = (event.error_code or "", event.message or "")
                    workers.setdefault(error, set()).add(event.worker or "")
            return tuple(
                JobErrorFigures(
                    id=f"{code}: {message}", error_code=code, message=message, workers=len(known)
                )
                for (code, message), known in sorted(workers.items())
            )

        return self._of_events(since, until, job_type, count)

    def _of_events(
        self,
        since: dt.datetime,
        until: dt.datetime,
        job_type: str | None,
        count: Callable[[Sequence[_Event]], Item],
    ) -> Item | Problem:
        def query(session: Session) -> Item | Problem:
            keys = job_lives.instances_between(session, since, until, limit=MOST_INSTANCES + 1)
            if len(keys) > MOST_INSTANCES:
                return invalid(
                    f"Expected at most {MOST_INSTANCES} process instances that were open in this "
                    "time, but there are more. Ask for a shorter one: the figures are counted "
                    "from the journals of the instances.",
                    field_name="filter.from",
                )
            return count(
                [
                    (life, event)
                    for life in job_lives.lives(session, keys)
                    if job_type is None or life.job_type == job_type
                    for event in life.events
                    if since <= event.at < until
                ]
            )

        return self._query(query)


def _length(resolution: str | None, whole: dt.timedelta) -> dt.timedelta | None:
    if resolution is None:
        return next((one for one in _LENGTHS if whole / one <= _MOST_UNASKED), _LENGTHS[-1])
    found = parse_duration(resolution)
    if isinstance(found, EvaluationFailure) or found.months or found.is_zero:
        return None
    return found.span


_MOST_UNASKED: Final = 200
_LENGTHS: Final = (
    dt.timedelta(minutes=1),
    dt.timedelta(hours=1),
    dt.timedelta(days=1),
    dt.timedelta(days=30),
)


def _type_of(event: _Event) -> str:
    return event[0].job_type


def _worker_of(event: _Event) -> str | None:
    return event[1].worker


def _grouped(
    events: Sequence[_Event], group_of: Callable[[_Event], str | None]
) -> tuple[JobFigures, ...]:
    groups: dict[str, list[_Event]] = {}
    for event in events:
        group = group_of(event)
        if group is not None:
            groups.setdefault(group, []).append(event)
    return tuple(_figures(group, None, inside) for group, inside in sorted(groups.items()))


def _figures(group: str, at: dt.datetime | None, events: Iterable[_Event]) -> JobFigures:
    told = [event for _, event in events]
    return JobFigures(
        id=group,
        at=at,
        created=_count(told, JobEventKind.CREATED),
        completed=_count(told, JobEventKind.COMPLETED),
        failed=_count(told, JobEventKind.FAILED),
        workers=len({event.worker for event in told if event.worker is not None}),
    )


def _count(events: Iterable[LivedEvent], kind: JobEventKind) -> EventCount:
    moments = [event.at for event in events if event.kind is kind]
    return EventCount(count=len(moments), last_at=max(moments, default=None))
