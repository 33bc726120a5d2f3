"""The bulk statements of `write_effects`, in an order that all units of work share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Delete,
    Insert,
    String,
    Table,
    Update,
    bindparam,
    case,
    delete,
    func,
    select,
    tuple_,
    update,
)

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import CancelInstance
from bpmn_engine.store import inbox as follow_ups
from bpmn_engine.store import outbox
from bpmn_engine.store.bulk import delete_rows, insert_rows
from bpmn_engine.store.effect_batch import EffectBatch, Values, WaitId
from bpmn_engine.store.effect_rows import candidate_values, job_of
from bpmn_engine.store.inbox import CHILD, CommandFor
from bpmn_engine.store.outbox import CANCEL_JOB, OutboxRow
from bpmn_engine.store.rows import AnyRow, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    GROUP,
    LANE,
    inbox,
    incident,
    job,
    process_instance,
    subscription,
    timer,
    user_task,
    user_task_candidate,
)
from bpmn_engine.store.task_changes import write_task_changes
from bpmn_engine.store.work_rules import is_free
from bpmn_engine.views.work import JobPhase, JobState, TaskState

NOBODY_WAITS: Final = "The calling instance no longer waits for it."


def _update_wait(table: Table, key: str = "wait") -> Update:
    return update(table).where(
        table.c.instance_key == bindparam("at_instance_key"), table.c[key] == bindparam("at_wait")
    )


_RETRY_JOB: Final = _update_wait(job).values(
    retries_left=bindparam("new_retries_left"),
    due_at=bindparam("new_due_at"),
    business_attempt=job.c.business_attempt + 1,
    state=JobState.CREATED.value,
    phase=JobPhase.PREPARED.value,
    handle=None,
    next_poll_at=None,
    locked_by=None,
    locked_until=None,
    lock_token=None,
)
_FAIL_JOB: Final = _update_wait(job).values(
    state=JobState.FAILED.value,
    retries_left=0,
    locked_by=None,
    locked_until=None,
    lock_token=None,
)
_END_USER_TASK: Final = _update_wait(user_task).values(
    state=bindparam("new_state"),
    ended_at=bindparam("new_ended_at"),
    completed_by=case(
        (bindparam("new_state", type_=String) == TaskState.WITHDRAWN.value, None),
        else_=func.coalesce(user_task.c.completed_by, bindparam("new_completed_by")),
    ),
)
_CLEAR_INCIDENT: Final = (
    _update_wait(incident, "incident")
    .where(incident.c.resolved_at.is_(None))
    .values(resolved_at=bindparam("new_resolved_at"), resolved_by=bindparam("new_resolved_by"))
)


def write(session: Session, batch: EffectBatch, at: dt.datetime) -> None:
    """Write a batch. Rows of one table are written together, tables always in this order."""
    _withdraw_jobs(session, batch)
    _withdraw_children(session, batch)
    delete_rows(session, job, _at_each(batch.closed_jobs))
    delete_rows(session, timer, _at_each(batch.closed_timers))
    delete_rows(session, subscription, _at_each(batch.closed_subscriptions))
    write_task_changes(session, batch.changed_user_tasks)
    _run(session, _END_USER_TASK, batch.ended_user_tasks)
    _run(session, _RETRY_JOB, batch.retried_jobs)
    _hold(session, batch)
    batch.reserve_jobs(at)
    insert_rows(session, job, batch.jobs.values())
    insert_rows(session, user_task, batch.user_tasks.values())
    candidates = [
        row
        for wait, task in batch.user_tasks.items()
        for row in candidate_values(task, group_kind=LANE if wait in batch.by_lane else GROUP)
    ]
    insert_rows(session, user_task_candidate, candidates)
    insert_rows(session, timer, batch.timers.values(), moving=("due_at",))
    insert_rows(session, subscription, batch.subscriptions.values())
    _write_incidents(session, batch)
    batch.follow_ups.extend(batch.children.values())
    follow_ups.insert(session, batch.follow_ups, at)
    outbox.insert(session, batch.outbox)


def _run(
    session: Session, statement: Insert | Update | Delete, parameters: Sequence[Values]
) -> None:
    """Run one statement for every set of parameters, on the wire together."""
    if parameters:
        session.execute(statement, parameters)


def _at_each(waits: Iterable[WaitId]) -> list[Values]:
    return [{"at_instance_key": wait.instance_key, "at_wait": wait.wait} for wait in waits]


def _hold(session: Session, batch: EffectBatch) -> None:
    """Take what suspended instances wait for out of circulation, or put it back.

    What a rule holds stays held.
    """
    for table in (job, timer, subscription):
        for is_held in (True, False):
            keys = [key for key, wanted in batch.holds.items() if wanted is is_held]
            for part in in_parts(sorted(keys)):
                changed = update(table).where(table.c.instance_key.in_(part))
                if not is_held and table is not subscription:
                    changed = changed.where(is_free(table))
                session.execute(changed.values(is_held=is_held))


def _rows_at(
    session: Session, table: Table, waits: Iterable[WaitId], *conditions: ColumnElement[bool]
) -> Iterator[AnyRow]:
    for part in in_parts(sorted(waits)):
        place = tuple_(table.c.instance_key, table.c.wait)
        yield from session.execute(select(table).where(place.in_(part), *conditions))


def _withdraw_jobs(session: Session, batch: EffectBatch) -> None:
    """Have outside systems stop what nobody waits for any more."""
    for row in _rows_at(session, job, batch.withdrawn_jobs, job.c.handle.is_not(None)):
        wait = WaitId(Key(row.instance_key), ElementKey(row.wait))
        batch.outbox.append(
            OutboxRow(
                key=batch.keys.next(),
                kind=CANCEL_JOB,
                payload={"job_key": row.key, "job_type": row.job_type, "handle": row.handle},
                created_at=batch.withdrawn_jobs[wait],
            )
        )


def _withdraw_children(session: Session, batch: EffectBatch) -> None:
    """Cancel called instances; those not started yet never will be.

    Deleting first waits for a transaction that is starting one, and then sees the instance.
    """
    for part in in_parts(sorted(batch.withdrawn_children)):
        source = tuple_(inbox.c.source_key, inbox.c.source_wait)
        session.execute(delete(inbox).where(inbox.c.kind == CHILD, source.in_(part)))
        table = process_instance.c
        children = session.execute(
            select(table.key, table.parent_key, table.parent_wait)
            .where(tuple_(table.parent_key, table.parent_wait).in_(part))
            .where(table.ended_at.is_(None))
            .order_by(table.key)
        )
        for child in children:
            wait = WaitId(Key(child.parent_key), ElementKey(child.parent_wait))
            batch.follow_ups.append(
                CommandFor(
                    key=batch.keys.next(),
                    instance_key=Key(child.key),
                    source_key=wait.instance_key,
                    command=CancelInstance(reason=NOBODY_WAITS),
                    actor=batch.withdrawn_children[wait],
                    reason=NOBODY_WAITS,
                )
            )


def _write_incidents(session: Session, batch: EffectBatch) -> None:
    """Write incidents; a job with one is given to nobody until it is retried."""
    _run(session, _CLEAR_INCIDENT, batch.cleared_incidents)
    stuck = {wait for row in batch.incidents.values() if (wait := job_of(row)) is not None}
    job_keys: dict[WaitId | None, int] = {
        WaitId(Key(row.instance_key), ElementKey(row.wait)): row.key
        for row in _rows_at(session, job, stuck)
    }
    for row in batch.incidents.values():
        row["job_key"] = job_keys.get(job_of(row))
    _run(session, _FAIL_JOB, _at_each(sorted(stuck)))
    insert_rows(session, incident, batch.incidents.values())
