"""Logs of external tasks and of timers: created, failed, done, withdrawn.

An external task is told by its instance and wait, `<instance>:<wait>`, once it is gone; timers are
Camunda's jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from flask import Response

from bpmn_engine.service.history_views import WaitLog
from bpmn_engine.service.work_search import Comparison, Condition, Search, Value
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer
from web.camunda.engine_rest import ENGINE_REST, written_time
from web.camunda.notes import partly
from web.camunda.seven.failures import missing
from web.camunda.seven.history_instances import written_or_none
from web.camunda.seven.history_told import OF_INSTANCES, Entry, entries, read_entry_id
from web.camunda.seven.identifiers import visit_id
from web.camunda.seven.parameters import TENANTS, Parameter, is_, nothing, refused, text, texts
from web.camunda.seven.queries import bounded
from web.camunda.seven.query_reading import Query, asked
from web.context import service
from web.keys import read_key

_TASKS: Final = "/history/external-task-log"
_JOBS: Final = "/history/job-log"
_NO_PRIORITY: Final = "the priority of a task that is gone is not kept."

_COMMON: Final[Mapping[str, Parameter]] = {
    **OF_INSTANCES,
    **TENANTS,
    "logId": text("id"),
    "activityIdIn": texts("element_id"),
    "executionIdIn": OF_INSTANCES["processInstanceIdIn"],
    "creationLog": is_("event", "created"),
    "failureLog": is_("event", "failed"),
    "successLog": is_("event", "succeeded"),
    "deletionLog": is_("event", "withdrawn"),
}
_SORTS: Final[Mapping[str, str]] = {
    "timestamp": "at",
    "activityId": "element_id",
    "executionId": "instance",
    "processInstanceId": "instance",
    "processDefinitionId": "definition",
    "processDefinitionKey": "process",
    "tenantId": "instance",
}

TASK_LOGS: Final = Query(
    parameters={
        **_COMMON,
        "externalTaskId": text("wait_id"),
        "topicName": text("name"),
        "workerId": text("actor"),
        "errorMessage": text("message"),
        "activityInstanceIdIn": texts("visit_id"),
        "priorityLowerThanOrEquals": refused(_NO_PRIORITY),
        "priorityHigherThanOrEquals": refused(_NO_PRIORITY),
    },
    sorts={
        **_SORTS,
        "externalTaskId": "wait_id",
        "topicName": "name",
        "workerId": "actor",
        "retries": "retries",
        "activityInstanceId": "visit_id",
    },
)

JOB_LOGS: Final = Query(
    parameters={
        **_COMMON,
        "jobId": text("wait_id"),
        "jobExceptionMessage": text("message"),
        "jobDefinitionId": nothing(),
        "jobDefinitionType": text("type"),
        "jobDefinitionConfiguration": nothing(),
        "failedActivityIdIn": texts("failed_element"),
        "deploymentId": refused("name process definitions instead."),
        "hostname": nothing(),
        "jobPriorityLowerThanOrEquals": refused("timers have no priority."),
        "jobPriorityHigherThanOrEquals": refused("timers have no priority."),
    },
    sorts={
        **_SORTS,
        "jobId": "wait_id",
        "jobDueDate": "due_at",
        "jobRetries": "retries",
        "occurrence": "occurrence",
    },
)


@ENGINE_REST.route(_TASKS, methods=["GET", "POST"])
def list_external_task_logs() -> Response:
    """List what happened to external tasks."""
    return answer([_task_log(each) for each in bounded(_logs(asked(TASK_LOGS).page, "job"))])


@ENGINE_REST.route(f"{_TASKS}/count", methods=["GET", "POST"])
def count_external_task_logs() -> Response:
    """Count what happened to external tasks."""
    return answer({"count": len(_logs(asked(TASK_LOGS).search.whole(), "job"))})


@ENGINE_REST.get(f"{_TASKS}/<log_id>")
def get_external_task_log(log_id: str) -> Response:
    """Return one thing that happened to an external task."""
    return answer(_task_log(_one(log_id, "job", "external task")))


@ENGINE_REST.get(f"{_TASKS}/<log_id>/error-details")
def get_external_task_log_details(log_id: str) -> Response:
    """Return what was told of a failed attempt, as plain text."""
    told = _one(log_id, "job", "external task").told
    details = service().failure_details_at(told.instance_key, told.at)
    return Response(details or "", content_type="text/plain")


@ENGINE_REST.route(_JOBS, methods=["GET", "POST"])
def list_job_logs() -> Response:
    """List what happened to timers."""
    return answer([_job_log(each) for each in bounded(_logs(asked(JOB_LOGS).page, "timer"))])


@ENGINE_REST.route(f"{_JOBS}/count", methods=["GET", "POST"])
def count_job_logs() -> Response:
    """Count what happened to timers."""
    return answer({"count": len(_logs(asked(JOB_LOGS).search.whole(), "timer"))})


@ENGINE_REST.get(f"{_JOBS}/<log_id>")
def get_job_log(log_id: str) -> Response:
    """Return one thing that happened to a timer."""
    return answer(_job_log(_one(log_id, "timer", "job")))


@ENGINE_REST.get(f"{_JOBS}/<log_id>/stacktrace")
@partly("a timer that fails is an incident with a message, without a stack trace: always 404")
def get_job_log_stacktrace(log_id: str) -> NoReturn:
    """Say that there is none."""
    _one(log_id, "timer", "job")
    raise missing(f"No stacktrace available for historic job log with id {log_id}")


def _logs(search: Search, kind: str) -> list[Entry[WaitLog]]:
    of_kind = Condition(field="kind", comparison=Comparison.EQUAL, value=kind)
    wanted = Search(
        conditions=(*search.conditions, of_kind),
        order=search.order,
        first=search.first,
        most=search.most,
    )
    return entries(wanted, service().told_waits, lambda each: each.instance_key, _FIELDS)


def _one(log_id: str, kind: str, what: str) -> Entry[WaitLog]:
    parts = read_entry_id(log_id)
    instance = 0 if parts is None else read_key(parts[0]) or 0
    search = Search(conditions=(Condition(field="of_key", value=instance),))
    for each in _logs(search, kind):
        if _log_id(each) == log_id:
            return each
    raise missing(f"Historic {what} log with id {log_id} does not exist")


def _log_id(entry: Entry[WaitLog]) -> str:
    return f"{entry.told.instance_key}:{entry.told.sequence}:{entry.told.position}"


def _wait_id(entry: Entry[WaitLog]) -> str:
    return f"{entry.told.instance_key}:{entry.told.wait}"


def _place(entry: Entry[WaitLog]) -> dict[str, JsonValue]:
    told = entry.told
    return {
        "id": _log_id(entry),
        "timestamp": written_time(told.at),
        "removalTime": None,
        "activityId": told.element_id,
        "executionId": str(told.instance_key),
        "processInstanceId": str(told.instance_key),
        "processDefinitionId": entry.definition_id,
        "processDefinitionKey": entry.origin.process_id,
        "rootProcessInstanceId": str(entry.origin.root_key),
        "tenantId": None,
        "creationLog": told.event == "created",
        "failureLog": told.event == "failed",
        "successLog": told.event == "succeeded",
        "deletionLog": told.event == "withdrawn",
    }


def _task_log(entry: Entry[WaitLog]) -> dict[str, JsonValue]:
    told = entry.told
    return {
        **_place(entry),
        "externalTaskId": _wait_id(entry),
        "topicName": told.name,
        "workerId": None if told.event == "created" else told.actor,
        "retries": told.retries_left,
        "priority": 0,
        "errorMessage": told.message,
        "activityInstanceId": visit_id(told.element_id, told.instance_key, told.visit),
    }


def _job_log(entry: Entry[WaitLog]) -> dict[str, JsonValue]:
    told = entry.told
    return {
        **_place(entry),
        "jobId": _wait_id(entry),
        "jobDueDate": written_or_none(told.due_at),
        "jobRetries": 3,
        "jobPriority": 0,
        "jobExceptionMessage": told.message,
        "failedActivityId": told.element_id if told.event == "failed" else None,
        "jobDefinitionId": None,
        "jobDefinitionType": "timer",
        "jobDefinitionConfiguration": None,
        "deploymentId": str(entry.origin.deployment_key),
        "hostname": None,
        "batchId": None,
    }


_FIELDS: Final[Mapping[str, Callable[[Entry[WaitLog]], Value]]] = {
    "id": _log_id,
    "instance": lambda each: each.told.instance_key,
    "definition": lambda each: each.origin.definition_key,
    "process": lambda each: each.origin.process_id,
    "kind": lambda each: each.told.kind,
    "type": lambda _: "timer",
    "event": lambda each: each.told.event,
    "at": lambda each: each.told.at,
    "actor": lambda each: each.told.actor,
    "name": lambda each: each.told.name,
    "message": lambda each: each.told.message,
    "retries": lambda each: each.told.retries_left,
    "element_id": lambda each: each.told.element_id,
    "failed_element": lambda each: each.told.element_id if each.told.event == "failed" else None,
    "due_at": lambda each: each.told.due_at,
    "wait_id": _wait_id,
    "visit_id": lambda each: visit_id(
        each.told.element_id, each.told.instance_key, each.told.visit
    ),
    "occurrence": lambda each: each.told.sequence,
}
