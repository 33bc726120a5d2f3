"""Process definitions: query, read, suspend; each by its id, or its key for the latest version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from flask import Response
from marshmallow import fields

from bpmn_engine.service.listing import DEFINITIONS, INSTANCES
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import Comparison, Condition, Listing
from bpmn_engine.views.paging import Caller
from bpmn_engine.views.runtime_records import DefinitionRecord
from web.camunda.bodies import Body, read_body, text_or_none
from web.camunda.dialect import answer, done, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST, definition_id
from web.camunda.seven import queries
from web.camunda.seven.definition_texts import definition_json
from web.camunda.seven.definitions_found import (
    PREFIX,
    by_definition,
    definition_with_key,
    found_definition,
)
from web.camunda.seven.ids import refuse
from web.camunda.seven.incident_kinds import incident_kinds
from web.camunda.seven.queries import QueryTable, bounded, is_true, read_query
from web.context import principal, service

_DAY: Final = dt.timedelta(days=1)
_QUERIES: Final = QueryTable(
    parameters={
        "processDefinitionId": queries.definition("key"),
        "processDefinitionIdIn": queries.definitions("key"),
        "name": queries.text("name"),
        "nameLike": queries.like("name"),
        "deploymentId": queries.key("deployment_key"),
        "deployedAfter": queries.moment("deployed_at", Comparison.GREATER),
        "deployedAt": queries.moment("deployed_at", Comparison.EQUAL),
        "key": queries.text("process_id"),
        "keysIn": queries.texts("process_id"),
        "keyLike": queries.like("process_id"),
        "category": queries.NOTHING,
        "categoryLike": queries.NOTHING,
        "version": queries.number("version"),
        "latestVersion": queries.flag("is_latest", value=True),
        "resourceName": queries.text("resource_name"),
        "resourceNameLike": queries.like("resource_name"),
        "active": queries.flag("is_suspended", value=False),
        "suspended": queries.flag("is_suspended", value=True),
        "incidentId": queries.key("incident_key"),
        "incidentMessage": queries.text("incident_message"),
        "incidentMessageLike": queries.like("incident_message"),
        "tenantIdIn": queries.TENANTS,
        "withoutTenantId": queries.ANYTHING,
        "includeProcessDefinitionsWithoutTenantId": queries.ANYTHING,
        "versionTag": queries.text("version_tag"),
        "versionTagLike": queries.like("version_tag"),
        "withoutVersionTag": queries.flag("version_tag", None),
        "startableInTasklist": queries.flag("is_startable", value=True),
        "startableBy": queries.APART,
        "startablePermissionCheck": queries.APART,
        "notStartableInTasklist": queries.flag("is_startable", value=False),
    },
    sorts={
        "category": "key",
        "key": "process_id",
        "id": "key",
        "name": "name",
        "version": "version",
        "deploymentId": "deployment_key",
        "deployTime": "deployed_at",
        "tenantId": "key",
        "versionTag": "version_tag",
    },
    special={"incidentType": incident_kinds("incident_kind")},
)


class SuspensionBody(Body):
    """Whether definitions are held, and their instances with them."""

    suspended = fields.Boolean(required=True)
    process_definition_id = fields.String(load_default=None, allow_none=True)
    process_definition_key = fields.String(load_default=None, allow_none=True)
    include_process_instances = fields.Boolean(load_default=False, allow_none=True)
    execution_date = fields.String(load_default=None, allow_none=True)


@ENGINE_REST.get(PREFIX)
def process_definitions() -> Response:
    """List process definitions."""
    found, kept = bounded(_matching(read_query())), _days_kept()
    return answer([definition_json(each, kept) for each in found])


@ENGINE_REST.get(f"{PREFIX}/count")
def count_process_definitions() -> Response:
    """Count process definitions."""
    query = read_query()
    if _starter(query) is None:
        return answer({"count": service().listed_count(DEFINITIONS, _QUERIES.listing(query))})
    apart = {name: value for name, value in query.items() if name not in queries.PAGING}
    return answer({"count": len(_matching(apart))})


@by_definition("GET", "")
def process_definition(**place: str) -> Response:
    """Return a process definition."""
    return answer(definition_json(found_definition(**place), _days_kept()))


@by_definition("GET", "/xml")
def process_definition_xml(**place: str) -> Response:
    """Return the diagram, as it was deployed."""
    found = found_definition(**place)
    xml = unless_problem(service().definition_xml(found.key))
    return answer(
        {
            "id": definition_id(found.process_id, found.version, found.key),
            "bpmn20Xml": xml.decode("utf-8-sig", "replace"),
        }
    )


@by_definition("GET", "/diagram")
def process_definition_diagram(**place: str) -> Response:
    """Say that there is no picture of the diagram: it is drawn where it is shown."""
    found_definition(**place)
    return no_content()


@ENGINE_REST.get(f"{PREFIX}/<definition_id>/static-called-process-definitions")
def called_process_definitions(definition_id: str) -> Response:
    """List what the call activities of a process call."""
    found = found_definition(definition_id=definition_id)
    called = unless_problem(service().called_definitions(found.key))
    return answer([_called(key, elements, found) for key, elements in sorted(called.items())])


@by_definition("PUT", "/suspended")
def suspend_process_definition(**place: str) -> Response:
    """Hold a definition, or let it go on."""
    found, body = found_definition(**place), read_body(SuspensionBody)
    return _suspend([found], body)


@ENGINE_REST.put(f"{PREFIX}/suspended")
def suspend_process_definitions() -> Response:
    """Hold a definition, or all versions of a process, or let them go on."""
    body = read_body(SuspensionBody)
    given = text_or_none(body["process_definition_id"])
    named = text_or_none(body["process_definition_key"])
    if (given is None) == (named is None):
        raise refuse("Either processDefinitionId or processDefinitionKey can be set.")
    if given is not None:
        return _suspend([found_definition(definition_id=given)], body)
    wanted = Condition(field="process_id", value=named)
    found = service().listed(DEFINITIONS, Listing(conditions=(wanted,)))
    return _suspend(list(found), body)


def _days_kept() -> dict[str, int | None]:
    """Return for how many days the ended instances of each process are kept; None: for good."""
    return {
        each.process_id: None if each.keep is None else each.keep // _DAY
        for each in service().retention_policies()
    }


def _matching(query: queries.Query) -> Sequence[DefinitionRecord]:
    listing, starter = _QUERIES.listing(query), _starter(query)
    if starter is None:
        return service().listed(DEFINITIONS, listing)
    every = replace(listing, offset=0, limit=None)
    found = [
        each for each in service().listed(DEFINITIONS, every) if each.starters.include(starter)
    ]
    end = None if listing.limit is None else listing.offset + listing.limit
    return found[listing.offset : end]


def _starter(query: queries.Query) -> Caller | None:
    """Return who has to be among those that may start what is found; None: that is not asked."""
    if is_true("startablePermissionCheck", query.get("startablePermissionCheck", "false")):
        return principal().caller
    user_id = query.get("startableBy")
    if user_id is None:
        return None
    user = service().user(str(user_id))
    groups = frozenset[str]() if user is None else frozenset(user.groups)
    return Caller(user_id=str(user_id), groups=groups)


def _suspend(found: list[DefinitionRecord], body: queries.Query) -> Response:
    if body["execution_date"] is not None:
        raise refuse("Expected no executionDate: it is done at once.")
    is_suspended = body["suspended"] is True
    keys = tuple(each.key for each in found)
    problem = service().suspend_definitions(keys, is_suspended=is_suspended)
    if problem is None and body["include_process_instances"]:
        of_definitions = Condition(
            field="definition_key", comparison=Comparison.ANY_OF, value=keys
        )
        for one in service().listed(INSTANCES, Listing(conditions=(of_definitions,))):
            if (one.status.value == "suspended") is not is_suspended:
                change = service().suspend_instance if is_suspended else service().resume_instance
                unless_problem(change(one.key, actor=principal().user_id))
    return done(problem)


def _called(key: int, elements: tuple[str, ...], calling: DefinitionRecord) -> JsonValue:
    return {
        **definition_json(definition_with_key(key)),
        "calledFromActivityIds": list(elements),
        "callingProcessDefinitionId": definition_id(
            calling.process_id, calling.version, calling.key
        ),
    }
