"""Searching jobs, and locking those that a search finds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import Select, func, literal, select, update

from bpmn_engine.ids import Key
from bpmn_engine.store.columns import EPOCH, UtcDateTime
from bpmn_engine.store.jobs import JobRow, job_row
from bpmn_engine.store.queries_operations import job_of
from bpmn_engine.store.rows import AnyRow, in_parts
from bpmn_engine.store.searches import Fields, counted, cut, searched, sorted_by
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import IS_OPEN_JOB, job, job_failure, process_definition
from bpmn_engine.views.found_work import FoundJob, Place
from bpmn_engine.views.work import JobPhase, JobState
from bpmn_engine.views.work_search import Search

_JOB: Final = job.c
_DEFINITION: Final = process_definition.c

FIELDS: Final[Fields] = {
    "key": _JOB.key,
    "topic": _JOB.job_type,
    "worker": _JOB.locked_by,
    "locked_until": _JOB.locked_until,
    "free_from": func.coalesce(_JOB.locked_until, literal(EPOCH, UtcDateTime())),
    "retries_left": _JOB.retries_left,
    "priority": _JOB.priority,
    "element_id": _JOB.element_id,
    "instance_key": _JOB.instance_key,
    "business_key": _JOB.business_key,
    "definition_key": _JOB.definition_key,
    "process_id": _JOB.process_id,
    "process_name": _DEFINITION.name,
    "version_tag": _DEFINITION.version_tag,
    "is_suspended": _JOB.is_held,
    "created_at": _JOB.created_at,
}
"""What a search for jobs may name."""


def find(session: Session, search: Search) -> tuple[FoundJob, ...]:
    """Return the jobs that a search without variables finds, the wanted part."""
    wanted = sorted_by(searched(_select(), FIELDS, search), FIELDS, search, _JOB.key)
    return tuple(_found(row) for row in session.execute(cut(wanted, search)))


def count(session: Session, search: Search) -> int:
    """Return how many jobs a search without variables finds."""
    return counted(session, searched(_joined(select(_JOB.key)), FIELDS, search))


def places(session: Session, search: Search) -> list[Place]:
    """Return where the jobs are that a search finds apart from variables, in its order."""
    wanted = searched(_joined(_PLACES), FIELDS, search)
    rows = session.execute(sorted_by(wanted, FIELDS, search, _JOB.key))
    return [_place(row) for row in rows]


def load(session: Session, keys: Sequence[int]) -> tuple[FoundJob, ...]:
    """Return jobs by key, in the order of the keys; those that are gone are left out."""
    found = {
        row.key: _found(row)
        for part in in_parts(keys)
        for row in session.execute(_select().where(_JOB.key.in_(part)))
    }
    return tuple(found[key] for key in keys if key in found)


def topics(session: Session, search: Search) -> tuple[str, ...]:
    """Return the types of the jobs that a search finds, sorted."""
    wanted = searched(_joined(select(_JOB.job_type)), FIELDS, search)
    return tuple(sorted(map(str, session.scalars(wanted.distinct()))))


def due_places(
    session: Session, search: Search, *, now: dt.datetime, by_priority: bool, limit: int | None
) -> list[Place]:
    """Return where jobs are that a worker may be given now, in the order they are given out."""
    wanted = searched(_joined(_PLACES), FIELDS, search).where(
        IS_OPEN_JOB, _JOB.due_at <= now, _JOB.phase != JobPhase.WATCHING.value
    )
    if by_priority:
        wanted = wanted.order_by(_JOB.priority.desc())
    wanted = sorted_by(wanted, FIELDS, search, _JOB.due_at).order_by(_JOB.key)
    rows = session.execute(wanted if limit is None else wanted.limit(limit))
    return [_place(row) for row in rows]


def lock(
    session: Session,
    keys: Sequence[int],
    *,
    worker: str,
    until: dt.datetime,
    now: dt.datetime,
    token: int,
) -> tuple[JobRow, ...]:
    """Lock those of some jobs that are due and that nobody else is locking, in their order."""
    rows: dict[int, JobRow] = {}
    for part in in_parts(keys):
        free = session.scalars(
            select(_JOB.key)
            .where(_JOB.key.in_(part), IS_OPEN_JOB, _JOB.due_at <= now)
            .with_for_update(skip_locked=True)
        ).all()
        locked = session.execute(
            update(job)
            .where(_JOB.key.in_(free))
            .values(**_locked(worker, until, token))
            .returning(job)
        )
        rows.update((row.key, job_row(row)) for row in locked)
    return tuple(rows[key] for key in keys if key in rows)


def relock(session: Session, key: Key, *, worker: str, until: dt.datetime, token: int) -> None:
    """Lock a job whose row is locked, whoever had it."""
    session.execute(update(job).where(_JOB.key == key).values(**_locked(worker, until, token)))


def set_priority(session: Session, key: Key, priority: int) -> None:
    """Change the priority of a job."""
    session.execute(update(job).where(_JOB.key == key).values(priority=priority))


def insert_details(
    session: Session, row: JobRow, details: str, *, key: Key, at: dt.datetime
) -> None:
    """Keep what a worker tells of a failed attempt beyond its message."""
    session.execute(
        job_failure.insert().values(
            key=key,
            instance_key=row.instance_key,
            job_key=row.key,
            attempt=row.attempt,
            at=at,
            details=details,
        )
    )


def details_of(session: Session, key: Key) -> str | None:
    """Return what was told of the last failed attempt of a job."""
    found: str | None = session.scalar(
        select(job_failure.c.details)
        .where(job_failure.c.job_key == key)
        .order_by(job_failure.c.key.desc())
        .limit(1)
    )
    return found


def details_at(session: Session, instance_key: int, at: dt.datetime) -> str | None:
    """Return what was told of an attempt of a job of an instance that failed at a moment."""
    columns = job_failure.c
    found: str | None = session.scalar(
        select(columns.details)
        .where(columns.instance_key == instance_key, columns.at == at)
        .order_by(columns.key.desc())
        .limit(1)
    )
    return found


def details_by_job(session: Session, keys: Iterable[int]) -> dict[int, str]:
    """Return what was told of the last failed attempts of jobs, by job."""
    columns = job_failure.c
    return {
        row.job_key: row.details
        for part in in_parts(sorted(set(keys)))
        for row in session.execute(
            select(columns.job_key, columns.details)
            .where(columns.job_key.in_(part))
            .order_by(columns.key)
        )
    }


def _locked(worker: str, until: dt.datetime, token: int) -> Mapping[str, object]:
    return {
        "state": JobState.LOCKED.value,
        "locked_by": worker,
        "locked_until": until,
        "lock_token": token,
        "due_at": until,
        "attempt": _JOB.attempt + 1,
    }


_PLACES: Final = select(_JOB.key, _JOB.instance_key, _JOB.visit)


def _place(row: AnyRow) -> Place:
    return Place(key=row.key, instance_key=row.instance_key, visit=row.visit)


def _joined(statement: Select[*tuple[object, ...]]) -> Select[*tuple[object, ...]]:
    return statement.join(process_definition, _DEFINITION.key == _JOB.definition_key)


def _select() -> Select[*tuple[object, ...]]:
    return _joined(select(*_JOB, _DEFINITION.version, _DEFINITION.version_tag))


def _found(row: AnyRow) -> FoundJob:
    return FoundJob(job=job_of(row), version=row.version, version_tag=row.version_tag)
