"""User tasks that their listeners hold up or correct, as the columns and rows that change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import delete, insert, select, update

from bpmn_engine.kernel.commands import CompleteUserTask
from bpmn_engine.kernel.effects import ChangeUserTask
from bpmn_engine.kernel.user_task_changes import moment_of
from bpmn_engine.store.applied import AppliedStep
from bpmn_engine.store.effect_batch import TaskChange, Values, WaitId
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import user_task, user_task_candidate
from bpmn_engine.values import JsonValue
from bpmn_engine.views.work import TaskState


def task_change(step: AppliedStep, effect: ChangeUserTask) -> TaskChange:
    """Return what an effect changes; whoever completes a task is kept until it is complete."""
    state = TaskState.CREATED if effect.transition is None else TaskState(effect.transition)
    columns: Values = {"state": state.value}
    if isinstance(step.command, CompleteUserTask):
        columns["completed_by"] = step.actor
    elif state is TaskState.CREATED:
        columns["completed_by"] = None
    corrected = corrections(WaitId(step.instance.key, effect.wait), effect.changes)
    return corrected._replace(columns={**columns, **corrected.columns})


def corrections(wait: WaitId, changes: Mapping[str, JsonValue]) -> TaskChange:
    """Return what corrections change, by the names that Camunda 8 gives the attributes."""
    columns: Values = {}
    for name, value in changes.items():
        column, convert = _COLUMNS[name]
        columns[column] = convert(value)
    offered = {
        kind: tuple(_names(changes[name]))
        for name, kind in (("candidateUsers", "user"), ("candidateGroups", "group"))
        if name in changes
    }
    return TaskChange(wait, columns, offered)


def write_task_changes(session: Session, changes: Iterable[TaskChange]) -> None:
    """Write changes of stored user tasks, in order; there are few."""
    for change in changes:
        is_meant = (user_task.c.instance_key == change.wait.instance_key) & (
            user_task.c.wait == change.wait.wait
        )
        session.execute(update(user_task).where(is_meant).values(**change.columns))
        for kind, candidates in change.offered_to.items():
            key = session.scalar(select(user_task.c.key).where(is_meant))
            of_kind = user_task_candidate.c.kind == kind
            session.execute(
                delete(user_task_candidate).where(user_task_candidate.c.task_key == key, of_kind)
            )
            rows = [
                {"task_key": key, "kind": kind, "candidate": name}
                for name in dict.fromkeys(candidates)
            ]
            if rows:
                session.execute(insert(user_task_candidate), rows)


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value else None


def _names(value: JsonValue) -> list[str]:
    return [str(name) for name in value] if isinstance(value, Sequence) else []


def _moment(value: JsonValue) -> dt.datetime | None:
    return moment_of(value) if isinstance(value, str) else None


def _number(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0


_COLUMNS: Final[Mapping[str, tuple[str, Callable[[JsonValue], object]]]] = {
    "assignee": ("assignee", _text),
    "candidateUsers": ("candidate_users", _names),
    "candidateGroups": ("candidate_groups", _names),
    "dueDate": ("due_at", _moment),
    "followUpDate": ("follow_up_at", _moment),
    "priority": ("priority", _number),
}
"""Name of a change -> its column, and what makes the column's value of it."""
