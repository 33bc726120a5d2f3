"""The figures of a dashboard: the sums, and what stands beside them and is not in them yet.

Counts are exact, percentiles within `durations.ERROR`; a range begins at a full minute.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select

from bpmn_engine.store.columns import EPOCH
from bpmn_engine.store.durations import percentile
from bpmn_engine.store.rollup_sums import LENGTHS, Sums, begin_of, shortest_kept, stretches
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    IS_STUCK,
    process_definition,
    process_instance,
    rollup_bucket,
    rollup_delta,
    rollup_total,
)
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

_LONGEST: Final = max(LENGTHS)
_BUCKET: Final = rollup_bucket.c
_IS_ASKED_FOR: Final = process_definition.c.process_id == bindparam("process_id")
_NAMES: Final = select(process_definition.c.process_id, process_definition.c.name).where(
    process_definition.c.is_latest
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """What is asked for, and what is not in the sums yet."""

    now: dt.datetime
    since: dt.datetime | None
    process_id: str | None
    deltas: tuple[AnyRow, ...]


def dashboard(
    session: Session,
    now: dt.datetime,
    *,
    span: dt.timedelta | None = None,
    process_id: str | None = None,
) -> DashboardView:
    """Return the figures of a stretch of time up to `now`; None is all there ever was."""
    since = None if span is None else now - span
    wanted = _Range(
        now=now, since=since, process_id=process_id, deltas=_deltas(session, process_id)
    )
    ended = _ended(session, wanted)
    by_process = _by_process(session, wanted, ended)
    together = Sums()
    for sums in ended.values():
        together.counts.update(sums.counts)
        together.bins.update(sums.bins)
    return DashboardView(
        as_of=now,
        running=sum(figures.running for figures in by_process),
        completed=sum(figures.completed for figures in by_process),
        failed=sum(figures.failed for figures in by_process),
        incidents=sum(figures.incidents for figures in by_process),
        cycle_time=_cycle_time(together),
        throughput=_throughput(session, wanted),
        by_process=by_process,
    )


def _deltas(session: Session, process_id: str | None) -> tuple[AnyRow, ...]:
    wanted = _deltas_kept(of_one=process_id is not None)
    return tuple(session.execute(wanted, {"process_id": process_id}))


@cache
def _deltas_kept(*, of_one: bool) -> Select[*tuple[object, ...]]:
    columns = process_definition.c
    wanted = select(rollup_delta, columns.process_id).join(
        process_definition, columns.key == rollup_delta.c.definition_key
    )
    return wanted.where(_IS_ASKED_FOR) if of_one else wanted


def _ended(session: Session, wanted: _Range) -> Mapping[str, Sums]:
    """Return what is summed of the range, by process."""
    found: defaultdict[str, Sums] = defaultdict(Sums)
    for row in session.execute(_buckets(wanted)):
        found[row.process_id].add(row)
    begin = _begin(wanted)
    for row in wanted.deltas:
        if row.at >= begin:
            found[row.process_id].add(row)
    return found


def _begin(wanted: _Range) -> dt.datetime:
    if wanted.since is None:
        return EPOCH
    return begin_of(wanted.since, shortest_kept(wanted.now - wanted.since))


def _buckets(wanted: _Range) -> Select[*tuple[object, ...]]:
    if wanted.since is None:
        is_within: ColumnElement[bool] = _BUCKET.minutes == _LONGEST
    else:
        is_within = or_(
            *(
                and_(
                    _BUCKET.minutes == stretch.minutes,
                    _BUCKET.at >= stretch.begin,
                    _BUCKET.at < stretch.end,
                )
                for stretch in stretches(wanted.since, wanted.now)
            )
        )
    return _of_process(select(rollup_bucket).where(is_within), wanted)


def _of_process(
    statement: Select[*tuple[object, ...]], wanted: _Range
) -> Select[*tuple[object, ...]]:
    if wanted.process_id is None:
        return statement
    return statement.where(_BUCKET.process_id == wanted.process_id)


def _by_process(
    session: Session, wanted: _Range, ended: Mapping[str, Sums]
) -> tuple[ProcessFigures, ...]:
    running = _running(session, wanted)
    incidents = _incidents(session, wanted)
    names = _names(session)
    return tuple(
        ProcessFigures(
            process_id=process_id,
            name=names.get(process_id),
            running=running[process_id],
            completed=sums.counts["completed"],
            failed=sums.counts["failed"] + sums.counts["terminated"],
            incidents=incidents[process_id],
            cycle_time=_cycle_time(sums),
        )
        for process_id in sorted({*running, *incidents, *ended})
        for sums in (ended.get(process_id, Sums()),)
        if running[process_id] or incidents[process_id] or _has_ended(sums)
    )


def _has_ended(sums: Sums) -> bool:
    return any(sums.counts[name] for name in ("completed", "failed", "terminated"))


@cache
def _open_counts(*, of_one: bool) -> Select[str, int]:
    columns = process_definition.c
    totals = (
        select(columns.process_id, func.sum(rollup_total.c.open_count))
        .join(process_definition, columns.key == rollup_total.c.definition_key)
        .group_by(columns.process_id)
    )
    return totals.where(_IS_ASKED_FOR) if of_one else totals


def _running(session: Session, wanted: _Range) -> Counter[str]:
    totals = _open_counts(of_one=wanted.process_id is not None)
    rows = session.execute(totals, {"process_id": wanted.process_id})
    running = Counter({process_id: int(count) for process_id, count in rows})
    for row in wanted.deltas:
        running[row.process_id] += row.open_change
    return running


@cache
def _incident_counts(*, of_one: bool) -> Select[str, int]:
    of_version = (
        select(
            process_instance.c.definition_key,
            func.sum(process_instance.c.incident_count).label("incidents"),
        )
        .where(IS_STUCK)
        .group_by(process_instance.c.definition_key)
        .subquery()
    )
    columns = process_definition.c
    found = select(columns.process_id, func.sum(of_version.c.incidents)).join(
        process_definition, columns.key == of_version.c.definition_key
    )
    return (found.where(_IS_ASKED_FOR) if of_one else found).group_by(columns.process_id)


def _incidents(session: Session, wanted: _Range) -> Counter[str]:
    """Return the open incidents; only instances that have some are looked at."""
    counts = _incident_counts(of_one=wanted.process_id is not None)
    rows = session.execute(counts, {"process_id": wanted.process_id})
    return Counter({process_id: int(count) for process_id, count in rows})


def _names(session: Session) -> Mapping[str, str | None]:
    return {row.process_id: row.name for row in session.execute(_NAMES)}


def _cycle_time(sums: Sums) -> CycleTime:
    completed = sums.counts["completed"]
    return CycleTime(
        p50=percentile(sums.bins, 50),
        p90=percentile(sums.bins, 90),
        p95=percentile(sums.bins, 95),
        mean=sums.counts["duration_ms"] / completed / 1000 if completed else None,
    )


def _throughput(session: Session, wanted: _Range) -> tuple[ThroughputBucket, ...]:
    first = wanted.since or _earliest(session, wanted)
    if first is None:
        return ()
    now = wanted.now
    width = next(
        (bucket for bucket in BUCKETS if (now - first) / bucket <= MOST_BUCKETS), BUCKETS[-1]
    )
    kept = shortest_kept(now - first)
    fitting = [n for n in LENGTHS if n >= kept and width % dt.timedelta(minutes=n) == _NONE]
    minutes = max(fitting, default=kept)
    begin = begin_of(first, minutes)
    counts = [
        func.sum(_BUCKET[name]).label(name)
        for name in ("started", "completed", "failed", "terminated")
    ]
    summed = select(_BUCKET.at, *counts).where(_BUCKET.minutes == minutes, _BUCKET.at >= begin)
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for row in session.execute(_of_process(summed, wanted).group_by(_BUCKET.at)):
        _add_point(found[(row.at - EPOCH) // width], row)
    for row in wanted.deltas:
        if row.at >= begin:
            _add_point(found[(row.at - EPOCH) // width], row)
    return tuple(
        ThroughputBucket(
            at=EPOCH + number * width,
            started=found[number]["started"],
            completed=found[number]["completed"],
            failed=found[number]["failed"],
        )
        for number in range((first - EPOCH) // width, (now - EPOCH) // width + 1)
    )


_NONE: Final = dt.timedelta(0)


def _add_point(point: Counter[str], row: AnyRow) -> None:
    point["started"] += int(row.started)
    point["completed"] += int(row.completed)
    point["failed"] += int(row.failed) + int(row.terminated)


def _earliest(session: Session, wanted: _Range) -> dt.datetime | None:
    """Return when the first instance began or ended, as exactly as it is kept."""
    moments: list[dt.datetime] = [row.at for row in wanted.deltas]
    first: dt.datetime | None = None
    end: dt.datetime | None = None  # of that bucket: a shorter one in it says more exactly
    for minutes in sorted(LENGTHS, reverse=True):
        found = session.scalar(
            _of_process(select(func.min(_BUCKET.at)).where(_BUCKET.minutes == minutes), wanted)
        )
        if not isinstance(found, dt.datetime) or (end is not None and found >= end):
            break
        first, end = found, found + dt.timedelta(minutes=minutes)
    return min([*moments, *([] if first is None else [first])], default=None)
