"""Messages, signals and conditions, and what waits for messages."""

from __future__ import annotations

from typing import Final

from flask import Response
from marshmallow import fields, validate

from bpmn_engine.service.searches import SubscriptionRecord
from bpmn_engine.service.views import Problem, ProblemKind
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, milliseconds, object_or_empty, read_body, text_or_none
from web.camunda.dialect import answer, unless_problem
from web.camunda.eight.filters import TENANT, TENANTS, Filter, Filters, integer, key, moment
from web.camunda.eight.instances import check_tenant
from web.camunda.eight.searches import answer_found, read_search, written
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION, definition_key
from web.context import principal, service

_NO_KEY: Final = "0"
"""The key of what is not kept."""

_SUBSCRIPTIONS: Final[Filters] = {
    "messageSubscriptionKey": key("key"),
    "messageName": Filter("message_name"),
    "correlationKey": Filter("correlation_key"),
    "messageSubscriptionState": Filter("state"),
    "messageSubscriptionType": Filter("type"),
    "lastUpdatedDate": moment("created_at"),
    "elementId": Filter("element_id"),
    "elementInstanceKey": key("element_key"),
    "processInstanceKey": key("instance_key"),
    "processDefinitionKey": key("definition_key"),
    "processDefinitionId": Filter("process_id"),
    "processDefinitionName": Filter("process_name"),
    "processDefinitionVersion": integer("version"),
    "businessId": Filter("business_key"),
    **TENANTS,
}


class PublishBody(Body):
    """A message, kept for a while."""

    name = fields.String(required=True, validate=validate.Length(1))
    correlation_key = fields.String(load_default="", allow_none=True)
    time_to_live = fields.Integer(load_default=0, allow_none=True, validate=validate.Range(0))
    message_id = fields.String(load_default=None, allow_none=True)
    variables = fields.Raw(load_default=None, allow_none=True)
    business_id = fields.String(load_default=None, allow_none=True)
    tenant_id = fields.String(load_default=None, allow_none=True)


class BroadcastBody(Body):
    """A signal."""

    signal_name = fields.String(required=True, validate=validate.Length(1))
    variables = fields.Raw(load_default=None, allow_none=True)
    tenant_id = fields.String(load_default=None, allow_none=True)


class ConditionBody(Body):
    """New values."""

    variables = fields.Raw(required=True)
    process_definition_key = fields.Raw(load_default=None, allow_none=True)
    tenant_id = fields.String(load_default=None, allow_none=True)


@ORCHESTRATION.post("/messages/publication")
def publish() -> Response:
    """Publish a message, kept for its time to live; that nobody waits for it is no error."""
    body = read_body(PublishBody)
    check_tenant(body["tenant_id"])
    result = service().correlate_message(
        str(body["name"]),
        correlation_key=text_or_none(body["correlation_key"]) or None,
        business_key=text_or_none(body["business_id"]) or None,
        variables=object_or_empty(body["variables"], "variables"),
        time_to_live=milliseconds(body["time_to_live"]),
        message_id=text_or_none(body["message_id"]),
        actor=principal().user_id,
    )
    if isinstance(result, Problem) and result.kind is ProblemKind.NOT_FOUND:
        return answer({"messageKey": _NO_KEY, "tenantId": TENANT})
    key_ = unless_problem(result).message_key
    return answer({"messageKey": _NO_KEY if key_ is None else str(key_), "tenantId": TENANT})


@ORCHESTRATION.post("/messages/correlation")
def correlate() -> Response:
    """Correlate a message now; that nobody waits for it is 404."""
    body = read_body(PublishBody)
    check_tenant(body["tenant_id"])
    result = unless_problem(
        service().correlate_message(
            str(body["name"]),
            correlation_key=text_or_none(body["correlation_key"]) or None,
            business_key=text_or_none(body["business_id"]) or None,
            variables=object_or_empty(body["variables"], "variables"),
            actor=principal().user_id,
        )
    )
    return answer(
        {
            "messageKey": _NO_KEY,
            "processInstanceKey": str(result.instance_keys[0]),
            "tenantId": TENANT,
        }
    )


@ORCHESTRATION.post("/message-subscriptions/search")
@partly(
    "open subscriptions of instances, or beside messageSubscriptionType START_EVENT those of "
    "start events. The filters toolName and inboundConnectorType are refused by name"
)
def search_subscriptions() -> Response:
    """Return which messages are waited for."""
    return answer_found(service().search_subscriptions(read_search(_SUBSCRIPTIONS)), _subscription)


@ORCHESTRATION.post("/signals/broadcast")
def broadcast() -> Response:
    """Deliver a signal to everything that waits for it."""
    body = read_body(BroadcastBody)
    check_tenant(body["tenant_id"])
    unless_problem(
        service().broadcast_signal(
            str(body["signal_name"]),
            variables=object_or_empty(body["variables"], "variables"),
            actor=principal().user_id,
        )
    )
    return answer({"signalKey": _NO_KEY, "tenantId": TENANT})


@ORCHESTRATION.post("/conditionals/evaluation")
def evaluate_conditions() -> Response:
    """Start the processes whose conditional start events these values meet."""
    body = read_body(ConditionBody)
    check_tenant(body["tenant_id"])
    result = unless_problem(
        service().start_where_conditions_hold(
            object_or_empty(body["variables"], "variables"),
            definition_key=definition_key(body["process_definition_key"]),
            actor=principal().user_id,
        )
    )
    started = [unless_problem(service().instance(one)).summary for one in result.started_keys]
    return answer(
        {
            "conditionalEvaluationKey": _NO_KEY,
            "tenantId": TENANT,
            "processInstances": [
                {
                    "processInstanceKey": str(one.key),
                    "processDefinitionKey": str(one.definition_key),
                }
                for one in started
            ],
        }
    )


def _subscription(record: SubscriptionRecord) -> JsonValue:
    return {
        "messageSubscriptionKey": str(record.key),
        "processDefinitionId": record.process_id,
        "processDefinitionKey": str(record.definition_key),
        "processDefinitionName": record.process_name,
        "processDefinitionVersion": record.version,
        "processInstanceKey": _text(record.instance_key),
        "rootProcessInstanceKey": _text(record.root_key),
        "elementId": record.element_id,
        "elementInstanceKey": _text(record.element_key),
        "messageSubscriptionState": record.state,
        "messageSubscriptionType": record.type,
        "lastUpdatedDate": written(record.created_at),
        "messageName": record.message_name,
        "correlationKey": record.correlation_key,
        "businessId": record.business_key,
        "toolName": None,
        "toolProperties": [],
        "inboundConnectorType": None,
        "extensionProperties": {},
        "tenantId": TENANT,
    }


def _text(key_: int | None) -> str | None:
    return None if key_ is None else str(key_)
