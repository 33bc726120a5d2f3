"""Jobs, open and ended: of instances that are named also those that have ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.service.job_kinds import of_listener, with_kinds
from bpmn_engine.service.memory_search import search_among
from bpmn_engine.service.outcomes import Problem, invalid
from bpmn_engine.service.searching import MOST_INSTANCES
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import instances, job_lives
from bpmn_engine.store.database import Session
from bpmn_engine.store.instances import InstanceRow
from bpmn_engine.store.search_instances import ELEMENTS, keys_of_millisecond
from bpmn_engine.store.search_work import JOBS
from bpmn_engine.views.element_keys import element_key
from bpmn_engine.views.job_lives import JobEnd, JobLife
from bpmn_engine.views.records import JobRecord
from bpmn_engine.views.searching import (
    Comparison,
    Condition,
    Found,
    Search,
    all_conditions,
    fields_of,
    named_values,
)

_OF_HISTORY: Final = frozenset(
    {
        "kind",
        "listener_event",
        "ended_at",
        "updated_at",
        "error_code",
        "is_denied",
        "denied_reason",
    }
)
"""Fields of jobs that no row of an open job has."""

_ENDED: Final = frozenset(end.value for end in JobEnd)


class JobHistory(UseCases):
    """What jobs there are and were."""

    def search_jobs_ever(self, search: Search) -> Found[JobRecord] | Problem:
        """Return jobs: of instances that the search names all, otherwise those that are open.

        Instances are named by their key, by that of an element instance or of a job.
        """

        def query(session: Session) -> Found[JobRecord] | Problem:
            keys = _instances_named(session, search)
            if keys is not None:
                return search_among(self._all_of(session, keys), search, key="key")
            if _asks_for_history(search):
                return invalid(
                    "Expected processInstanceKey, elementInstanceKey or jobKey in the filter "
                    "beside an ended state, kind, listenerEventType, isDenied, deniedReason, "
                    "errorCode, endTime or lastUpdateTime: what is known of ended jobs stands in "
                    "the journals of their instances.",
                    field_name="filter",
                )
            found = JOBS.search(session, search)
            return replace(found, items=tuple(with_kinds(session, self._graphs, found.items)))

        return self._query(query)

    def _all_of(self, session: Session, keys: list[int]) -> list[JobRecord]:
        """Return every job of some instances."""
        named = Condition(field="instance_key", comparison=Comparison.IN, value=tuple(keys))
        is_open = {
            (record.instance_key, record.wait): record
            for record in with_kinds(session, self._graphs, JOBS.all(session, named))
        }
        rows = {int(row.key): row for row in instances.load(session, map(Key, keys))}
        found: list[JobRecord] = []
        for life in job_lives.lives(session, keys):
            record = is_open.pop((life.instance_key, life.wait), None)
            if record is not None:
                found.append(replace(record, updated_at=life.updated_at))
            elif life.end is not None and life.instance_key in rows:
                found.append(_ended(life, rows[life.instance_key]))
        return [*found, *is_open.values()]


def _instances_named(session: Session, search: Search) -> list[int] | None:
    """Return the instances whose journals are read; None when none are named."""
    direct = named_values(search.conditions("instance_key"))
    if direct is not None:
        return [int(str(value)) for value in direct][:MOST_INSTANCES]
    visits = named_values(search.conditions("element_key"))
    if visits is not None:
        condition = Condition(field="key", comparison=Comparison.IN, value=visits)
        return ELEMENTS.keys(session, (condition,), "instance_key", limit=MOST_INSTANCES)
    jobs = named_values(search.conditions("key"))
    if jobs is None:
        return None
    by_key = Condition(field="key", comparison=Comparison.IN, value=jobs)
    computed = [
        int(key)
        for value in jobs
        for key in keys_of_millisecond(session, int(str(value)), MOST_INSTANCES)
    ]
    return sorted(
        {*JOBS.keys(session, (by_key,), "instance_key", limit=MOST_INSTANCES), *computed}
    )


def _asks_for_history(search: Search) -> bool:
    states = {
        value
        for one in all_conditions(search.criteria)
        if one.field == "state" and one.comparison in {Comparison.EQUAL, Comparison.IN}
        for value in (one.value if isinstance(one.value, tuple) else (one.value,))
    }
    return bool(fields_of(search) & _OF_HISTORY or states & _ENDED)


def _ended(life: JobLife, row: InstanceRow) -> JobRecord:
    kind, event = ("BPMN_ELEMENT", "UNSPECIFIED")
    if life.listener is not None:
        kind, event = of_listener(life.listener)
    elif life.is_ad_hoc:
        kind = "AD_HOC_SUB_PROCESS"
    return JobRecord(
        key=element_key(life.instance_key, life.wait),
        instance_key=life.instance_key,
        root_key=row.root_key,
        visit=life.visit,
        wait=life.wait,
        element_key=element_key(life.instance_key, life.visit),
        element_id=life.element_id,
        process_id=row.process_id,
        definition_key=row.definition_key,
        business_key=row.business_key,
        job_type=life.job_type,
        worker=life.worker,
        state=(life.end or JobEnd.WITHDRAWN).value,
        retries=life.retries_left or 0,
        has_failed_with_retries_left=False,
        error_message=life.message,
        deadline=None,
        priority=0,
        created_at=life.created_at,
        headers={},
        kind=kind,
        listener_event=event,
        ended_at=life.ended_at,
        updated_at=life.updated_at,
        error_code=life.error_code,
        is_denied=life.is_denied if kind == "TASK_LISTENER" else None,
    )
