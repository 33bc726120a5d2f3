"""Incidents: found, and tried again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Response

from bpmn_engine.service.searches import Condition, IncidentRecord, Search
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer, no_content, unless_problem
from web.camunda.eight.filters import TENANT, TENANTS, Filter, Filters, key, moment
from web.camunda.eight.searches import answer_found, read_search, written
from web.camunda.orchestration import ORCHESTRATION
from web.context import principal, service
from web.errors import ProblemError

INCIDENT_FILTERS: Final[Filters] = {
    "incidentKey": key("key"),
    "processInstanceKey": key("instance_key"),
    "processDefinitionKey": key("definition_key"),
    "processDefinitionId": Filter("process_id"),
    "elementInstanceKey": key("element_key"),
    "elementId": Filter("element_id"),
    "jobKey": key("job_key"),
    "errorType": Filter("error_type"),
    "errorMessage": Filter("message"),
    "state": Filter("state"),
    "creationTime": moment("created_at"),
    **TENANTS,
}
"""Filters of incidents."""


@ORCHESTRATION.get("/incidents/<key:key>")
def get_incident(key: int) -> Response:
    """Return one incident."""
    return answer(incident_json(_one(key)))


@ORCHESTRATION.post("/incidents/search")
def search_incidents() -> Response:
    """Return incidents, open and resolved."""
    return answer_found(service().search_incidents(read_search(INCIDENT_FILTERS)), incident_json)


@ORCHESTRATION.post("/incidents/<key:key>/resolution")
def resolve_incident(key: int) -> Response:
    """Try again what failed; a job with the attempts it was given before, at least one."""
    job_key = _one(key).job_key
    retries = 1
    if job_key is not None:
        search = Search(criteria=(Condition(field="key", value=job_key),), limit=1)
        jobs = unless_problem(service().search_jobs(search)).items
        retries = max([1, *(job.retries for job in jobs)])
    unless_problem(service().resolve_incident(key, retries=retries, actor=principal().user_id))
    return no_content()


def incident_json(record: IncidentRecord) -> JsonValue:
    """Return an incident as the API writes it."""
    return {
        "incidentKey": str(record.key),
        "processDefinitionId": record.process_id,
        "processDefinitionKey": str(record.definition_key),
        "processInstanceKey": str(record.instance_key),
        "rootProcessInstanceKey": str(record.root_key),
        "errorType": record.error_type,
        "errorMessage": record.message,
        "elementId": record.element_id,
        "elementInstanceKey": str(record.element_key),
        "jobKey": None if record.job_key is None else str(record.job_key),
        "creationTime": written(record.created_at),
        "state": record.state,
        "tenantId": TENANT,
    }


def _one(key: int) -> IncidentRecord:
    search = Search(criteria=(Condition(field="key", value=key),), limit=1)
    found = unless_problem(service().search_incidents(search)).items
    if not found:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"Expected the incident {key}, but there is none."
        )
    return found[0]
