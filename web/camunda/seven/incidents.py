"""Incidents that are open: query, read, resolve, write a note on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Response
from marshmallow import fields

from bpmn_engine.service.listing import EXECUTIONS, INCIDENTS
from bpmn_engine.service.views import Problem, ProblemKind
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import NEVER, Comparison, Condition, Listing
from bpmn_engine.views.runtime_records import IncidentRecord
from web.camunda.bodies import Body, read_body, text_or_none
from web.camunda.dialect import answer, done, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST, definition_id
from web.camunda.notes import partly
from web.camunda.seven import queries
from web.camunda.seven.ids import execution_id as written_id
from web.camunda.seven.ids import key_or_none, missing, read_execution, refuse
from web.camunda.seven.incident_kinds import incident_kinds, written_type
from web.camunda.seven.jobs import job_definition_id
from web.camunda.seven.queries import QueryTable, bounded, read_query
from web.camunda.times import written_time
from web.context import principal, service

PREFIX: Final = "/incident"


def _execution(value: JsonValue) -> Sequence[Condition]:
    place = read_execution(str(value))
    if place is None:
        return (NEVER,)
    own = Condition(field="instance_key", value=place[0])
    return (own, Condition(field="visit", value=place[1] or None))


_QUERIES: Final = QueryTable(
    parameters={
        "incidentId": queries.key("key"),
        "incidentMessage": queries.text("message"),
        "incidentMessageLike": queries.like("message"),
        "processDefinitionId": queries.definition("definition_key"),
        "processDefinitionKeyIn": queries.texts("process_id"),
        "processInstanceId": queries.key("instance_key"),
        "incidentTimestampBefore": queries.moment("created_at", Comparison.LESS),
        "incidentTimestampAfter": queries.moment("created_at", Comparison.GREATER),
        "activityId": queries.text("element_id"),
        "failedActivityId": queries.text("element_id"),
        "causeIncidentId": queries.key("key"),
        "rootCauseIncidentId": queries.key("key"),
        "configuration": queries.key("job_key"),
        "tenantIdIn": queries.TENANTS,
    },
    sorts={
        "incidentId": "key",
        "incidentMessage": "message",
        "incidentTimestamp": "created_at",
        "incidentType": "kind",
        "executionId": "visit",
        "activityId": "element_id",
        "processInstanceId": "instance_key",
        "processDefinitionId": "definition_key",
        "causeIncidentId": "key",
        "rootCauseIncidentId": "key",
        "configuration": "job_key",
        "tenantId": "key",
    },
    special={"incidentType": incident_kinds("kind", "error_code"), "executionId": _execution},
)


class AnnotationBody(Body):
    """A note."""

    annotation = fields.String(load_default=None, allow_none=True)


class ReportBody(Body):
    """An incident that somebody reports."""

    incident_type = fields.String(load_default=None, allow_none=True)
    message = fields.String(load_default=None, allow_none=True)
    configuration = fields.String(load_default=None, allow_none=True)


@ENGINE_REST.get(PREFIX)
def incidents() -> Response:
    """List open incidents."""
    found = bounded(service().listed(INCIDENTS, _QUERIES.listing(read_query())))
    return answer([_incident(each) for each in found])


@ENGINE_REST.get(f"{PREFIX}/count")
def count_incidents() -> Response:
    """Count open incidents."""
    return answer({"count": service().listed_count(INCIDENTS, _QUERIES.listing(read_query()))})


@ENGINE_REST.get(f"{PREFIX}/<incident_id>")
def incident(incident_id: str) -> Response:
    """Return an open incident."""
    return answer(_incident(_found(incident_id)))


@ENGINE_REST.delete(f"{PREFIX}/<incident_id>")
def resolve_incident(incident_id: str) -> Response:
    """Try again what failed; a job gets one attempt."""
    found = _found(incident_id)
    unless_problem(service().resolve_incident(found.key, actor=principal().user_id))
    return no_content()


@ENGINE_REST.post("/execution/<execution_id>/create-incident")
@partly("at an element, not at a sub-process that is open")
def create_incident(execution_id: str) -> Response:
    """Raise an incident by hand at the element where an execution is; nothing stops."""
    body = read_body(ReportBody)
    instance_key, visit = _element_of(execution_id)
    key = service().report_incident(
        instance_key,
        visit,
        name=text_or_none(body["incident_type"]) or "",
        message=text_or_none(body["message"]) or "",
        configuration=text_or_none(body["configuration"]),
        actor=principal().user_id,
    )
    if isinstance(key, Problem) and key.kind is not ProblemKind.INVALID:
        raise refuse(key.message)
    return answer(_incident(_found(str(unless_problem(key)))))


def _element_of(execution_id: str) -> tuple[int, int]:
    """Return the instance and the visit that are meant; of an instance its only one.

    Raises:
        ProblemError: there is no such execution, or it is at no element (400).
    """
    instance_key, visit = read_execution(execution_id) or (0, 0)
    own = Condition(field="instance_key", value=instance_key)
    found = service().listed(EXECUTIONS, Listing(conditions=(own,)))
    if not found:
        raise refuse(f"Cannot find execution with id '{execution_id}': execution is null")
    open_visits = [each.visit for each in found if each.visit]
    if visit:
        return instance_key, visit
    if len(open_visits) != 1:
        raise refuse(f"Execution {execution_id} is not related to an activity: name one that is.")
    return instance_key, open_visits[0]


@ENGINE_REST.put(f"{PREFIX}/<incident_id>/annotation")
def annotate_incident(incident_id: str) -> Response:
    """Write a note on an incident."""
    found, body = _found(incident_id), read_body(AnnotationBody)
    return done(service().annotate_incident(found.key, text_or_none(body["annotation"])))


@ENGINE_REST.delete(f"{PREFIX}/<incident_id>/annotation")
def clear_incident_annotation(incident_id: str) -> Response:
    """Remove the note on an incident."""
    return done(service().annotate_incident(_found(incident_id).key, None))


def _found(incident_id: str) -> IncidentRecord:
    wanted = Condition(field="key", value=key_or_none(incident_id))
    found = service().listed(INCIDENTS, Listing(conditions=(wanted,)))
    if not found:
        raise missing(f"No matching incident with id {incident_id}")
    return found[0]


def _incident(record: IncidentRecord) -> JsonValue:
    own = str(record.key)
    job = record.job_key
    of_job = None if job is None else job_definition_id(record.definition_key, record.element_id)
    return {
        "id": own,
        "processDefinitionId": definition_id(
            record.process_id, record.version, record.definition_key
        ),
        "processInstanceId": str(record.instance_key),
        "executionId": written_id(record.instance_key, record.visit),
        "incidentTimestamp": written_time(record.created_at),
        "incidentType": written_type(record.kind, record.name),
        "activityId": record.element_id,
        "failedActivityId": record.element_id,
        "causeIncidentId": own,
        "rootCauseIncidentId": own,
        "configuration": record.configuration if job is None else str(job),
        "tenantId": None,
        "incidentMessage": record.message,
        "jobDefinitionId": of_job,
        "annotation": record.annotation,
    }
