"""Incidents: trying again what failed, one or many."""

from __future__ import annotations

from collections.abc import Sequence

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import Rejection, ReportIncident, ResolveIncident, SetVariables
from bpmn_engine.kernel.state import ROOT
from bpmn_engine.service.outcomes import Problem, conflict, invalid, not_found
from bpmn_engine.service.transactions import of_rejection
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases, apply_or_abandon
from bpmn_engine.store import incidents, queries_operations
from bpmn_engine.store.incidents import IncidentRow
from bpmn_engine.values import Variables
from bpmn_engine.views.operations import IncidentFilter, IncidentGroup, IncidentView
from bpmn_engine.views.paging import FIRST_PAGE, Page, PageRequest

_ALL_OPEN = IncidentFilter()


class IncidentUseCases(UseCases):
    """What operators do about instances that are stuck."""

    def incidents(
        self, where: IncidentFilter = _ALL_OPEN, *, page: PageRequest = FIRST_PAGE
    ) -> Page[IncidentView] | Problem:
        """Return incidents, newest first; by default the open ones."""
        return self._query(lambda session: queries_operations.incidents(session, where, page))

    def open_incident_count(self) -> int:
        """Return how many incidents are open, counted to COUNT_LIMIT; one more means more."""
        return self._read(queries_operations.open_incident_count)

    def incident(self, key: int) -> IncidentView | Problem:
        """Return one incident, open or resolved."""
        found = self._read(lambda session: queries_operations.incident_view(session, Key(key)))
        return not_found("incident", key) if found is None else found

    def incidents_by_key(self, keys: Sequence[int]) -> dict[int, IncidentView]:
        """Return incidents by key, open or resolved; those that do not exist are left out."""
        return self._read(lambda session: queries_operations.incidents_by_key(session, keys))

    def incident_groups(
        self,
        *,
        process_id: str | None = None,
        search: str | None = None,
        keys_shown: int = queries_operations.KEYS_SHOWN,
    ) -> tuple[IncidentGroup, ...]:
        """Return open incidents grouped by message, element and process, largest group first.

        Of each group at most `keys_shown` are named, the newest.
        """
        return self._read(
            lambda session: queries_operations.incident_groups(
                session, process_id=process_id, search=search, keys_shown=keys_shown
            )
        )

    def resolve_incident(
        self,
        key: int,
        *,
        retries: int = 1,
        variables: Variables | None = None,
        reason: str | None = None,
        actor: str | None = None,
    ) -> IncidentView | Problem:
        """Try again what failed, after setting variables of the instance if any are given.

        A job gets `retries` new attempts.
        """
        problem = _unusable(retries)
        if problem is not None:
            return problem

        def work(unit: UnitOfWork) -> Problem | None:
            row = incidents.find(unit.session, [Key(key)]).get(Key(key))
            if row is None or not row.is_open:
                return _not_open(key, row)
            if variables:
                command = SetVariables(scope=ROOT, variables=variables)
                apply_or_abandon(unit, row.instance_key, command, actor=actor, reason=reason)
            apply_or_abandon(
                unit,
                row.instance_key,
                ResolveIncident(incident=row.incident, retries=retries),
                actor=actor,
                reason=reason,
            )
            return None

        problem = self._commit(work)
        return self.incident(key) if problem is None else problem

    def report_incident(
        self,
        instance_key: int,
        visit: int,
        *,
        name: str,
        message: str = "",
        configuration: str | None = None,
        actor: str | None = None,
    ) -> int | Problem:
        """Raise an incident at an element instance by hand; return its key.

        Nothing stops: the element goes on when what it waits for comes, which closes the incident,
        as does resolving it.
        """
        if not name.strip():
            return invalid("Expected what sort of incident it is, but it is empty.")
        key = Key(instance_key)

        def work(unit: UnitOfWork) -> ElementKey:
            command = ReportIncident(
                visit=ElementKey(visit), name=name, message=message, configuration=configuration
            )
            apply_or_abandon(unit, key, command, actor=actor)
            state = unit.state(key)
            assert state is not None  # noqa: S101 -- the command was applied to it
            return max(state.incidents)

        raised = self._commit(work)
        if isinstance(raised, Problem):
            return raised
        found = self._read(lambda session: incidents.key_of(session, key, raised))
        return not_found("incident", raised) if found is None else found

    def resolve_incidents(
        self,
        keys: Sequence[int],
        *,
        retries: int = 1,
        reason: str | None = None,
        actor: str | None = None,
    ) -> list[Problem | None]:
        """Try many again, as many in one transaction as fit; answers in their order."""
        problem = _unusable(retries)
        if problem is not None:
            return [problem] * len(keys)
        answers: list[Problem | None] = []
        portions = self._portions()
        for batch in portions.parts(keys):

            def work(unit: UnitOfWork, batch: Sequence[int] = batch) -> list[Problem | None]:
                return _resolve_batch(unit, batch, retries=retries, actor=actor, reason=reason)

            done = self._commit(portions.timed(work, len))
            answers.extend([done] * len(batch) if isinstance(done, Problem) else done)
        return answers


def _resolve_batch(
    unit: UnitOfWork, keys: Sequence[int], *, retries: int, actor: str | None, reason: str | None
) -> list[Problem | None]:
    rows = incidents.find(unit.session, [Key(key) for key in keys])
    unit.lock(row.instance_key for row in rows.values())
    answers: list[Problem | None] = []
    for key in keys:
        row = rows.get(Key(key))
        if row is None or not row.is_open:
            answers.append(_not_open(key, row))
            continue
        command = ResolveIncident(incident=row.incident, retries=retries)
        outcome = unit.apply(row.instance_key, command, actor=actor, reason=reason)
        answers.append(of_rejection(outcome) if isinstance(outcome, Rejection) else None)
    return answers


def _unusable(retries: int) -> Problem | None:
    if retries >= 1:
        return None
    return invalid(f"Expected at least 1 attempt, but got {retries}.", field_name="retries")


def _not_open(key: int, row: IncidentRow | None) -> Problem:
    if row is None:
        return not_found("incident", key)
    return conflict(f"Expected the incident {key} to be open, but it is resolved.")
