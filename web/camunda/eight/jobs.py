"""Jobs: handed out, answered, changed and found.

The API knows no name of the lock's holder in its answers: whoever knows the key of a job may
answer it, as long as the job is open.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from typing import Final

from flask import Response
from marshmallow import fields, validate

from bpmn_engine.service.searches import JobRecord, element_key
from bpmn_engine.service.views import ActivatedJob, AdHocAnswer, ElementStart
from bpmn_engine.values import JsonValue, Variables
from web.camunda.bodies import Body, milliseconds, object_or_empty, read_body, text_or_none
from web.camunda.dialect import answer, done
from web.camunda.eight.filters import (
    TENANT,
    TENANTS,
    Filter,
    Filters,
    flag,
    integer,
    key,
    moment,
    unsorted,
)
from web.camunda.eight.searches import answer_found, read_search, refuse, written
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION
from web.context import principal, service

LONGEST_WAIT_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.25

JOB_FILTERS: Final[Filters] = {
    "jobKey": key("key"),
    "type": Filter("job_type"),
    "worker": Filter("worker"),
    "state": Filter("state"),
    "retries": integer("retries"),
    "priority": integer("priority"),
    "hasFailedWithRetriesLeft": flag("has_failed_with_retries_left"),
    "errorMessage": Filter("error_message"),
    "deadline": moment("deadline"),
    "creationTime": moment("created_at"),
    "elementId": Filter("element_id"),
    "elementInstanceKey": key("element_key"),
    "processInstanceKey": key("instance_key"),
    "processDefinitionId": Filter("process_id"),
    "processDefinitionKey": key("definition_key"),
    "businessId": unsorted("business_key"),
    **TENANTS,
}
"""Filters of open jobs."""

_OF_HISTORY: Final[Filters] = {
    "kind": Filter("kind"),
    "listenerEventType": Filter("listener_event"),
    "isDenied": flag("is_denied"),
    "deniedReason": Filter("denied_reason"),
    "errorCode": Filter("error_code"),
    "endTime": moment("ended_at"),
    "lastUpdateTime": moment("updated_at"),
}
_EVENTS: Final[Mapping[str, str]] = {
    "create": "CREATING",
    "assignment": "ASSIGNING",
    "update": "UPDATING",
    "complete": "COMPLETING",
}
"""Events of Camunda 7's listeners -> Camunda 8's; others are written in capitals."""
_EXECUTION: Final = frozenset({"start", "end"})


class ActivationBody(Body):
    """What a worker asks for."""

    type = fields.String(required=True, validate=validate.Length(1))
    worker = fields.String(load_default="", allow_none=True)
    timeout = fields.Integer(required=True, validate=validate.Range(1))
    max_jobs_to_activate = fields.Integer(required=True, validate=validate.Range(1, 1_000))
    request_timeout = fields.Integer(load_default=0, allow_none=True)
    fetch_variable = fields.List(fields.String(), load_default=None, allow_none=True)
    tenant_ids = fields.List(fields.String(), load_default=None, allow_none=True)
    tenant_filter = fields.String(load_default=None, allow_none=True)
    with_lease = fields.Boolean(load_default=False, allow_none=True)


class CompletionBody(Body):
    """The result of a job."""

    variables = fields.Raw(load_default=None, allow_none=True)
    result = fields.Raw(load_default=None, allow_none=True)


class FailureBody(Body):
    """A technical failure."""

    retries = fields.Integer(load_default=0, validate=validate.Range(0), allow_none=True)
    error_message = fields.String(load_default=None, allow_none=True)
    retry_back_off = fields.Integer(load_default=0, validate=validate.Range(0), allow_none=True)
    variables = fields.Raw(load_default=None, allow_none=True)


class ErrorBody(Body):
    """A BPMN error."""

    error_code = fields.String(required=True, validate=validate.Length(1))
    error_message = fields.String(load_default=None, allow_none=True)
    variables = fields.Raw(load_default=None, allow_none=True)


class UpdateBody(Body):
    """What is to change."""

    changeset = fields.Raw(required=True)


class ChangesetBody(Body):
    """What changes; what is not named or null stays."""

    retries = fields.Integer(load_default=None, allow_none=True)
    timeout = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1))
    priority = fields.Integer(load_default=None, allow_none=True)


@ORCHESTRATION.post("/jobs/activation")
@partly("leases are refused; the lock is held by the job's key")
def activate() -> Response:
    """Lock jobs of a type; a request without any is held for `requestTimeout`."""
    body = read_body(ActivationBody)
    if body["with_lease"]:
        refuse("Expected no lease: jobs are locked until their timeout, and known by their key.")
    tenants = body["tenant_ids"]
    if isinstance(tenants, Sequence) and tenants and TENANT not in tenants:
        return answer({"jobs": []})
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
            fetch_variables=[str(name) for name in names]
            if isinstance(names, list) and names
            else None,
        )
        rest = give_up_at - time.monotonic()
        if jobs or rest <= 0:
            keys = {job.process_instance_key for job in jobs}
            roots, tags = service().root_keys(keys), service().tags_of(keys)
            return answer({"jobs": [_activated(job, roots, tags) for job in jobs]})
        time.sleep(min(_PAUSE_SECONDS, rest))


@ORCHESTRATION.post("/jobs/<key:key>/completion")
def complete(key: int) -> Response:
    """Complete a job; of a listener or an ad-hoc sub-process with its `result`."""
    body = read_body(CompletionBody)
    variables = object_or_empty(body["variables"], "variables")
    result = object_or_empty(body["result"], "result")
    is_ad_hoc = result.get("type") == "adHocSubProcess" or "activateElements" in result
    return done(
        service().complete_job(
            key,
            variables,
            ad_hoc=_ad_hoc(result) if is_ad_hoc else None,
            is_denied=result.get("denied") is True,
            corrections=_corrections(result),
            actor=principal().user_id,
        )
    )


@ORCHESTRATION.post("/jobs/<key:key>/failure")
def fail(key: int) -> Response:
    """Report a failure; without retries left it becomes an incident."""
    body = read_body(FailureBody)
    retries = body["retries"]
    variables = object_or_empty(body["variables"], "variables")
    if variables:
        problem = service().set_job_variables(key, variables, actor=principal().user_id)
        if problem is not None:
            return done(problem)
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


@ORCHESTRATION.patch("/jobs/<key:key>")
def update_job(key: int) -> Response:
    """Change the retries, the end of the lock (from now) or the priority of a job."""
    body = read_body(UpdateBody)
    changes = object_or_empty(body["changeset"], "changeset")
    retries, timeout, priority = read_changes(changes)
    return done(
        service().update_job(
            key,
            retries=retries,
            timeout=None if timeout is None else dt.timedelta(milliseconds=timeout),
            priority=priority,
        )
    )


@ORCHESTRATION.post("/jobs/search")
@partly(
    "jobs that have ended, and the filters kind, listenerEventType, isDenied, deniedReason, "
    "errorCode, endTime and lastUpdateTime, beside processInstanceKey, elementInstanceKey or "
    "jobKey; without one of these open jobs. A job that has ended has another key than before, "
    "and neither headers nor a priority"
)
def search_jobs() -> Response:
    """Return jobs: of instances that are named also those that have ended."""
    filters = {**JOB_FILTERS, **_OF_HISTORY}
    return answer_found(service().search_jobs_ever(read_search(filters)), _found)


def read_changes(
    changes: Mapping[str, JsonValue],
) -> tuple[int | None, int | None, int | None]:
    """Return what a changeset says of retries, timeout (milliseconds) and priority.

    Raises:
        ProblemError: it says nothing, or something that cannot change (400).
    """
    unknown = sorted(set(changes) - {"retries", "timeout", "priority"})
    if unknown:
        refuse(f"Expected retries, timeout or priority to change, but got {unknown[0]}.")
    retries, timeout, priority = (
        _integer(changes.get(name), name) for name in ("retries", "timeout", "priority")
    )
    if retries is None and timeout is None and priority is None:
        refuse("Expected something to change, but the changeset is empty.")
    return retries, timeout, priority


def _integer(value: JsonValue, name: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(f"Expected a whole number for {name}, but got {value!r}.")
    if name != "priority" and value < 1:
        refuse(f"Expected at least 1 for {name}, but got {value}.")
    return value


def _ad_hoc(result: Mapping[str, JsonValue]) -> AdHocAnswer:
    elements = result.get("activateElements")
    named = elements if isinstance(elements, Sequence) and not isinstance(elements, str) else ()
    starts: list[ElementStart] = []
    for one in named:
        element_id = one.get("elementId") if isinstance(one, Mapping) else None
        if not isinstance(one, Mapping) or not isinstance(element_id, str):
            refuse("Expected an elementId in each of result.activateElements.")
        variables = object_or_empty(one.get("variables"), "result.activateElements.variables")
        starts.append(ElementStart(element_id=element_id, variables=variables))
    return AdHocAnswer(
        elements=tuple(starts),
        is_fulfilled=result.get("isCompletionConditionFulfilled") is True,
        cancels_remaining=result.get("isCancelRemainingInstances") is True,
    )


def _corrections(result: Mapping[str, JsonValue]) -> Variables:
    given = object_or_empty(result.get("corrections"), "result.corrections")
    return {name: value for name, value in given.items() if value is not None}


def _kind(job: ActivatedJob) -> tuple[str, str]:
    event = job.listener_event
    if event is None:
        return "BPMN_ELEMENT", "UNSPECIFIED"
    kind = "EXECUTION_LISTENER" if event in _EXECUTION else "TASK_LISTENER"
    return kind, _EVENTS.get(event, event.upper())


def _user_task(job: ActivatedJob) -> JsonValue:
    """Return the user task that a listener's job is about, from the headers it carries."""
    prefix = "io.camunda.zeebe:"
    about = {
        name.removeprefix(prefix): text
        for name, text in job.headers.items()
        if name.startswith(prefix)
    }
    if "userTaskKey" not in about:
        return None
    return {
        "action": about.get("action", ""),
        "assignee": about.get("assignee") or None,
        "candidateGroups": [name for name in about.get("candidateGroups", "").split(",") if name],
        "candidateUsers": [name for name in about.get("candidateUsers", "").split(",") if name],
        "changedAttributes": [
            name for name in about.get("changedAttributes", "").split(",") if name
        ],
        "dueDate": about.get("dueDate"),
        "followUpDate": about.get("followUpDate"),
        "formKey": None,
        "priority": int(about.get("priority", "50")),
        "userTaskKey": about["userTaskKey"],
    }


def _activated(
    job: ActivatedJob, roots: Mapping[int, int], tags: Mapping[int, tuple[str, ...]]
) -> JsonValue:
    kind, event = _kind(job)
    root = roots.get(job.process_instance_key, job.process_instance_key)
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
        "rootProcessInstanceKey": str(root),
        "processDefinitionKey": str(job.definition_key),
        "elementInstanceKey": str(element_key(job.process_instance_key, job.element_key)),
        "kind": kind,
        "listenerEventType": event,
        "userTask": _user_task(job),
        "tags": list(tags.get(job.process_instance_key, ())),
        "businessId": job.business_key,
        "priority": job.priority,
        "jobLeaseToken": None,
        "leaseToken": None,
    }


def _found(record: JobRecord) -> JsonValue:
    return {
        "jobKey": str(record.key),
        "type": record.job_type,
        "worker": record.worker or "",
        "state": record.state,
        "kind": record.kind,
        "listenerEventType": record.listener_event,
        "retries": record.retries,
        "isDenied": record.is_denied,
        "deniedReason": record.denied_reason,
        "hasFailedWithRetriesLeft": record.has_failed_with_retries_left,
        "errorCode": record.error_code,
        "errorMessage": record.error_message,
        "customHeaders": dict(record.headers),
        "deadline": written(record.deadline),
        "endTime": written(record.ended_at),
        "processDefinitionId": record.process_id,
        "processDefinitionKey": str(record.definition_key),
        "processInstanceKey": str(record.instance_key),
        "rootProcessInstanceKey": str(record.root_key),
        "elementId": record.element_id,
        "elementInstanceKey": str(record.element_key),
        "businessId": record.business_key,
        "priority": record.priority,
        "tenantId": TENANT,
        "creationTime": written(record.created_at),
        "lastUpdateTime": written(record.updated_at),
    }
