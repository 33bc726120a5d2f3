"""History of incidents: open and resolved ones."""

from __future__ import annotations

from typing import Final

from flask import Response

from bpmn_engine.service.history_views import FoundIncident
from bpmn_engine.service.views import IncidentKind, IncidentView
from bpmn_engine.service.work_search import Comparison
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer
from web.camunda.engine_rest import ENGINE_REST, definition_id, written_time
from web.camunda.seven.history_instances import incident_kind, written_or_none
from web.camunda.seven.identifiers import text_of
from web.camunda.seven.incident_kinds import written_type
from web.camunda.seven.parameters import (
    TENANTS,
    absent,
    definition,
    key,
    like,
    moment,
    never,
    nothing,
    present,
    text,
    texts,
)
from web.camunda.seven.queries import bounded
from web.camunda.seven.query_reading import Query, asked
from web.context import service

_PREFIX: Final = "/history/incident"

INCIDENTS: Final = Query(
    parameters={
        "incidentId": key("key"),
        "incidentType": incident_kind("kind", "error_code"),
        "incidentMessage": text("message"),
        "incidentMessageLike": like("message"),
        "processDefinitionId": definition("definition_key"),
        "processDefinitionKey": text("process_id"),
        "processDefinitionKeyIn": texts("process_id"),
        "processInstanceId": key("instance_key"),
        "executionId": key("instance_key"),
        "createTimeBefore": moment("created_at", Comparison.AT_MOST),
        "createTimeAfter": moment("created_at", Comparison.AT_LEAST),
        "endTimeBefore": moment("resolved_at", Comparison.AT_MOST),
        "endTimeAfter": moment("resolved_at", Comparison.AT_LEAST),
        "activityId": text("element_id"),
        "failedActivityId": text("element_id"),
        "causeIncidentId": key("key"),
        "rootCauseIncidentId": key("key"),
        "configuration": key("job_key"),
        "historyConfiguration": nothing(),
        "open": absent("resolved_at"),
        "resolved": present("resolved_at"),
        "deleted": never(),
        **TENANTS,
        "jobDefinitionIdIn": nothing(),
    },
    sorts={
        "incidentId": "key",
        "incidentMessage": "message",
        "createTime": "created_at",
        "endTime": "resolved_at",
        "incidentType": "kind",
        "executionId": "instance_key",
        "activityId": "element_id",
        "processInstanceId": "instance_key",
        "processDefinitionId": "definition_key",
        "processDefinitionKey": "process_id",
        "causeIncidentId": "key",
        "rootCauseIncidentId": "key",
        "configuration": "job_key",
        "tenantId": "key",
        "incidentState": "resolved_at",
    },
)


@ENGINE_REST.get(_PREFIX)
def list_historic_incidents() -> Response:
    """List the incidents that a query finds."""
    found = bounded(service().find_incidents(asked(INCIDENTS).page))
    return answer([_incident(each) for each in found])


@ENGINE_REST.get(f"{_PREFIX}/count")
def count_historic_incidents() -> Response:
    """Count the incidents that a query finds."""
    return answer({"count": service().count_incidents(asked(INCIDENTS).search)})


def _configuration(incident: IncidentView) -> str | None:
    """Return what was given with a reported incident."""
    is_reported = incident.kind is IncidentKind.REPORTED
    given = incident.values.get("configuration") if is_reported else None
    return None if given is None else str(given)


def _incident(found: FoundIncident) -> dict[str, JsonValue]:
    incident = found.incident
    is_open = incident.resolved_at is None
    return {
        "id": str(incident.key),
        "processDefinitionKey": incident.process_id,
        "processDefinitionId": definition_id(
            incident.process_id, incident.version, incident.definition_key
        ),
        "processInstanceId": str(incident.instance_key),
        "executionId": str(incident.instance_key),
        "rootProcessInstanceId": str(found.root_key),
        "createTime": written_time(incident.created_at),
        "endTime": written_or_none(incident.resolved_at),
        "removalTime": None,
        "incidentType": written_type(incident.kind.value, incident.error_code),
        "activityId": incident.element_id,
        "failedActivityId": incident.element_id,
        "causeIncidentId": str(incident.key),
        "rootCauseIncidentId": str(incident.key),
        "configuration": text_of(incident.job_key) or _configuration(incident),
        "historyConfiguration": None,
        "incidentMessage": incident.message,
        "tenantId": None,
        "jobDefinitionId": None,
        "open": is_open,
        "deleted": False,
        "resolved": not is_open,
        "annotation": None,
    }
