"""Jobs that carry the trace they belong to, so that workers can go on with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bpmn_engine.ids import Key
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import instances
from bpmn_engine.views.trace_context import TRACE_PARENT, visit_parent
from bpmn_engine.views.work import ActivatedJob


def traced(work: UnitOfWork, jobs: Sequence[ActivatedJob]) -> list[ActivatedJob]:
    """Return jobs with the header `traceparent`, whose span is that of the visit they are for.

    Without traces they are returned as they are, and nothing is read.
    """
    part = None if work.observer is None else work.observer.traced_part
    if part is None or not jobs:
        return list(jobs)
    keys = {Key(job.process_instance_key) for job in jobs}
    roots = {row.key: row.root_key for row in instances.load(work.session, keys)}
    return [
        replace(job, headers={**job.headers, TRACE_PARENT: parent.text})
        for job in jobs
        for parent in (
            visit_parent(
                roots[Key(job.process_instance_key)],
                job.process_instance_key,
                job.element_key,
                part=part,
            ),
        )
    ]
