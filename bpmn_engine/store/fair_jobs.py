"""Jobs locked so that no process waits for another's backlog.

For each job type of each process the first jobs are found by an index of their own, however many
others are before them; then the urgent ones go first, and among equals the processes take turns.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from bpmn_engine.store.jobs import JobRow, job_row
from bpmn_engine.store.rows import in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import IS_OPEN_JOB, job
from bpmn_engine.views.work import JobPhase, JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The jobs of one type in one process."""

    process_id: str
    job_type: str
    top_priority: int  #: of the most urgent of them, when they were counted


@dataclass(frozen=True, slots=True, order=True)
class _Candidate:
    """A job that may be locked, in the order in which they are."""

    urgency: int  #: priority, negated: urgent ones first
    round: int  #: how many of its process and priority are before it
    place: int  #: of its process
    due_at: dt.datetime
    key: int


def lock_fairly(  # noqa: PLR0913 -- what a lock consists of
    session: Session,
    shares: Sequence[Share],
    *,
    worker: str,
    limit: int,
    until: dt.datetime,
    now: dt.datetime,
    token: int,
) -> tuple[JobRow, ...]:
    """Lock open jobs that are due: highest priority first, then each process in turn.

    Args:
        session: the unit of work.
        shares: whose jobs are wanted; in each round processes come in the order given here.
        worker: who will have the lock.
        limit: most jobs locked.
        until: when the lock ends.
        now: the current time.
        token: a new key for each call; answers show it.
    """
    found = [row for share in shares for row in _first(session, share, limit, now)]
    places: dict[str, int] = {}
    for place, share in enumerate(shares):
        places.setdefault(share.process_id, place)
    chosen = [one.key for one in sorted(_ranked(found, places))[:limit]]
    rows: dict[int, JobRow] = {}
    for part in in_parts(chosen):
        locked = session.execute(
            update(job)
            .where(job.c.key.in_(part))
            .values(
                state=JobState.LOCKED.value,
                locked_by=worker,
                locked_until=until,
                lock_token=token,
                due_at=until,
                attempt=job.c.attempt + 1,
            )
            .returning(job)
        )
        rows.update((row.key, job_row(row)) for row in locked)
    return tuple(rows[key] for key in chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A job that is due, locked by this transaction."""

    process_id: str
    key: int
    priority: int
    due_at: dt.datetime


def _first(session: Session, share: Share, limit: int, now: dt.datetime) -> list[_Found]:
    statement = (
        select(job.c.key, job.c.priority, job.c.due_at)
        .where(
            job.c.process_id == share.process_id,
            job.c.job_type == share.job_type,
            job.c.phase != JobPhase.WATCHING.value,
            IS_OPEN_JOB,
            job.c.due_at <= now,
        )
        .order_by(job.c.priority.desc(), job.c.due_at, job.c.key)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [
        _Found(process_id=share.process_id, key=row.key, priority=row.priority, due_at=row.due_at)
        for row in session.execute(statement)
    ]


def _ranked(found: Sequence[_Found], places: Mapping[str, int]) -> list[_Candidate]:
    """Return candidates; those of one process and priority are in rounds, from 0 on."""
    rounds: defaultdict[tuple[str, int], int] = defaultdict(int)
    ranked: list[_Candidate] = []
    for one in sorted(found, key=lambda each: (each.due_at, each.key)):
        group = (one.process_id, one.priority)
        ranked.append(
            _Candidate(-one.priority, rounds[group], places[one.process_id], one.due_at, one.key)
        )
        rounds[group] += 1
    return ranked
