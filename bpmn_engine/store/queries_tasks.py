"""Read models of the worklist. What a person sees is decided here, in the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from bpmn_engine.ids import Key
from bpmn_engine.store.codec_model import read_form
from bpmn_engine.store.paging import SortKey, SortType, page_of
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.tables import (
    GROUP,
    IS_OPEN_TASK,
    LANE,
    USER,
    process_definition,
    user_task,
    user_task_candidate,
)
from bpmn_engine.store.user_tasks import is_for_anybody
from bpmn_engine.views.paging import Caller, Page, PageRequest
from bpmn_engine.views.work import (
    TaskCounts,
    TaskFilter,
    TaskOrder,
    TaskScope,
    TaskState,
    UserTaskView,
)

_COLUMNS = user_task.c
_SELECT = select(
    *_COLUMNS, process_definition.c.name.label("process_name"), process_definition.c.version
).join(process_definition, process_definition.c.key == _COLUMNS.definition_key)

_ORDERS = {
    TaskOrder.DUE: (SortKey(_COLUMNS.due_at, SortType.MOMENT), SortKey(_COLUMNS.key)),
    TaskOrder.CREATED: (SortKey(_COLUMNS.key, is_descending=True),),
    TaskOrder.PRIORITY: (
        SortKey(_COLUMNS.priority, is_descending=True),
        SortKey(_COLUMNS.key),
    ),
}
_DONE_ORDER = (
    SortKey(_COLUMNS.ended_at, SortType.MOMENT, is_descending=True),
    SortKey(_COLUMNS.key, is_descending=True),
)


def user_tasks(
    session: Session, where: TaskFilter, caller: Caller, page: PageRequest
) -> Page[UserTaskView]:
    """Return a page of the user tasks a person may see.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    order = _DONE_ORDER if where.scope is TaskScope.DONE else _ORDERS[where.order]
    wanted = _filtered(_SELECT.where(_scope(where.scope, caller)), where)
    return page_of(session, wanted, order, page, _tasks)


def user_task_view(session: Session, key: Key, caller: Caller) -> UserTaskView | None:
    """Return a user task, open or ended; None also when the person may not see it."""
    mine = _COLUMNS.completed_by == caller.user_id
    wanted = _SELECT.where(_COLUMNS.key == key, or_(visible_to(caller), mine))
    row = session.execute(wanted).one_or_none()
    return None if row is None else task_view(row)


def task_counts(session: Session, caller: Caller, now: dt.datetime) -> TaskCounts:
    """Return how many open user tasks each tab of a person's worklist holds."""
    mine = _scope(TaskScope.MINE, caller)
    return TaskCounts(
        mine=_count(session, mine),
        groups=_count(session, _scope(TaskScope.GROUPS, caller)),
        unassigned=_count(session, _scope(TaskScope.UNASSIGNED, caller)),
        all=_count(session, _scope(TaskScope.ALL, caller)),
        overdue=_count(session, and_(mine, _COLUMNS.due_at < now)),
    )


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """Return the condition that a person may see a user task.

    They may if it is theirs, if it is offered to them or one of their groups, or if it is offered
    to nobody in particular and nobody has it.
    """
    if caller.sees_all:
        return true()
    for_anybody = and_(_COLUMNS.assignee.is_(None), is_for_anybody())
    return or_(_COLUMNS.assignee == caller.user_id, _offered_to(caller), for_anybody)


def instances_seen_by(caller: Caller) -> tuple[Select[int], ...]:
    """Return statements for the instances of the tasks a person sees or has completed."""
    return tuple(
        select(_COLUMNS.instance_key).where(_scope(scope, caller))
        for scope in (TaskScope.ALL, TaskScope.DONE)
    )


def _offered_to(caller: Caller) -> ColumnElement[bool]:
    columns = user_task_candidate.c
    by_user = and_(columns.kind == USER, columns.candidate == caller.user_id)
    is_mine = columns.candidate.in_(sorted(caller.groups))
    by_group = and_(columns.kind.in_((GROUP, LANE)), is_mine)
    return (
        select(columns.task_key)
        .where(columns.task_key == _COLUMNS.key, or_(by_user, by_group))
        .exists()
    )


def _scope(scope: TaskScope, caller: Caller) -> ColumnElement[bool]:
    is_unassigned = _COLUMNS.assignee.is_(None)
    match scope:
        case TaskScope.MINE:
            return and_(IS_OPEN_TASK, _COLUMNS.assignee == caller.user_id)
        case TaskScope.GROUPS:
            return and_(IS_OPEN_TASK, is_unassigned, _offered_to(caller))
        case TaskScope.UNASSIGNED:
            return and_(IS_OPEN_TASK, is_unassigned, visible_to(caller))
        case TaskScope.ALL:
            return and_(IS_OPEN_TASK, visible_to(caller))
        case TaskScope.DONE:
            is_completed = _COLUMNS.state == TaskState.COMPLETED.value
            return and_(is_completed, _COLUMNS.completed_by == caller.user_id)


def _filtered(
    wanted: Select[*tuple[object, ...]], where: TaskFilter
) -> Select[*tuple[object, ...]]:
    for column, value in (
        (_COLUMNS.process_id, where.process_id),
        (_COLUMNS.instance_key, where.instance_key),
        (_COLUMNS.element_id, where.element_id),
        (_COLUMNS.assignee, where.assignee),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if where.search:
        wanted = wanted.where(_COLUMNS.search_text.contains(where.search.lower(), autoescape=True))
    if where.due_before is not None:
        wanted = wanted.where(_COLUMNS.due_at < where.due_before)
    if where.candidate_group is not None:
        offered = select(user_task_candidate.c.task_key).where(
            user_task_candidate.c.kind.in_((GROUP, LANE)),
            user_task_candidate.c.candidate == where.candidate_group,
        )
        wanted = wanted.where(_COLUMNS.key.in_(offered))
    return wanted


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(user_task).where(condition)) or 0


def _tasks(rows: Iterable[AnyRow]) -> list[UserTaskView]:
    return [task_view(row) for row in rows]


def task_view(row: AnyRow) -> UserTaskView:
    """Return the read model of a row that also names its process and version."""
    return UserTaskView(
        key=row.key,
        name=row.name,
        element_id=row.element_id,
        instance_key=row.instance_key,
        definition_key=row.definition_key,
        process_id=row.process_id,
        process_name=row.process_name,
        version=row.version,
        business_key=row.business_key,
        state=TaskState(row.state),
        assignee=row.assignee,
        candidate_users=tuple(row.candidate_users),
        candidate_groups=tuple(row.candidate_groups),
        created_at=row.created_at,
        due_at=row.due_at,
        follow_up_at=row.follow_up_at,
        priority=row.priority,
        form=read_form(row.form),
        ended_at=row.ended_at,
        completed_by=row.completed_by,
    )
