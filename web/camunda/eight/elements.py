"""Element instances and variables, and what begins in ad-hoc sub-processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from flask import Response, request
from marshmallow import fields

from bpmn_engine.service.searches import Condition, ElementRecord, VariableRecord
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, object_or_empty, read_body
from web.camunda.dialect import answer, done, no_content, unless_problem
from web.camunda.eight.filters import (
    TENANT,
    TENANTS,
    Filter,
    Filters,
    Kind,
    exact,
    flag,
    key,
    moment,
    unsorted,
)
from web.camunda.eight.incidents import INCIDENT_FILTERS, incident_json
from web.camunda.eight.searches import answer_found, narrowed, read_search, refuse, written
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION
from web.context import principal, service
from web.errors import ProblemError

LONGEST_VALUE: Final = 8_191
"""Characters of a variable in a list; longer ones are cut, as Camunda does."""

_ELEMENTS: Final[Filters] = {
    "elementInstanceKey": key("key"),
    "processInstanceKey": key("instance_key"),
    "processDefinitionKey": key("definition_key"),
    "processDefinitionId": Filter("process_id"),
    "elementId": Filter("element_id"),
    "elementName": unsorted("name"),
    "type": unsorted("type"),
    "state": Filter("state"),
    "hasIncident": flag("has_incident"),
    "incidentKey": key("incident_key"),
    "elementInstanceScopeKey": exact("scope_key", Kind.KEY),
    "startDate": moment("started_at"),
    "endDate": moment("ended_at"),
    **TENANTS,
}
VARIABLE_FILTERS: Final[Filters] = {
    "variableKey": key("key"),
    "name": Filter("name"),
    "value": Filter("value"),
    "scopeKey": key("scope_key"),
    "processInstanceKey": key("instance_key"),
    **TENANTS,
}
"""Filters of variables."""


class VariablesBody(Body):
    """Variables to set."""

    variables = fields.Raw(required=True)
    local = fields.Boolean(load_default=False, allow_none=True)


class ActivitiesBody(Body):
    """What is to begin in an ad-hoc sub-process."""

    elements = fields.List(fields.Raw(), required=True)
    cancel_remaining_instances = fields.Boolean(load_default=False, allow_none=True)


@ORCHESTRATION.post("/element-instances/search")
@partly(
    "type and elementName need a process or an instance beside them, and nothing is sorted by "
    "them; elementInstanceScopeKey takes $eq and $in"
)
def search_elements() -> Response:
    """Return element instances, open and ended; the process itself is one of them."""
    return answer_found(service().search_elements(read_search(_ELEMENTS)), _element)


@ORCHESTRATION.get("/element-instances/<key:key>")
def get_element(key: int) -> Response:
    """Return one element instance."""
    return answer(_element(_one(key)))


@ORCHESTRATION.put("/element-instances/<key:key>/variables")
def set_variables(key: int) -> Response:
    """Set variables in a scope, or where each is nearest seen from it."""
    body = read_body(VariablesBody)
    variables = object_or_empty(body["variables"], "variables")
    record = _one(key)
    who = principal().user_id
    if not body["local"]:
        return done(
            service().assign_variables(record.instance_key, record.visit, variables, actor=who)
        )
    unless_problem(
        service().set_variables(record.instance_key, variables, scope=record.visit, actor=who)
    )
    return no_content()


@ORCHESTRATION.post("/element-instances/<key:key>/incidents/search")
def element_incidents(key: int) -> Response:
    """Return the incidents of an element instance."""
    _one(key)
    search = narrowed(read_search(INCIDENT_FILTERS), Condition(field="element_key", value=key))
    return answer_found(service().search_incidents(search), incident_json)


@ORCHESTRATION.post("/element-instances/ad-hoc-activities/<key:key>/activation")
def activate_ad_hoc(key: int) -> Response:
    """Let elements of an open ad-hoc sub-process begin; before the first what runs may end."""
    body = read_body(ActivitiesBody)
    record = _one(key)
    for place, (element_id, variables) in enumerate(_starts(body["elements"])):
        unless_problem(
            service().activate_element(
                record.instance_key,
                element_id,
                visit=record.visit,
                variables=variables,
                cancels_remaining=place == 0 and body["cancel_remaining_instances"] is True,
                actor=principal().user_id,
            )
        )
    return no_content()


@ORCHESTRATION.post("/variables/search")
@partly(
    "with more than 1,000 instances processInstanceKey, scopeKey or variableKey is needed in the "
    "filter"
)
def search_variables() -> Response:
    """Return variables of instances that are named."""
    is_cut = request.args.get("truncateValues", "true").lower() != "false"
    found = service().search_variables(read_search(VARIABLE_FILTERS))
    return answer_found(found, lambda variable: variable_json(variable, is_cut=is_cut))


@ORCHESTRATION.get("/variables/<key:key>")
def get_variable(key: int) -> Response:
    """Return one variable."""
    record = service().variable(key)
    if record is None:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"Expected the variable {key}, but there is none."
        )
    return answer(variable_json(record, is_cut=False))


def variable_json(record: VariableRecord, *, is_cut: bool) -> JsonValue:
    """Return a variable as the API writes it; its value as JSON, cut off when it is long."""
    is_long = len(record.value) > LONGEST_VALUE
    return {
        "variableKey": str(record.key),
        "name": record.name,
        "value": record.value[:LONGEST_VALUE] if is_cut and is_long else record.value,
        "isTruncated": is_cut and is_long,
        "scopeKey": str(record.scope_key),
        "processInstanceKey": str(record.instance_key),
        "rootProcessInstanceKey": str(record.root_key),
        "tenantId": TENANT,
    }


def element_of(key: int) -> ElementRecord:
    """Return an element instance.

    Raises:
        ProblemError: there is none (404).
    """
    return _one(key)


def _one(key: int) -> ElementRecord:
    record = service().element(key)
    if record is None:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"Expected the element instance {key}, but there is none."
        )
    return record


def _starts(given: JsonValue) -> list[tuple[str, dict[str, JsonValue]]]:
    listed = given if isinstance(given, Sequence) else ()
    starts: list[tuple[str, dict[str, JsonValue]]] = []
    for one in listed:
        element_id = one.get("elementId") if isinstance(one, Mapping) else None
        if not isinstance(one, Mapping) or not isinstance(element_id, str):
            refuse("Expected an elementId in each of elements.")
        starts.append((element_id, object_or_empty(one.get("variables"), "elements.variables")))
    if not starts:
        refuse("Expected at least one of elements.")
    return starts


def _element(record: ElementRecord) -> JsonValue:
    return {
        "elementInstanceKey": str(record.key),
        "processInstanceKey": str(record.instance_key),
        "rootProcessInstanceKey": str(record.root_key),
        "processDefinitionKey": str(record.definition_key),
        "processDefinitionId": record.process_id,
        "elementId": record.element_id,
        "elementName": record.name or record.element_id,
        "type": record.type,
        "state": record.state,
        "startDate": written(record.started_at),
        "endDate": written(record.ended_at),
        "hasIncident": record.has_incident,
        "incidentKey": None if record.incident_key is None else str(record.incident_key),
        "tenantId": TENANT,
    }
