"""Incidents: stuck element instances, one by one and in groups."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response

from bpmn_engine.service.views import IncidentFilter, IncidentView, Page, Problem
from web.api.operations_schemas import (
    IncidentGroupSchema,
    IncidentQuery,
    IncidentQueryValues,
    IncidentSchema,
    ResolveBody,
    ResolvedGroupSchema,
    ResolveGroupBody,
    ResolveGroupValues,
    ResolveValues,
)
from web.api.resource import Resource, no_content
from web.api.schemas import list_of, page_of, page_request
from web.context import principal, service
from web.incident_groups import retry_group

INCIDENTS = Resource("incidents", "/incidents", "What needs a person to get going again.")


@INCIDENTS.endpoint("GET ", query=IncidentQuery, answer=page_of(IncidentSchema))
def list_incidents(query: IncidentQueryValues) -> Page[IncidentView] | Problem:
    """List incidents, newest first."""
    wanted = IncidentFilter(
        is_open=query["is_open"],
        process_id=query["process_id"],
        instance_key=query["instance_key"],
        element_id=query["element_id"],
        search=query["search"],
    )
    return service().incidents(wanted, page=page_request(query))


@INCIDENTS.endpoint("GET /groups", answer=list_of(IncidentGroupSchema))
def list_groups() -> dict[str, object]:
    """Return open incidents, one row for each distinct cause."""
    return {"items": service().incident_groups()}


@INCIDENTS.endpoint("POST /groups/resolution", body=ResolveGroupBody, answer=ResolvedGroupSchema)
def resolve_group(body: ResolveGroupValues) -> dict[str, object] | Problem:
    """Try all incidents of a group again."""
    outcome = retry_group(
        service(), body["group_id"], retries=body["retries"], actor=principal().user_id
    )
    if isinstance(outcome, Problem):
        return outcome
    return {"resolved_count": outcome.resolved_count, "problems": outcome.problems}


@INCIDENTS.endpoint("GET /<key:key>", answer=IncidentSchema)
def get_incident(key: int) -> IncidentView | Problem:
    """Return one incident."""
    return service().incident(key)


@INCIDENTS.endpoint("POST /<key:key>/resolution", body=ResolveBody, status=HTTPStatus.NO_CONTENT)
def resolve(body: ResolveValues, key: int) -> Response | Problem:
    """Try the stuck element again, with variables corrected and attempts given anew."""
    outcome = service().resolve_incident(
        key,
        retries=body["retries"],
        variables=body["variables"],
        reason=body["reason"],
        actor=principal().user_id,
    )
    return outcome if isinstance(outcome, Problem) else no_content()
