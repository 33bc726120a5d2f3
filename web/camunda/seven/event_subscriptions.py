"""Event subscriptions: who waits for a message or signal, and which processes begin with one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Response

from bpmn_engine.service.listing import SUBSCRIPTIONS
from bpmn_engine.service.views import WaitKind
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import NEVER, Condition
from bpmn_engine.views.runtime_records import SubscriptionRecord
from web.camunda.dialect import answer
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven import queries
from web.camunda.seven.ids import execution_id, key_or_none, read_execution
from web.camunda.seven.queries import QueryTable, bounded, read_query
from web.camunda.times import written_time
from web.context import service

PREFIX: Final = "/event-subscription"
_WORDS: Final = {
    WaitKind.MESSAGE: "message",
    WaitKind.SIGNAL: "signal",
    WaitKind.CONDITION: "conditional",
}
"""The kinds that are listed, by Camunda's words."""


def _type(value: JsonValue) -> Sequence[Condition]:
    for kind, word in _WORDS.items():
        if word == value:
            return (Condition(field="kind", value=kind.value),)
    return (NEVER,)


def _id(value: JsonValue) -> Sequence[Condition]:
    first, _, rest = str(value).partition(":")
    key, wait = key_or_none(first), key_or_none(rest)
    if key is None:
        return (NEVER,)
    if wait is not None:
        return (
            Condition(field="instance_key", value=key),
            Condition(field="wait", value=wait),
        )
    element_id, _, name = rest.partition(":")
    return (
        Condition(field="definition_key", value=key),
        Condition(field="element_id", value=element_id),
        Condition(field="name", value=name),
        Condition(field="instance_key"),
    )


def _execution(value: JsonValue) -> Sequence[Condition]:
    place = read_execution(str(value))
    if place is None:
        return (NEVER,)
    own = Condition(field="instance_key", value=place[0])
    return (own, Condition(field="visit", value=place[1]))


_QUERIES: Final = QueryTable(
    parameters={
        "eventName": queries.text("name"),
        "processInstanceId": queries.key("instance_key"),
        "activityId": queries.text("element_id"),
        "tenantIdIn": queries.TENANTS,
        "withoutTenantId": queries.ANYTHING,
        "includeEventSubscriptionsWithoutTenantId": queries.ANYTHING,
    },
    sorts={"created": "created_at", "tenantId": "created_at"},
    special={"eventType": _type, "eventSubscriptionId": _id, "executionId": _execution},
)


@ENGINE_REST.get(PREFIX)
def event_subscriptions() -> Response:
    """List event subscriptions."""
    found = bounded(service().listed(SUBSCRIPTIONS, _QUERIES.listing(read_query())))
    return answer([subscription_json(each) for each in found])


@ENGINE_REST.get(f"{PREFIX}/count")
def count_event_subscriptions() -> Response:
    """Count event subscriptions."""
    return answer({"count": service().listed_count(SUBSCRIPTIONS, _QUERIES.listing(read_query()))})


def subscription_json(record: SubscriptionRecord) -> JsonValue:
    """Write a subscription; one that starts instances has no execution."""
    instance = record.instance_key
    own = (
        f"{record.definition_key}:{record.element_id}:{record.name}"
        if instance is None
        else f"{instance}:{record.wait}"
    )
    return {
        "id": own,
        "eventType": _WORDS.get(record.kind, record.kind.value),
        "eventName": record.name,
        "executionId": None if instance is None else execution_id(instance, record.visit),
        "processInstanceId": None if instance is None else str(instance),
        "activityId": record.element_id,
        "createdDate": written_time(record.created_at),
        "tenantId": None,
    }
