"""What is asked of jobs in every turn of a worker: statements that are built once.

Their parameters are `now`, `types` of jobs, `keys`, how many at `most`, and those of a lock.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, select, tuple_, update

from bpmn_engine.store.rows import among
from bpmn_engine.store.tables import IS_OPEN_JOB, job
from bpmn_engine.views.work import JobPhase, JobState

FOUND: Final = select(job).where(among(job.c.key, "keys")).order_by(job.c.key)
FENCED: Final = FOUND.with_for_update()
INSTANCES: Final = select(job.c.key, job.c.instance_key).where(among(job.c.key, "keys"))

_IS_DUE: Final = and_(IS_OPEN_JOB, job.c.due_at <= bindparam("now"))
_IS_WANTED: Final = and_(job.c.job_type.in_(bindparam("types", expanding=True)), _IS_DUE)
IS_POLLED: Final = job.c.phase == JobPhase.WATCHING.value


def _free_keys(*wanted: ColumnElement[bool]) -> Select[int]:
    return (
        select(job.c.key)
        .where(*wanted)
        .order_by(job.c.priority.desc(), job.c.due_at, job.c.key)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )


DUE_JOBS: Final = _free_keys(~IS_POLLED, _IS_DUE)
WANTED_JOBS: Final = _free_keys(~IS_POLLED, _IS_WANTED)
DUE_POLLS: Final = _free_keys(IS_POLLED, _IS_DUE)
WANTED_POLLS: Final = _free_keys(IS_POLLED, _IS_WANTED)

LOCK: Final = (
    update(job)
    .where(among(job.c.key, "keys"))
    .values(
        state=JobState.LOCKED.value,
        locked_by=bindparam("worker"),
        locked_until=bindparam("until"),
        lock_token=bindparam("token"),
        due_at=bindparam("until"),
        attempt=job.c.attempt + bindparam("attempts"),
    )
    .returning(job)
)

OPEN_JOBS: Final = (
    select(
        job.c.key,
        job.c.job_type,
        job.c.attempt,
        job.c.due_at,
        job.c.instance_key,
        job.c.visit,
    )
    .where(_IS_WANTED, job.c.state.in_((JobState.CREATED.value, JobState.WATCHING.value)))
    .where(
        tuple_(job.c.due_at, job.c.key)
        > tuple_(bindparam("after", type_=job.c.due_at.type), bindparam("after_key"))
    )
    .order_by(job.c.due_at, job.c.key)
    .limit(bindparam("most"))
)

EXPIRED: Final = (
    select(job.c.key)
    .where(job.c.state == JobState.LOCKED.value, _IS_DUE)
    .order_by(job.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
