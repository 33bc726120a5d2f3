"""External tasks of Camunda 7 for workers: jobs, by the name of their topic.

A worker is known by the id it gives itself, and its lock is held by that name.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from flask import Response
from marshmallow import fields, validate

from bpmn_engine.service.external_tasks import FailureReport, TopicRequest
from bpmn_engine.service.views import ActivatedJob, Problem, ProblemKind
from bpmn_engine.service.work_search import EVERYTHING
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, milliseconds, read_body, text_or_none
from web.camunda.dialect import answer, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST as ENGINE_REST
from web.camunda.seven.external_task_queries import FILTERS, written_locked_task
from web.camunda.seven.failures import SevenError, unusable
from web.camunda.seven.query_reading import Asked, read_query
from web.camunda.typed_values import read_variables
from web.context import principal, service
from web.errors import ProblemError
from web.keys import read_key

MAX_TASKS: Final = 1_000
LONGEST_WAIT: Final = dt.timedelta(seconds=60)
_PAUSE_SECONDS: Final = 0.25
_LARGEST: Final = 2**31 - 1
_PREFIX: Final = "/external-task"


class WorkerBody(Body):
    """What every worker says of itself."""

    worker_id = fields.String(required=True, validate=validate.Length(1, 255))


class FetchBody(WorkerBody):
    """What a worker asks for."""

    max_tasks = fields.Integer(required=True, validate=validate.Range(0, MAX_TASKS))
    use_priority = fields.Boolean(load_default=True, allow_none=True)
    async_response_timeout = fields.Integer(load_default=None, allow_none=True)
    topics = fields.List(fields.Dict(), load_default=None, allow_none=True)
    sorting = fields.Raw(load_default=None, allow_none=True)


class CompleteBody(WorkerBody):
    """The result of a task; local variables are for the output mappings of its element."""

    variables = fields.Raw(load_default=None, allow_none=True)
    local_variables = fields.Raw(load_default=None, allow_none=True)


class FailureBody(CompleteBody):
    """A technical failure."""

    error_message = fields.String(load_default=None, allow_none=True)
    error_details = fields.String(load_default=None, allow_none=True)
    retries = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(0, _LARGEST)
    )
    retry_timeout = fields.Integer(load_default=0, allow_none=True, validate=validate.Range(0))


class BpmnErrorBody(WorkerBody):
    """A BPMN error."""

    error_code = fields.String(required=True, validate=validate.Length(1))
    error_message = fields.String(load_default=None, allow_none=True)
    variables = fields.Raw(load_default=None, allow_none=True)


class ExtendBody(WorkerBody):
    """A longer lock."""

    new_duration = fields.Integer(required=True, validate=validate.Range(1))


class LockBody(WorkerBody):
    """A lock on one task."""

    lock_duration = fields.Integer(required=True, validate=validate.Range(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Topic:
    """One topic as a worker asks for it."""

    name: str
    request: TopicRequest
    is_plain: bool  #: asks for nothing but the topic, so that all plain ones are locked at once
    has_properties: bool


@ENGINE_REST.post(f"{_PREFIX}/fetchAndLock")
def fetch_and_lock() -> Response:
    """Lock tasks for a worker; with `asyncResponseTimeout`, wait for one to come."""
    body = read_body(FetchBody)
    topics = _topics(body)
    wait = milliseconds(body["async_response_timeout"])
    give_up_at = time.monotonic() + min(wait, LONGEST_WAIT).total_seconds()
    while True:
        tasks = _fetch(str(body["worker_id"]), topics, _count(body["max_tasks"]))
        rest = give_up_at - time.monotonic()
        if tasks or rest <= 0:
            return answer(_written(tasks, topics))
        time.sleep(min(_PAUSE_SECONDS, rest))


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/complete")
def complete(task_id: str) -> Response:
    """Complete a task that the worker has locked."""
    body = read_body(CompleteBody)
    return _answered(
        service().complete_external_task(
            _job_key(task_id),
            read_variables(body["variables"]),
            read_variables(body["local_variables"], field="localVariables"),
            worker=str(body["worker_id"]),
            actor=principal().user_id,
        ),
        task_id,
        f"cannot be completed by worker '{body['worker_id']}'",
    )


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/failure")
def fail(task_id: str) -> Response:
    """Report a failure; without retries left it becomes an incident."""
    body = read_body(FailureBody)
    retries = body["retries"]
    report = FailureReport(
        message=str(body["error_message"] or "The worker reports a failure without a message."),
        details=text_or_none(body["error_details"]),
        retries_left=None if retries is None else _count(retries),
        retry_after=milliseconds(body["retry_timeout"]),
        variables=read_variables(body["variables"]),
        local_variables=read_variables(body["local_variables"], field="localVariables"),
    )
    return _answered(
        service().fail_external_task(
            _job_key(task_id),
            report,
            worker=str(body["worker_id"]),
            actor=principal().user_id,
        ),
        task_id,
        f"cannot be failed by worker '{body['worker_id']}'",
    )


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/bpmnError")
def throw_error(task_id: str) -> Response:
    """End a task with a BPMN error."""
    body = read_body(BpmnErrorBody)
    return _answered(
        service().throw_job_error(
            _job_key(task_id),
            str(body["error_code"]),
            message=text_or_none(body["error_message"]),
            variables=read_variables(body["variables"]),
            worker=str(body["worker_id"]),
            actor=principal().user_id,
        ),
        task_id,
        f"cannot throw a BPMN error for worker '{body['worker_id']}'",
    )


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/extendLock")
def extend_lock(task_id: str) -> Response:
    """Keep a task for longer, counted from now."""
    body = read_body(ExtendBody)
    extended = service().extend_job_lock(
        _job_key(task_id),
        lock=milliseconds(body["new_duration"]),
        worker=str(body["worker_id"]),
    )
    return _answered(
        extended if isinstance(extended, Problem) else None,
        task_id,
        f"cannot be extended by worker '{body['worker_id']}'",
    )


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/lock")
def lock_external_task(task_id: str) -> Response:
    """Lock one task for a worker."""
    body = read_body(LockBody)
    return _answered(
        service().lock_external_task(
            _job_key(task_id),
            worker=str(body["worker_id"]),
            lock=milliseconds(body["lock_duration"]),
        ),
        task_id,
        f"cannot be locked by worker '{body['worker_id']}'",
    )


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/unlock")
def unlock(task_id: str) -> Response:
    """Give a task back, whoever has it; one that nobody has stays so. The body is empty."""
    released = service().release_job(_job_key(task_id))
    if isinstance(released, Problem) and released.kind is ProblemKind.CONFLICT:
        return no_content()
    return _answered(released, task_id, "cannot be unlocked")


def _answered(problem: Problem | None, task_id: str, what: str) -> Response:
    """Return 204, or raise what is wrong in Camunda's words."""
    if problem is None:
        return no_content()
    if problem.kind is ProblemKind.NOT_FOUND:
        raise SevenError(
            HTTPStatus.NOT_FOUND,
            "RestException",
            f"External task with id {task_id} does not exist",
        )
    if problem.kind is ProblemKind.CONFLICT:
        holder = "" if problem.holder is None else f"It is locked by worker '{problem.holder}'. "
        raise SevenError(
            HTTPStatus.BAD_REQUEST,
            "RestException",
            f"External Task {task_id} {what}. {holder}{problem.message}",
        )
    unless_problem(problem)
    return no_content()


def _topics(body: Mapping[str, JsonValue]) -> list[_Topic]:
    given = body["topics"]
    listed = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
    return [_topic(each, body) for each in listed if isinstance(each, Mapping)]


def _topic(given: Mapping[str, JsonValue], body: Mapping[str, JsonValue]) -> _Topic:
    asked = read_query(FILTERS, {**given, "sorting": body["sorting"]})
    name, duration = asked.raw.get("topicName"), asked.raw.get("lockDuration")
    if not isinstance(name, str) or not name:
        raise unusable("Expected a topicName in each of topics.")
    if not isinstance(duration, int) or duration < 1:
        raise unusable(f"Expected a lockDuration above 0 for topic '{name}'.")
    search = asked.search
    is_plain = len(search.conditions) == 1 and replace(search, conditions=()) == EVERYTHING
    return _Topic(
        name=name,
        request=TopicRequest(
            search=search,
            lock=milliseconds(duration),
            fetch_variables=_names(asked),
            is_local=asked.is_on("localVariables"),
            by_priority=body["use_priority"] is not False,
        ),
        is_plain=is_plain and not asked.is_on("localVariables"),
        has_properties=asked.is_on("includeExtensionProperties"),
    )


def _names(asked: Asked) -> tuple[str, ...] | None:
    names = asked.raw.get("variables")
    if names is None:
        return None
    if not isinstance(names, Sequence) or isinstance(names, str):
        raise unusable("Expected a list of names in variables.")
    return tuple(str(name) for name in names)


def _fetch(worker: str, topics: Sequence[_Topic], most: int) -> list[ActivatedJob]:
    tasks: list[ActivatedJob] = []
    for (lock, names), plain in _plain(topics).items():
        if len(tasks) < most:
            tasks += service().activate_jobs(
                plain, worker=worker, limit=most - len(tasks), lock=lock, fetch_variables=names
            )
    for topic in topics:
        if len(tasks) < most and not topic.is_plain:
            tasks += service().lock_external_tasks(
                topic.request, worker=worker, limit=most - len(tasks)
            )
    return tasks


def _plain(
    topics: Sequence[_Topic],
) -> dict[tuple[dt.timedelta, Sequence[str] | None], list[str]]:
    """Return the topics that can be locked at once, by how they are locked."""
    found: dict[tuple[dt.timedelta, Sequence[str] | None], list[str]] = {}
    for topic in topics:
        if topic.is_plain:
            how = (topic.request.lock, topic.request.fetch_variables)
            found.setdefault(how, []).append(topic.name)
    return found


def _written(tasks: Sequence[ActivatedJob], topics: Sequence[_Topic]) -> list[JsonValue]:
    failed = [task.key for task in tasks if task.last_failure is not None]
    details = service().failure_details(failed) if failed else {}
    shown = {topic.name for topic in topics if topic.has_properties}
    return [
        written_locked_task(task, details.get(task.key), has_properties=task.job_type in shown)
        for task in tasks
    ]


def _job_key(task_id: str) -> int:
    key = read_key(task_id)
    if key is None:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"Expected the id of an external task, but got {task_id}."
        )
    return key


def _count(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0
