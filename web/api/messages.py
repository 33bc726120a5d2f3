"""Messages, signals and new values from outside."""

from __future__ import annotations

import datetime as dt

from bpmn_engine.ids import Key
from bpmn_engine.service.views import ConditionResult, MessageResult, Problem, SignalResult
from web.api.condition_schemas import ConditionBody, ConditionResultSchema, ConditionValues
from web.api.message_schemas import (
    MessageBody,
    MessageResultSchema,
    MessageValues,
    SignalBody,
    SignalResultSchema,
    SignalValues,
)
from web.api.resource import Resource
from web.context import principal, service

MESSAGES = Resource("messages", "/messages", "For one instance, found by name and key.")
SIGNALS = Resource("signals", "/signals", "For everybody who waits for the name.")
CONDITIONS = Resource("conditions", "/conditions", "For start events that wait for a condition.")


@MESSAGES.endpoint("POST ", body=MessageBody, answer=MessageResultSchema)
def correlate(body: MessageValues) -> MessageResult | Problem:
    """Bring a message to the instance that waits for it, or start one with it."""
    key = body["instance_key"]
    return service().correlate_message(
        body["name"],
        correlation_key=body["correlation_key"],
        business_key=body["business_key"],
        instance_key=None if key is None else Key(key),
        matching=body["matching"],
        variables=body["variables"],
        time_to_live=dt.timedelta(seconds=body["time_to_live_seconds"]),
        message_id=body["message_id"],
        actor=principal().user_id,
    )


@SIGNALS.endpoint("POST ", body=SignalBody, answer=SignalResultSchema)
def broadcast(body: SignalValues) -> SignalResult | Problem:
    """Deliver a signal to everything that waits for it, and start what begins with it."""
    return service().broadcast_signal(
        body["name"], variables=body["variables"], actor=principal().user_id
    )


@CONDITIONS.endpoint("POST ", body=ConditionBody, answer=ConditionResultSchema)
def evaluate(body: ConditionValues) -> ConditionResult | Problem:
    """Start each process whose conditional start event these variables meet."""
    return service().start_where_conditions_hold(
        body["variables"], business_key=body["business_key"], actor=principal().user_id
    )
