"""Jobs that carry the trace they belong to, so that workers can go on with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bpmn_engine.ids import Key
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import instances
from bpmn_engine.store.database import Session
from bpmn_engine.views.trace_context import TRACE_PARENT, visit_parent
from bpmn_engine.views.work import ActivatedJob, DueJob


def traced(work: UnitOfWork, jobs: Sequence[ActivatedJob]) -> list[ActivatedJob]:
    """Return jobs with the header `traceparent`, whose span is that of the visit they are for.

    Without traces they are returned as they are, and nothing is read.
    """
    part = None if work.observer is None else work.observer.traced_part
    if part is None or not jobs:
        return list(jobs)
    places = {job.key: (job.process_instance_key, job.element_key) for job in jobs}
    parents = _parents(work.session, places, part)
    return [replace(job, headers={**job.headers, TRACE_PARENT: parents[job.key]}) for job in jobs]


def trace_parents(session: Session, jobs: Sequence[DueJob], part: float) -> dict[int, str]:
    """Return the header `traceparent` of each job, by its key."""
    places = {job.key: (job.instance_key, job.element_key) for job in jobs}
    return _parents(session, places, part)


def _parents(
    session: Session, places: Mapping[int, tuple[int, int]], part: float
) -> dict[int, str]:
    rows = instances.load(session, {Key(instance) for instance, _ in places.values()})
    roots: dict[int, int] = {row.key: row.root_key for row in rows}
    return {
        job: visit_parent(roots[instance], instance, visit, part=part).text
        for job, (instance, visit) in places.items()
        if instance in roots
    }
