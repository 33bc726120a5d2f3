"""Jobs of Camunda 8: activated, completed, failed and ended by an error, by key alone.

The API knows no name of the lock's holder in its answers: whoever knows the key of a job may
answer it, as long as the job is open.
"""

from __future__ import annotations

import time
from typing import Final

from flask import Response
from marshmallow import fields, validate

from bpmn_engine.service.views import ActivatedJob
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, milliseconds, object_or_empty, read_body, text_or_none
from web.camunda.dialect import answer, done
from web.camunda.orchestration import ORCHESTRATION as ORCHESTRATION
from web.camunda.orchestration import TENANT
from web.context import principal, service

LONGEST_WAIT_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.25


class ActivationBody(Body):
    """What a worker asks for."""

    type = fields.String(required=True, validate=validate.Length(1))
    worker = fields.String(load_default="", allow_none=True)
    timeout = fields.Integer(required=True, validate=validate.Range(1))
    max_jobs_to_activate = fields.Integer(required=True, validate=validate.Range(1, 1_000))
    request_timeout = fields.Integer(load_default=0, allow_none=True)
    fetch_variable = fields.List(fields.String(), load_default=None, allow_none=True)


class CompletionBody(Body):
    """The result of a job."""

    variables = fields.Raw(load_default=None, allow_none=True)


class FailureBody(Body):
    """A technical failure."""

    retries = fields.Integer(load_default=0, validate=validate.Range(0))
    error_message = fields.String(load_default=None, allow_none=True)
    retry_back_off = fields.Integer(load_default=0, validate=validate.Range(0))


class ErrorBody(Body):
    """A BPMN error."""

    error_code = fields.String(required=True, validate=validate.Length(1))
    error_message = fields.String(load_default=None, allow_none=True)
    variables = fields.Raw(load_default=None, allow_none=True)


@ORCHESTRATION.post("/jobs/activation")
def activate() -> Response:
    """Lock jobs of a type; a request without any is held for `requestTimeout`."""
    body = read_body(ActivationBody)
    wait = min(milliseconds(body["request_timeout"]).total_seconds(), LONGEST_WAIT_SECONDS)
    names = body["fetch_variable"]
    most = body["max_jobs_to_activate"]
    give_up_at = time.monotonic() + wait
    while True:
        jobs = service().activate_jobs(
            (str(body["type"]),),
            worker=text_or_none(body["worker"]) or principal().user_id,
            limit=most if isinstance(most, int) else 1,
            lock=milliseconds(body["timeout"]),
            fetch_variables=[str(name) for name in names] if isinstance(names, list) else None,
        )
        rest = give_up_at - time.monotonic()
        if jobs or rest <= 0:
            return answer({"jobs": [_job(job) for job in jobs]})
        time.sleep(min(_PAUSE_SECONDS, rest))


@ORCHESTRATION.post("/jobs/<key:key>/completion")
def complete(key: int) -> Response:
    """Complete a job."""
    body = read_body(CompletionBody)
    variables = object_or_empty(body["variables"], "variables")
    return done(service().complete_job(key, variables, actor=principal().user_id))


@ORCHESTRATION.post("/jobs/<key:key>/failure")
def fail(key: int) -> Response:
    """Report a failure; without retries left it becomes an incident."""
    body = read_body(FailureBody)
    retries = body["retries"]
    return done(
        service().fail_job(
            key,
            text_or_none(body["error_message"])
            or "The worker reports a failure without a message.",
            retries_left=retries if isinstance(retries, int) else 0,
            retry_after=milliseconds(body["retry_back_off"]),
            actor=principal().user_id,
        )
    )


@ORCHESTRATION.post("/jobs/<key:key>/error")
def throw_error(key: int) -> Response:
    """End a job with a BPMN error."""
    body = read_body(ErrorBody)
    return done(
        service().throw_job_error(
            key,
            str(body["error_code"]),
            message=text_or_none(body["error_message"]),
            variables=object_or_empty(body["variables"], "variables"),
            actor=principal().user_id,
        )
    )


def _job(job: ActivatedJob) -> JsonValue:
    return {
        "type": job.job_type,
        "processDefinitionId": job.process_id,
        "processDefinitionVersion": job.process_version,
        "elementId": job.element_id,
        "customHeaders": dict(job.headers),
        "worker": job.worker,
        "retries": job.retries_left,
        "deadline": round(job.deadline.timestamp() * 1000),
        "variables": dict(job.variables),
        "tenantId": TENANT,
        "physicalTenantId": TENANT,
        "jobKey": str(job.key),
        "processInstanceKey": str(job.process_instance_key),
        "rootProcessInstanceKey": str(job.process_instance_key),
        "processDefinitionKey": str(job.definition_key),
        "elementInstanceKey": str(job.element_key),
        "kind": "BPMN_ELEMENT",
        "listenerEventType": "UNSPECIFIED",
        "userTask": None,
        "tags": [],
        "businessId": job.business_key,
        "priority": job.priority,
        "jobLeaseToken": None,
        "leaseToken": None,
    }
