"""Job definitions: which timers the elements of a process have, and which jobs workers do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Final

from flask import Response
from marshmallow import fields

from bpmn_engine.service.due_work import ElementWork, WorkKind
from bpmn_engine.service.listing import DEFINITIONS, DUES
from bpmn_engine.service.work_rules import WorkRule
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import NEVER, Condition, Listing
from bpmn_engine.views.runtime_records import DefinitionRecord, DueKind
from web.camunda.bodies import Body, read_body
from web.camunda.dialect import answer, done, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST, definition_id
from web.camunda.notes import partly
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
from web.context import principal, service

PREFIX: Final = "/job-definition"
_MOST: Final = 200
"""Process definitions that one query may look through, since each has to be compiled."""

_TYPES: Final = {
    WorkKind.START_TIMER: "timer-start-event",
    WorkKind.TIMER: "timer-transition",
    WorkKind.JOB: "external-task",
}
_FLAGS: Final = ("active", "suspended", "withOverridingJobPriority")
_APART: Final = ("jobDefinitionId", "activityIdIn", "jobType", "jobConfiguration", *_FLAGS)
_OF_PROCESS: Final = {
    "process_definition_id": "processDefinitionId",
    "process_definition_key": "processDefinitionKey",
}
_AT_ONCE: Final = "at once, without executionDate"
_QUERIES: Final = QueryTable(
    parameters={
        "processDefinitionId": queries.definition("key"),
        "processDefinitionKey": queries.text("process_id"),
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


class RuleBody(Body):
    """Whether the work of an element is held."""

    suspended = fields.Boolean(required=True)
    include_jobs = fields.Boolean(load_default=False, allow_none=True)
    execution_date = fields.String(load_default=None, allow_none=True)


class ManyRulesBody(RuleBody):
    """Whether the work of the elements of a process is held."""

    process_definition_id = fields.String(load_default=None, allow_none=True)
    process_definition_key = fields.String(load_default=None, allow_none=True)
    process_definition_tenant_id = fields.String(load_default=None, allow_none=True)
    process_definition_without_tenant_id = fields.Boolean(load_default=None, allow_none=True)


class PriorityRuleBody(Body):
    """How urgent the jobs of an element are."""

    priority = fields.Integer(load_default=None, allow_none=True)
    include_jobs = fields.Boolean(load_default=False, allow_none=True)


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


@ENGINE_REST.put(f"{PREFIX}/suspended")
@partly(_AT_ONCE)
def suspend_job_definitions() -> Response:
    """Hold what the elements of a process will have done, or let it go on."""
    body = read_body(ManyRulesBody)
    if body["process_definition_tenant_id"] is not None:
        raise refuse("Expected no processDefinitionTenantId: there is one tenant without an id.")
    given: Query = {
        name: body[member] for member, name in _OF_PROCESS.items() if body[member] is not None
    }
    if len(given) != 1:
        raise refuse(f"Expected exactly one of {', '.join(_OF_PROCESS.values())}.")
    for each in tuple(_matching(given, _QUERIES.listing(given))):
        _hold(str(each["id"]), body)
    return no_content()


@ENGINE_REST.put(f"{PREFIX}/<job_definition_id>/suspended")
@partly(_AT_ONCE)
def suspend_job_definition(job_definition_id: str) -> Response:
    """Hold what an element will have done, or let it go on."""
    found, body = _found(job_definition_id), read_body(RuleBody)
    _hold(str(found["id"]), body)
    return no_content()


@ENGINE_REST.put(f"{PREFIX}/<job_definition_id>/jobPriority")
@partly("of the jobs of workers; a timer fires when it is due")
def set_job_definition_priority(job_definition_id: str) -> Response:
    """Say how urgent the jobs are that an element will have."""
    found, body = _found(job_definition_id), read_body(PriorityRuleBody)
    if found["jobType"] != _TYPES[WorkKind.JOB]:
        raise refuse("Expected the jobs of a worker: a timer fires when it is due.")
    priority = body["priority"]
    key, _, element_id = str(found["id"]).partition(":")
    return done(
        service().set_element_priority(
            int(key),
            element_id,
            priority if isinstance(priority, int) else None,
            with_existing=body["include_jobs"] is True,
            actor=principal().user_id,
        )
    )


def _hold(job_definition_id: str, body: Mapping[str, JsonValue]) -> None:
    if body["execution_date"] is not None:
        raise refuse(f"Expected no executionDate: {_AT_ONCE}.")
    key, _, element_id = job_definition_id.partition(":")
    problem = service().hold_element_work(
        int(key),
        element_id,
        is_held=body["suspended"] is True,
        with_existing=body["include_jobs"] is True,
        actor=principal().user_id,
    )
    if problem is not None:
        unless_problem(problem)


def _found(given: str) -> Mapping[str, JsonValue]:
    query: Query = {"jobDefinitionId": given}
    found = next(_matching(query, _QUERIES.listing(query)), None)
    if found is None:
        raise missing(f"Job Definition with id {given} does not exist")
    return found


def _matching(query: Query, listing: Listing) -> Iterator[Mapping[str, JsonValue]]:
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
    rules = service().work_rules(tuple(by_key))
    for work in service().element_work(tuple(by_key)):
        rule = rules.get((work.definition_key, work.element_id))
        written = _job_definition(work, by_key[work.definition_key], rule)
        if _is_meant(written, query):
            yield written


def _is_meant(written: Mapping[str, JsonValue], query: Query) -> bool:
    is_held = written["suspended"] is True
    has_priority = written["overridingJobPriority"] is not None
    for name, is_so in zip(_FLAGS, (not is_held, is_held, has_priority), strict=True):
        if name in query and is_true(name, query[name]) and not is_so:
            return False
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


def _job_definition(
    work: ElementWork, definition: DefinitionRecord, rule: WorkRule | None
) -> dict[str, JsonValue]:
    return {
        "id": job_definition_id(work.definition_key, work.element_id),
        "processDefinitionId": definition_id(
            definition.process_id, definition.version, definition.key
        ),
        "processDefinitionKey": definition.process_id,
        "jobType": _TYPES[work.kind],
        "jobConfiguration": work.text,
        "activityId": work.element_id,
        "suspended": rule is not None and rule.is_held,
        "overridingJobPriority": None if rule is None else rule.priority,
        "tenantId": None,
        "deploymentId": str(definition.deployment_key),
    }
