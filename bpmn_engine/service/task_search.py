"""Searching user tasks, as far as the caller may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bpmn_engine.ids import Key
from bpmn_engine.service import task_rights
from bpmn_engine.service.outcomes import Problem
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.service.variable_search import (
    own_variables,
    places_that_meet,
    seen_variables,
    states_of,
)
from bpmn_engine.store import searched_tasks
from bpmn_engine.store.database import Session
from bpmn_engine.views.found_work import FoundTask, TaskAge
from bpmn_engine.views.paging import Caller
from bpmn_engine.views.work_search import Condition, Search, part_of


class TaskSearch(UseCases):
    """What is looked for among user tasks."""

    def find_tasks(
        self,
        search: Search,
        *,
        caller: Caller,
        age: TaskAge = TaskAge.OPEN,
        has_variables: bool = False,
        has_local_variables: bool = False,
    ) -> tuple[FoundTask, ...]:
        """Return the tasks that a search finds, the wanted part; with variables if asked for."""

        def query(session: Session) -> tuple[FoundTask, ...]:
            found = self._documented(session, self._tasks(session, search, caller, age))
            if not (has_variables or has_local_variables):
                return found
            states = states_of(session, self._graphs, {each.task.instance_key for each in found})
            return tuple(
                replace(
                    each,
                    variables=seen_variables(states[each.task.instance_key], each.visit)
                    if has_variables
                    else None,
                    local_variables=own_variables(states[each.task.instance_key], each.visit)
                    if has_local_variables
                    else None,
                )
                for each in found
            )

        return self._read(query)

    def count_tasks(self, search: Search, *, caller: Caller, age: TaskAge = TaskAge.OPEN) -> int:
        """Return how many tasks a search finds."""

        def query(session: Session) -> int:
            if not search.variables:
                return searched_tasks.count(session, search, caller, age)
            places = searched_tasks.places(session, search, caller, age)
            return len(places_that_meet(session, self._graphs, places, search.variables))

        return self._read(query)

    def find_task(
        self, key: int, *, caller: Caller, age: TaskAge = TaskAge.OPEN
    ) -> FoundTask | Problem:
        """Return one task with what it sees, and with its own variables."""
        search = Search(conditions=(Condition(field="key", value=key),))
        found = self.find_tasks(
            search, caller=caller, age=age, has_variables=True, has_local_variables=True
        )
        return found[0] if found else task_rights.unseen(key)

    def tasks_by_group(self) -> list[tuple[str | None, int]]:
        """Return how many open tasks are offered to each group, and to none."""
        return self._read(searched_tasks.count_by_group)

    def _tasks(
        self, session: Session, search: Search, caller: Caller, age: TaskAge
    ) -> tuple[FoundTask, ...]:
        if not search.variables:
            return searched_tasks.find(session, search, caller, age)
        places = searched_tasks.places(session, search, caller, age)
        meeting = places_that_meet(session, self._graphs, places, search.variables)
        return searched_tasks.load(session, [each.key for each in part_of(meeting, search)])

    def _documented(self, session: Session, found: Sequence[FoundTask]) -> tuple[FoundTask, ...]:
        """Return tasks with what the diagram says of their elements."""
        return tuple(
            replace(
                each,
                task=replace(
                    each.task,
                    documentation=self._graphs.definition(
                        session, Key(each.task.definition_key)
                    ).documentation.get(each.task.element_id),
                ),
            )
            for each in found
        )
