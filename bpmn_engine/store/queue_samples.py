"""How full the queues are: counted by one process at a time, read by all.

Counting reads every open job, so the processes that share a database take turns: whoever changes
the one row of `queue_sample` first counts, the others read what it found.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Table, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bpmn_engine.ids import Key
from bpmn_engine.store import partitions
from bpmn_engine.store.keys import key_time
from bpmn_engine.store.rows import changed_count, is_postgresql
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    IS_OPEN_JOB,
    inbox,
    incident,
    job,
    message,
    outbox,
    queue_sample,
    timer,
)
from bpmn_engine.values import JsonValue
from bpmn_engine.views.queues import JobQueue, PoolUse, QueueSample

_ROW: Final = 1
_MOST_QUEUES: Final = 2_000
"""Pairs of job type and process that are told apart; the fullest ones."""


def claim(session: Session, now: dt.datetime, *, until: dt.datetime) -> bool:
    """Tell whether the caller is to count now; nobody else does before `until`."""
    claimed = (
        update(queue_sample)
        .where(queue_sample.c.id == _ROW, queue_sample.c.claimed_until <= now)
        .values(claimed_until=until)
    )
    if changed_count(session.execute(claimed)):
        return True
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    first = insert(queue_sample).values(id=_ROW, claimed_until=until, content=None)
    new = first.on_conflict_do_nothing(index_elements=["id"]).returning(queue_sample.c.id)
    return session.scalar(new) is not None


def publish(session: Session, sample: QueueSample, *, until: dt.datetime) -> None:
    """Keep what was counted, for all; the next count is due at `until`."""
    session.execute(
        update(queue_sample)
        .where(queue_sample.c.id == _ROW)
        .values(content=_as_json(sample), claimed_until=until)
    )


def latest(session: Session) -> QueueSample | None:
    """Return what was counted last, by whichever process; None when nobody has counted yet."""
    content = session.scalar(select(queue_sample.c.content).where(queue_sample.c.id == _ROW))
    return None if not isinstance(content, Mapping) else _from_json(content)


def count(session: Session, now: dt.datetime) -> QueueSample:
    """Count everything but resource pools; the caller adds these, and how long it took."""
    overdue = (timer.c.due_at <= now) & timer.c.is_held.is_(False)
    timers_due, first_due_at = session.execute(
        select(func.count(), func.min(timer.c.due_at)).where(overdue)
    ).one()
    outbox_count, outbox_oldest = _depth(session, outbox)
    inbox_count, inbox_oldest = _depth(session, inbox)
    lag = dt.timedelta(0) if first_due_at is None else now - first_due_at
    return QueueSample(
        sampled_at=now,
        took_seconds=0.0,
        jobs=_job_queues(session),
        timers_due=timers_due,
        timer_lag_seconds=lag.total_seconds(),
        messages_buffered=session.scalar(
            select(func.count()).where(message.c.delivered_at.is_(None))
        )
        or 0,
        incidents_open=session.scalar(select(func.count()).where(incident.c.resolved_at.is_(None)))
        or 0,
        outbox_count=outbox_count,
        outbox_oldest_at=outbox_oldest,
        inbox_count=inbox_count,
        inbox_oldest_at=inbox_oldest,
        partitions_end_at=partitions.end(session),
    )


def _job_queues(session: Session) -> tuple[JobQueue, ...]:
    # Keys are ordered by time, so that the smallest one is the oldest job's.
    counted = (
        select(
            job.c.job_type,
            job.c.process_id,
            func.count().label("open_count"),
            func.min(job.c.key).label("oldest"),
            func.max(job.c.priority).label("top_priority"),
        )
        .where(IS_OPEN_JOB)
        .group_by(job.c.job_type, job.c.process_id)
        .order_by(func.count().desc(), job.c.job_type, job.c.process_id)
        .limit(_MOST_QUEUES)
    )
    return tuple(
        JobQueue(
            job_type=row.job_type,
            process_id=row.process_id,
            open_count=row.open_count,
            oldest_at=key_time(Key(row.oldest)),
            top_priority=row.top_priority,
        )
        for row in session.execute(counted)
    )


def _depth(session: Session, table: Table) -> tuple[int, dt.datetime | None]:
    held, oldest = session.execute(select(func.count(), func.min(table.c.key))).one()
    return held, None if oldest is None else key_time(Key(oldest))


def _as_json(sample: QueueSample) -> JsonValue:
    return {
        "v": 1,
        "sampled_at": sample.sampled_at.isoformat(),
        "took_seconds": sample.took_seconds,
        "jobs": [
            [
                queue.job_type,
                queue.process_id,
                queue.open_count,
                queue.oldest_at.isoformat(),
                queue.top_priority,
            ]
            for queue in sample.jobs
        ],
        "timers_due": sample.timers_due,
        "timer_lag_seconds": sample.timer_lag_seconds,
        "messages_buffered": sample.messages_buffered,
        "incidents_open": sample.incidents_open,
        "outbox": [sample.outbox_count, _text(sample.outbox_oldest_at)],
        "inbox": [sample.inbox_count, _text(sample.inbox_oldest_at)],
        "pools": [
            [pool.name, pool.taken_count, pool.waiting_count, pool.size] for pool in sample.pools
        ],
        "partitions_end_at": _text(sample.partitions_end_at),
    }


def _from_json(content: Mapping[str, object]) -> QueueSample | None:
    """Return a stored sample; None for one that another release has written otherwise."""
    match content:
        case {
            "v": 1,
            "sampled_at": str(sampled_at),
            "took_seconds": int() | float() as took_seconds,
            "jobs": list(queues),
            "timers_due": int(timers_due),
            "timer_lag_seconds": int() | float() as lag,
            "messages_buffered": int(buffered),
            "incidents_open": int(incidents),
            "outbox": [int(outbox_count), outbox_oldest],
            "inbox": [int(inbox_count), inbox_oldest],
            "pools": list(pools),
        }:
            return QueueSample(
                sampled_at=dt.datetime.fromisoformat(sampled_at),
                took_seconds=took_seconds,
                jobs=tuple(_queue(one) for one in queues),
                timers_due=timers_due,
                timer_lag_seconds=lag,
                messages_buffered=buffered,
                incidents_open=incidents,
                outbox_count=outbox_count,
                outbox_oldest_at=_moment(outbox_oldest),
                inbox_count=inbox_count,
                inbox_oldest_at=_moment(inbox_oldest),
                pools=tuple(_pool(one) for one in pools),
                partitions_end_at=_moment(content.get("partitions_end_at")),
            )
        case _:
            return None


def _queue(row: Sequence[object]) -> JobQueue:
    job_type, process_id, open_count, oldest_at, top_priority = row
    return JobQueue(
        job_type=str(job_type),
        process_id=str(process_id),
        open_count=int(str(open_count)),
        oldest_at=dt.datetime.fromisoformat(str(oldest_at)),
        top_priority=int(str(top_priority)),
    )


def _pool(row: Sequence[object]) -> PoolUse:
    name, taken, waiting, size = row
    return PoolUse(
        name=str(name),
        taken_count=int(str(taken)),
        waiting_count=int(str(waiting)),
        size=None if size is None else int(str(size)),
    )


def _text(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: object) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if isinstance(text, str) else None
