"""Batches: migrations of many instances go on beside; other ones are done when answered."""

from __future__ import annotations

from bpmn_engine.values import JsonValue
from web.camunda.times import written_time
from web.context import now, principal


def batch_done(kind: str, count: int) -> dict[str, JsonValue]:
    """Write a batch whose work is done already, so that no list shows it any more."""
    at = written_time(now())
    return {
        "id": f"done-{kind}",
        "type": kind,
        "totalJobs": count,
        "jobsCreated": count,
        "batchJobsPerSeed": 100,
        "invocationsPerBatchJob": 1,
        "seedJobDefinitionId": None,
        "monitorJobDefinitionId": None,
        "batchJobDefinitionId": None,
        "suspended": False,
        "tenantId": None,
        "createUserId": principal().user_id,
        "startTime": at,
        "executionStartTime": at,
    }
