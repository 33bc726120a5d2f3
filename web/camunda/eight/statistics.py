"""Counts: instances by process and version, messages that are waited for, what is stuck."""

from __future__ import annotations

from typing import Final

from flask import Response

from bpmn_engine.service.searches import (
    AnyOf,
    Comparison,
    Condition,
    ErrorCount,
    ProcessCount,
    Search,
    StuckCount,
    SubscriptionCount,
    VersionCount,
)
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer, unless_problem
from web.camunda.eight.filters import TENANT, TENANTS, Filter, Filters, integer, key
from web.camunda.eight.searches import answer_found, narrowed, read_search, refuse
from web.camunda.orchestration import ORCHESTRATION
from web.context import service

_PROCESSES: Final[Filters] = {
    "processDefinitionId": Filter("process_id"),
    "activeInstancesWithIncidentCount": integer("with_incident"),
    "activeInstancesWithoutIncidentCount": integer("without_incident"),
}
_VERSIONS: Final[Filters] = {
    "processDefinitionId": Filter("process_id"),
    "processDefinitionKey": key("key"),
    "processDefinitionName": Filter("name"),
    "processDefinitionVersion": integer("version"),
    "activeInstancesWithIncidentCount": integer("with_incident"),
    "activeInstancesWithoutIncidentCount": integer("without_incident"),
    **TENANTS,
}
_SUBSCRIPTIONS: Final[Filters] = {
    "processDefinitionId": Filter("process_id"),
    "processDefinitionKey": key("definition_key"),
    **TENANTS,
}
_ERRORS: Final[Filters] = {
    "errorMessage": Filter("message"),
    "activeInstancesWithErrorCount": integer("instances"),
}
_STUCK: Final[Filters] = {
    "errorHashCode": integer("hash"),
    "processDefinitionKey": key("definition_key"),
    "activeInstancesWithErrorCount": integer("instances"),
    **TENANTS,
}
_BITS: Final = 32


@ORCHESTRATION.post("/process-definitions/statistics/process-instances")
def processes() -> Response:
    """Return the open instances of each process."""
    return answer_found(service().count_by_process(read_search(_PROCESSES)), _process)


@ORCHESTRATION.post("/process-definitions/statistics/process-instances-by-version")
def versions() -> Response:
    """Return the open instances of each version of a process."""
    search = read_search(_VERSIONS)
    if not search.conditions("process_id"):
        refuse("Expected a processDefinitionId in the filter.")
    return answer_found(service().count_by_version(search), _version)


@ORCHESTRATION.post("/process-definitions/statistics/message-subscriptions")
def subscriptions() -> Response:
    """Return how many messages the instances of each process definition wait for."""
    found = service().count_subscriptions(read_search(_SUBSCRIPTIONS))
    return answer_found(found, _subscription)


@ORCHESTRATION.post("/incidents/statistics/process-instances-by-error")
def by_error() -> Response:
    """Return how many instances are stuck with each message."""
    return answer_found(service().count_by_error(read_search(_ERRORS)), _error)


@ORCHESTRATION.post("/incidents/statistics/process-instances-by-definition")
def by_definition() -> Response:
    """Return of which process definitions the instances are that are stuck with one message."""
    search = read_search(_STUCK)
    wanted = {one.value for one in search.conditions("hash") if not isinstance(one.value, tuple)}
    if not wanted:
        refuse("Expected an errorHashCode in the filter.")
    meant = tuple(each for each in service().error_messages() if hash_code(each) in wanted)
    rest = tuple(one for one in search.criteria if isinstance(one, AnyOf) or one.field != "hash")
    bound = Search(
        criteria=rest,
        order=search.order,
        limit=search.limit,
        offset=search.offset,
        after=search.after,
        before=search.before,
    )
    by_message = Condition(field="message", comparison=Comparison.IN, value=meant)
    return answer_found(service().count_stuck(narrowed(bound, by_message)), _stuck)


@ORCHESTRATION.get("/process-instances/<key:key>/statistics/wait-states")
def wait_states(key: int) -> Response:
    """Return how often an instance waits at each element."""
    counted = unless_problem(service().count_waits(key))
    items: list[JsonValue] = [
        {"elementId": element_id, "waitingCount": count} for element_id, count in counted.items()
    ]
    return answer({"items": items})


def hash_code(text: str) -> int:
    """Return the hash that Java has of a text: clients know messages by it."""
    value = 0
    encoded = text.encode("utf-16-be", "surrogatepass")
    for place in range(0, len(encoded), 2):
        value = (value * 31 + int.from_bytes(encoded[place : place + 2])) % (1 << _BITS)
    return value - (1 << _BITS) if value >> (_BITS - 1) else value


def _process(one: ProcessCount) -> JsonValue:
    return {
        "processDefinitionId": one.process_id,
        "latestProcessDefinitionName": one.name or one.process_id,
        "hasMultipleVersions": one.has_versions,
        "activeInstancesWithIncidentCount": int(one.with_incident),
        "activeInstancesWithoutIncidentCount": int(one.without_incident),
        "tenantId": TENANT,
    }


def _version(one: VersionCount) -> JsonValue:
    return {
        "processDefinitionId": one.process_id,
        "processDefinitionKey": str(one.key),
        "processDefinitionName": one.name or one.process_id,
        "processDefinitionVersion": one.version,
        "activeInstancesWithIncidentCount": int(one.with_incident),
        "activeInstancesWithoutIncidentCount": int(one.without_incident),
        "tenantId": TENANT,
    }


def _subscription(one: SubscriptionCount) -> JsonValue:
    return {
        "processDefinitionId": one.process_id,
        "processDefinitionKey": str(one.definition_key),
        "activeSubscriptions": one.subscriptions,
        "processInstancesWithActiveSubscriptions": one.instances,
        "tenantId": TENANT,
    }


def _error(one: ErrorCount) -> JsonValue:
    return {
        "errorHashCode": hash_code(one.message),
        "errorMessage": one.message,
        "activeInstancesWithErrorCount": one.instances,
    }


def _stuck(one: StuckCount) -> JsonValue:
    return {
        "processDefinitionId": one.process_id,
        "processDefinitionKey": str(one.definition_key),
        "processDefinitionName": one.name or one.process_id,
        "processDefinitionVersion": one.version,
        "activeInstancesWithErrorCount": one.instances,
        "tenantId": TENANT,
    }
