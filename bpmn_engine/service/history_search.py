"""Searching history: instances, visits, incidents, the journal, and what the journal tells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from bpmn_engine.ids import Key
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.service.outcomes import Problem, conflict, invalid, not_found
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.service.variable_search import places_that_meet
from bpmn_engine.store import (
    deletions,
    history_figures,
    instances,
    retention,
    searched_incidents,
    searched_instances,
    searched_journal,
    searched_visits,
    told_history,
)
from bpmn_engine.store.database import Session
from bpmn_engine.store.told_history import Told
from bpmn_engine.views.found_history import (
    ElementFigures,
    FoundEntry,
    FoundIncident,
    FoundInstance,
    FoundVisit,
    InstanceOrigin,
    PeriodFigures,
    TaskFigures,
    VariableChange,
    VariableRecord,
    WaitLog,
)
from bpmn_engine.views.paging import Caller
from bpmn_engine.views.work_search import Condition, Search, part_of

MOST_INSTANCES: Final = 10_000
"""How many instances' journals are read for one answer."""

Found = TypeVar("Found")
Item = TypeVar("Item")

_EVERYBODY: Final = Caller(user_id="", sees_all=True)


class HistorySearch(UseCases):
    """What is looked for in history."""

    def find_instances(self, search: Search, *, caller: Caller) -> tuple[FoundInstance, ...]:
        """Return the instances that a search finds, open and ended, the wanted part."""

        def query(session: Session) -> tuple[FoundInstance, ...]:
            if not search.variables:
                return searched_instances.find(session, search, caller)
            places = searched_instances.places(session, search, caller)
            meeting = places_that_meet(session, self._graphs, places, search.variables)
            keys = [each.key for each in part_of(meeting, search)]
            return searched_instances.load(session, keys)

        return self._read(query)

    def count_instances(self, search: Search, *, caller: Caller) -> int:
        """Return how many instances a search finds."""

        def query(session: Session) -> int:
            if not search.variables:
                return searched_instances.count(session, search, caller)
            places = searched_instances.places(session, search, caller)
            return len(places_that_meet(session, self._graphs, places, search.variables))

        return self._read(query)

    def find_visits(self, search: Search) -> tuple[FoundVisit, ...]:
        """Return the visits that a search finds, the wanted part."""
        return self._read(lambda session: searched_visits.find(session, search))

    def count_visits(self, search: Search) -> int:
        """Return how many visits a search finds."""
        return self._read(lambda session: searched_visits.count(session, search))

    def element_figures(self, definition_key: int, search: Search) -> list[ElementFigures]:
        """Return how often each element of a definition was visited."""
        return self._read(
            lambda session: searched_visits.figures(session, Key(definition_key), search)
        )

    def find_incidents(self, search: Search) -> tuple[FoundIncident, ...]:
        """Return the incidents that a search finds, open and resolved, the wanted part."""
        return self._read(lambda session: searched_incidents.find(session, search))

    def count_incidents(self, search: Search) -> int:
        """Return how many incidents a search finds."""
        return self._read(lambda session: searched_incidents.count(session, search))

    def find_entries(self, search: Search) -> tuple[FoundEntry, ...]:
        """Return the entries of the journal that a search finds, the wanted part."""
        return self._read(lambda session: searched_journal.find(session, search))

    def count_entries(self, search: Search) -> int:
        """Return how many entries of the journal a search finds."""
        return self._read(lambda session: searched_journal.count(session, search))

    def told_variables(self, where: Search) -> list[VariableRecord] | Problem:
        """Return the variables of the instances that a search finds, deleted ones too."""
        return self._told_by_journals(where, lambda each: each.variables.values())

    def told_changes(self, where: Search) -> list[VariableChange] | Problem:
        """Return every value that variables of the instances found were given."""
        return self._told_by_journals(where, lambda each: each.changes)

    def told_waits(self, where: Search) -> list[WaitLog] | Problem:
        """Return what happened to the jobs and timers of the instances found."""
        return self._told_by_journals(where, lambda each: each.waits)

    def instance_origins(self, keys: Sequence[int]) -> dict[int, InstanceOrigin]:
        """Return what is shown of instances beside their entries, by key."""
        wanted = sorted(set(keys))
        return self._read(lambda session: searched_instances.origins(session, wanted))

    def delete_instance(self, key: int) -> Problem | None:
        """Delete an ended instance with all its history. It cannot be undone."""

        def work(unit: UnitOfWork) -> None:
            retention.removing(unit.session, waits=True)  # before the row, as who holds does
            rows = instances.load_for_update(unit.session, (Key(key),))
            if not rows:
                raise AbandonedError(not_found("process instance", key))
            if rows[0].status in {InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED}:
                raise AbandonedError(
                    conflict(f"Expected the process instance {key} to have ended, but it runs.")
                )
            if deletions.held_of_instances(unit.session, (Key(key),)):
                raise AbandonedError(
                    conflict(
                        f"Expected no legal hold on the process instance {key}, but there is."
                    )
                )
            instances.delete(unit.session, (Key(key),))
            unit.touch("instances", f"definition:{rows[0].definition_key}")

        return self._commit(work)

    def instance_durations(
        self,
        *,
        process_ids: Sequence[str] = (),
        definition_keys: Sequence[int] = (),
        started_after: dt.datetime | None = None,
        started_before: dt.datetime | None = None,
        by_quarter: bool = False,
    ) -> list[PeriodFigures]:
        """Return how long ended instances took, by the month or quarter they started in."""
        conditions = history_figures.instance_conditions(
            process_ids=process_ids,
            definition_keys=definition_keys,
            started_after=started_after,
            started_before=started_before,
        )
        return self._read(
            lambda session: history_figures.instance_durations(
                session, conditions, by_quarter=by_quarter
            )
        )

    def task_durations(
        self,
        *,
        after: dt.datetime | None = None,
        before: dt.datetime | None = None,
        by_quarter: bool = False,
    ) -> list[PeriodFigures]:
        """Return how long completed tasks took, by the month or quarter they ended in."""
        return self._read(
            lambda session: history_figures.task_durations(
                session, after=after, before=before, by_quarter=by_quarter
            )
        )

    def completed_task_counts(
        self,
        *,
        after: dt.datetime | None = None,
        before: dt.datetime | None = None,
        by_name: bool = False,
    ) -> list[TaskFigures]:
        """Return how many tasks were completed, by process and perhaps by name."""
        return self._read(
            lambda session: history_figures.task_counts(
                session, after=after, before=before, by_name=by_name
            )
        )

    def _told_by_journals(
        self, where: Search, read: Callable[[Told], Iterable[Item]]
    ) -> list[Item] | Problem:
        def query(session: Session) -> list[Item] | Problem:
            places = searched_instances.places(
                session, where, _EVERYBODY, limit=MOST_INSTANCES + 1
            )
            if len(places) > MOST_INSTANCES:
                return invalid(
                    f"Expected at most {MOST_INSTANCES} process instances to read the journals "
                    "of, but there are more. Ask for some of them only, such as by "
                    "processInstanceId or processDefinitionId.",
                    field_name="processInstanceId",
                )
            keys = [place.key for place in places]
            return [item for each in told_history.told(session, keys) for item in read(each)]

        return self._read(query)


def of_instance(key: int) -> Search:
    """Return the search for one instance."""
    return Search(conditions=(Condition(field="key", value=key),))
