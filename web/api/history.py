"""How long history is kept: policies, legal holds, and the archive."""

from __future__ import annotations

import dataclasses
import datetime as dt
from http import HTTPStatus

from flask import Response

from bpmn_engine.service.views import (
    ArchivedSummary,
    ArchiveFilter,
    HoldFilter,
    HoldView,
    InstanceSummary,
    Page,
    Problem,
    RetentionView,
)
from web.api.history_schemas import (
    ArchivedSchema,
    ArchivedSummarySchema,
    ArchiveQuery,
    ArchiveQueryValues,
    HoldBody,
    HoldQuery,
    HoldQueryValues,
    HoldSchema,
    HoldValues,
    RestoreBody,
    RestoreValues,
    RetentionBody,
    RetentionSchema,
    RetentionValues,
)
from web.api.instance_schemas import InstanceSummarySchema, ReasonBody, ReasonValues
from web.api.resource import Resource, no_content
from web.api.schemas import flat, list_of, page_of, page_request
from web.context import principal, service

RETENTION = Resource("retention", "/retention", "How long ended instances are kept.")
LEGAL_HOLDS = Resource("legal-holds", "/legal-holds", "What must not be deleted.")
ARCHIVE = Resource("archive", "/archive", "Ended instances that are kept in compressed form.")

_DAY = dt.timedelta(days=1)


@RETENTION.endpoint("GET ", answer=list_of(RetentionSchema))
def list_retention() -> dict[str, object]:
    """List the processes: how long their ended instances are kept, and who says so."""
    return {"items": [_retention(view) for view in service().retention_policies()]}


@RETENTION.endpoint("PUT /<process_id>", body=RetentionBody, answer=RetentionSchema)
def set_retention(body: RetentionValues, process_id: str) -> dict[str, object] | Problem:
    """Say how long ended instances of a process are kept; above the diagram and the setting."""
    days = body["keep_days"]
    view = service().set_retention(
        process_id,
        None if days is None else days * _DAY,
        is_archived=body["is_archived"],
        reason=body["reason"],
        actor=principal().user_id,
    )
    return view if isinstance(view, Problem) else _retention(view)


@RETENTION.endpoint("DELETE /<process_id>", status=HTTPStatus.NO_CONTENT)
def clear_retention(process_id: str) -> Response | Problem:
    """Let the diagram, or the setting, say again how long they are kept."""
    return service().clear_retention(process_id) or no_content()


@LEGAL_HOLDS.endpoint("GET ", query=HoldQuery, answer=page_of(HoldSchema))
def list_holds(query: HoldQueryValues) -> Page[HoldView] | Problem:
    """List legal holds, newest first: those that hold, or those that were lifted."""
    where = HoldFilter(
        is_lifted=query["is_lifted"],
        instance_key=query["instance_key"],
        process_id=query["process_id"],
    )
    return service().holds(where, page=page_request(query))


@LEGAL_HOLDS.endpoint("POST ", body=HoldBody, answer=HoldSchema, status=HTTPStatus.CREATED)
def place_hold(body: HoldValues) -> HoldView | Problem:
    """Keep an instance, or all of a process, and what they called, until the hold is lifted."""
    return service().place_hold(
        instance_key=body["instance_key"],
        process_id=body["process_id"],
        reason=body["reason"],
        actor=principal().user_id,
    )


@LEGAL_HOLDS.endpoint("POST /<key:key>/lift", body=ReasonBody, answer=HoldSchema)
def lift_hold(body: ReasonValues, key: int) -> HoldView | Problem:
    """Lift a legal hold; it stays in the list of lifted ones."""
    return service().lift_hold(key, reason=body["reason"], actor=principal().user_id)


@ARCHIVE.endpoint("GET ", query=ArchiveQuery, answer=page_of(ArchivedSummarySchema))
def list_archived(query: ArchiveQueryValues) -> Page[ArchivedSummary] | Problem:
    """List archived instances, those that ended last first."""
    where = ArchiveFilter(
        process_id=query["process_id"],
        business_key=query["business_key"],
        ended_after=query["ended_after"],
        ended_before=query["ended_before"],
    )
    return service().archived_instances(where, page=page_request(query))


@ARCHIVE.endpoint("GET /<key:key>", answer=ArchivedSchema)
def get_archived(key: int) -> dict[str, object] | Problem:
    """Return one archived instance with its history."""
    view = service().archived_instance(key)
    return view if isinstance(view, Problem) else flat(view, "summary")


@ARCHIVE.endpoint("POST /<key:key>/restore", body=RestoreBody, answer=InstanceSummarySchema)
def restore(body: RestoreValues, key: int) -> InstanceSummary | Problem:
    """Take an instance out of the archive with all its history; a legal hold keeps it then."""
    return service().restore_instance(key, reason=body["reason"], actor=principal().user_id)


def _retention(view: RetentionView) -> dict[str, object]:
    members = {field.name: getattr(view, field.name) for field in dataclasses.fields(view)}
    return {**members, "keep_days": None if view.keep is None else view.keep / _DAY}
