"""What listeners in JUEL are told of the user task they are called for, and change about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bpmn_engine.expressions.juel.assignment import HowChanged, TaskChange
from bpmn_engine.expressions.juel.delegates import TASK_ATTRIBUTES
from bpmn_engine.ids import Key
from bpmn_engine.kernel.effects import CreateUserTask
from bpmn_engine.kernel.failures import Failure, of_value
from bpmn_engine.kernel.state import IncidentKind, ListenerAt
from bpmn_engine.kernel.user_task_changes import correction_problem
from bpmn_engine.values import JsonValue, Variables

_PURPOSE: Final = "The change of the user task"


def attributes_of(effect: CreateUserTask) -> Variables:
    """Return the attributes of a user task that is about to be offered."""
    due_at, follow_up_at = effect.due_at, effect.follow_up_at
    return {
        "assignee": effect.assignee,
        "candidateUsers": effect.candidate_users,
        "candidateGroups": effect.candidate_groups,
        "priority": effect.priority,
        "dueDate": None if due_at is None else due_at.isoformat(),
        "followUpDate": None if follow_up_at is None else follow_up_at.isoformat(),
    }


def task_seen(instance_key: Key | None, at: ListenerAt) -> Variables:
    """Return `task` as an expression of a listener sees it, with what was changed before."""
    return {
        "processInstanceId": None if instance_key is None else str(instance_key),
        **dict.fromkeys(TASK_ATTRIBUTES),
        **at.task,
        **at.changes,
    }


def change_of(change: TaskChange, value: JsonValue, at: ListenerAt) -> ListenerAt | Failure:
    """Return where a listener is when it has made its change."""
    wanted = value
    if change.how is not HowChanged.SET:
        names = _names(value)
        if names is None:
            return of_value(change.value, _PURPOSE, "a name or a list of names", value)
        before = _names(at.changes.get(change.attribute, at.task.get(change.attribute))) or ()
        kept = [name for name in before if name not in names]
        wanted = kept if change.how is HowChanged.REMOVE else [*kept, *names]
    problem = correction_problem({change.attribute: wanted})
    if problem is not None:
        return Failure(kind=IncidentKind.EXPRESSION, message=problem, expression=change.value)
    return replace(at, changes=at.changes.set(change.attribute, wanted))


def _names(value: JsonValue) -> Sequence[str] | None:
    if isinstance(value, str):
        return [name.strip() for name in value.split(",") if name.strip()]
    if isinstance(value, Sequence) and all(isinstance(name, str) for name in value):
        return [str(name) for name in value]
    return None
