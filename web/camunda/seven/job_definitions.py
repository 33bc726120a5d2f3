"""Job definitions: which timers the elements of a process have, and which jobs workers do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Final

from flask import Response

from bpmn_engine.service.due_work import ElementWork, WorkKind
from bpmn_engine.service.listing import DEFINITIONS, DUES
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import NEVER, Condition, Listing
from bpmn_engine.views.runtime_records import DefinitionRecord, DueKind
from web.camunda.bodies import read_body
from web.camunda.dialect import answer, no_content
from web.camunda.engine_rest import ENGINE_REST, definition_id
from web.camunda.seven import queries
from web.camunda.seven.ids import key_or_none, missing, refuse
from web.camunda.seven.jobs import RetriesBody, job_definition_id, retried
from web.camunda.seven.queries import (
    Query,
    QueryTable,
    bounded,
    is_true,
    names_of,
    read_query,
)
from web.context import service

PREFIX: Final = "/job-definition"
_MOST: Final = 200
"""Process definitions that one query may look through, since each has to be compiled."""

_TYPES: Final = {
    WorkKind.START_TIMER: "timer-start-event",
    WorkKind.TIMER: "timer-transition",
    WorkKind.JOB: "external-task",
}
_APART: Final = ("jobDefinitionId", "activityIdIn", "jobType", "jobConfiguration", "suspended")
_QUERIES: Final = QueryTable(
    parameters={
        "processDefinitionId": queries.definition("key"),
        "processDefinitionKey": queries.text("process_id"),
        "active": queries.ANYTHING,
        "withOverridingJobPriority": queries.NOTHING,
        "tenantIdIn": queries.TENANTS,
        "withoutTenantId": queries.ANYTHING,
        "includeJobDefinitionsWithoutTenantId": queries.ANYTHING,
        **dict.fromkeys(_APART, queries.APART),
    },
    sorts={
        "jobDefinitionId": "id",
        "activityId": "activityId",
        "processDefinitionId": "processDefinitionId",
        "processDefinitionKey": "processDefinitionKey",
        "jobType": "jobType",
        "jobConfiguration": "jobConfiguration",
        "tenantId": "id",
    },
)


@ENGINE_REST.route(PREFIX, methods=["GET", "POST"])
def job_definitions() -> Response:
    """List job definitions."""
    query = read_query()
    listing = _QUERIES.listing(query)
    found = list(_matching(query, listing))
    for order in reversed(listing.order):
        by = itemgetter(order.field)
        found.sort(key=by, reverse=order.is_descending)
    end = None if listing.limit is None else listing.offset + listing.limit
    return answer(list(bounded(found[listing.offset : end])))


@ENGINE_REST.route(f"{PREFIX}/count", methods=["GET", "POST"])
def count_job_definitions() -> Response:
    """Count job definitions."""
    query = read_query()
    return answer({"count": sum(1 for _ in _matching(query, _QUERIES.listing(query)))})


@ENGINE_REST.get(f"{PREFIX}/<job_definition_id>")
def job_definition(job_definition_id: str) -> Response:
    """Return a job definition."""
    return answer(_found(job_definition_id))


@ENGINE_REST.put(f"{PREFIX}/<job_definition_id>/retries")
def set_job_definition_retries(job_definition_id: str) -> Response:
    """Give the failed jobs of an element new attempts."""
    found, body = _found(job_definition_id), read_body(RetriesBody)
    key, _, _ = job_definition_id.partition(":")
    wanted = (
        Condition(field="definition_key", value=int(key)),
        Condition(field="element_id", value=str(found["activityId"])),
        Condition(field="due_kind", value=DueKind.JOB.value),
        Condition(field="state", value="failed"),
    )
    retried(service().listed(DUES, Listing(conditions=wanted)), body)
    return no_content()


def _found(given: str) -> Mapping[str, JsonValue]:
    query: Query = {"jobDefinitionId": given}
    found = next(_matching(query, _QUERIES.listing(query)), None)
    if found is None:
        raise missing(f"Job Definition with id {given} does not exist")
    return found


def _matching(query: Query, listing: Listing) -> Iterator[Mapping[str, JsonValue]]:
    if "suspended" in query and is_true("suspended", query["suspended"]):
        return
    given = query.get("jobDefinitionId")
    conditions = listing.conditions
    if given is not None:
        key = key_or_none(str(given).partition(":")[0])
        named = NEVER if key is None else Condition(field="key", value=key)
        conditions = (*conditions, named)
    found = service().listed(DEFINITIONS, Listing(conditions=conditions, limit=_MOST + 1))
    if len(found) > _MOST:
        raise refuse(
            f"Expected at most {_MOST} process definitions to look through. Name one with "
            "processDefinitionId or processDefinitionKey."
        )
    by_key = {each.key: each for each in found}
    for work in service().element_work(tuple(by_key)):
        written = _job_definition(work, by_key[work.definition_key])
        if _is_meant(written, query):
            yield written


def _is_meant(written: Mapping[str, JsonValue], query: Query) -> bool:
    activities = query.get("activityIdIn")
    wanted = None if activities is None else names_of("activityIdIn", activities)
    return all(
        parameter not in query or query[parameter] == written[member]
        for parameter, member in (
            ("jobDefinitionId", "id"),
            ("jobType", "jobType"),
            ("jobConfiguration", "jobConfiguration"),
        )
    ) and (wanted is None or written["activityId"] in wanted)


def _job_definition(work: ElementWork, definition: DefinitionRecord) -> dict[str, JsonValue]:
    return {
        "id": job_definition_id(work.definition_key, work.element_id),
        "processDefinitionId": definition_id(
            definition.process_id, definition.version, definition.key
        ),
        "processDefinitionKey": definition.process_id,
        "jobType": _TYPES[work.kind],
        "jobConfiguration": work.text,
        "activityId": work.element_id,
        "suspended": False,
        "overridingJobPriority": None,
        "tenantId": None,
        "deploymentId": str(definition.deployment_key),
    }
