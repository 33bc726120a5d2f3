"""Changing open jobs, one or many at once: attempts, the end of a lock, priority."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.service.job_work import JobReference, claim_of, fence
from bpmn_engine.service.outcomes import Problem, conflict, invalid
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import batches, job_changes, jobs
from bpmn_engine.store.batches import BatchRow
from bpmn_engine.store.search_work import JOBS
from bpmn_engine.values import JsonValue
from bpmn_engine.views.batches import BatchState, BatchType
from bpmn_engine.views.searching import Criterion

MOST_JOBS: Final = 10_000
"""Jobs of one operation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChanges:
    """What changes of a job; what is None stays."""

    retries: int | None = None
    timeout: dt.timedelta | None = None  #: the end of its lock, from now
    priority: int | None = None


class JobUpdates(UseCases):
    """What operators change of many jobs at once."""

    def start_job_update(
        self, criteria: Sequence[Criterion], changes: JobChanges, *, actor: str | None = None
    ) -> int | Problem:
        """Write down which open jobs are to be changed; returns the key of the operation.

        It is done as any operation on many, instance by instance.
        """

        def work(unit: UnitOfWork) -> int:
            found = JOBS.all(unit.session, *criteria, limit=MOST_JOBS + 1)
            if len(found) > MOST_JOBS:
                raise AbandonedError(
                    invalid(
                        f"Expected a filter that leaves at most {MOST_JOBS} jobs, but more match.",
                        field_name="filter",
                    )
                )
            by_instance: dict[str, list[JsonValue]] = {}
            for record in found:
                by_instance.setdefault(str(record.instance_key), []).append(record.key)
            row = BatchRow(
                key=unit.keys.next(),
                type=BatchType.UPDATE_JOBS,
                detail={"changes": _record(changes), "jobs": by_instance},
                state=BatchState.ACTIVE,
                created_at=unit.now,
                created_by=actor,
            )
            batches.insert(unit.session, row, [Key(int(key)) for key in sorted(by_instance)])
            unit.touch("batches")
            return row.key

        return self._commit(work)


def update_job(unit: UnitOfWork, key: Key, changes: JobChanges) -> Problem | None:
    """Change an open job.

    An incident about it stays open, as with Camunda 8; resolving it tries again.
    """
    row = fence(unit, (JobReference(key=key),))[0]
    if isinstance(row, Problem):
        return row
    if changes.timeout is not None:
        if row.locked_until is None:
            return conflict(f"Expected job {key} to be activated, but it is free.")
        jobs.extend_lock(unit.session, claim_of(row), until=unit.now + changes.timeout)
    if changes.retries is not None:
        job_changes.set_retries(unit.session, row.key, changes.retries)
    if changes.priority is not None:
        job_changes.set_priority(unit.session, row.key, changes.priority)
    unit.touch("jobs")
    return None


def update_jobs_of(
    unit: UnitOfWork, instance_key: Key, detail: Mapping[str, JsonValue]
) -> Problem | None:
    """Change those jobs of one instance that an operation on many has written down."""
    named = detail["jobs"]
    keys = named.get(str(instance_key)) if isinstance(named, Mapping) else None
    changes = _read(detail["changes"])
    for key in keys if isinstance(keys, Sequence) else ():
        problem = update_job(unit, Key(int(str(key))), changes)
        if problem is not None:
            return problem
    return None


def _record(changes: JobChanges) -> Mapping[str, JsonValue]:
    timeout = changes.timeout
    return {
        "retries": changes.retries,
        "timeout_ms": None if timeout is None else timeout // dt.timedelta(milliseconds=1),
        "priority": changes.priority,
    }


def _read(record: JsonValue) -> JobChanges:
    values = record if isinstance(record, Mapping) else {}
    retries, timeout, priority = (
        value if isinstance(value := values.get(name), int) else None
        for name in ("retries", "timeout_ms", "priority")
    )
    return JobChanges(
        retries=retries,
        timeout=None if timeout is None else dt.timedelta(milliseconds=timeout),
        priority=priority,
    )
