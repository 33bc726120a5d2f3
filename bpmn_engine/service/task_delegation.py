"""User tasks: delegating them, changing what they say, offering them, their own variables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.commands import SetVariables, ThrowEscalation
from bpmn_engine.kernel.state import ROOT
from bpmn_engine.kernel.user_task_changes import correction_problem
from bpmn_engine.service import task_rights
from bpmn_engine.service.outcomes import Problem, ProblemKind, conflict, invalid
from bpmn_engine.service.tasks import TaskUseCases, listeners_assign, listeners_update, note
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import apply_or_abandon
from bpmn_engine.service.variable_search import scope_of
from bpmn_engine.store import task_changes, task_edits, user_tasks
from bpmn_engine.store.effect_batch import WaitId
from bpmn_engine.store.user_tasks import UserTaskRow
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.found_work import Delegation
from bpmn_engine.views.paging import Caller
from bpmn_engine.views.work import UserTaskView

_NOTHING: Final[Mapping[str, JsonValue]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskUpdate:
    """What a user task is to say; each member replaces what it said."""

    name: str
    owner: str | None
    assignee: str | None
    delegation: Delegation | None
    priority: int  #: 0 to 100
    due_at: dt.datetime | None
    follow_up_at: dt.datetime | None


class TaskDelegation(TaskUseCases):
    """What people do with tasks beside claiming and completing them."""

    def claim_task_for(self, key: int, user_id: str, *, caller: Caller) -> UserTaskView | Problem:
        """Give an open task that nobody has to a user; their own again is fine."""
        if user_id == caller.user_id:
            return self.claim_task(key, caller=caller)

        def claim(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            if row.assignee == user_id:
                return None
            problem = task_rights.may_not_assign(row, user_id, caller)
            if problem is None and row.assignee is not None:
                return conflict(
                    f"Expected the user task {row.key} to be free, but {row.assignee} has "
                    "claimed it.",
                    holder=row.assignee,
                )
            if problem is None:
                _assign(unit, row, user_id, caller)
            return problem

        return self._with_task(key, caller, claim)

    def delegate_task(self, key: int, assignee: str, *, caller: Caller) -> UserTaskView | Problem:
        """Hand a task to somebody who is to give it back; whoever has it becomes its owner."""

        def delegate(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            problem = task_rights.may_not_assign(row, assignee, caller)
            if problem is None:
                owner = row.owner or row.assignee or caller.user_id
                _assign(unit, row, assignee, caller, action="DelegateUserTask")
                values = {"owner": owner, "delegation": Delegation.PENDING.value}
                task_edits.change(unit.session, row.key, values, at=unit.now)
            return problem

        return self._told(self._with_task(key, caller, delegate), key)

    def resolve_task(
        self, key: int, variables: Variables = _NOTHING, *, caller: Caller
    ) -> UserTaskView | Problem:
        """Give a delegated task back to its owner, with what it brought."""

        def resolve(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            problem = None if caller.sees_all else task_rights.held_by_another(row, caller)
            if problem is not None:
                return problem
            if variables:
                _set(unit, row, ROOT, variables, caller)
            if row.owner is not None:
                _assign(unit, row, row.owner, caller, action="ResolveUserTask")
            values = {"delegation": Delegation.RESOLVED.value}
            task_edits.change(unit.session, row.key, values, at=unit.now)
            return None

        return self._told(self._with_task(key, caller, resolve), key)

    def update_task(
        self, key: int, update: TaskUpdate, *, caller: Caller
    ) -> UserTaskView | Problem:
        """Change what an open task says; operators may, and whoever has it."""
        if not 0 <= update.priority <= 100:  # noqa: PLR2004 -- as diagrams may say
            return invalid(
                f"Expected a priority from 0 to 100, but got {update.priority}.",
                field_name="priority",
            )

        def change(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            problem = task_rights.may_not_assign(row, update.assignee, caller)
            if problem is not None:
                return problem
            _correct(unit, row, _corrections(row, update), caller)
            values = {
                "name": update.name,
                "search_text": f"{update.name}\n{row.business_key or ''}".lower(),
                "owner": update.owner,
                "delegation": None if update.delegation is None else update.delegation.value,
            }
            task_edits.change(unit.session, row.key, values, at=unit.now)
            if update.name != row.name:
                detail = {"name": update.name, "before": row.name}
                note(unit, row, "UpdateUserTask", detail, caller)
            return None

        return self._told(self._with_task(key, caller, change), key)

    def correct_task(
        self, key: int, changes: Mapping[str, JsonValue], *, caller: Caller
    ) -> Problem | None:
        """Change an open user task; a date that is null or empty is removed.

        What can be changed: dueDate, followUpDate, candidateUsers, candidateGroups, priority.
        """
        wrong = correction_problem(changes)
        if wrong is not None:
            return invalid(wrong, field_name="changeset")

        def change(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            _correct(unit, row, changes, caller)
            return None

        answer = self._told(self._with_task(key, caller, change), key)
        return answer if isinstance(answer, Problem) else None

    def set_task_owner(
        self, key: int, owner: str | None, *, caller: Caller
    ) -> UserTaskView | Problem:
        """Say whose task it is, whoever has it now; None says nobody's."""

        def change(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            problem = task_rights.may_not_assign(row, row.assignee, caller)
            if problem is None:
                listeners_update(unit, row, {}, caller)
                task_edits.change(unit.session, row.key, {"owner": owner}, at=unit.now)
                note(unit, row, "UpdateUserTask", {"owner": owner}, caller)
            return problem

        return self._told(self._with_task(key, caller, change), key)

    def offer_task(
        self,
        key: int,
        *,
        user: str | None = None,
        group: str | None = None,
        is_withdrawn: bool = False,
        caller: Caller,
    ) -> UserTaskView | Problem:
        """Offer a task to one user or group more, or less; operators may, and whoever has it."""
        if (user is None) == (group is None):
            return invalid("Expected a user or a group, and not both.", field_name="userId")

        def change(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            problem = task_rights.may_not_assign(row, row.assignee, caller)
            if problem is not None:
                return problem
            offered = _offered(row, user, group, is_withdrawn=is_withdrawn)
            if listeners_update(unit, row, offered, caller):
                return None
            write = task_edits.withdraw if is_withdrawn else task_edits.offer
            write(unit.session, row.key, user=user, group=group)
            task_edits.touch(unit.session, row.key, at=unit.now)
            action = "WithdrawUserTask" if is_withdrawn else "OfferUserTask"
            note(unit, row, action, {"candidate": user or group, "is_group": user is None}, caller)
            return None

        return self._told(self._with_task(key, caller, change), key)

    def set_task_variables(
        self, key: int, variables: Variables, *, is_local: bool, caller: Caller
    ) -> UserTaskView | Problem:
        """Set variables that a task sees, each where it is, else of the instance; or its own."""

        def change(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            problem = None if caller.sees_all else task_rights.may_not_finish(row, caller)
            if problem is not None:
                return problem
            if is_local:
                _set(unit, row, row.visit, variables, caller)
            else:
                for scope, own in _by_scope(unit, row, variables).items():
                    _set(unit, row, scope, own, caller)
            task_edits.touch(unit.session, row.key, at=unit.now)
            return None

        return self._with_task(key, caller, change)

    def throw_task_escalation(
        self,
        key: int,
        code: str,
        variables: Variables = _NOTHING,
        *,
        caller: Caller,
    ) -> UserTaskView | Problem:
        """Escalate at a task; it ends only if what catches the escalation interrupts it."""

        def throw(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            problem = task_rights.may_not_finish(row, caller)
            if problem is None:
                command = ThrowEscalation(wait=row.wait, code=code, variables=variables)
                apply_or_abandon(unit, row.instance_key, command, actor=caller.user_id)
            return problem

        return self._with_task(key, caller, throw)

    def _told(self, answer: UserTaskView | Problem, key: int) -> UserTaskView | Problem:
        """Return what became of a task, also to those who do not see it any more."""
        if isinstance(answer, Problem) and answer.kind is not ProblemKind.NOT_FOUND:
            return answer
        return answer if isinstance(answer, Problem) else self._task_view(key)


def _assign(
    unit: UnitOfWork,
    row: UserTaskRow,
    assignee: str | None,
    caller: Caller,
    *,
    action: str = "AssignUserTask",
) -> None:
    if not listeners_assign(unit, row, assignee, caller):
        user_tasks.assign(unit.session, row.key, assignee)
        note(unit, row, action, {"assignee": assignee, "before": row.assignee}, caller)
    task_edits.touch(unit.session, row.key, at=unit.now)


def _corrections(row: UserTaskRow, update: TaskUpdate) -> dict[str, JsonValue]:
    """Return what an update changes of what listeners are called for."""
    moments = {"dueDate": (row.due_at, update.due_at)}
    moments["followUpDate"] = (row.follow_up_at, update.follow_up_at)
    found: dict[str, JsonValue] = {
        name: None if wanted is None else wanted.isoformat()
        for name, (before, wanted) in moments.items()
        if before != wanted
    }
    if update.priority != row.priority:
        found["priority"] = update.priority
    if update.assignee != row.assignee:
        found["assignee"] = update.assignee
    return found


def _correct(
    unit: UnitOfWork, row: UserTaskRow, changes: Mapping[str, JsonValue], caller: Caller
) -> None:
    if not listeners_update(unit, row, changes, caller):
        change = task_changes.corrections(WaitId(row.instance_key, row.wait), changes)
        if change.columns or change.offered_to:
            task_changes.write_task_changes(unit.session, (change,))
        action = "AssignUserTask" if "assignee" in changes else "UpdateUserTask"
        detail = dict(changes)
        if "assignee" in changes:
            detail["before"] = row.assignee
        note(unit, row, action, detail, caller)
    task_edits.touch(unit.session, row.key, at=unit.now)


def _offered(
    row: UserTaskRow, user: str | None, group: str | None, *, is_withdrawn: bool
) -> dict[str, JsonValue]:
    """Return the candidates that a task has with one more, or less."""
    name = "candidateGroups" if user is None else "candidateUsers"
    before = row.candidate_groups if user is None else row.candidate_users
    one = user or group
    kept: list[JsonValue] = [each for each in before if each != one]
    return {name: kept if is_withdrawn else [*kept, one]}


def _set(
    unit: UnitOfWork, row: UserTaskRow, scope: ElementKey, variables: Variables, caller: Caller
) -> None:
    command = SetVariables(scope=scope, variables=variables)
    apply_or_abandon(unit, row.instance_key, command, actor=caller.user_id)


def _by_scope(
    unit: UnitOfWork, row: UserTaskRow, variables: Variables
) -> dict[ElementKey, dict[str, JsonValue]]:
    """Return variables by the scope around a task that has them; new ones by the outermost."""
    state = unit.state(row.instance_key)
    found: dict[ElementKey, dict[str, JsonValue]] = {}
    for name, value in variables.items():
        found.setdefault(scope_of(state, row.visit, name), {})[name] = value
    return found
