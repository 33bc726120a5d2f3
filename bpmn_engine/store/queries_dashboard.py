"""The figures of a dashboard, exact at the moment of reading."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    cast,
    extract,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.store.columns import EPOCH
from bpmn_engine.store.rows import is_postgresql
from bpmn_engine.store.tables import process_definition, process_instance
from bpmn_engine.views.operations import (
    CycleTime,
    DashboardView,
    ProcessFigures,
    ThroughputBucket,
)

BUCKETS: Final = tuple(
    dt.timedelta(minutes=minutes)
    for minutes in (1, 2, 5, 15, 30, 60, 180, 360, 720, 1440, 10_080, 43_200)
)
"""How long one point of the chart may be; the first with at most MOST_BUCKETS points is used."""

MOST_BUCKETS: Final = 60

NOTHING: Final = CycleTime(p50=None, p90=None, p95=None, mean=None)

_COLUMNS: Final = process_instance.c
_PERCENTILES: Final = (50, 90, 95)
_FAILED: Final = (InstanceStatus.FAILED.value, InstanceStatus.TERMINATED.value)


def dashboard(
    session: Session,
    now: dt.datetime,
    *,
    span: dt.timedelta | None = None,
    process_id: str | None = None,
) -> DashboardView:
    """Return the figures of a stretch of time up to `now`; None is all there ever was."""
    within = [] if process_id is None else [_COLUMNS.process_id == process_id]
    since = None if span is None else now - span
    ended = [*within, _COLUMNS.ended_at.is_not(None)]
    if since is not None:
        ended.append(_COLUMNS.ended_at >= since)
    by_process = _by_process(session, within, ended)
    return DashboardView(
        as_of=now,
        running=sum(figures.running for figures in by_process),
        completed=sum(figures.completed for figures in by_process),
        failed=sum(figures.failed for figures in by_process),
        incidents=sum(figures.incidents for figures in by_process),
        cycle_time=_cycle_times(session, literal(""), ended).get("", NOTHING),
        throughput=_throughput(session, now, since, within),
        by_process=by_process,
    )


def _by_process(
    session: Session, within: list[ColumnElement[bool]], ended: list[ColumnElement[bool]]
) -> tuple[ProcessFigures, ...]:
    running = _counts(session, [*within, _COLUMNS.ended_at.is_(None)])
    is_completed = _COLUMNS.status == InstanceStatus.COMPLETED.value
    completed = _counts(session, [*ended, is_completed])
    failed = _counts(session, [*ended, _COLUMNS.status.in_(_FAILED)])
    stuck = session.execute(
        select(_COLUMNS.process_id, func.sum(_COLUMNS.incident_count))
        .where(*within, _COLUMNS.incident_count > 0)
        .group_by(_COLUMNS.process_id)
    )
    incidents = Counter({process_id: int(count) for process_id, count in stuck})
    times = _cycle_times(session, _COLUMNS.process_id, ended)
    names = _names(session)
    return tuple(
        ProcessFigures(
            process_id=process_id,
            name=names.get(process_id),
            running=running[process_id],
            completed=completed[process_id],
            failed=failed[process_id],
            incidents=incidents[process_id],
            cycle_time=times.get(process_id, NOTHING),
        )
        for process_id in sorted({*running, *completed, *failed, *incidents})
    )


def _counts(session: Session, conditions: list[ColumnElement[bool]]) -> Counter[str]:
    counted = session.execute(
        select(_COLUMNS.process_id, func.count()).where(*conditions).group_by(_COLUMNS.process_id)
    )
    return Counter({row[0]: row[1] for row in counted})


def _names(session: Session) -> Mapping[str, str | None]:
    columns = process_definition.c
    latest = session.execute(select(columns.process_id, columns.name).where(columns.is_latest))
    return {row.process_id: row.name for row in latest}


def _cycle_times(
    session: Session, group: ColumnElement[str], ended: list[ColumnElement[bool]]
) -> dict[str, CycleTime]:
    """Return the cycle times of completed instances by group: the nearest ranks, and the mean."""
    ranked = (
        select(
            group.label("group"),
            _COLUMNS.duration_ms,
            func.row_number()
            .over(partition_by=group, order_by=_COLUMNS.duration_ms)
            .label("rank"),
            func.count().over(partition_by=group).label("size"),
            func.avg(_COLUMNS.duration_ms).over(partition_by=group).label("mean"),
        )
        .where(*ended, _COLUMNS.status == InstanceStatus.COMPLETED.value)
        .subquery()
    )
    wanted = [(ranked.c.size * percentile + 99) // 100 for percentile in _PERCENTILES]
    found: dict[str, dict[int, float]] = {}
    sizes: dict[str, tuple[int, float]] = {}
    for row in session.execute(select(ranked).where(ranked.c.rank.in_(wanted))):
        found.setdefault(row.group, {})[row.rank] = row.duration_ms / 1000
        sizes[row.group] = (row.size, float(row.mean) / 1000)
    return {
        name: CycleTime(
            p50=ranks[(sizes[name][0] * 50 + 99) // 100],
            p90=ranks[(sizes[name][0] * 90 + 99) // 100],
            p95=ranks[(sizes[name][0] * 95 + 99) // 100],
            mean=sizes[name][1],
        )
        for name, ranks in found.items()
    }


def _throughput(
    session: Session,
    now: dt.datetime,
    since: dt.datetime | None,
    within: list[ColumnElement[bool]],
) -> tuple[ThroughputBucket, ...]:
    first = since or session.scalar(select(func.min(_COLUMNS.started_at)).where(*within))
    if first is None:
        return ()
    width = next(
        (bucket for bucket in BUCKETS if (now - first) / bucket <= MOST_BUCKETS), BUCKETS[-1]
    )
    is_completed = _COLUMNS.status == InstanceStatus.COMPLETED.value
    is_failed = _COLUMNS.status.in_(_FAILED)
    started = _per_bucket(session, _COLUMNS.started_at, width, first, within)
    completed = _per_bucket(session, _COLUMNS.ended_at, width, first, [*within, is_completed])
    failed = _per_bucket(session, _COLUMNS.ended_at, width, first, [*within, is_failed])
    return tuple(
        ThroughputBucket(
            at=EPOCH + number * width,
            started=started[number],
            completed=completed[number],
            failed=failed[number],
        )
        for number in range((first - EPOCH) // width, (now - EPOCH) // width + 1)
    )


def _per_bucket(
    session: Session,
    moment: ColumnElement[dt.datetime],
    width: dt.timedelta,
    first: dt.datetime,
    conditions: list[ColumnElement[bool]],
) -> Counter[int]:
    seconds = int(width.total_seconds())
    number: ColumnElement[int]
    if is_postgresql(session):
        number = cast(func.floor(extract("epoch", moment) / seconds), BigInteger)
    else:
        number = type_coerce(moment, BigInteger) // (seconds * 1_000_000)
    counted = session.execute(
        select(number.label("number"), func.count())
        .where(*conditions, moment >= first)
        .group_by(number)
    )
    return Counter({row[0]: row[1] for row in counted})
