"""The query of external tasks, what topics ask for, and tasks as Camunda 7 writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from bpmn_engine.service.task_views import FoundJob
from bpmn_engine.service.views import ActivatedJob
from bpmn_engine.service.work_search import Comparison, Condition, VariableCondition
from bpmn_engine.values import JsonValue
from web.camunda.engine_rest import definition_id, written_time
from web.camunda.seven.failures import unusable
from web.camunda.seven.identifiers import visit_id
from web.camunda.seven.parameters import (
    TENANTS,
    Parameter,
    Reading,
    as_flag,
    definition,
    definitions,
    holds,
    is_,
    key,
    keys,
    like,
    moment,
    number,
    switch,
    text,
    texts,
    variables,
)
from web.camunda.seven.query_reading import Query
from web.camunda.typed_values import write_variables
from web.context import now

_HAS_RETRIES: Final = Condition(field="retries_left", comparison=Comparison.ABOVE, value=0)


def _now(name: str, comparison: Comparison) -> Parameter:
    """Return the kind of a parameter that compares a field with the current time, when true."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        if as_flag(parameter, value):
            reading.conditions.append(Condition(field=name, comparison=comparison, value=now()))

    return add


PARAMETERS: Final[Mapping[str, Parameter]] = {
    "externalTaskId": key("key"),
    "externalTaskIdIn": keys("key"),
    "topicName": text("topic"),
    "workerId": text("worker"),
    "locked": _now("free_from", Comparison.ABOVE),
    "notLocked": _now("free_from", Comparison.AT_MOST),
    "withRetriesLeft": holds(_HAS_RETRIES),
    "noRetriesLeft": is_("retries_left", 0),
    "lockExpirationAfter": moment("locked_until", Comparison.ABOVE),
    "lockExpirationBefore": moment("locked_until", Comparison.BELOW),
    "activityId": text("element_id"),
    "activityIdIn": texts("element_id"),
    "executionId": key("instance_key"),
    "processInstanceId": key("instance_key"),
    "processInstanceIdIn": keys("instance_key"),
    "processDefinitionId": definition("definition_key"),
    "processDefinitionKey": text("process_id"),
    "processDefinitionKeyIn": texts("process_id"),
    "processDefinitionName": text("process_name"),
    "processDefinitionNameLike": like("process_name"),
    **TENANTS,
    "active": is_("is_suspended", value=False),
    "suspended": is_("is_suspended", value=True),
    "priorityHigherThanOrEquals": number("priority", Comparison.AT_LEAST),
    "priorityLowerThanOrEquals": number("priority", Comparison.AT_MOST),
    "processVariables": variables(),
    "variableNamesIgnoreCase": switch(),
    "variableValuesIgnoreCase": switch(),
}

SORTS: Final[Mapping[str, str]] = {
    "id": "key",
    "lockExpirationTime": "locked_until",
    "processInstanceId": "instance_key",
    "processDefinitionId": "definition_key",
    "processDefinitionKey": "process_id",
    "taskPriority": "priority",
    "createTime": "created_at",
}

EXTERNAL_TASKS: Final = Query(parameters=PARAMETERS, sorts=SORTS)

TOPICS: Final = Query(
    parameters={
        "withLockedTasks": _now("free_from", Comparison.ABOVE),
        "withUnlockedTasks": _now("free_from", Comparison.AT_MOST),
        "withRetriesLeft": holds(_HAS_RETRIES),
    },
    sorts={},
)


def _equal_variables(parameter: str, value: JsonValue, reading: Reading) -> None:
    """Ask for variables of the process that are equal to the values given."""
    if not isinstance(value, Mapping):
        raise unusable(f"Expected an object in {parameter}, but got {value!r}.")
    reading.variables += [
        VariableCondition(name=name, comparison=Comparison.EQUAL, value=wanted)
        for name, wanted in value.items()
    ]


FILTERS: Final = Query(
    parameters={
        "topicName": text("topic"),
        "businessKey": text("business_key"),
        "processDefinitionId": definition("definition_key"),
        "processDefinitionIdIn": definitions("definition_key"),
        "processDefinitionKey": text("process_id"),
        "processDefinitionKeyIn": texts("process_id"),
        "processDefinitionVersionTag": text("version_tag"),
        "processVariables": _equal_variables,
        **TENANTS,
    },
    sorts=SORTS,
    options=frozenset(
        {
            "lockDuration",
            "variables",
            "localVariables",
            "deserializeValues",
            "includeExtensionProperties",
        }
    ),
)
"""What a topic of fetchAndLock asks for."""


def written_external_task(found: FoundJob) -> dict[str, JsonValue]:
    """Return an external task as Camunda 7 writes it, without its variables."""
    job = found.job
    return {
        "activityId": job.element_id,
        "activityInstanceId": visit_id(job.element_id, job.instance_key, job.element_key),
        "errorMessage": job.last_failure,
        "executionId": str(job.instance_key),
        "id": str(job.key),
        "lockExpirationTime": _written(job.locked_until),
        "createTime": written_time(job.created_at),
        "processDefinitionId": definition_id(job.process_id, found.version, job.definition_key),
        "processDefinitionKey": job.process_id,
        "processDefinitionVersionTag": found.version_tag,
        "processInstanceId": str(job.instance_key),
        "retries": _retries(job.retries_left, job.last_failure),
        "suspended": job.is_suspended,
        "workerId": job.locked_by,
        "topicName": job.job_type,
        "tenantId": None,
        "priority": job.priority,
        "businessKey": job.business_key,
    }


def written_locked_task(
    job: ActivatedJob, details: str | None, *, has_properties: bool
) -> dict[str, JsonValue]:
    """Return a locked external task as Camunda 7 writes it."""
    return {
        "activityId": job.element_id,
        "activityInstanceId": visit_id(job.element_id, job.process_instance_key, job.element_key),
        "errorMessage": job.last_failure,
        "errorDetails": details,
        "executionId": str(job.process_instance_key),
        "id": str(job.key),
        "lockExpirationTime": written_time(job.deadline),
        "createTime": _written(job.created_at),
        "processDefinitionId": definition_id(
            job.process_id, job.process_version, job.definition_key
        ),
        "processDefinitionKey": job.process_id,
        "processDefinitionVersionTag": job.version_tag,
        "processInstanceId": str(job.process_instance_key),
        "retries": _retries(job.retries_left, job.last_failure),
        "suspended": False,
        "workerId": job.worker,
        "topicName": job.job_type,
        "tenantId": None,
        "variables": write_variables(job.variables),
        "priority": job.priority,
        "businessKey": job.business_key,
        "extensionProperties": dict(job.headers) if has_properties else {},
    }


def _retries(left: int, failure: str | None) -> int | None:
    """Return how many retries are left; null before a first failure, as clients expect."""
    return None if failure is None else left


def _written(at: dt.datetime | None) -> str | None:
    return None if at is None else written_time(at)
