"""History of variables: as they are or were last, and every value they were given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from flask import Response

from bpmn_engine.service.history_views import VariableChange, VariableRecord
from bpmn_engine.service.work_search import Comparison, Condition, Search, Value
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer
from web.camunda.engine_rest import ENGINE_REST, written_time
from web.camunda.seven.failures import missing
from web.camunda.seven.history_told import OF_INSTANCES, Entry, entries, read_entry_id
from web.camunda.seven.identifiers import visit_id
from web.camunda.seven.parameters import (
    TENANTS,
    Parameter,
    Reading,
    as_text,
    holds,
    moment,
    never,
    nothing,
    refused,
    switch,
    text,
    texts,
)
from web.camunda.seven.queries import bounded
from web.camunda.seven.query_reading import Asked, Query, asked
from web.camunda.seven.variables import binary_answer
from web.camunda.typed_values import write_variables
from web.context import service
from web.keys import read_key

_VARIABLES: Final = "/history/variable-instance"
_DETAILS: Final = "/history/detail"
_NO_TASKS: Final = "variables are kept by process instance and element; name those."

Told = TypeVar("Told", VariableRecord, VariableChange)


def _named(comparison: Comparison) -> Parameter:
    """Return the kind of a variable's name, in any case if that is asked for."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        reading.conditions.append(
            Condition(
                field="name",
                comparison=comparison,
                value=as_text(parameter, value),
                ignores_case=reading.is_on("variableNamesIgnoreCase"),
            )
        )

    return add


def _executions(parameter: str, value: JsonValue, reading: Reading) -> None:
    """Ask for the variables of instances: an execution is one."""
    OF_INSTANCES["processInstanceIdIn"](parameter, value, reading)


def _type(entry: Entry[Told]) -> str:
    return str(_written(entry)["type"]).lower()


def _types(parameter: str, value: JsonValue, reading: Reading) -> None:
    lowered = value.lower() if isinstance(value, str) else value
    if isinstance(lowered, list):
        lowered = [each.lower() if isinstance(each, str) else each for each in lowered]
    texts("type")(parameter, lowered, reading)


_COMMON: Final[Mapping[str, Parameter]] = {
    **OF_INSTANCES,
    **TENANTS,
    "variableTypeIn": _types,
    "variableNameLike": _named(Comparison.LIKE),
    **dict.fromkeys(("caseInstanceId", "caseExecutionId", "caseExecutionIdIn"), nothing()),
    "caseActivityIdIn": nothing(),
}

VARIABLES: Final = Query(
    parameters={
        **_COMMON,
        "variableName": _named(Comparison.EQUAL),
        "variableNameIn": texts("name"),
        "variableNamesIgnoreCase": switch(),
        "variableValuesIgnoreCase": switch(),
        "includeDeleted": switch(),
        "executionIdIn": _executions,
        "taskIdIn": refused(_NO_TASKS),
        "activityInstanceIdIn": texts("visit_id"),
    },
    sorts={"instanceId": "instance", "variableName": "name", "tenantId": "instance"},
    options=frozenset({"variableValue", "deserializeValues"}),
)

DETAILS: Final = Query(
    parameters={
        **_COMMON,
        "executionId": OF_INSTANCES["processInstanceId"],
        "taskId": refused(_NO_TASKS),
        "activityInstanceId": text("visit_id"),
        "variableInstanceId": text("variable_id"),
        "userOperationId": text("operation_id"),
        "formFields": never(),
        "variableUpdates": holds(),
        "excludeTaskDetails": holds(Condition(field="element", comparison=Comparison.ABSENT)),
        "initial": holds(Condition(field="is_initial", value=True)),
        "occurredBefore": moment("at", Comparison.AT_MOST),
        "occurredAfter": moment("at", Comparison.AT_LEAST),
    },
    sorts={
        "processInstanceId": "instance",
        "variableName": "name",
        "variableType": "type",
        "variableRevision": "revision",
        "time": "at",
        "occurrence": "occurrence",
        "tenantId": "instance",
    },
    options=frozenset({"deserializeValues"}),
)


@ENGINE_REST.route(_VARIABLES, methods=["GET", "POST"])
def list_historic_variables() -> Response:
    """List the variables that a query finds."""
    query = asked(VARIABLES)
    return answer([_variable(each) for each in bounded(_variables(query, query.page))])


@ENGINE_REST.route(f"{_VARIABLES}/count", methods=["GET", "POST"])
def count_historic_variables() -> Response:
    """Count the variables that a query finds."""
    query = asked(VARIABLES)
    return answer({"count": len(_variables(query, query.search.whole()))})


@ENGINE_REST.get(f"{_VARIABLES}/<variable_id>")
def get_historic_variable(variable_id: str) -> Response:
    """Return one variable."""
    return answer(_variable(_with_id(variable_id)))


@ENGINE_REST.get(f"{_VARIABLES}/<variable_id>/data")
def get_historic_variable_data(variable_id: str) -> Response:
    """Return the bytes of one variable."""
    found = _with_id(variable_id)
    return binary_answer(found.told.name, found.told.value)


def _with_id(variable_id: str) -> Entry[VariableRecord]:
    instance, _, rest = variable_id.partition(":")
    search = Search(conditions=(Condition(field="of_key", value=read_key(instance) or 0),))
    found = entries(search, service().told_variables, lambda each: each.instance_key, _FIELDS)
    for each in found:
        if rest and _variable_id(each) == variable_id:
            return each
    raise missing(f"Variable with id {variable_id} does not exist")


@ENGINE_REST.route(_DETAILS, methods=["GET", "POST"])
def list_historic_details() -> Response:
    """List the values that variables were given."""
    return answer([_detail(each) for each in bounded(_details(asked(DETAILS).page))])


@ENGINE_REST.get(f"{_DETAILS}/count")
def count_historic_details() -> Response:
    """Count the values that variables were given."""
    return answer({"count": len(_details(asked(DETAILS).search.whole()))})


@ENGINE_REST.get(f"{_DETAILS}/<detail_id>")
def get_historic_detail(detail_id: str) -> Response:
    """Return one value that a variable was given."""
    return answer(_detail(_change_with_id(detail_id)))


@ENGINE_REST.get(f"{_DETAILS}/<detail_id>/data")
def get_historic_detail_data(detail_id: str) -> Response:
    """Return the bytes that a variable was given."""
    found = _change_with_id(detail_id)
    return binary_answer(found.told.name, found.told.value)


def _change_with_id(detail_id: str) -> Entry[VariableChange]:
    parts = read_entry_id(detail_id)
    instance = 0 if parts is None else read_key(parts[0]) or 0
    search = Search(conditions=(Condition(field="of_key", value=instance),))
    for each in _details(search):
        if _detail_id(each) == detail_id:
            return each
    raise missing(f"Historic detail with id '{detail_id}' does not exist")


def _variables(query: Asked, search: Search) -> list[Entry[VariableRecord]]:
    """Return what a query finds; a value is compared here, as it may be of any type."""
    everything = search.whole()
    found = entries(
        Search(conditions=everything.conditions, order=search.order),
        service().told_variables,
        lambda each: each.instance_key,
        _FIELDS,
    )
    if not query.is_on("includeDeleted"):
        found = [each for each in found if not each.told.is_deleted]
    if "variableValue" in query.raw:
        wanted = query.raw["variableValue"]
        folded = query.is_on("variableValuesIgnoreCase")
        found = [each for each in found if _is_value(each.told.value, wanted, folded=folded)]
    end = None if search.most is None else search.first + search.most
    return found[search.first : end]


def _is_value(value: JsonValue, wanted: JsonValue, *, folded: bool) -> bool:
    if isinstance(value, str) and isinstance(wanted, str) and folded:
        return value.lower() == wanted.lower()
    return (type(value) is type(wanted) and value == wanted) or str(value) == wanted


def _details(search: Search) -> list[Entry[VariableChange]]:
    return entries(search, service().told_changes, lambda each: each.instance_key, _CHANGE_FIELDS)


def _written(entry: Entry[Told]) -> Mapping[str, JsonValue]:
    written = write_variables({entry.told.name: entry.told.value})[entry.told.name]
    return written if isinstance(written, Mapping) else {}


def _activity(entry: Entry[Told]) -> str:
    told = entry.told
    if told.element_id is None:
        return str(told.instance_key)
    return visit_id(told.element_id, told.instance_key, told.scope)


def _variable_id(entry: Entry[Told]) -> str:
    return f"{entry.told.instance_key}:{entry.told.scope}:{entry.told.name}"


def _detail_id(entry: Entry[VariableChange]) -> str:
    return f"{entry.told.instance_key}:{entry.told.sequence}:{entry.told.position}"


def _place(entry: Entry[Told]) -> dict[str, JsonValue]:
    return {
        "processDefinitionKey": entry.origin.process_id,
        "processDefinitionId": entry.definition_id,
        "processInstanceId": str(entry.told.instance_key),
        "rootProcessInstanceId": str(entry.origin.root_key),
        "executionId": str(entry.told.instance_key),
        "activityInstanceId": _activity(entry),
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": None,
        "tenantId": None,
        "errorMessage": None,
        "removalTime": None,
    }


def _variable(entry: Entry[VariableRecord]) -> dict[str, JsonValue]:
    return {
        "id": _variable_id(entry),
        "name": entry.told.name,
        **_written(entry),
        **_place(entry),
        "state": "DELETED" if entry.told.is_deleted else "CREATED",
        "createTime": written_time(entry.told.created_at),
    }


def _detail(entry: Entry[VariableChange]) -> dict[str, JsonValue]:
    written = _written(entry)
    return {
        "id": _detail_id(entry),
        "type": "variableUpdate",
        **_place(entry),
        "userOperationId": f"{entry.told.instance_key}:{entry.told.sequence}",
        "time": written_time(entry.told.at),
        "variableName": entry.told.name,
        "variableInstanceId": _variable_id(entry),
        "variableType": written["type"],
        "value": written["value"],
        "valueInfo": written["valueInfo"],
        "initial": entry.told.is_initial,
        "revision": entry.told.revision,
    }


_FIELDS: Final[Mapping[str, Callable[[Entry[VariableRecord]], Value]]] = {
    "instance": lambda each: each.told.instance_key,
    "name": lambda each: each.told.name,
    "type": _type,
    "visit_id": _activity,
}
_CHANGE_FIELDS: Final[Mapping[str, Callable[[Entry[VariableChange]], Value]]] = {
    "instance": lambda each: each.told.instance_key,
    "name": lambda each: each.told.name,
    "type": _type,
    "revision": lambda each: each.told.revision,
    "at": lambda each: each.told.at,
    "occurrence": lambda each: each.told.sequence,
    "element": lambda each: each.told.element_id,
    "is_initial": lambda each: each.told.is_initial,
    "visit_id": _activity,
    "variable_id": _variable_id,
    "operation_id": lambda each: f"{each.told.instance_key}:{each.told.sequence}",
}
