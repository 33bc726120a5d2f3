"""Read models of the worklist. What a person sees is decided here, in the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
)

from bpmn_engine.ids import Key
from bpmn_engine.store.codec_model import read_form
from bpmn_engine.store.columns import IndexedText, UtcDateTime
from bpmn_engine.store.paging import Listed, SortKey, SortType, counting, page_of
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.session import Session
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


_CALLER: Final = bindparam("caller", type_=IndexedText())
_GROUPS: Final = bindparam("groups", expanding=True, type_=IndexedText())
_LANES: Final = bindparam("lanes", expanding=True, type_=IndexedText())
_MOST: Final = bindparam("most", type_=Integer())


@dataclass(frozen=True, slots=True)
class _Whoever:
    """A caller whose name and groups are given when a statement is run.

    So it is made once and not for each request: to make one takes longer than to run it.
    """

    sees_all: bool
    user_id: BindParameter[str] = _CALLER
    groups: BindParameter[str] = _GROUPS


_Person = Caller | _Whoever


def user_tasks(
    session: Session, where: TaskFilter, caller: Caller, page: PageRequest
) -> Page[UserTaskView]:
    """Return a page of the user tasks a person may see.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    order = _DONE_ORDER if where.scope is TaskScope.DONE else _ORDERS[where.order]
    lanes = _lanes_seen(session, where.scope, caller)
    kept = _statements(where.scope, sees_all=caller.sees_all, has_lanes=bool(lanes))
    listed = [_filtered(statement, where) for statement in kept]
    return page_of(session, listed, order, page, _tasks, values=_values(caller, lanes))


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
    lanes = _lanes_seen(session, TaskScope.ALL, caller)
    most = COUNT_LIMIT + 1
    values = {**_values(caller, lanes), "now": now, "most": most}
    own = session.execute(_own_counts(sees_all=caller.sees_all), values).one()
    # Each tab holds what the one before it does, so if that is too much, this is.
    others = most
    if own.groups < most:
        rest = _rest_count(TaskScope.UNASSIGNED, sees_all=caller.sees_all, has_lanes=bool(lanes))
        known = 0 if caller.sees_all else own.groups
        others = min(known + (session.scalar(rest, values) or 0), most)
    together = most
    if others < most:
        rest = _rest_count(TaskScope.ALL, sees_all=caller.sees_all, has_lanes=bool(lanes))
        together = min(session.scalar(rest, values) or 0, most)
    return TaskCounts(
        mine=own.mine, groups=own.groups, unassigned=others, all=together, overdue=own.overdue
    )


def own_task_count(session: Session, caller: Caller) -> int:
    """Return how many open user tasks a person has, counted to COUNT_LIMIT."""
    return session.scalar(_OWN_COUNT, {"caller": caller.user_id, "most": COUNT_LIMIT + 1}) or 0


def visible_to(caller: _Person) -> ColumnElement[bool]:
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
    return _scopes(scope, caller, _lanes_seen(session, scope, caller))


def _lanes_seen(session: Session, scope: TaskScope, caller: Caller) -> list[str]:
    """Return the lanes in which nobody is, if the person sees tasks of a scope because of that."""
    is_asked = not caller.sees_all and scope in {TaskScope.UNASSIGNED, TaskScope.ALL}
    return sorted(session.scalars(_EMPTY_LANES)) if is_asked else []


def _scopes(
    scope: TaskScope, person: _Person, lanes: list[str] | BindParameter[str]
) -> tuple[ColumnElement[bool], ...]:
    if person.sees_all or scope not in {TaskScope.UNASSIGNED, TaskScope.ALL}:
        return (_scope(scope, person),)
    if scope is TaskScope.UNASSIGNED:
        return (_scope(TaskScope.GROUPS, person), *_for_anybody(lanes))
    offered = and_(IS_OPEN_TASK, _offered_to(person))
    return (_scope(TaskScope.MINE, person), offered, *_for_anybody(lanes))


def _for_anybody(
    lanes: list[str] | BindParameter[str],
) -> tuple[ColumnElement[bool], ...]:
    """Return conditions of the open tasks that are offered to nobody in particular."""
    if isinstance(lanes, list) and not lanes:
        return (IS_FREE_TASK,)
    columns = user_task_candidate.c
    in_lane = and_(columns.kind == LANE, columns.candidate.in_(lanes))
    offers = select(columns.task_key).where(columns.task_key == _COLUMNS.key, in_lane)
    is_free = and_(IS_OPEN_TASK, _COLUMNS.assignee.is_(None))
    return (IS_FREE_TASK, and_(is_free, offers.exists(), is_for_anybody()))


def instances_seen_by(session: Session, caller: Caller) -> tuple[Select[int], ...]:
    """Return statements for the instances of the tasks a person sees or has completed."""
    return tuple(
        select(_COLUMNS.instance_key).where(condition)
        for scope in (TaskScope.ALL, TaskScope.DONE)
        for condition in scopes(session, scope, caller)
    )


def _find_empty_lanes() -> Select[str]:
    """Return a statement for the lanes that tasks are offered to and that nobody is in.

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
    return select(names.c.lane).where(names.c.lane.is_not(None), ~members.exists())


def _offered_to(person: _Person) -> ColumnElement[bool]:
    columns = user_task_candidate.c
    by_user = and_(columns.kind == USER, columns.candidate == person.user_id)
    groups = sorted(person.groups) if isinstance(person, Caller) else person.groups
    by_group = and_(columns.kind.in_((GROUP, LANE)), columns.candidate.in_(groups))
    return (
        select(columns.task_key)
        .where(columns.task_key == _COLUMNS.key, or_(by_user, by_group))
        .exists()
    )


def _scope(scope: TaskScope, caller: _Person) -> ColumnElement[bool]:
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


_EMPTY_LANES: Final = _find_empty_lanes()


def _values(caller: Caller, lanes: list[str]) -> dict[str, object]:
    return {"caller": caller.user_id, "groups": sorted(caller.groups), "lanes": lanes}


@cache
def _statements(scope: TaskScope, *, sees_all: bool, has_lanes: bool) -> tuple[Listed, ...]:
    conditions = _scopes(scope, _Whoever(sees_all), _LANES if has_lanes else [])
    return tuple(_SELECT.where(condition) for condition in conditions)


def _count(*conditions: ColumnElement[bool]) -> Select[int]:
    counted = [select(_COLUMNS.key).where(condition) for condition in conditions]
    return counting(counted, _ORDERS[TaskOrder.DUE], limit=_MOST)


@cache
def _own_counts(*, sees_all: bool) -> Select[int, int, int]:
    whoever = _Whoever(sees_all)
    mine = _scope(TaskScope.MINE, whoever)
    overdue = and_(mine, _COLUMNS.due_at < bindparam("now", type_=UtcDateTime()))
    return select(
        _count(mine).scalar_subquery().label("mine"),
        _count(_scope(TaskScope.GROUPS, whoever)).scalar_subquery().label("groups"),
        _count(overdue).scalar_subquery().label("overdue"),
    )


@cache
def _rest_count(scope: TaskScope, *, sees_all: bool, has_lanes: bool) -> Select[int]:
    """Return the count of a scope; of UNASSIGNED, for staff, without what GROUPS has."""
    conditions = _scopes(scope, _Whoever(sees_all), _LANES if has_lanes else [])
    # No task meets two conditions of this scope, and the first of staff is that of GROUPS.
    is_rest = scope is TaskScope.UNASSIGNED and not sees_all
    return _count(*(conditions[1:] if is_rest else conditions))


_OWN_COUNT: Final = _count(_scope(TaskScope.MINE, _Whoever(sees_all=False)))


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
