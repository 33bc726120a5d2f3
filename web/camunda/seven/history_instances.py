"""History of process instances: open and ended ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from flask import Response

from bpmn_engine.service.history_views import FoundInstance, of_instance
from bpmn_engine.service.views import IncidentKind, InstanceStatus, Problem, ProblemKind
from bpmn_engine.service.work_search import NEVER, Comparison, Condition
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST, definition_id, written_time
from web.camunda.seven.failures import missing, unusable
from web.camunda.seven.identifiers import key_or_missing, text_of
from web.camunda.seven.parameters import (
    TENANTS,
    Parameter,
    Reading,
    absent,
    as_text,
    definition,
    holds,
    is_,
    key,
    keys,
    like,
    moment,
    nothing,
    present,
    refused,
    switch,
    text,
    texts,
    variables,
)
from web.camunda.seven.queries import bounded
from web.camunda.seven.query_reading import Query, asked
from web.context import principal, service

_PREFIX: Final = "/history/process-instance"
FAILED_TASK: Final = "failedExternalTask"
"""The kind of incident that a job without retries is."""

_STATES: Final[Mapping[InstanceStatus, str]] = {
    InstanceStatus.CREATED: "ACTIVE",
    InstanceStatus.ACTIVE: "ACTIVE",
    InstanceStatus.SUSPENDED: "SUSPENDED",
    InstanceStatus.COMPLETED: "COMPLETED",
    InstanceStatus.TERMINATED: "EXTERNALLY_TERMINATED",
    InstanceStatus.FAILED: "INTERNALLY_TERMINATED",
}
_NO_JOB_TIMES: Final = "when jobs ran is not searched; ask for activities."


def incident_kind(name: str, name_field: str | None = None) -> Parameter:
    """Return the kind of a kind of incident: Camunda's word for jobs, ours for the rest.

    `name_field` holds what a reported incident is called.
    """

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        words = {written_kind(each): each.value for each in IncidentKind}
        found = words.get(as_text(parameter, value))
        if found is None and name_field is not None:
            is_reported = Condition(field=name, value=IncidentKind.REPORTED.value)
            is_called = Condition(field=name_field, value=as_text(parameter, value))
            reading.conditions += (is_reported, is_called)
            return
        reading.conditions.append(NEVER if found is None else Condition(field=name, value=found))

    return add


def written_kind(kind: IncidentKind) -> str:
    """Return a kind of incident as Camunda 7 calls it."""
    return FAILED_TASK if kind is IncidentKind.JOB else kind.value


def _incident_status(parameter: str, value: JsonValue, reading: Reading) -> None:
    word = as_text(parameter, value)
    if word not in {"open", "resolved"}:
        raise unusable(f"Expected open or resolved as {parameter}, but got '{word}'.")
    reading.conditions.append(Condition(field=f"{word}_incident", comparison=Comparison.PRESENT))


def _roots(parameter: str, value: JsonValue, reading: Reading) -> None:
    holds(Condition(field="parent_key", comparison=Comparison.ABSENT))(parameter, value, reading)


INSTANCES: Final = Query(
    parameters={
        "processInstanceId": key("key"),
        "processInstanceIds": keys("key"),
        "processInstanceIdNotIn": keys("key", Comparison.NOT_IN),
        "processDefinitionId": definition("definition_key"),
        "processDefinitionKey": text("process_id"),
        "processDefinitionKeyIn": texts("process_id"),
        "processDefinitionKeyNotIn": texts("process_id", Comparison.NOT_IN),
        "processDefinitionName": text("process_name"),
        "processDefinitionNameLike": like("process_name"),
        "processInstanceBusinessKey": text("business_key"),
        "processInstanceBusinessKeyIn": texts("business_key"),
        "processInstanceBusinessKeyLike": like("business_key"),
        "rootProcessInstances": _roots,
        "rootProcessInstanceId": key("root_key"),
        "finished": present("ended_at"),
        "unfinished": absent("ended_at"),
        "withJobsRetrying": present("retrying_job"),
        "withIncidents": present("incident"),
        "withRootIncidents": present("incident"),
        "incidentIdIn": keys("incident"),
        "incidentType": incident_kind("incident_kind"),
        "incidentStatus": _incident_status,
        "incidentMessage": text("incident_message"),
        "incidentMessageLike": like("incident_message"),
        "startedBefore": moment("started_at", Comparison.AT_MOST),
        "startedAfter": moment("started_at", Comparison.AT_LEAST),
        "finishedBefore": moment("ended_at", Comparison.AT_MOST),
        "finishedAfter": moment("ended_at", Comparison.AT_LEAST),
        "executedActivityAfter": moment("activity_at", Comparison.AT_LEAST),
        "executedActivityBefore": moment("activity_at", Comparison.AT_MOST),
        "executedJobAfter": refused(_NO_JOB_TIMES),
        "executedJobBefore": refused(_NO_JOB_TIMES),
        "startedBy": text("started_by"),
        "superProcessInstanceId": key("parent_key"),
        "subProcessInstanceId": key("child_key"),
        "superCaseInstanceId": nothing(),
        "subCaseInstanceId": nothing(),
        "caseInstanceId": nothing(),
        **TENANTS,
        "activityIdIn": texts("visited_element"),
        "executedActivityIdIn": texts("executed_element"),
        "activeActivityIdIn": texts("active_element"),
        "active": is_("status", "active"),
        "suspended": is_("status", "suspended"),
        "completed": is_("status", "completed"),
        "externallyTerminated": is_("status", "terminated"),
        "internallyTerminated": is_("status", "failed"),
        "variables": variables(),
        "variableNamesIgnoreCase": switch(),
        "variableValuesIgnoreCase": switch(),
    },
    sorts={
        "instanceId": "key",
        "definitionId": "definition_key",
        "definitionKey": "process_id",
        "definitionName": "process_name",
        "definitionVersion": "version",
        "businessKey": "business_key",
        "startTime": "started_at",
        "endTime": "ended_at",
        "duration": "duration",
        "tenantId": "key",
    },
)
"""The query of process instances, open and ended."""


@ENGINE_REST.route(_PREFIX, methods=["GET", "POST"])
def list_historic_instances() -> Response:
    """List the process instances that a query finds."""
    found = bounded(service().find_instances(asked(INSTANCES).page, caller=principal().caller))
    times = service().removal_times([each.key for each in found])
    return answer([_instance(each, times.get(each.key)) for each in found])


@ENGINE_REST.route(f"{_PREFIX}/count", methods=["GET", "POST"])
def count_historic_instances() -> Response:
    """Count the process instances that a query finds."""
    count = service().count_instances(asked(INSTANCES).search, caller=principal().caller)
    return answer({"count": count})


@ENGINE_REST.get(f"{_PREFIX}/<instance_id>")
def get_historic_instance(instance_id: str) -> Response:
    """Return one process instance."""
    words = f"Historic process instance with id {instance_id} does not exist"
    wanted = of_instance(key_or_missing(instance_id, "historic process instance"))
    found = service().find_instances(wanted, caller=principal().caller)
    if not found:
        raise missing(words)
    own = found[0].key
    return answer(_instance(found[0], service().removal_times([own]).get(own)))


@ENGINE_REST.delete(f"{_PREFIX}/<instance_id>")
def delete_historic_instance(instance_id: str) -> Response:
    """Delete an ended instance with its history."""
    problem = service().delete_instance(key_or_missing(instance_id, "historic process instance"))
    if isinstance(problem, Problem) and problem.kind is ProblemKind.NOT_FOUND:
        raise missing(f"No historic process instance found with id: {instance_id}")
    if isinstance(problem, Problem) and problem.kind is ProblemKind.CONFLICT:
        raise unusable(
            f"Process instance is still running, cannot delete historic process instance: "
            f"{instance_id}"
        )
    if problem is not None:
        unless_problem(problem)
    return no_content()


def _instance(found: FoundInstance, removal_at: dt.datetime | None) -> dict[str, JsonValue]:
    return {
        "id": str(found.key),
        "businessKey": found.business_key,
        "processDefinitionId": definition_id(
            found.process_id, found.version, found.definition_key
        ),
        "processDefinitionKey": found.process_id,
        "processDefinitionName": found.process_name,
        "processDefinitionVersion": found.version,
        "startTime": written_time(found.started_at),
        "endTime": written_or_none(found.ended_at),
        "removalTime": written_or_none(removal_at),
        "durationInMillis": found.duration_ms,
        "startUserId": found.started_by,
        "startActivityId": found.first_element,
        "deleteReason": found.end_reason,
        "rootProcessInstanceId": str(found.root_key),
        "superProcessInstanceId": text_of(found.parent_key),
        "superCaseInstanceId": None,
        "caseInstanceId": None,
        "tenantId": None,
        "state": _STATES[found.status],
        "restartedProcessInstanceId": text_of(found.restart_of),
    }


def written_or_none(at: dt.datetime | None) -> str | None:
    """Return a time as Camunda 7 writes it; None stays None."""
    return None if at is None else written_time(at)
