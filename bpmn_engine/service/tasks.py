"""User tasks: claiming, handing on, completing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import (
    AssignUserTask,
    CompleteUserTask,
    CorrectUserTask,
    ThrowBpmnError,
)
from bpmn_engine.model.listeners import ListenerEvent
from bpmn_engine.service import task_rights
from bpmn_engine.service.outcomes import Problem, conflict, invalid
from bpmn_engine.service.task_attributes import attributes, plan_of
from bpmn_engine.service.task_reading import TaskReading
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import apply_or_abandon
from bpmn_engine.store import history, user_tasks
from bpmn_engine.store.user_tasks import UserTaskRow
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.paging import Caller
from bpmn_engine.views.work import UserTaskView

_NOTHING: Final[Mapping[str, JsonValue]] = {}


class TaskUseCases(TaskReading):
    """What people do. A task the caller may not see is NOT_FOUND, whether it exists or not."""

    def claim_task(self, key: int, *, caller: Caller) -> UserTaskView | Problem:
        """Give an open task that nobody has to the caller; claiming one's own again is fine."""

        def claim(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            held = task_rights.held_by_another(row, caller)
            if held is not None or row.assignee == caller.user_id:
                return held
            if listeners_assign(unit, row, caller.user_id, caller):
                return None
            if not user_tasks.claim(unit.session, row.key, caller.user_id):
                return conflict(f"Expected the user task {key} to be free, but it is taken.")
            note(unit, row, "ClaimUserTask", {"assignee": caller.user_id}, caller)
            return None

        return self._with_task(key, caller, claim)

    def unclaim_task(self, key: int, *, caller: Caller) -> UserTaskView | Problem:
        """Give a task back to its candidates: one's own, or as an operator anybody's."""

        def unclaim(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            if row.assignee is None:
                return None
            held = None if caller.sees_all else task_rights.held_by_another(row, caller)
            if held is None and listeners_assign(unit, row, None, caller):
                return None
            if held is None and user_tasks.unclaim(unit.session, row.key, row.assignee):
                note(unit, row, "UnclaimUserTask", {"assignee": row.assignee}, caller)
            return held

        return self._with_task(key, caller, unclaim)

    def assign_task(
        self, key: int, assignee: str | None, *, caller: Caller, reason: str | None = None
    ) -> UserTaskView | Problem:
        """Hand a task to a user, or with None back to its candidates."""

        def assign(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            forbidden = task_rights.may_not_assign(row, assignee, caller)
            if forbidden is not None or row.assignee == assignee:
                return forbidden
            if not listeners_assign(unit, row, assignee, caller, reason):
                user_tasks.assign(unit.session, row.key, assignee)
                detail = {"assignee": assignee, "before": row.assignee}
                note(unit, row, "AssignUserTask", detail, caller, reason)
            return forbidden

        answer = self._with_task(key, caller, assign)
        if isinstance(answer, Problem):
            return answer
        # Whoever hands a task on may not see it afterwards, but is told what became of it.
        return self._task_view(key)

    def complete_task(
        self, key: int, variables: Variables = _NOTHING, *, caller: Caller
    ) -> UserTaskView | Problem:
        """Complete a task that is the caller's (operators: any), with what the form gave."""

        def complete(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            problem = task_rights.may_not_complete(row, caller)
            if problem is None:
                asked = attributes(row, plan_of(unit, row), ListenerEvent.COMPLETING)
                command = CompleteUserTask(wait=row.wait, variables=variables, task=asked)
                apply_or_abandon(unit, row.instance_key, command, actor=caller.user_id)
            return problem

        return self._with_task(key, caller, complete)

    def throw_task_error(
        self,
        key: int,
        error_code: str,
        *,
        caller: Caller,
        message: str | None = None,
        variables: Variables = _NOTHING,
    ) -> UserTaskView | Problem:
        """End a task with a BPMN error; if nothing catches it, that is an incident."""
        if not error_code:
            return invalid("Expected an error code, but it is empty.", field_name="error_code")

        def throw(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            problem = task_rights.may_not_finish(row, caller)
            if problem is None:
                command = ThrowBpmnError(
                    wait=row.wait, error_code=error_code, message=message, variables=variables
                )
                apply_or_abandon(unit, row.instance_key, command, actor=caller.user_id)
            return problem

        return self._with_task(key, caller, throw)

    def _with_task(
        self,
        key: int,
        caller: Caller,
        change: Callable[[UnitOfWork, UserTaskRow], Problem | None],
    ) -> UserTaskView | Problem:
        def work(unit: UnitOfWork) -> None:
            problem = _change(unit, Key(key), caller, change)
            if problem is not None:
                raise AbandonedError(problem)

        problem = self._commit(work)
        return self._task_view(key) if problem is None else problem


def _change(
    unit: UnitOfWork,
    key: Key,
    caller: Caller,
    change: Callable[[UnitOfWork, UserTaskRow], Problem | None],
) -> Problem | None:
    row = user_tasks.find(unit.session, key)
    if row is None or not task_rights.may_see(row, caller):
        return task_rights.unseen(key)
    unit.lock((row.instance_key,))
    # Read again: what was true before the lock may have changed while we waited for it.
    row = user_tasks.find(unit.session, key)
    if row is None:
        return task_rights.unseen(key)
    return task_rights.not_open(row) or change(unit, row)


def listeners_assign(
    unit: UnitOfWork,
    row: UserTaskRow,
    assignee: str | None,
    caller: Caller,
    reason: str | None = None,
) -> bool:
    """Have the listeners of a task called before its assignee changes; False if it has none."""
    listeners = plan_of(unit, row)
    if listeners is None or not listeners.assigning:
        return False
    asked = attributes(row, listeners, ListenerEvent.ASSIGNING)
    command = AssignUserTask(wait=row.wait, assignee=assignee, task=asked)
    apply_or_abandon(unit, row.instance_key, command, actor=caller.user_id, reason=reason)
    return True


def listeners_update(
    unit: UnitOfWork, row: UserTaskRow, changes: Variables, caller: Caller
) -> bool:
    """Have the listeners of a task called before it changes; False if it has none.

    Changes have Camunda 8's names; there are none where something changes that listeners
    cannot correct.
    """
    event = ListenerEvent.ASSIGNING if "assignee" in changes else ListenerEvent.UPDATING
    listeners = plan_of(unit, row)
    if listeners is None or not listeners.called_by(event):
        return False
    asked = attributes(row, listeners, event)
    command = CorrectUserTask(wait=row.wait, changes=changes, task=asked)
    apply_or_abandon(unit, row.instance_key, command, actor=caller.user_id)
    return True


def note(
    unit: UnitOfWork,
    row: UserTaskRow,
    action: str,
    detail: Mapping[str, JsonValue],
    caller: Caller,
    reason: str | None = None,
) -> None:
    """Write into the journal what somebody did with a task beside the kernel."""
    history.write_note(
        unit.session,
        instance_key=row.instance_key,
        at=unit.now,
        actor=caller.user_id,
        action=action,
        detail=detail,
        wait=row.wait,
        element_id=row.element_id,
        reason=reason,
    )
    unit.touch("tasks", f"instance:{row.instance_key}")
