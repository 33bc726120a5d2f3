"""What is waited for, which messages arrived, how variables are called, how much was used."""

from __future__ import annotations

from typing import Final

from flask import Response, request

from bpmn_engine.service.wait_views import CorrelationRecord, WaitRecord
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer, unless_problem
from web.camunda.eight.filters import TENANT, TENANTS, Filter, Filters, Kind, key, moment
from web.camunda.eight.searches import answer_found, read_moment, read_search, refuse, written
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION
from web.context import service

_WAITS: Final[Filters] = {
    "elementInstanceKey": key("element_key"),
    "processInstanceKey": key("instance_key"),
    "rootProcessInstanceKey": key("root_key"),
    "elementId": Filter("element_id"),
    "elementType": Filter("element_type"),
    "waitStateType": Filter("kind"),
}
_CORRELATED: Final[Filters] = {
    "subscriptionKey": key("key"),
    "messageName": Filter("message_name"),
    "correlationKey": Filter("correlation_key"),
    "correlationTime": moment("at"),
    "elementId": Filter("element_id"),
    "elementInstanceKey": key("element_key"),
    "processInstanceKey": key("instance_key"),
    "processDefinitionKey": key("definition_key"),
    "processDefinitionId": Filter("process_id"),
    "businessId": Filter("business_key"),
    **TENANTS,
}
_NAMES: Final[Filters] = {"name": Filter("id")}
_NO_KEY: Final = "0"
_TOLD: Final = ("create", "update")


@ORCHESTRATION.post("/element-instances/wait-states/search")
@partly("of at most 1,000 open instances; more have to be narrowed by processInstanceKey")
def search_wait_states() -> Response:
    """Return what element instances wait for."""
    return answer_found(service().search_waits(read_search(_WAITS)), _wait)


@ORCHESTRATION.post("/correlated-message-subscriptions/search")
@partly(
    "messageName, correlationKey and elementInstanceKey need a processInstanceKey beside them, "
    "also to sort by; the key of a message is not kept, and messageKey and partitionId are "
    "refused by name"
)
def search_correlations() -> Response:
    """Return messages that reached a subscription or began an instance."""
    return answer_found(service().search_correlations(read_search(_CORRELATED)), _correlation)


@ORCHESTRATION.post("/process-definitions/<key:key>/variable-names/search")
@partly("those of the 1,000 instances that began last")
def variable_names(key: int) -> Response:
    """Return how the variables of the instances of a definition are called."""
    names = unless_problem(service().variable_names(key))
    found = service().search_named(names, read_search(_NAMES))
    return answer_found(found, lambda one: {"name": one.id})


@ORCHESTRATION.get("/system/usage-metrics")
def usage_metrics() -> Response:
    """Return how much the engine was used between two moments."""
    moments = [
        read_moment((request.args.get(name) or "").replace(" ", "+"))
        for name in ("startTime", "endTime")
    ]
    since, until = moments
    if since is None or until is None:
        refuse(f"Expected {Kind.MOMENT.value} for startTime and endTime.")
    is_ours = request.args.get("tenantId") in {None, "", TENANT}
    used = service().usage(since, until if is_ours else since)
    figures: dict[str, JsonValue] = {
        "processInstances": used.instances,
        "decisionInstances": used.decisions,
        "assignees": used.assignees if is_ours else 0,
    }
    is_split = request.args.get("withTenants", "").lower() == "true" and is_ours
    return answer(
        {**figures, "activeTenants": 1, "tenants": {TENANT: figures} if is_split else {}}
    )


def _wait(record: WaitRecord) -> JsonValue:
    return {
        "rootProcessInstanceKey": str(record.root_key),
        "processInstanceKey": str(record.instance_key),
        "elementInstanceKey": str(record.element_key),
        "elementId": record.element_id,
        "elementType": record.element_type,
        "bpmnProcessId": record.process_id,
        "tenantId": TENANT,
        "details": {"waitStateType": record.kind, **_details(record)},
    }


def _details(record: WaitRecord) -> dict[str, JsonValue]:
    match record.kind:
        case "JOB":
            is_of_listener = record.listener_event != "UNSPECIFIED"
            return {
                "jobKey": _text(record.row_key),
                "jobType": record.name,
                "jobKind": record.job_kind,
                "listenerEventType": record.listener_event if is_of_listener else None,
                "retries": record.retries,
            }
        case "USER_TASK":
            return {"taskKey": _text(record.row_key), "dueDate": written(record.due_at)}
        case "TIMER":
            due = record.due_at
            return {
                "dueDate": None if due is None else round(due.timestamp() * 1000),
                "repetitions": -1 if record.repetitions is None else record.repetitions,
            }
        case "MESSAGE":
            return {"messageName": record.name, "correlationKey": record.correlation_key}
        case "SIGNAL":
            return {"signalName": record.name}
        case _:
            asked = zip(_TOLD, (record.on_create, record.on_update), strict=True)
            return {
                "expression": record.name or "",
                "events": [event for event, is_asked in asked if is_asked],
            }


def _correlation(record: CorrelationRecord) -> JsonValue:
    return {
        "subscriptionKey": str(record.key),
        "messageKey": _NO_KEY,
        "messageName": record.message_name,
        "correlationKey": record.correlation_key,
        "correlationTime": written(record.at),
        "elementId": record.element_id or "",
        "elementInstanceKey": _text(record.element_key),
        "partitionId": 1,
        "processDefinitionId": record.process_id,
        "processDefinitionKey": str(record.definition_key),
        "processInstanceKey": str(record.instance_key),
        "rootProcessInstanceKey": str(record.root_key),
        "businessId": record.business_key,
        "tenantId": TENANT,
    }


def _text(key_: int | None) -> str | None:
    return None if key_ is None else str(key_)
