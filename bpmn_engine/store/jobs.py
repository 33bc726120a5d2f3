"""Jobs: given out under a lock, answered under a fence.

A lock has an end and a token. An answer counts only while its token is still the job's: whoever
was too slow is refused, also when the same worker has the job again. `due_at` says when a job may
next be given out, whatever its state: after its back-off, after its lock's end, at its next poll.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Select, func, select, update

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.checked_frozen import checked_frozen
from bpmn_engine.store.job_statements import (
    DUE_JOBS,
    DUE_POLLS,
    EXPIRED,
    FENCED,
    FOUND,
    INSTANCES,
    IS_POLLED,
    LOCK,
    OPEN_JOBS,
    WANTED_JOBS,
    WANTED_POLLS,
)
from bpmn_engine.store.rows import AnyRow, changed_count, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import IS_OPEN_JOB, job
from bpmn_engine.values import JsonValue
from bpmn_engine.views.work import DueJob, JobPhase, JobState

NEXT_JOB: Final = select(func.min(job.c.due_at)).where(IS_OPEN_JOB)
"""When the next job, end of a lock or poll is due, past or future."""


@checked_frozen(kw_only=True)
class JobRow:
    """One job as it is stored."""

    key: Key
    instance_key: Key
    wait: ElementKey
    visit: ElementKey
    element_id: str
    element_name: str | None
    process_id: str
    definition_key: Key
    business_key: str | None  #: of the instance
    job_type: str
    priority: int  #: higher first
    retries_left: int  #: attempts, one that runs now included
    attempt: int  #: attempts begun so far
    business_attempt: int  #: from 1; the next one after an operator's "run again"
    retry_waits: tuple[dt.timedelta, ...]  #: before the 2nd, 3rd … attempt; () = default
    headers: Mapping[str, str]
    due_at: dt.datetime  #: not to be given out before
    state: JobState
    phase: JobPhase
    handle: JsonValue  #: given by an adapter that submitted work
    next_poll_at: dt.datetime | None
    is_held: bool  #: whether the instance is suspended
    locked_by: str | None  #: worker
    locked_until: dt.datetime | None
    lock_token: int | None  #: new for each lock
    last_failure: str | None  #: message of the last failed attempt
    created_at: dt.datetime

    @property
    def idempotency_key(self) -> str:
        """The same for every technical retry, another after an operator's "run again"."""
        if self.business_attempt == 1:
            return str(self.key)
        return f"{self.key}:{self.business_attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobClaim:
    """A job, and the proof that its lock is the caller's."""

    key: Key
    lock_token: int | None = None  #: None for an operator, who needs none


_UNLOCKED: Final[Mapping[str, object]] = {
    "state": JobState.CREATED.value,
    "locked_by": None,
    "locked_until": None,
    "lock_token": None,
}
"""What a job without a lock looks like."""


def lock_jobs(  # noqa: PLR0913 -- what a lock consists of
    session: Session,
    *,
    types: Sequence[str] | None,
    worker: str,
    limit: int,
    until: dt.datetime,
    now: dt.datetime,
    token: int,
) -> tuple[JobRow, ...]:
    """Lock open jobs and return them, highest priority first, then longest due.

    Jobs whose lock has ended are given out again; jobs of suspended instances and jobs that an
    outside system works on are not. Each lock counts as an attempt.

    Args:
        session: the unit of work.
        types: job types wanted; None means all.
        worker: who will have the lock.
        limit: most jobs locked.
        until: when the lock ends.
        now: the current time.
        token: a new key for each call; answers show it.
    """
    keys = _keys(session, DUE_JOBS, WANTED_JOBS, types=types, now=now, limit=limit)
    return _lock(session, keys, worker=worker, until=until, token=token, attempts=1)


def lock_polls(  # noqa: PLR0913 -- as lock_jobs
    session: Session,
    *,
    types: Sequence[str] | None,
    worker: str,
    limit: int,
    until: dt.datetime,
    now: dt.datetime,
    token: int,
) -> tuple[JobRow, ...]:
    """Lock jobs that an outside system works on and whose next poll is due, and return them.

    The arguments are those of `lock_jobs`; a poll is no attempt.
    """
    keys = _keys(session, DUE_POLLS, WANTED_POLLS, types=types, now=now, limit=limit)
    return _lock(session, keys, worker=worker, until=until, token=token, attempts=0)


def _keys(
    session: Session,
    of_all_types: Select[int],
    of_some: Select[int],
    *,
    types: Sequence[str] | None,
    now: dt.datetime,
    limit: int,
) -> Sequence[int]:
    given = {"now": now, "most": limit}
    if types is None:
        return session.scalars(of_all_types, given).all()
    return session.scalars(of_some, {**given, "types": types}).all()


def _lock(session: Session, keys: Sequence[int], **values: object) -> tuple[JobRow, ...]:
    rows: dict[int, JobRow] = {}
    for part in in_parts(keys):
        locked = session.execute(LOCK, {**values, "keys": part}).all()
        rows.update((row.key, job_row(row)) for row in locked)
    return tuple(rows[key] for key in keys)


def due_jobs(
    session: Session,
    types: Sequence[str],
    *,
    after: tuple[dt.datetime, int],
    now: dt.datetime,
    limit: int,
) -> tuple[DueJob, ...]:
    """Return jobs that nobody does and that are due, those due first first.

    Args:
        session: the unit of work.
        types: job types wanted.
        after: `due_at` and key of the last one seen; those up to it are left out.
        now: the current time.
        limit: most jobs returned.
    """
    moment, key = after
    given = {"types": types, "now": now, "after": moment, "after_key": key, "most": limit}
    return tuple(
        DueJob(
            key=row.key,
            job_type=row.job_type,
            attempt=row.attempt,
            due_at=row.due_at,
            instance_key=row.instance_key,
            element_key=row.visit,
        )
        for row in session.execute(OPEN_JOBS, given).all()
    )


def find_jobs(
    session: Session, keys: Iterable[Key], *, for_update: bool = False
) -> dict[Key, JobRow]:
    """Return jobs by key; those that are gone are left out."""
    statement = FENCED if for_update else FOUND
    return {
        Key(row.key): job_row(row)
        for part in in_parts(sorted(set(keys)))
        for row in session.execute(statement, {"keys": part}).all()
    }


def instances_of(session: Session, keys: Iterable[Key]) -> dict[Key, Key]:
    """Return the instances that jobs belong to, by the keys of the jobs; the gone are left out."""
    return {
        Key(row[0]): Key(row[1])
        for part in in_parts(sorted(set(keys)))
        for row in session.execute(INSTANCES, {"keys": part}).all()
    }


def find_job_at(session: Session, instance_key: Key, wait: ElementKey) -> JobRow | None:
    """Return the job that a wait of an instance stands for."""
    statement = select(job).where(job.c.instance_key == instance_key, job.c.wait == wait)
    row = session.execute(statement).one_or_none()
    return None if row is None else job_row(row)


def fence_jobs(session: Session, claims: Sequence[JobClaim]) -> dict[Key, JobRow]:
    """Lock the rows of jobs whose claims hold and return them. Lock their instances before."""
    found = find_jobs(session, (claim.key for claim in claims), for_update=True)
    return {
        claim.key: found[claim.key]
        for claim in claims
        if claim.key in found and claim.lock_token in {None, found[claim.key].lock_token}
    }


def retry_later(
    session: Session, claim: JobClaim, *, retries_left: int, due_at: dt.datetime, failure: str
) -> bool:
    """Give a failed job back for another attempt at `due_at`; False if the claim does not hold."""
    return _change(
        session,
        claim,
        retries_left=retries_left,
        due_at=due_at,
        last_failure=failure,
        **_UNLOCKED,
    )


def mark_failed(session: Session, claim: JobClaim, *, failure: str) -> bool:
    """Say that a job's attempts are spent; the command FailJob goes with it."""
    values = {**_UNLOCKED, "state": JobState.FAILED.value}
    return _change(session, claim, retries_left=0, last_failure=failure, **values)


def extend_lock(session: Session, claim: JobClaim, *, until: dt.datetime) -> bool:
    """Move the end of a lock; False if the claim does not hold or the job is not locked."""
    return _change(
        session, claim, job.c.state == JobState.LOCKED.value, locked_until=until, due_at=until
    )


def release(session: Session, claim: JobClaim, *, due_at: dt.datetime) -> bool:
    """Give a locked job back untried: the attempt does not count."""
    is_locked = job.c.state == JobState.LOCKED.value
    return _change(
        session, claim, is_locked, due_at=due_at, attempt=job.c.attempt - 1, **_UNLOCKED
    )


def record_phase(
    session: Session,
    claim: JobClaim,
    *,
    phase: JobPhase,
    handle: JsonValue,
    next_poll_at: dt.datetime | None,
) -> bool:
    """Keep how far an adapter has come. WATCHING with `next_poll_at` gives the lock back."""
    values: dict[str, object] = {
        "phase": phase.value,
        "handle": handle,
        "next_poll_at": next_poll_at,
    }
    if phase is JobPhase.WATCHING and next_poll_at is not None:
        values |= {**_UNLOCKED, "state": JobState.WATCHING.value, "due_at": next_poll_at}
    return _change(session, claim, **values)


def set_retries(session: Session, keys: Iterable[Key], retries: int) -> int:
    """Give open jobs a number of attempts; return how many there were. Failed ones stay failed."""
    return sum(
        changed_count(
            session.execute(
                update(job)
                .where(job.c.key.in_(part), job.c.state != JobState.FAILED.value)
                .values(retries_left=retries)
            )
        )
        for part in in_parts(keys)
    )


def requeue_expired(session: Session, now: dt.datetime, limit: int) -> int:
    """Show jobs whose lock has ended as open again; return how many.

    They are given out again without this, too; their phase says how far the lost attempt came.
    """
    expired = session.scalars(EXPIRED, {"now": now, "most": limit}).all()
    for part in in_parts(expired):
        for condition, state in ((IS_POLLED, JobState.WATCHING), (~IS_POLLED, JobState.CREATED)):
            session.execute(
                update(job)
                .where(job.c.key.in_(part), condition)
                .values(**{**_UNLOCKED, "state": state.value})
            )
    return len(expired)


def _change(
    session: Session, claim: JobClaim, *conditions: ColumnElement[bool], **values: object
) -> bool:
    """Change a job if the claim holds; tell whether it did."""
    statement = update(job).where(job.c.key == claim.key, *conditions).values(**values)
    if claim.lock_token is not None:
        statement = statement.where(job.c.lock_token == claim.lock_token)
    return changed_count(session.execute(statement)) == 1


def job_row(row: AnyRow) -> JobRow:
    """Return the job of a result row with all its columns."""
    return JobRow(
        key=Key(row.key),
        instance_key=Key(row.instance_key),
        wait=ElementKey(row.wait),
        visit=ElementKey(row.visit),
        element_id=row.element_id,
        element_name=row.element_name,
        process_id=row.process_id,
        definition_key=Key(row.definition_key),
        business_key=row.business_key,
        job_type=row.job_type,
        priority=row.priority,
        retries_left=row.retries_left,
        attempt=row.attempt,
        business_attempt=row.business_attempt,
        retry_waits=tuple(dt.timedelta(seconds=seconds) for seconds in row.retry_waits),
        headers=row.headers,
        due_at=row.due_at,
        state=JobState(row.state),
        phase=JobPhase(row.phase),
        handle=row.handle,
        next_poll_at=row.next_poll_at,
        is_held=row.is_held,
        locked_by=row.locked_by,
        locked_until=row.locked_until,
        lock_token=row.lock_token,
        last_failure=row.last_failure,
        created_at=row.created_at,
    )
