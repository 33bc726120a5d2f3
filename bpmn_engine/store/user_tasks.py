"""User tasks: who has one is decided by compare-and-set, so two people never both claim it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, Select, bindparam, or_, select, update

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.model.extensions import FormDefinition
from bpmn_engine.store.codec_model import read_form
from bpmn_engine.store.rows import AnyRow, changed_count, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    IS_OPEN_TASK,
    LANE,
    group_membership,
    user_task,
    user_task_candidate,
)
from bpmn_engine.views.found_work import Delegation
from bpmn_engine.views.work import TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTaskRow:
    """One user task as it is stored; it stays after its end."""

    key: Key
    instance_key: Key
    wait: ElementKey
    visit: ElementKey
    element_id: str
    name: str  #: of the element, else its id
    process_id: str
    definition_key: Key
    business_key: str | None  #: of the instance
    state: TaskState
    assignee: str | None
    candidate_users: tuple[str, ...]
    candidate_groups: tuple[str, ...]
    priority: int  #: 0 to 100
    due_at: dt.datetime | None
    follow_up_at: dt.datetime | None
    form: FormDefinition | None
    created_at: dt.datetime
    ended_at: dt.datetime | None
    completed_by: str | None
    is_for_anybody: bool  #: offered to nobody in particular
    owner: str | None = None  #: user id of whoever delegated it
    is_delegated: bool = False  #: the assignee has not given it back yet


def find(session: Session, key: Key) -> UserTaskRow | None:
    """Return a user task."""
    row = session.execute(_one(), {"key": key}).one_or_none()
    return None if row is None else user_task_row(row)


def find_at(session: Session, instance_key: Key, visit: ElementKey) -> UserTaskRow | None:
    """Return the user task that is offered in an element instance, if there is one yet."""
    wanted = _select().where(user_task.c.instance_key == instance_key, user_task.c.visit == visit)
    row = session.execute(wanted).one_or_none()
    return None if row is None else user_task_row(row)


def find_many(session: Session, keys: Iterable[Key]) -> dict[Key, UserTaskRow]:
    """Return user tasks by key; those that do not exist are left out."""
    return {
        Key(row.key): user_task_row(row)
        for part in in_parts(sorted(set(keys)))
        for row in session.execute(_select().where(user_task.c.key.in_(part)))
    }


def _select() -> Select[tuple[object, ...]]:
    """Return the query of what `user_task_row` reads."""
    return select(user_task, is_for_anybody().label("is_for_anybody"))


@cache
def _one() -> Select[tuple[object, ...]]:
    return _select().where(user_task.c.key == bindparam("key"))


def is_for_anybody() -> ColumnElement[bool]:
    """Return the condition that a user task has no candidates.

    A group that a lane names is none while nobody is in it: its tasks must not be out of reach.
    """
    columns = user_task_candidate.c
    members = select(group_membership.c.group_id).where(
        group_membership.c.group_id == columns.candidate
    )
    is_somebody = or_(columns.kind != LANE, members.exists())
    candidates = select(columns.task_key).where(columns.task_key == user_task.c.key, is_somebody)
    return ~candidates.exists()


def claim(session: Session, key: Key, user_id: str) -> bool:
    """Give an open task that nobody has to a user; False if it is not such a task."""
    return _assign(session, key, user_id, user_task.c.assignee.is_(None))


def unclaim(session: Session, key: Key, user_id: str | None) -> bool:
    """Take an open task from a user (None: from whoever has it); False if they do not have it."""
    if user_id is None:
        return _assign(session, key, None, user_task.c.assignee.is_not(None))
    return _assign(session, key, None, user_task.c.assignee == user_id)


def assign(session: Session, key: Key, assignee: str | None) -> bool:
    """Give an open task to a user, whoever has it; None gives it back to its candidates."""
    return _assign(session, key, assignee)


def _assign(
    session: Session, key: Key, assignee: str | None, *conditions: ColumnElement[bool]
) -> bool:
    statement = (
        update(user_task)
        .where(user_task.c.key == key, IS_OPEN_TASK, *conditions)
        .values(assignee=assignee)
    )
    return changed_count(session.execute(statement)) == 1


def user_task_row(row: AnyRow) -> UserTaskRow:
    """Return the user task of a result row with all its columns, and `is_for_anybody`."""
    return UserTaskRow(
        key=Key(row.key),
        instance_key=Key(row.instance_key),
        wait=ElementKey(row.wait),
        visit=ElementKey(row.visit),
        element_id=row.element_id,
        name=row.name,
        process_id=row.process_id,
        definition_key=Key(row.definition_key),
        business_key=row.business_key,
        state=TaskState(row.state),
        assignee=row.assignee,
        candidate_users=tuple(row.candidate_users),
        candidate_groups=tuple(row.candidate_groups),
        priority=row.priority,
        due_at=row.due_at,
        follow_up_at=row.follow_up_at,
        form=read_form(row.form),
        created_at=row.created_at,
        ended_at=row.ended_at,
        completed_by=row.completed_by,
        is_for_anybody=row.is_for_anybody,
        owner=row.owner,
        is_delegated=row.delegation == Delegation.PENDING.value,
    )
