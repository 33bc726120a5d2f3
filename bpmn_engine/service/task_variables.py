"""Removing variables that a user task sees, beside setting others."""

from __future__ import annotations

from collections.abc import Sequence

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.commands import SetVariables
from bpmn_engine.service import task_rights
from bpmn_engine.service.outcomes import Problem
from bpmn_engine.service.task_delegation import TaskDelegation
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import apply_or_abandon
from bpmn_engine.service.variable_search import own_variables, scope_of
from bpmn_engine.store import task_edits
from bpmn_engine.store.user_tasks import UserTaskRow
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.paging import Caller
from bpmn_engine.views.work import UserTaskView


class TaskVariables(TaskDelegation):
    """What is done with the variables of a task by name."""

    def change_task_variables(
        self,
        key: int,
        variables: Variables,
        removed: Sequence[str],
        *,
        is_local: bool,
        caller: Caller,
    ) -> UserTaskView | Problem:
        """Set variables as `set_task_variables` does, and remove others, each where it is.

        One that is not there stays away.
        """

        def change(unit: UnitOfWork, row: UserTaskRow) -> Problem | None:
            problem = None if caller.sees_all else task_rights.may_not_finish(row, caller)
            if problem is not None:
                return problem
            for scope, (own, gone) in _by_scope(
                unit, row, variables, removed, is_local=is_local
            ).items():
                command = SetVariables(scope=scope, variables=own, removed=tuple(gone))
                apply_or_abandon(unit, row.instance_key, command, actor=caller.user_id)
            task_edits.touch(unit.session, row.key, at=unit.now)
            return None

        return self._with_task(key, caller, change)


def _by_scope(
    unit: UnitOfWork,
    row: UserTaskRow,
    variables: Variables,
    removed: Sequence[str],
    *,
    is_local: bool,
) -> dict[ElementKey, tuple[dict[str, JsonValue], list[str]]]:
    """Return what is set and what is removed, by the scope that has it."""
    unit.lock((row.instance_key,))
    state = unit.state(row.instance_key)
    found: dict[ElementKey, tuple[dict[str, JsonValue], list[str]]] = {}

    def at(name: str) -> tuple[dict[str, JsonValue], list[str]]:
        scope = row.visit if is_local else scope_of(state, row.visit, name)
        return found.setdefault(scope, ({}, []))

    for name, value in variables.items():
        at(name)[0][name] = value
    own = {} if state is None else own_variables(state, row.visit)
    for name in removed:
        if name not in variables and (not is_local or name in own):
            at(name)[1].append(name)
    return found
