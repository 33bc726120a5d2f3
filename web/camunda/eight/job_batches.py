"""Jobs changed by a filter, as an operation on many."""

from __future__ import annotations

import datetime as dt

from flask import Response
from marshmallow import fields

from bpmn_engine.service.job_updates import JobChanges
from web.camunda.bodies import Body, object_or_empty, read_body
from web.camunda.dialect import answer, unless_problem
from web.camunda.eight.batches import AT_ONCE
from web.camunda.eight.jobs import JOB_FILTERS, read_changes
from web.camunda.eight.searches import read_criteria, refuse
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION
from web.context import principal, service


class JobBatchBody(Body):
    """Which jobs, and what changes."""

    filter = fields.Raw(required=True)
    changeset = fields.Raw(required=True)


@ORCHESTRATION.post("/jobs/batch-update")
@partly(
    "open jobs, at most 10,000; the items of the operation are their process instances. The "
    "filters kind, listenerEventType, isDenied, deniedReason, errorCode, endTime and "
    "lastUpdateTime are refused by name"
)
def update_jobs() -> Response:
    """Change the retries, the end of the lock or the priority of jobs that match."""
    body = read_body(JobBatchBody)
    criteria = read_criteria(body["filter"], JOB_FILTERS)
    if not criteria:
        refuse("Expected a filter that says which jobs: an empty one would mean all.")
    retries, timeout, priority = read_changes(object_or_empty(body["changeset"], "changeset"))
    changes = JobChanges(
        retries=retries,
        timeout=None if timeout is None else dt.timedelta(milliseconds=timeout),
        priority=priority,
    )
    batch = unless_problem(
        service().start_job_update(criteria, changes, actor=principal().user_id)
    )
    service().advance_batch(batch, AT_ONCE)
    return answer({"batchOperationKey": str(batch), "batchOperationType": "UPDATE_JOB"})
