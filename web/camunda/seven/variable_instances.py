"""Variable instances: the variables of all open scopes of the open process instances."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from flask import Response

from bpmn_engine.service.variable_reading import (
    Operator,
    ScopedVariable,
    VariableTest,
)
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import NEVER, Comparison, Condition, Listing
from web.camunda.dialect import answer, unless_problem
from web.camunda.engine_rest import ENGINE_REST, definition_id
from web.camunda.seven import queries
from web.camunda.seven.ids import activity_instance_id, execution_id, missing, read_execution
from web.camunda.seven.queries import Query, QueryTable, bounded, names_of, read_query
from web.camunda.seven.variable_tests import variable_tests
from web.camunda.seven.variables import binary_answer
from web.camunda.typed_values import write_value
from web.context import service

PREFIX: Final = "/variable-instance"

_APART: Final = (
    "variableName",
    "variableNameLike",
    "executionIdIn",
    "variableScopeIdIn",
    "activityInstanceIdIn",
    "variableValues",
    "variableNamesIgnoreCase",
    "variableValuesIgnoreCase",
)
_ABSENT: Final = ("caseInstanceIdIn", "caseExecutionIdIn", "batchIdIn")
_QUERIES: Final = QueryTable(
    parameters={
        "processInstanceIdIn": queries.keys("key"),
        "tenantIdIn": queries.TENANTS,
        **dict.fromkeys(_ABSENT, queries.NOTHING),
        **dict.fromkeys(_APART, queries.APART),
    },
    sorts={
        "variableName": "name",
        "variableType": "type",
        "activityInstanceId": "activity",
        "tenantId": "instance",
    },
)


@ENGINE_REST.route(PREFIX, methods=["GET", "POST"])
def variable_instances() -> Response:
    """List variables."""
    query = read_query()
    listing = _QUERIES.listing(query)
    found = list(_matching(query))
    for order in reversed(listing.order):
        found.sort(key=_SORTS[order.field], reverse=order.is_descending)
    end = None if listing.limit is None else listing.offset + listing.limit
    return answer([_variable(each) for each in bounded(found[listing.offset : end])])


@ENGINE_REST.route(f"{PREFIX}/count", methods=["GET", "POST"])
def count_variable_instances() -> Response:
    """Count variables."""
    return answer({"count": sum(1 for _ in _matching(read_query()))})


@ENGINE_REST.get(f"{PREFIX}/<variable_id>")
def variable_instance(variable_id: str) -> Response:
    """Return a variable."""
    return answer(_variable(_found(variable_id)))


@ENGINE_REST.get(f"{PREFIX}/<variable_id>/data")
def variable_instance_data(variable_id: str) -> Response:
    """Return the bytes of a variable."""
    found = _found(variable_id)
    return binary_answer(found.name, found.value)


def _matching(query: Query) -> Iterable[ScopedVariable]:
    listing = _QUERIES.listing(query)
    places = _places(query)
    conditions = listing.conditions
    if places is not None:
        keys = tuple({instance for instance, _ in places}) or (0,)
        at = Condition(field="key", comparison=Comparison.ANY_OF, value=keys)
        conditions = (*conditions, at)
    found = unless_problem(service().scoped_variables(Listing(conditions=conditions)))
    visits = _activity_instances(query)
    named, tests = _name_tests(query), variable_tests(query, "variableValues")
    for each in found:
        is_here = places is None or (each.instance.key, each.visit) in places
        is_there = visits is None or _activity_instance(each) in visits
        is_named = all(test.is_met({"name": each.name}) for test in named)
        is_so = all(test.is_met({each.name: each.value}) for test in tests)
        if is_here and is_there and is_named and is_so:
            yield each


def _name_tests(query: Query) -> list[VariableTest]:
    """Return what the name of a variable has to meet, as if it were the value of `name`."""
    return [
        VariableTest(name="name", operator=operator, value=str(query[parameter]))
        for parameter, operator in (
            ("variableName", Operator.EQUAL),
            ("variableNameLike", Operator.LIKE),
        )
        if parameter in query
    ]


def _places(query: Query) -> set[tuple[int, int]] | None:
    """Return the instances and scopes that the query names; None when it names none."""
    named = [
        read_execution(each)
        for parameter in ("executionIdIn", "variableScopeIdIn")
        if parameter in query
        for each in names_of(parameter, query[parameter])
    ]
    if not any(parameter in query for parameter in ("executionIdIn", "variableScopeIdIn")):
        return None
    return {place for place in named if place is not None}


def _activity_instances(query: Query) -> set[str] | None:
    given = query.get("activityInstanceIdIn")
    return None if given is None else set(names_of("activityInstanceIdIn", given))


def _found(variable_id: str) -> ScopedVariable:
    instance, _, rest = variable_id.partition(":")
    scope, _, name = rest.partition(":")
    place = read_execution(f"{instance}:{scope}") if scope else None
    wanted = NEVER if place is None else Condition(field="key", value=place[0])
    found = unless_problem(service().scoped_variables(Listing(conditions=(wanted,))))
    for each in found:
        if place is not None and each.visit == place[1] and each.name == name:
            return each
    raise missing(f"Variable instance with Id '{variable_id}' does not exist.")


def _activity_instance(one: ScopedVariable) -> str:
    if one.element_id is None:
        return str(one.instance.key)
    return activity_instance_id(one.element_id, one.instance.key, one.visit)


def _variable(one: ScopedVariable) -> JsonValue:
    instance = one.instance
    return {
        "id": f"{instance.key}:{one.visit}:{one.name}",
        "name": one.name,
        **write_value(one.value),
        "processDefinitionId": definition_id(
            instance.process_id, instance.version, instance.definition_key
        ),
        "processInstanceId": str(instance.key),
        "executionId": execution_id(instance.key, one.visit),
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": None,
        "batchId": None,
        "activityInstanceId": _activity_instance(one),
        "errorMessage": None,
        "tenantId": None,
    }


_SORTS: Final[Mapping[str, Callable[[ScopedVariable], str]]] = {
    "name": lambda one: one.name,
    "type": lambda one: str(write_value(one.value)["type"]),
    "activity": _activity_instance,
    "instance": lambda one: f"{one.instance.key:020}",
}
