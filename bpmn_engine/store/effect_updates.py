"""Open jobs and user tasks that say what their elements say now: rows that stay, changed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, delete, func, insert, select, tuple_, update

from bpmn_engine.kernel.effects import CreateJob, CreateUserTask
from bpmn_engine.store import effect_rows
from bpmn_engine.store.applied import AppliedStep
from bpmn_engine.store.effect_batch import EffectBatch, Values, WaitId
from bpmn_engine.store.rows import in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    GROUP,
    IS_OPEN_TASK,
    LANE,
    job,
    user_task,
    user_task_candidate,
)

_JOB_MEMBERS: Final = ("job_type", "priority", "retry_waits", "headers")
_TASK_MEMBERS: Final = (
    "name",
    "search_text",
    "candidate_users",
    "candidate_groups",
    "priority",
    "due_at",
    "follow_up_at",
    "form",
)

_UPDATE_JOB: Final = (
    update(job)
    .where(
        job.c.instance_key == bindparam("at_instance"),
        job.c.wait == bindparam("at_wait"),
        job.c.handle.is_(None),
    )
    .values({name: bindparam(f"new_{name}") for name in _JOB_MEMBERS})
)
"""A job that an outside system works on stays what it is: it was submitted as that."""

_UPDATE_TASK: Final = (
    update(user_task)
    .where(
        user_task.c.instance_key == bindparam("at_instance"),
        user_task.c.wait == bindparam("at_wait"),
        IS_OPEN_TASK,
    )
    .values(
        {
            **{name: bindparam(f"new_{name}") for name in _TASK_MEMBERS},
            "assignee": func.coalesce(user_task.c.assignee, bindparam("new_assignee")),
        }
    )
)
"""Who has claimed a task keeps it."""


def add_job(batch: EffectBatch, step: AppliedStep, effect: CreateJob) -> None:
    """Have the row of an open job updated."""
    row = effect_rows.job_values(batch, step, effect)
    batch.updated_jobs.append(_changes(step, effect, row, _JOB_MEMBERS))
    batch.topics.add("jobs")


def add_user_task(batch: EffectBatch, step: AppliedStep, effect: CreateUserTask) -> None:
    """Have the row of an open user task updated, and to whom it is offered."""
    row = effect_rows.user_task_values(batch, step, effect)
    changes = _changes(step, effect, row, (*_TASK_MEMBERS, "assignee"))
    place = WaitId(step.instance.key, effect.wait)
    batch.updated_user_tasks[place] = changes
    if effect.is_by_lane:
        batch.by_lane.add(place)
    batch.topics.add("tasks")


def write(session: Session, batch: EffectBatch) -> None:
    """Write what is updated."""
    if batch.updated_jobs:
        session.execute(_UPDATE_JOB, batch.updated_jobs)
    if batch.updated_user_tasks:
        session.execute(_UPDATE_TASK, list(batch.updated_user_tasks.values()))
        _offer(session, batch)


def _offer(session: Session, batch: EffectBatch) -> None:
    """Offer tasks to the candidates they have now, and to nobody else."""
    columns = user_task.c
    place = tuple_(columns.instance_key, columns.wait)
    for part in in_parts(sorted(batch.updated_user_tasks)):
        tasks = session.execute(
            select(
                columns.key,
                columns.instance_key,
                columns.wait,
                columns.candidate_users,
                columns.candidate_groups,
            ).where(place.in_(part), IS_OPEN_TASK)
        ).all()
        keys = [task.key for task in tasks]
        session.execute(
            delete(user_task_candidate).where(user_task_candidate.c.task_key.in_(keys))
        )
        rows = [
            row
            for task in tasks
            for row in effect_rows.candidate_values(
                dict(task._mapping),  # noqa: SLF001 -- its public name
                group_kind=_group_kind(batch, WaitId(task.instance_key, task.wait)),
            )
        ]
        if rows:
            session.execute(insert(user_task_candidate), rows)


def _group_kind(batch: EffectBatch, place: WaitId) -> str:
    return LANE if place in batch.by_lane else GROUP


def _changes(
    step: AppliedStep,
    effect: CreateJob | CreateUserTask,
    row: Values,
    members: tuple[str, ...],
) -> Values:
    changes: Values = {"at_instance": step.instance.key, "at_wait": effect.wait}
    return changes | {f"new_{name}": row[name] for name in members}
