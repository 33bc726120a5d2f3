"""Jobs: what workers do, and timers; each is listed, and changed by hand, one or many."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from flask import Response
from marshmallow import fields, validate

from bpmn_engine.service.due_by_hand import DueAt
from bpmn_engine.service.listing import DUES
from bpmn_engine.service.views import Problem
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import NEVER, Comparison, Condition, Listing
from bpmn_engine.views.runtime_records import DueKind, DueRecord
from web.camunda.bodies import Body, read_body
from web.camunda.dialect import answer, done
from web.camunda.engine_rest import ENGINE_REST, definition_id
from web.camunda.seven import queries
from web.camunda.seven.batches import batch_done
from web.camunda.seven.ids import execution_id, key_or_none, missing, read_execution, refuse
from web.camunda.seven.queries import QueryTable, bounded, is_true, members, names_of, read_query
from web.camunda.times import read_time, written_or_none, written_time
from web.context import now, principal, service

PREFIX: Final = "/job"
_TIMERS: Final = (DueKind.TIMER.value, DueKind.START.value)
_FAILED: Final = "failed"
_COMPARISONS: Final = {
    "gt": Comparison.GREATER,
    "gteq": Comparison.AT_LEAST,
    "lt": Comparison.LESS,
    "lteq": Comparison.AT_MOST,
    "eq": Comparison.EQUAL,
}
MOST: Final = 1_000
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 9000
"""What every database and clock understands."""


def job_definition_id(definition_key: int, element_id: str) -> str:
    """Return the id of what an element has done: `81:pay`."""
    return f"{definition_key}:{element_id}"


def _of_job_definition(value: JsonValue) -> Sequence[Condition]:
    text, _, element_id = str(value).partition(":")
    key = key_or_none(text)
    if key is None:
        return (NEVER,)
    return (
        Condition(field="definition_key", value=key),
        Condition(field="element_id", value=element_id),
    )


def _at_execution(value: JsonValue) -> Sequence[Condition]:
    found = read_execution(str(value))
    if found is None:
        return (NEVER,)
    own = Condition(field="instance_key", value=found[0])
    return (own, Condition(field="visit", value=found[1])) if found[1] else (own,)


def _executable(value: JsonValue) -> Sequence[Condition]:
    if not is_true("executable", value):
        return ()
    return (
        Condition(field="state", comparison=Comparison.UNEQUAL, value=_FAILED),
        Condition(field="is_held", value=False),
        Condition(field="due_at", comparison=Comparison.AT_MOST, value=now()),
    )


def _acquired(value: JsonValue) -> Sequence[Condition]:
    if not is_true("acquired", value):
        return ()
    return (Condition(field="locked_until", comparison=Comparison.GREATER, value=now()),)


def _times(field: str) -> Callable[[JsonValue], Sequence[Condition]]:
    """Read `gt_2013-01-23T13:42:42.000+0200,lt_…`, or a list of objects."""

    def read(value: JsonValue) -> Sequence[Condition]:
        conditions = []
        for each in value.split(",") if isinstance(value, str) else _objects(value):
            operator, _, text = each.partition("_")
            comparison, at = _COMPARISONS.get(operator), read_time(text)
            if comparison is None or at is None:
                raise refuse(
                    "Expected an operator of gt, lt and a date such as "
                    f"gt_2013-01-23T13:42:42.000+0200, but got {each}."
                )
            conditions.append(Condition(field=field, comparison=comparison, value=at))
        return conditions

    return read


def _objects(value: JsonValue) -> list[str]:
    if not isinstance(value, list):
        raise refuse("Expected a list of objects with operator and value.")
    given = [members(each, "a time") for each in value]
    return [f"{each.get('operator')}_{each.get('value')}" for each in given]


JOB_QUERIES: Final = QueryTable(
    parameters={
        "jobId": queries.text("id"),
        "jobIds": queries.texts("id"),
        "processInstanceId": queries.key("instance_key"),
        "processInstanceIds": queries.keys("instance_key"),
        "processDefinitionId": queries.definition("definition_key"),
        "processDefinitionKey": queries.text("process_id"),
        "activityId": queries.text("element_id"),
        "failedActivityId": queries.text("element_id"),
        "withRetriesLeft": queries.flag("state", _FAILED, Comparison.UNEQUAL),
        "noRetriesLeft": queries.flag("state", _FAILED),
        "timers": queries.flag("due_kind", _TIMERS, Comparison.ANY_OF),
        "messages": queries.flag("due_kind", DueKind.JOB.value),
        "withException": queries.flag("last_failure", None, Comparison.UNEQUAL),
        "exceptionMessage": queries.text("last_failure"),
        "active": queries.flag("is_held", value=False),
        "suspended": queries.flag("is_held", value=True),
        "priorityLowerThanOrEquals": queries.number("priority", Comparison.AT_MOST),
        "priorityHigherThanOrEquals": queries.number("priority", Comparison.AT_LEAST),
        "tenantIdIn": queries.TENANTS,
        "withoutTenantId": queries.ANYTHING,
        "includeJobsWithoutTenantId": queries.ANYTHING,
    },
    sorts={
        "jobId": "id",
        "executionId": "visit",
        "processInstanceId": "instance_key",
        "processDefinitionId": "definition_key",
        "processDefinitionKey": "process_id",
        "jobPriority": "priority",
        "jobRetries": "retries_left",
        "jobDueDate": "due_at",
        "tenantId": "id",
    },
    special={
        "jobDefinitionId": _of_job_definition,
        "executionId": _at_execution,
        "executable": _executable,
        "acquired": _acquired,
        "dueDates": _times("due_at"),
        "createTimes": _times("created_at"),
    },
)


class RetriesBody(Body):
    """New attempts for one job."""

    retries = fields.Integer(required=True, validate=validate.Range(0, 2**31 - 1))
    due_date = fields.String(load_default=None, allow_none=True)


class ManyRetriesBody(RetriesBody):
    """New attempts for jobs that are named or found."""

    job_ids = fields.List(fields.String(), load_default=None, allow_none=True)
    job_query = fields.Raw(load_default=None, allow_none=True)


class DueBody(Body):
    """When a job is due; null is now."""

    duedate = fields.String(load_default=None, allow_none=True)
    cascade = fields.Boolean(load_default=False, allow_none=True)


class PriorityBody(Body):
    """How urgent a job is."""

    priority = fields.Integer(required=True)


@ENGINE_REST.route(PREFIX, methods=["GET", "POST"])
def jobs() -> Response:
    """List jobs and timers."""
    found = bounded(service().listed(DUES, JOB_QUERIES.listing(read_query())))
    return answer([_job(each) for each in found])


@ENGINE_REST.route(f"{PREFIX}/count", methods=["GET", "POST"])
def count_jobs() -> Response:
    """Count jobs and timers."""
    return answer({"count": service().listed_count(DUES, JOB_QUERIES.listing(read_query()))})


@ENGINE_REST.get(f"{PREFIX}/<job_id>")
def job(job_id: str) -> Response:
    """Return a job or timer."""
    return answer(_job(found_job(job_id)))


@ENGINE_REST.get(f"{PREFIX}/<job_id>/stacktrace")
def job_stacktrace(job_id: str) -> Response:
    """Return the message of the last failed attempt."""
    return Response(found_job(job_id).failure or "", content_type="text/plain")


@ENGINE_REST.post(f"{PREFIX}/<job_id>/execute")
def execute_job(job_id: str) -> Response:
    """Let a timer fire now."""
    found = found_job(job_id)
    if found.kind is DueKind.JOB:
        raise refuse(
            f"Cannot execute job {job_id}: a worker does it. Give it attempts with "
            f"PUT /job/{job_id}/retries when they are spent."
        )
    if found.instance_key is not None and found.wait is not None:
        who = principal().user_id
        return done(service().fire_timer(found.instance_key, found.wait, actor=who))
    return done(service().fire_start_timer(found.key or 0, actor=principal().user_id))


@ENGINE_REST.put(f"{PREFIX}/<job_id>/retries")
def set_job_retries(job_id: str) -> Response:
    """Give a job new attempts; an incident about it is resolved with them."""
    found, body = found_job(job_id), read_body(RetriesBody)
    return done(give_retries(found, body))


@ENGINE_REST.post(f"{PREFIX}/retries")
def set_many_job_retries() -> Response:
    """Give many jobs new attempts; they have them when the batch is answered."""
    body = read_body(ManyRetriesBody)
    return answer(retried(jobs_meant(body), body))


@ENGINE_REST.put(f"{PREFIX}/<job_id>/duedate")
def set_job_due_date(job_id: str) -> Response:
    """Set when a timer is due, or before when nobody takes a job."""
    found, body = found_job(job_id), read_body(DueBody)
    if body["cascade"]:
        raise refuse("Expected no cascade: later firings of a timer are not moved with it.")
    at = now() if body["duedate"] is None else _due(body["duedate"])
    match found.kind:
        case DueKind.JOB:
            return done(service().set_job_due(found.key or 0, at))
        case DueKind.START:
            return done(service().set_start_due(found.key or 0, at))
        case DueKind.TIMER:
            key, wait = found.instance_key or 0, found.wait or 0
            moved = service().move_timer(key, wait, at, actor=principal().user_id)
            if moved is None and found.is_suspended:
                due = DueAt(instance_key=key, wait=wait, element_id=found.element_id)
                moved = service().hold_dues([due], is_held=True, actor=principal().user_id)
            return done(moved)


@ENGINE_REST.put(f"{PREFIX}/<job_id>/priority")
def set_job_priority(job_id: str) -> Response:
    """Set how urgent a job is; timers have no priority."""
    found, body = found_job(job_id), read_body(PriorityBody)
    if found.kind is not DueKind.JOB or found.key is None:
        raise refuse("Expected the job of a worker: a timer fires when it is due.")
    priority = body["priority"]
    return done(service().set_job_priority(found.key, int(str(priority))))


def jobs_meant(body: Mapping[str, JsonValue]) -> tuple[DueRecord, ...]:
    """Return the jobs that a body names or finds.

    Raises:
        ProblemError: it means none or too many, or its query is not usable (400).
    """
    found: dict[str, DueRecord] = {}
    if body["job_ids"] is not None:
        wanted = {"jobIds": list(names_of("jobIds", body["job_ids"]))}
        found |= {each.id: each for each in service().listed(DUES, JOB_QUERIES.listing(wanted))}
    if body["job_query"] is not None:
        query = JOB_QUERIES.listing(members(body["job_query"], "jobQuery"))
        found |= {each.id: each for each in service().listed(DUES, query)}
    if not found:
        raise refuse("jobIds is empty")
    if len(found) > MOST:
        raise refuse(f"Expected at most {MOST} jobs, but {len(found)} are meant. Send several.")
    return tuple(found.values())


def retried(found: Sequence[DueRecord], body: Mapping[str, JsonValue]) -> JsonValue:
    """Give jobs new attempts, and write the batch.

    Raises:
        ProblemError: one cannot have them (400).
    """
    problems = [problem for each in found if (problem := give_retries(each, body)) is not None]
    if problems:
        count = len(found) - len(problems)
        raise refuse(f"{problems[0].message} {count} of {len(found)} have new attempts.")
    return batch_done("set-job-retries", len(found))


def give_retries(found: DueRecord, body: Mapping[str, JsonValue]) -> Problem | None:
    """Give a job new attempts.

    Raises:
        ProblemError: it is a timer, or none are given (400).
    """
    retries = int(str(body["retries"]))
    if found.kind is not DueKind.JOB or found.key is None:
        raise refuse("Expected the job of a worker: a timer has no attempts, it only fires.")
    if retries < 1:
        raise refuse("Expected at least 1 attempt: to hold a job, suspend its instance.")
    at = None if body["due_date"] is None else _due(body["due_date"])
    problem = service().set_job_retries(found.key, retries, actor=principal().user_id)
    if problem is None and at is not None:
        return service().set_job_due(found.key, at)
    return problem


def _due(given: JsonValue) -> dt.datetime:
    at = read_time(str(given))
    if at is None or not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise refuse(
            "Expected a date such as 2013-01-23T13:42:42.000+0200, between the years "
            f"{_FIRST_YEAR} and {_LAST_YEAR}, but got {given}."
        )
    return at.astimezone(dt.UTC)


def found_job(job_id: str) -> DueRecord:
    """Return the job or timer with an id.

    Raises:
        ProblemError: there is none (404).
    """
    listing = Listing(conditions=tuple(_named(job_id)))
    found = service().listed(DUES, listing)
    if not found:
        raise missing(f"Job with id {job_id} does not exist")
    return found[0]


def _named(job_id: str) -> Sequence[Condition]:
    place = read_execution(job_id)
    if place is None:
        return (NEVER,)
    if ":" not in job_id:
        return (
            Condition(field="key", value=place[0]),
            Condition(
                field="due_kind",
                comparison=Comparison.ANY_OF,
                value=(DueKind.JOB.value, DueKind.START.value),
            ),
        )
    return (
        Condition(field="instance_key", value=place[0]),
        Condition(field="wait", value=place[1]),
        Condition(field="due_kind", value=DueKind.TIMER.value),
    )


def _job(record: DueRecord) -> JsonValue:
    instance = record.instance_key
    return {
        "id": record.id,
        "jobDefinitionId": job_definition_id(record.definition_key, record.element_id),
        "processInstanceId": None if instance is None else str(instance),
        "processDefinitionId": definition_id(
            record.process_id, record.version, record.definition_key
        ),
        "processDefinitionKey": record.process_id,
        "executionId": None if instance is None else execution_id(instance, record.visit),
        "exceptionMessage": record.failure,
        "failedActivityId": None if record.failure is None else record.element_id,
        "retries": record.retries_left,
        "dueDate": written_time(record.due_at),
        "suspended": record.is_suspended,
        "priority": record.priority,
        "tenantId": None,
        "createTime": written_or_none(record.created_at),
        "batchId": None,
    }
