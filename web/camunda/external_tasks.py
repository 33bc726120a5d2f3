"""External tasks of Camunda 7: jobs, by the name of their topic.

A worker is known by the id it gives itself, and its lock is held by that name.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final, TypeGuard

from flask import Response
from marshmallow import fields, validate

from bpmn_engine.service.views import ActivatedJob
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, milliseconds, read_body, text_or_none
from web.camunda.dialect import answer, done, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST as ENGINE_REST
from web.camunda.engine_rest import definition_id, written_time
from web.camunda.typed_values import read_variables, write_variables
from web.context import principal, service
from web.errors import ProblemError
from web.keys import read_key

MAX_TASKS: Final = 1_000
LONGEST_WAIT: Final = dt.timedelta(seconds=60)
_PAUSE_SECONDS: Final = 0.25
_PREFIX: Final = "/external-task"


class WorkerBody(Body):
    """What every worker says of itself."""

    worker_id = fields.String(required=True, validate=validate.Length(1, 255))


class TopicBody(Body):
    """One topic a worker asks for."""

    topic_name = fields.String(required=True, validate=validate.Length(1, 255))
    lock_duration = fields.Integer(required=True, validate=validate.Range(1))
    variables = fields.List(fields.String(), load_default=None, allow_none=True)
    business_key = fields.String(load_default=None, allow_none=True)
    process_definition_key = fields.String(load_default=None, allow_none=True)
    process_definition_id = fields.String(load_default=None, allow_none=True)


class FetchBody(WorkerBody):
    """What a worker asks for."""

    max_tasks = fields.Integer(required=True, validate=validate.Range(0, MAX_TASKS))
    async_response_timeout = fields.Integer(load_default=None, allow_none=True)
    topics = fields.List(fields.Nested(TopicBody), load_default=None, allow_none=True)


class CompleteBody(WorkerBody):
    """The result of a task; local variables end with the task and are not read."""

    variables = fields.Raw(load_default=None, allow_none=True)


class FailureBody(WorkerBody):
    """A technical failure."""

    error_message = fields.String(load_default=None, allow_none=True)
    retries = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0))
    retry_timeout = fields.Integer(load_default=0, validate=validate.Range(0))


class BpmnErrorBody(WorkerBody):
    """A BPMN error."""

    error_code = fields.String(required=True, validate=validate.Length(1))
    error_message = fields.String(load_default=None, allow_none=True)
    variables = fields.Raw(load_default=None, allow_none=True)


class ExtendBody(WorkerBody):
    """A longer lock."""

    new_duration = fields.Integer(required=True, validate=validate.Range(1))


@ENGINE_REST.post(f"{_PREFIX}/fetchAndLock")
def fetch_and_lock() -> Response:
    """Lock tasks for a worker; with `asyncResponseTimeout`, wait for one to come."""
    body = read_body(FetchBody)
    topics = _topics(body["topics"])
    wait = milliseconds(body["async_response_timeout"])
    give_up_at = time.monotonic() + min(wait, LONGEST_WAIT).total_seconds()
    while True:
        tasks = _fetch(str(body["worker_id"]), topics, _count(body["max_tasks"]))
        rest = give_up_at - time.monotonic()
        if tasks or rest <= 0:
            return answer([_task(task) for task in tasks])
        time.sleep(min(_PAUSE_SECONDS, rest))


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/complete")
def complete(task_id: str) -> Response:
    """Complete a task that the worker has locked."""
    body = read_body(CompleteBody)
    return done(
        service().complete_job(
            _job_key(task_id),
            read_variables(body["variables"]),
            worker=str(body["worker_id"]),
            actor=principal().user_id,
        )
    )


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/failure")
def fail(task_id: str) -> Response:
    """Report a failure; without retries left it becomes an incident."""
    body = read_body(FailureBody)
    retries = body["retries"]
    return done(
        service().fail_job(
            _job_key(task_id),
            str(body["error_message"] or "The worker reports a failure without a message."),
            retries_left=None if retries is None else _count(retries),
            retry_after=milliseconds(body["retry_timeout"]),
            worker=str(body["worker_id"]),
            actor=principal().user_id,
        )
    )


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/bpmnError")
def throw_error(task_id: str) -> Response:
    """End a task with a BPMN error."""
    body = read_body(BpmnErrorBody)
    return done(
        service().throw_job_error(
            _job_key(task_id),
            str(body["error_code"]),
            message=text_or_none(body["error_message"]),
            variables=read_variables(body["variables"]),
            worker=str(body["worker_id"]),
            actor=principal().user_id,
        )
    )


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/extendLock")
def extend_lock(task_id: str) -> Response:
    """Keep a task for longer, counted from now."""
    body = read_body(ExtendBody)
    unless_problem(
        service().extend_job_lock(
            _job_key(task_id),
            lock=milliseconds(body["new_duration"]),
            worker=str(body["worker_id"]),
        )
    )
    return no_content()


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/unlock")
def unlock(task_id: str) -> Response:
    """Give a task back, whoever has it; the body is empty."""
    return done(service().release_job(_job_key(task_id)))


def _topics(given: JsonValue) -> list[Mapping[str, JsonValue]]:
    topics = [each for each in given if isinstance(each, Mapping)] if _is_list(given) else []
    for topic in topics:
        for name in ("business_key", "process_definition_key", "process_definition_id"):
            if topic[name] is not None:
                raise ProblemError(
                    HTTPStatus.NOT_IMPLEMENTED,
                    f"Expected topics without a filter, but there is one by {name}: tasks are "
                    "offered by topic only. Give such tasks a topic of their own.",
                )
    return topics


def _fetch(worker: str, topics: list[Mapping[str, JsonValue]], most: int) -> list[ActivatedJob]:
    tasks: list[ActivatedJob] = []
    for topic in topics:
        if len(tasks) >= most:
            break
        names = topic["variables"]
        tasks += service().activate_jobs(
            (str(topic["topic_name"]),),
            worker=worker,
            limit=most - len(tasks),
            lock=milliseconds(topic["lock_duration"]),
            fetch_variables=[str(name) for name in names] if _is_list(names) else None,
        )
    return tasks


def _task(job: ActivatedJob) -> JsonValue:
    """Write a task; `retries` is null at the first attempt, as clients expect."""
    return {
        "id": str(job.key),
        "topicName": job.job_type,
        "workerId": job.worker,
        "lockExpirationTime": written_time(job.deadline),
        "createTime": None,
        "activityId": job.element_id,
        "activityInstanceId": f"{job.element_id}:{job.element_key}",
        "executionId": str(job.process_instance_key),
        "processInstanceId": str(job.process_instance_key),
        "processDefinitionId": definition_id(
            job.process_id, job.process_version, job.definition_key
        ),
        "processDefinitionKey": job.process_id,
        "processDefinitionVersionTag": None,
        "businessKey": job.business_key,
        "tenantId": None,
        "priority": job.priority,
        "retries": None if job.attempt == 1 else job.retries_left,
        "errorMessage": None,
        "errorDetails": None,
        "suspended": False,
        "variables": write_variables(job.variables),
        "extensionProperties": dict(job.headers),
    }


def _job_key(task_id: str) -> int:
    key = read_key(task_id)
    if key is None:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"Expected the id of an external task, but got {task_id}."
        )
    return key


def _count(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0


def _is_list(value: JsonValue) -> TypeGuard[Sequence[JsonValue]]:
    return isinstance(value, list)
