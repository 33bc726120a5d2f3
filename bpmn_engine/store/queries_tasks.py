"""Read models of the worklist. What a person sees is decided here, in the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from bpmn_engine.ids import Key
from bpmn_engine.store.codec_model import read_form
from bpmn_engine.store.paging import SortKey, SortType, count_of, page_of
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.tables import (
    GROUP,
    IS_FREE_TASK,
    IS_OPEN_TASK,
    LANE,
    USER,
    group_membership,
    process_definition,
    user_task,
    user_task_candidate,
)
from bpmn_engine.store.user_tasks import is_for_anybody
from bpmn_engine.views.paging import COUNT_LIMIT, Caller, Page, PageRequest
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
    listed = [
        _filtered(_SELECT.where(condition), where)
        for condition in scopes(session, where.scope, caller)
    ]
    return page_of(session, listed, order, page, _tasks)


def user_task_view(session: Session, key: Key, caller: Caller) -> UserTaskView | None:
    """Return a user task, open or ended; None also when the person may not see it."""
    mine = _COLUMNS.completed_by == caller.user_id
    wanted = _SELECT.where(_COLUMNS.key == key, or_(visible_to(caller), mine))
    row = session.execute(wanted).one_or_none()
    return None if row is None else task_view(row)


def task_counts(session: Session, caller: Caller, now: dt.datetime) -> TaskCounts:
    """Return how many open user tasks each tab of a person's worklist holds.

    Each is counted to COUNT_LIMIT; one more than that means more.
    """
    groups = _count(session, _scope(TaskScope.GROUPS, caller))
    unassigned = scopes(session, TaskScope.UNASSIGNED, caller)
    # No task meets two conditions of this scope, and the first of staff is the one just counted.
    known, rest = (0, unassigned) if caller.sees_all else (groups, unassigned[1:])
    overdue = and_(_scope(TaskScope.MINE, caller), _COLUMNS.due_at < now)
    return TaskCounts(
        mine=own_task_count(session, caller),
        groups=groups,
        unassigned=min(known + _count(session, *rest), COUNT_LIMIT + 1),
        all=_count(session, *scopes(session, TaskScope.ALL, caller)),
        overdue=_count(session, overdue),
    )


def own_task_count(session: Session, caller: Caller) -> int:
    """Return how many open user tasks a person has, counted to COUNT_LIMIT."""
    return _count(session, _scope(TaskScope.MINE, caller))


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """Return the condition that a person may see a user task.

    They may if it is theirs, if it is offered to them or one of their groups, or if it is offered
    to nobody in particular and nobody has it.
    """
    if caller.sees_all:
        return true()
    for_anybody = and_(_COLUMNS.assignee.is_(None), is_for_anybody())
    return or_(_COLUMNS.assignee == caller.user_id, _offered_to(caller), for_anybody)


def scopes(session: Session, scope: TaskScope, caller: Caller) -> tuple[ColumnElement[bool], ...]:
    """Return conditions that together say which tasks a tab of a person's worklist holds.

    Each can be found by an index; one condition for all of them could not.
    """
    if caller.sees_all or scope not in {TaskScope.UNASSIGNED, TaskScope.ALL}:
        return (_scope(scope, caller),)
    for_anybody = _for_anybody(session)
    if scope is TaskScope.UNASSIGNED:
        return (_scope(TaskScope.GROUPS, caller), *for_anybody)
    offered = and_(IS_OPEN_TASK, _offered_to(caller))
    return (_scope(TaskScope.MINE, caller), offered, *for_anybody)


def _for_anybody(session: Session) -> list[ColumnElement[bool]]:
    """Return conditions of the open tasks that are offered to nobody in particular."""
    conditions: list[ColumnElement[bool]] = [IS_FREE_TASK]
    lanes = _empty_lanes(session)
    if lanes:
        columns = user_task_candidate.c
        in_lane = and_(columns.kind == LANE, columns.candidate.in_(lanes))
        offers = select(columns.task_key).where(columns.task_key == _COLUMNS.key, in_lane)
        is_free = and_(IS_OPEN_TASK, _COLUMNS.assignee.is_(None))
        conditions.append(and_(is_free, offers.exists(), is_for_anybody()))
    return conditions


def instances_seen_by(session: Session, caller: Caller) -> tuple[Select[int], ...]:
    """Return statements for the instances of the tasks a person sees or has completed."""
    return tuple(
        select(_COLUMNS.instance_key).where(condition)
        for scope in (TaskScope.ALL, TaskScope.DONE)
        for condition in scopes(session, scope, caller)
    )


def _empty_lanes(session: Session) -> list[str]:
    """Return the lanes that tasks are offered to and that nobody is in.

    From one name to the next by the index: there are few names, and many tasks of each.
    """
    columns = user_task_candidate.c
    first = select(func.min(columns.candidate).label("lane")).where(columns.kind == LANE)
    names = first.cte("lanes", recursive=True)
    following = (
        select(func.min(columns.candidate))
        .where(columns.kind == LANE, columns.candidate > names.c.lane)
        .scalar_subquery()
    )
    names = names.union_all(select(following).where(names.c.lane.is_not(None)))
    members = select(group_membership.c.group_id).where(
        group_membership.c.group_id == names.c.lane
    )
    empty = select(names.c.lane).where(names.c.lane.is_not(None), ~members.exists())
    return sorted(session.scalars(empty))


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


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    counted = [select(_COLUMNS.key).where(condition) for condition in conditions]
    return count_of(session, counted, _ORDERS[TaskOrder.DUE], most=COUNT_LIMIT)


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
