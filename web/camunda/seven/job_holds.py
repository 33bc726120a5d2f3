"""Jobs and timers that are held one by one, and timers whose date is reckoned anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from flask import Response, request
from marshmallow import fields

from bpmn_engine.service.due_by_hand import DueAt
from bpmn_engine.service.listing import DUES
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import Listing
from bpmn_engine.views.runtime_records import DueKind, DueRecord
from web.camunda.bodies import Body, read_body
from web.camunda.dialect import done, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.notes import partly
from web.camunda.seven.ids import refuse
from web.camunda.seven.jobs import JOB_QUERIES, MOST, PREFIX, found_job
from web.camunda.seven.queries import is_true
from web.context import principal, service

_CRITERIA: Final = {
    "process_instance_id": "processInstanceId",
    "process_definition_id": "processDefinitionId",
    "process_definition_key": "processDefinitionKey",
    "job_definition_id": "jobDefinitionId",
}


class HeldBody(Body):
    """Whether a job is held."""

    suspended = fields.Boolean(required=True)


class ManyHeldBody(HeldBody):
    """Whether the jobs of an instance, a definition or an element are held."""

    process_instance_id = fields.String(load_default=None, allow_none=True)
    process_definition_id = fields.String(load_default=None, allow_none=True)
    process_definition_key = fields.String(load_default=None, allow_none=True)
    process_definition_tenant_id = fields.String(load_default=None, allow_none=True)
    job_definition_id = fields.String(load_default=None, allow_none=True)


@ENGINE_REST.put(f"{PREFIX}/<job_id>/suspended")
def suspend_job(job_id: str) -> Response:
    """Hold a job or timer, or let it go on."""
    found, body = found_job(job_id), read_body(HeldBody)
    return _hold([found], body)


@ENGINE_REST.put(f"{PREFIX}/suspended")
@partly(f"at most {MOST} jobs at once")
def suspend_jobs() -> Response:
    """Hold jobs and timers of an instance, a definition or an element, or let them go on."""
    body = read_body(ManyHeldBody)
    if body["process_definition_tenant_id"] is not None:
        raise refuse("Expected no processDefinitionTenantId: there is one tenant without an id.")
    given: dict[str, JsonValue] = {
        name: body[member] for member, name in _CRITERIA.items() if body[member] is not None
    }
    if len(given) != 1:
        raise refuse(f"Expected exactly one of {', '.join(_CRITERIA.values())}.")
    listing = JOB_QUERIES.listing(given)
    wanted = Listing(conditions=listing.conditions, limit=MOST + 1)
    found = service().listed(DUES, wanted)
    if len(found) > MOST:
        raise refuse(f"Expected at most {MOST} jobs, but more are meant. Suspend instances.")
    return _hold(found, body)


@ENGINE_REST.post(f"{PREFIX}/<job_id>/duedate/recalculate")
@partly("timers of start events are due by the text of the deployed file only")
def recalculate_due_date(job_id: str) -> Response:
    """Let a timer be due when its text says so now; from when it was made, unless told not to."""
    is_since_creation = is_true("creationDateBased", request.args.get("creationDateBased", "true"))
    found = found_job(job_id)
    if found.kind is not DueKind.TIMER:
        raise refuse("Expected a timer that an instance waits for: nothing else has a text.")
    return done(
        service().recalculate_timer(
            found.instance_key or 0,
            found.wait or 0,
            since=found.created_at if is_since_creation else None,
            actor=principal().user_id,
        )
    )


def _hold(found: Sequence[DueRecord], body: Mapping[str, JsonValue]) -> Response:
    is_held = body["suspended"] is True
    for each in found:
        if each.kind is DueKind.START and each.key is not None:
            unless_problem(service().hold_start_timer(each.key, is_held=is_held))
    dues = [
        DueAt(instance_key=each.instance_key, wait=each.wait, element_id=each.element_id)
        for each in found
        if each.instance_key is not None and each.wait is not None
    ]
    return done(service().hold_dues(dues, is_held=is_held, actor=principal().user_id))
