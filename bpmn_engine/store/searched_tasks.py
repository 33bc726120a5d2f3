"""Searching user tasks: which fields a search may name, and what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.store.columns import EPOCH, UtcDateTime
from bpmn_engine.store.queries_tasks import task_view, visible_to
from bpmn_engine.store.rows import AnyRow, in_parts
from bpmn_engine.store.searches import Asked, Fields, counted, cut, related, searched, sorted_by
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    GROUP,
    IS_OPEN_TASK,
    LANE,
    USER,
    group_membership,
    process_definition,
    process_instance,
    task_attachment,
    task_comment,
    user_task,
    user_task_candidate,
)
from bpmn_engine.views.found_work import Delegation, FoundTask, Place, TaskAge
from bpmn_engine.views.paging import Caller
from bpmn_engine.views.work import TaskState
from bpmn_engine.views.work_search import Condition, Search

_TASK: Final = user_task.c
_INSTANCE: Final = process_instance.c
_DEFINITION: Final = process_definition.c
_CANDIDATE: Final = user_task_candidate.c

_ENDED: Final = frozenset({TaskState.COMPLETED.value, TaskState.WITHDRAWN.value})

_CANDIDATES: Final = select(_CANDIDATE.task_key).where(_CANDIDATE.task_key == _TASK.key)
_OF_GROUPS: Final = _CANDIDATES.where(_CANDIDATE.kind.in_((GROUP, LANE)))
_OF_USERS: Final = _CANDIDATES.where(_CANDIDATE.kind == USER)


def _offered_to(condition: Condition) -> ColumnElement[bool]:
    """Return the condition that a task is offered to a user, or to a group of theirs."""
    groups = select(group_membership.c.group_id).where(
        group_membership.c.user_id == condition.value
    )
    is_named = and_(_CANDIDATE.kind == USER, _CANDIDATE.candidate == condition.value)
    is_member = and_(_CANDIDATE.kind.in_((GROUP, LANE)), _CANDIDATE.candidate.in_(groups))
    return _CANDIDATES.where(or_(is_named, is_member)).exists()


def _free(ask: Asked) -> Asked:
    """Return a field that also asks that nobody has the task."""
    return lambda condition: and_(_TASK.assignee.is_(None), ask(condition))


def _involved(condition: Condition) -> ColumnElement[bool]:
    """Return the condition that a user has a task, owns it, or is offered it by name."""
    is_named = _OF_USERS.where(_CANDIDATE.candidate == condition.value).exists()
    return or_(_TASK.assignee == condition.value, _TASK.owner == condition.value, is_named)


_BY_GROUP: Final = related(_OF_GROUPS, _CANDIDATE.candidate)

FIELDS: Final[Fields] = {
    "key": _TASK.key,
    "instance_key": _TASK.instance_key,
    "root_key": _INSTANCE.root_key,
    "business_key": _TASK.business_key,
    "definition_key": _TASK.definition_key,
    "process_id": _TASK.process_id,
    "process_name": _DEFINITION.name,
    "visit_id": (
        _TASK.element_id
        + literal(":")
        + cast(_TASK.instance_key, String)
        + literal(":")
        + cast(_TASK.visit, String)
    ),
    "element_id": _TASK.element_id,
    "name": _TASK.name,
    "lower_name": func.lower(_TASK.name),
    "state": _TASK.state,
    "assignee": func.coalesce(
        _TASK.assignee, case((IS_OPEN_TASK, None), else_=_TASK.completed_by)
    ),
    "owner": _TASK.owner,
    "delegation": _TASK.delegation,
    "priority": _TASK.priority,
    "due_at": _TASK.due_at,
    "follow_up_at": _TASK.follow_up_at,
    "follow_up_at_or_none": func.coalesce(_TASK.follow_up_at, literal(EPOCH, UtcDateTime())),
    "created_at": _TASK.created_at,
    "changed_at": func.coalesce(_TASK.changed_at, _TASK.created_at),
    "ended_at": _TASK.ended_at,
    "instance_status": _INSTANCE.status,
    "instance_ended_at": _INSTANCE.ended_at,
    "offered_to": _offered_to,
    "free_offered_to": _free(_offered_to),
    "candidate_group": _BY_GROUP,
    "free_candidate_group": _free(_BY_GROUP),
    "candidate_user": related(_OF_USERS, _CANDIDATE.candidate),
    "involved": _involved,
}
"""What a search for user tasks may name."""


def find(session: Session, search: Search, caller: Caller, age: TaskAge) -> tuple[FoundTask, ...]:
    """Return the tasks that a search without variables finds, the wanted part."""
    wanted = sorted_by(_wanted(search, caller, age, _select()), FIELDS, search, _TASK.key)
    return tuple(_found(row) for row in session.execute(cut(wanted, search)))


def count(session: Session, search: Search, caller: Caller, age: TaskAge) -> int:
    """Return how many tasks a search without variables finds."""
    return counted(session, _wanted(search, caller, age, _joined(select(_TASK.key))))


def places(session: Session, search: Search, caller: Caller, age: TaskAge) -> list[Place]:
    """Return where the tasks are that a search finds apart from variables, in its order."""
    columns = select(_TASK.key, _TASK.instance_key, _TASK.visit)
    wanted = _wanted(search, caller, age, _joined(columns))
    return [
        Place(key=row.key, instance_key=row.instance_key, visit=row.visit)
        for row in session.execute(sorted_by(wanted, FIELDS, search, _TASK.key))
    ]


def load(session: Session, keys: Sequence[int]) -> tuple[FoundTask, ...]:
    """Return tasks by key, in the order of the keys; those that do not exist are left out."""
    found = {
        row.key: _found(row)
        for part in in_parts(keys)
        for row in session.execute(_select().where(_TASK.key.in_(part)))
    }
    return tuple(found[key] for key in keys if key in found)


def count_by_group(session: Session) -> list[tuple[str | None, int]]:
    """Return how many open tasks are offered to each group, and to none."""
    offered = (
        select(_CANDIDATE.candidate, func.count(_TASK.key.distinct()))
        .join(user_task, _CANDIDATE.task_key == _TASK.key)
        .where(_CANDIDATE.kind.in_((GROUP, LANE)), IS_OPEN_TASK)
        .group_by(_CANDIDATE.candidate)
        .order_by(_CANDIDATE.candidate)
    )
    none = select(_TASK.key).where(IS_OPEN_TASK, ~_OF_GROUPS.exists())
    counts: list[tuple[str | None, int]] = [(row[0], row[1]) for row in session.execute(offered)]
    left = counted(session, none)
    return [*counts, (None, left)] if left else counts


def _wanted(
    search: Search, caller: Caller, age: TaskAge, statement: Select[*tuple[object, ...]]
) -> Select[*tuple[object, ...]]:
    visible = visible_to(caller)
    if age is TaskAge.OPEN:
        statement = statement.where(_TASK.state.not_in(_ENDED))
    else:
        visible = or_(visible, _TASK.completed_by == caller.user_id)
    return searched(statement.where(visible), FIELDS, search)


def _joined(statement: Select[*tuple[object, ...]]) -> Select[*tuple[object, ...]]:
    return statement.join(process_definition, _DEFINITION.key == _TASK.definition_key).join(
        process_instance, _INSTANCE.key == _TASK.instance_key
    )


def _select() -> Select[*tuple[object, ...]]:
    def has(rows: Select[*tuple[object, ...]]) -> ColumnElement[bool]:
        return rows.correlate(user_task).exists()

    return _joined(
        select(
            *_TASK,
            _DEFINITION.name.label("process_name"),
            _DEFINITION.version,
            _INSTANCE.status.label("instance_status"),
            _INSTANCE.root_key,
            has(select(task_comment.c.key).where(task_comment.c.task_key == _TASK.key)).label(
                "has_comment"
            ),
            has(
                select(task_attachment.c.key).where(task_attachment.c.task_key == _TASK.key)
            ).label("has_attachment"),
        )
    )


def _found(row: AnyRow) -> FoundTask:
    return FoundTask(
        task=task_view(row),
        visit=row.visit,
        owner=row.owner,
        delegation=None if row.delegation is None else Delegation(row.delegation),
        changed_at=row.changed_at,
        is_suspended=row.instance_status == InstanceStatus.SUSPENDED.value,
        root_key=row.root_key,
        has_comment=row.has_comment,
        has_attachment=row.has_attachment,
    )
