"""Reading user tasks and their forms, as far as the caller may see them."""

from __future__ import annotations

from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.service import task_rights
from bpmn_engine.service.forms import form_view
from bpmn_engine.service.job_offers import visible_variables
from bpmn_engine.service.outcomes import Problem
from bpmn_engine.service.read_once import instance_row, instance_state, user_task_row
from bpmn_engine.service.summaries import ReadModels
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import queries_history, queries_tasks
from bpmn_engine.store.database import Session
from bpmn_engine.store.user_tasks import UserTaskRow
from bpmn_engine.values import Variables
from bpmn_engine.views.paging import FIRST_PAGE, Caller, Page, PageRequest
from bpmn_engine.views.work import (
    FormView,
    TaskAction,
    TaskCounts,
    TaskEvent,
    TaskFilter,
    TaskOrder,
    TaskScope,
    TaskState,
    UserTaskView,
)

_NEXT: Final = TaskFilter(scope=TaskScope.MINE, order=TaskOrder.DUE)


class TaskReading(UseCases):
    """What is read about user tasks."""

    def user_tasks(
        self, where: TaskFilter, *, caller: Caller, page: PageRequest = FIRST_PAGE
    ) -> Page[UserTaskView] | Problem:
        """Return the user tasks that the caller may see, without their variables."""
        return self._query(lambda session: queries_tasks.user_tasks(session, where, caller, page))

    def task_counts(self, *, caller: Caller) -> TaskCounts:
        """Return how many user tasks each tab of the caller's worklist holds.

        Each is counted to COUNT_LIMIT; one more than that means more.
        """
        now = self.clock.now()
        return self._read(lambda session: queries_tasks.task_counts(session, caller, now))

    def own_task_count(self, *, caller: Caller) -> int:
        """Return how many open user tasks the caller has, counted to COUNT_LIMIT."""
        return self._read(lambda session: queries_tasks.own_task_count(session, caller))

    def user_task(self, key: int, *, caller: Caller) -> UserTaskView | Problem:
        """Return one user task with the variables it sees."""

        def query(session: Session) -> UserTaskView | Problem:
            row = user_task_row(session, Key(key))
            if row is None or not task_rights.may_see(row, caller):
                return task_rights.unseen(key)
            return self._with_variables(session, row)

        return self._read(query)

    def task_form(self, key: int, *, caller: Caller) -> FormView | Problem:
        """Return the form of a user task and the values it starts with."""
        now = self.clock.now()

        def query(session: Session) -> FormView | Problem:
            row = user_task_row(session, Key(key))
            if row is None or not task_rights.may_see(row, caller):
                return task_rights.unseen(key)
            variables = self._variables(session, row)
            known = self.functions.table_of_deployed
            return form_view(session, row.form, row.definition_key, variables, now, known)

        return self._read(query)

    def task_history(self, key: int, *, caller: Caller) -> tuple[TaskEvent, ...] | Problem:
        """Return what happened to a user task, newest first."""

        def query(session: Session) -> tuple[TaskEvent, ...] | Problem:
            row = user_task_row(session, Key(key))
            if row is None or not task_rights.may_see(row, caller):
                return task_rights.unseen(key)
            created = TaskEvent(at=row.created_at, actor=None, action=TaskAction.CREATED)
            return (*_withdrawn(row), *queries_history.task_events(session, row), created)

        return self._read(query)

    def next_task(self, *, caller: Caller, after: int | None = None) -> UserTaskView | None:
        """Return the caller's own task that is due first, leaving out `after`."""
        page = self.user_tasks(_NEXT, caller=caller, page=PageRequest(limit=2))
        if isinstance(page, Problem):
            return None
        return next((task for task in page.items if task.key != after), None)

    def _task_view(self, key: int) -> UserTaskView | Problem:
        """Return one user task for whoever has just changed it."""

        def query(session: Session) -> UserTaskView | Problem:
            row = user_task_row(session, Key(key))
            return task_rights.unseen(key) if row is None else self._with_variables(session, row)

        return self._read(query)

    def _with_variables(self, session: Session, row: UserTaskRow) -> UserTaskView:
        models = ReadModels(session, self._graphs)
        return models.task(row, variables=self._variables(session, row))

    def _variables(self, session: Session, row: UserTaskRow) -> Variables:
        instance = instance_row(session, row.instance_key)
        if instance is None:
            return {}
        graph = self._graphs.get(session, row.definition_key)
        state = instance_state(session, graph, instance)
        return dict(visible_variables(state, row.visit))


def _withdrawn(row: UserTaskRow) -> tuple[TaskEvent, ...]:
    if row.state is not TaskState.WITHDRAWN or row.ended_at is None:
        return ()
    return (TaskEvent(at=row.ended_at, actor=None, action=TaskAction.WITHDRAWN),)
