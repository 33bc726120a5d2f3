"""Audit logs: what was done to instances and user tasks, read from the journal."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Response

from bpmn_engine.service.searches import Condition, JournalRecord, Search, named_values
from bpmn_engine.service.wait_views import DeployedRecord
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer, unless_problem
from web.camunda.eight.filters import TENANT, TENANTS, Filter, Filters, key, moment
from web.camunda.eight.searches import answer_found, read_search, written
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION
from web.context import service
from web.errors import ProblemError

_FILE: Final = "RESOURCE"
"""The type of entity that a deployed file is."""

AUDIT_FILTERS: Final[Filters] = {
    "auditLogKey": key("key"),
    "processInstanceKey": key("instance_key"),
    "processDefinitionKey": key("definition_key"),
    "processDefinitionId": Filter("process_id"),
    "operationType": Filter("operation"),
    "entityType": Filter("entity"),
    "category": Filter("category"),
    "timestamp": moment("at"),
    "actorId": Filter("actor"),
    "userTaskKey": key("task_key"),
    "jobKey": key("job_key"),
    **TENANTS,
}
"""Filters of audit logs."""

_NOTHING: Final[dict[str, JsonValue]] = dict.fromkeys(
    (
        "batchOperationKey",
        "batchOperationType",
        "agentElementId",
        "elementInstanceKey",
        "decisionRequirementsId",
        "decisionRequirementsKey",
        "decisionDefinitionId",
        "decisionDefinitionKey",
        "decisionEvaluationKey",
        "deploymentKey",
        "formKey",
        "resourceKey",
        "relatedEntityKey",
        "relatedEntityType",
        "entityDescription",
        "inboundChannelType",
        "inboundChannelToolName",
    )
)


@ORCHESTRATION.post("/audit-logs/search")
@partly(
    "what was done to instances, tasks, jobs and incidents; who deployed which file beside the "
    "entityType RESOURCE; accounts are not in it"
)
def search_audit_logs() -> Response:
    """Return what was done, newest first."""
    search = read_search(AUDIT_FILTERS)
    if named_values(search.conditions("entity")) == (_FILE,):
        return answer_found(service().search_deployed(search), _deployed)
    return answer_found(service().search_journal(search), audit_json)


@ORCHESTRATION.get("/audit-logs/<key:key>")
def get_audit_log(key: int) -> Response:
    """Return one entry."""
    search = Search(criteria=(Condition(field="key", value=key),), limit=1)
    found = unless_problem(service().search_journal(search)).items
    deployed = () if found else unless_problem(service().search_deployed(search)).items
    if deployed:
        return answer(_deployed(deployed[0]))
    if not found:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"Expected the audit log {key}, but there is none."
        )
    return answer(audit_json(found[0]))


def audit_json(record: JournalRecord) -> JsonValue:
    """Return an entry of the journal as the API writes it."""
    entity = {"USER_TASK": record.task_key, "JOB": record.job_key}.get(record.entity)
    return {
        **_NOTHING,
        "auditLogKey": str(record.key),
        "entityKey": str(entity or record.instance_key),
        "entityType": record.entity,
        "operationType": record.operation,
        "timestamp": written(record.at),
        "actorId": record.actor,
        "actorType": "UNKNOWN" if record.actor is None else "USER",
        "tenantId": TENANT,
        "result": "SUCCESS",
        "category": record.category,
        "processDefinitionId": record.process_id,
        "processDefinitionKey": str(record.definition_key),
        "processInstanceKey": str(record.instance_key),
        "rootProcessInstanceKey": str(record.root_key),
        "jobKey": None if record.job_key is None else str(record.job_key),
        "userTaskKey": None if record.task_key is None else str(record.task_key),
    }


def _deployed(record: DeployedRecord) -> JsonValue:
    nothing: dict[str, JsonValue] = dict.fromkeys(
        (
            "processDefinitionId",
            "processDefinitionKey",
            "processInstanceKey",
            "rootProcessInstanceKey",
            "jobKey",
            "userTaskKey",
        )
    )
    return {
        **_NOTHING,
        **nothing,
        "auditLogKey": str(record.key),
        "entityKey": str(record.key),
        "entityType": record.entity,
        "operationType": record.operation,
        "timestamp": written(record.at),
        "actorId": record.actor,
        "actorType": "UNKNOWN" if record.actor is None else "USER",
        "tenantId": TENANT,
        "result": "SUCCESS",
        "category": record.category,
        "deploymentKey": str(record.deployment_key),
        "resourceKey": str(record.key),
        "entityDescription": record.name,
    }
