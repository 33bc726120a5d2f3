"""Jobs as external tasks: searched, locked by what their instances say, answered with more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import SetVariables
from bpmn_engine.service import job_offers, job_work
from bpmn_engine.service.job_work import JobFailure, JobReference
from bpmn_engine.service.jobs import JobUseCases
from bpmn_engine.service.outcomes import JobCompletion, Problem, conflict, not_found
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import apply_or_abandon
from bpmn_engine.service.variable_search import (
    own_variables,
    places_that_meet,
    scope_of,
    states_of,
)
from bpmn_engine.store import searched_jobs
from bpmn_engine.store.database import Session
from bpmn_engine.store.jobs import JobRow
from bpmn_engine.store.rows import in_parts
from bpmn_engine.values import Variables
from bpmn_engine.views.found_work import FoundJob
from bpmn_engine.views.work import ActivatedJob
from bpmn_engine.views.work_search import Condition, Search, part_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRequest:
    """Which tasks a worker wants to lock."""

    search: Search  #: names the topic, and what else has to hold
    lock: dt.timedelta
    fetch_variables: Sequence[str] | None = None  #: None = all
    is_local: bool = False  #: only the variables of the task itself
    by_priority: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureReport:
    """What a worker tells of a failed attempt."""

    message: str
    details: str | None = None
    retries_left: int | None = None
    retry_after: dt.timedelta | None = None
    variables: Variables = field(default_factory=dict)  #: of the process
    local_variables: Variables = field(default_factory=dict)  #: of the task


class ExternalTaskUseCases(JobUseCases):
    """What workers and operators do with external tasks beyond what all jobs can."""

    def find_external_tasks(self, search: Search) -> tuple[FoundJob, ...]:
        """Return the open jobs that a search finds, the wanted part."""

        def query(session: Session) -> tuple[FoundJob, ...]:
            if not search.variables:
                return searched_jobs.find(session, search)
            places = searched_jobs.places(session, search)
            meeting = places_that_meet(session, self._graphs, places, search.variables)
            return searched_jobs.load(session, [each.key for each in part_of(meeting, search)])

        return self._read(query)

    def count_external_tasks(self, search: Search) -> int:
        """Return how many open jobs a search finds."""

        def query(session: Session) -> int:
            if not search.variables:
                return searched_jobs.count(session, search)
            places = searched_jobs.places(session, search)
            return len(places_that_meet(session, self._graphs, places, search.variables))

        return self._read(query)

    def find_external_task(self, key: int) -> FoundJob | Problem:
        """Return one open job, with what was told of its last failed attempt."""
        search = Search(conditions=(Condition(field="key", value=key),))

        def query(session: Session) -> FoundJob | Problem:
            found = searched_jobs.find(session, search)
            if not found:
                return not_found("external task", key)
            return replace(found[0], details=searched_jobs.details_of(session, Key(key)))

        return self._read(query)

    def external_task_topics(self, search: Search) -> tuple[str, ...]:
        """Return the topics of the open jobs that a search finds, sorted."""
        return self._read(lambda session: searched_jobs.topics(session, search))

    def lock_external_tasks(
        self, request: TopicRequest, *, worker: str, limit: int
    ) -> list[ActivatedJob]:
        """Lock up to `limit` due jobs that a request finds, for a worker.

        Raises:
            DatabaseUnavailableError: try again later.
        """

        def work(unit: UnitOfWork) -> list[ActivatedJob]:
            keys = self._due_keys(unit, request, limit)
            rows = searched_jobs.lock(
                unit.session,
                keys,
                worker=worker,
                until=unit.now + request.lock,
                now=unit.now,
                token=unit.keys.next(),
            )
            offered = job_offers.offer(unit, rows, request.fetch_variables)
            return self._local(unit, offered, request) if request.is_local else offered

        return self._activated(work)

    def failure_details(self, keys: Sequence[int]) -> dict[int, str]:
        """Return what was told of the last failed attempts of jobs, by job."""
        return self._read(lambda session: searched_jobs.details_by_job(session, keys))

    def failure_details_at(self, instance_key: int, at: dt.datetime) -> str | None:
        """Return what was told of an attempt of a job of an instance that failed at a moment."""
        return self._read(lambda session: searched_jobs.details_at(session, instance_key, at))

    def lock_external_task(self, key: int, *, worker: str, lock: dt.timedelta) -> Problem | None:
        """Lock one job for a worker, unless another has it now."""

        def change(unit: UnitOfWork, row: JobRow) -> Problem | None:
            is_held = row.locked_until is not None and row.locked_until > unit.now
            if is_held and row.locked_by != worker:
                return conflict(
                    f"Expected job {key} to be free, but {row.locked_by!r} has locked it.",
                    holder=row.locked_by,
                )
            searched_jobs.relock(
                unit.session,
                row.key,
                worker=worker,
                until=unit.now + lock,
                token=unit.keys.next(),
            )
            return None

        return self._with_job(JobReference(key=Key(key)), change)

    def complete_external_task(
        self,
        key: int,
        variables: Variables,
        local_variables: Variables,
        *,
        worker: str,
        actor: str | None = None,
    ) -> Problem | None:
        """Complete a job; its local variables are offered to the element's output mappings."""
        if not local_variables:
            return self.complete_job(key, variables, worker=worker, actor=actor)

        def change(unit: UnitOfWork, row: JobRow) -> Problem | None:
            _set(unit, row, row.visit, local_variables, actor)
            completion = JobCompletion(key=key, variables=variables, worker=worker, actor=actor)
            return job_work.complete(unit, (completion,))[0]

        return self._with_job(JobReference(key=Key(key), worker=worker), change)

    def fail_external_task(
        self, key: int, report: FailureReport, *, worker: str | None, actor: str | None = None
    ) -> Problem | None:
        """Report a failed attempt, with details and variables."""

        def change(unit: UnitOfWork, row: JobRow) -> Problem | None:
            if report.local_variables:
                _set(unit, row, row.visit, report.local_variables, actor)
            for name, value in report.variables.items():
                scope = scope_of(unit.state(row.instance_key), row.visit, name)
                _set(unit, row, scope, {name: value}, actor)
            if report.details is not None:
                searched_jobs.insert_details(
                    unit.session, row, report.details, key=unit.keys.next(), at=unit.now
                )
            failure = JobFailure(
                message=report.message,
                retries_left=report.retries_left,
                retry_after=report.retry_after,
                is_permanent=False,
            )
            return job_work.fail(unit, row, failure, actor or worker)

        return self._with_job(JobReference(key=Key(key), worker=worker), change)

    def set_external_task_retries(
        self, key: int, retries: int, *, actor: str | None = None
    ) -> Problem | None:
        """Give a job attempts; with none left there is an incident, as when it fails."""
        if retries > 0:
            return self.set_job_retries(key, retries, actor=actor)
        message = "The number of its retries was set to 0."
        report = FailureReport(message=message, retries_left=0)
        return self.fail_external_task(key, report, worker=None, actor=actor)

    def set_external_task_priority(self, key: int, priority: int) -> Problem | None:
        """Change the priority of a job."""

        def change(unit: UnitOfWork, row: JobRow) -> Problem | None:
            searched_jobs.set_priority(unit.session, row.key, priority)
            unit.touch("jobs")
            return None

        return self._with_job(JobReference(key=Key(key)), change)

    def _due_keys(self, unit: UnitOfWork, request: TopicRequest, limit: int) -> list[int]:
        wanted = request.search.variables
        places = searched_jobs.due_places(
            unit.session,
            request.search,
            now=unit.now,
            by_priority=request.by_priority,
            limit=None if wanted else limit,
        )
        if not wanted:
            return [place.key for place in places]
        found: list[int] = []
        for part in in_parts(places):
            met = places_that_meet(unit.session, self._graphs, part, wanted)
            found += [place.key for place in met]
            if len(found) >= limit:
                break
        return found[:limit]

    def _local(
        self, unit: UnitOfWork, offered: Sequence[ActivatedJob], request: TopicRequest
    ) -> list[ActivatedJob]:
        keys = {each.process_instance_key for each in offered}
        states = states_of(unit.session, self._graphs, keys)
        names = request.fetch_variables
        return [
            replace(
                each,
                variables={
                    name: value
                    for name, value in own_variables(
                        states[each.process_instance_key], each.element_key
                    ).items()
                    if names is None or name in names
                },
            )
            for each in offered
        ]


def _set(
    unit: UnitOfWork, row: JobRow, scope: ElementKey, variables: Variables, actor: str | None
) -> None:
    command = SetVariables(scope=scope, variables=variables)
    apply_or_abandon(unit, row.instance_key, command, actor=actor)
