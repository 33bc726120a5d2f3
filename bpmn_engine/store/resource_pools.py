"""What resource pools have given away, and who waits for them.

A job has a part of a pool while the lock it came with lasts, or while an outside system works on
it: both stand in the job's own row. So nothing has to be given back: a job that ends, fails or
loses its worker frees its part by that alone, and a heartbeat keeps it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bpmn_engine.ids import Key
from bpmn_engine.store.jobs import JobRow
from bpmn_engine.store.rows import AnyRow, changed_count, in_parts, is_postgresql
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import job, resource_lease, resource_pool, resource_wait
from bpmn_engine.views.work import JobPhase, JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRow:
    """One pool: how much of its rate is left."""

    name: str
    tokens: float
    filled_at: dt.datetime | None  #: None before its first use


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAside:
    """What a job waits for."""

    pool: str
    due_at: dt.datetime  #: of the job, before it waited


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A part of a pool for a job that was just locked."""

    pool: str
    job_key: Key
    lock_token: int


def find_pools(session: Session, names: Collection[str]) -> dict[str, PoolRow]:
    """Return pools as they are; those never used are left out."""
    statement = select(resource_pool).where(resource_pool.c.name.in_(sorted(names)))
    return {row.name: _pool_row(row) for row in session.execute(statement)}


def lock_pools(session: Session, names: Collection[str]) -> dict[str, PoolRow]:
    """Lock pools until the transaction ends, in the order of their names; they exist then."""
    if not names:
        return {}
    ordered = sorted(names)
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    statement = (
        select(resource_pool)
        .where(resource_pool.c.name.in_(ordered))
        .order_by(resource_pool.c.name)
        .with_for_update()
    )
    rows = session.execute(statement).all()
    if len(rows) < len(ordered):
        values = [{"name": name, "tokens": 0.0, "filled_at": None} for name in ordered]
        session.execute(
            insert(resource_pool).values(values).on_conflict_do_nothing(index_elements=["name"])
        )
        rows = session.execute(statement).all()
    return {row.name: _pool_row(row) for row in rows}


def _pool_row(row: AnyRow) -> PoolRow:
    return PoolRow(name=row.name, tokens=row.tokens, filled_at=row.filled_at)


def write_tokens(session: Session, rows: Iterable[PoolRow]) -> None:
    """Keep how much is left of the rate of pools that this transaction has locked."""
    for row in rows:
        session.execute(
            update(resource_pool)
            .where(resource_pool.c.name == row.name)
            .values(tokens=row.tokens, filled_at=row.filled_at)
        )


def forget_ended(session: Session, watched: Mapping[str, bool], now: dt.datetime) -> None:
    """Delete leases whose job has let go of them.

    Args:
        session: the unit of work.
        watched: for each pool, whether a job that an outside system works on keeps its part.
        now: the current time.
    """
    is_held = select(job.c.key).where(job.c.key == resource_lease.c.job_key, _holds(watched, now))
    session.execute(
        delete(resource_lease).where(resource_lease.c.pool.in_(sorted(watched)), ~is_held.exists())
    )


def taken(session: Session, watched: Mapping[str, bool], now: dt.datetime) -> dict[str, int]:
    """Return how many parts of each pool are given away now."""
    counted = (
        select(resource_lease.c.pool, func.count().label("held"))
        .join(job, job.c.key == resource_lease.c.job_key)
        .where(resource_lease.c.pool.in_(sorted(watched)), _holds(watched, now))
        .group_by(resource_lease.c.pool)
    )
    found = {row.pool: int(row.held) for row in session.execute(counted)}
    return {name: found.get(name, 0) for name in watched}


def waiting(session: Session, names: Collection[str]) -> dict[str, int]:
    """Return how many jobs were put aside for each pool."""
    counted = (
        select(resource_wait.c.pool, func.count().label("waiting"))
        .where(resource_wait.c.pool.in_(sorted(names)))
        .group_by(resource_wait.c.pool)
    )
    found = {row.pool: int(row.waiting) for row in session.execute(counted)}
    return {name: found.get(name, 0) for name in names}


def waited_for(session: Session, names: Collection[str]) -> frozenset[str]:
    """Return the pools that any job was put aside for; nothing is counted."""
    return frozenset(
        name
        for name in sorted(names)
        if session.scalar(
            select(resource_wait.c.job_key).where(resource_wait.c.pool == name).limit(1)
        )
        is not None
    )


def _holds(watched: Mapping[str, bool], now: dt.datetime) -> ColumnElement[bool]:
    """Return the condition that a job keeps the part that a lease gave it."""
    is_locked = and_(job.c.lock_token == resource_lease.c.lock_token, job.c.locked_until > now)
    keeping = sorted(name for name, is_kept in watched.items() if is_kept)
    is_watched = and_(
        resource_lease.c.pool.in_(keeping),
        job.c.phase == JobPhase.WATCHING.value,
        job.c.state.in_([JobState.WATCHING.value, JobState.LOCKED.value]),
    )
    return or_(is_locked, is_watched)


def lease(session: Session, leases: Sequence[Lease], now: dt.datetime) -> None:
    """Give parts of pools to jobs that this transaction has locked; they wait no more."""
    if not leases:
        return
    keys = {one.job_key for one in leases}
    for part in in_parts(sorted(keys)):
        session.execute(delete(resource_lease).where(resource_lease.c.job_key.in_(part)))
        session.execute(delete(resource_wait).where(resource_wait.c.job_key.in_(part)))
    session.execute(
        sa.insert(resource_lease),
        [
            {
                "pool": one.pool,
                "job_key": one.job_key,
                "lock_token": one.lock_token,
                "taken_at": now,
            }
            for one in leases
        ],
    )


def put_aside(
    session: Session, rows: Mapping[str, Sequence[JobRow]], now: dt.datetime, *, until: dt.datetime
) -> None:
    """Unlock jobs that were locked a moment ago, untried, and let them wait for a pool.

    Args:
        session: the unit of work.
        rows: the jobs by the pool they wait for.
        now: the current time.
        until: when they are looked at again, should nobody call them before.
    """
    keys = [row.key for group in rows.values() for row in group]
    if not keys:
        return
    for part in in_parts(sorted(keys)):
        session.execute(delete(resource_wait).where(resource_wait.c.job_key.in_(part)))
        session.execute(
            update(job)
            .where(job.c.key.in_(part))
            .values(
                state=JobState.CREATED.value,
                locked_by=None,
                locked_until=None,
                lock_token=None,
                attempt=job.c.attempt - 1,
                due_at=until,
            )
        )
    session.execute(
        sa.insert(resource_wait),
        [
            {
                "job_key": row.key,
                "pool": pool,
                "priority": row.priority,
                "due_at": row.created_at,
                "since": now,
            }
            for pool, group in rows.items()
            for row in group
        ],
    )


def call_back(session: Session, pool: str, limit: int) -> int:
    """Make the first jobs that wait for a pool due again; return how many."""
    called = 0
    while called < limit:
        keys = session.scalars(_first_waiting(pool, limit - called)).all()
        if not keys:
            break
        # Jobs that were withdrawn meanwhile are forgotten here, and others called instead.
        called += _make_due(session, keys)
    return called


def call_back_of_others(session: Session, names: Collection[str], limit: int) -> int:
    """Make jobs due again that wait for a pool which is none of these any more."""
    keys = session.scalars(
        select(resource_wait.c.job_key)
        .where(resource_wait.c.pool.not_in(sorted(names)))
        .order_by(resource_wait.c.job_key)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return _make_due(session, keys)


def has_waiting(session: Session) -> bool:
    """Tell whether any job was put aside."""
    return session.scalar(select(resource_wait.c.job_key).limit(1)) is not None


def _first_waiting(pool: str, limit: int) -> Select[int]:
    return (
        select(resource_wait.c.job_key)
        .where(resource_wait.c.pool == pool)
        .order_by(resource_wait.c.priority.desc(), resource_wait.c.job_key)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def _make_due(session: Session, keys: Sequence[int]) -> int:
    due_at = (
        select(resource_wait.c.due_at)
        .where(resource_wait.c.job_key == job.c.key)
        .scalar_subquery()
    )
    made = 0
    for part in in_parts(keys):
        is_waiting = job.c.key.in_(part) & (job.c.state == JobState.CREATED.value)
        made += changed_count(session.execute(update(job).where(is_waiting).values(due_at=due_at)))
        session.execute(delete(resource_wait).where(resource_wait.c.job_key.in_(part)))
    return made


def put_aside_for(session: Session, keys: Collection[int]) -> dict[int, PutAside]:
    """Return for those of the jobs that were put aside what they wait for."""
    statement = (
        select(resource_wait.c.job_key, resource_wait.c.pool, resource_wait.c.due_at)
        .join(job, job.c.key == resource_wait.c.job_key)
        .where(job.c.state == JobState.CREATED.value)
    )
    return {
        row.job_key: PutAside(pool=row.pool, due_at=row.due_at)
        for part in in_parts(sorted(keys))
        for row in session.execute(statement.where(resource_wait.c.job_key.in_(part)))
    }
