"""How messages and signals look in the API."""

from __future__ import annotations

from typing import TypedDict

import marshmallow as ma
from marshmallow import fields

from bpmn_engine.service.views import (
    MessageOutcome,
)
from bpmn_engine.values import JsonValue
from web.api.fields import Key, Name, Seconds, VariablesField

MAX_ACTIVATED = 200
"""Jobs one request may activate."""

MAX_WAIT_SECONDS = 30
"""How long a request for jobs may be held open."""


class MessageBody(ma.Schema):
    """A message for one waiting instance, or one that starts an instance."""

    name = Name(required=True)
    correlation_key = Name()
    business_key = Name()
    instance_key = Key(
        load_default=None,
        metadata={"description": "The only instance it is for; it waits for the message now."},
    )
    matching = VariablesField()
    variables = VariablesField()
    time_to_live_seconds = Seconds(
        load_default=0.0,
        metadata={"description": "How long it is kept while nothing waits for it."},
    )
    message_id = Name(description="A second message with this id has no effect.")


class MessageValues(TypedDict):
    """A parsed `MessageBody`."""

    name: str
    correlation_key: str | None
    business_key: str | None
    instance_key: int | None
    matching: dict[str, JsonValue]
    variables: dict[str, JsonValue]
    time_to_live_seconds: float
    message_id: str | None


class MessageResultSchema(ma.Schema):
    """What became of a message."""

    outcome = fields.Enum(MessageOutcome, by_value=True)
    instance_keys = fields.List(Key())
    message_key = Key(allow_none=True)


class SignalBody(ma.Schema):
    """A signal for everybody who waits for it."""

    name = Name(required=True)
    variables = VariablesField()


class SignalValues(TypedDict):
    """A parsed `SignalBody`."""

    name: str
    variables: dict[str, JsonValue]


class SignalResultSchema(ma.Schema):
    """Whom a signal reached."""

    delivered_count = fields.Integer()
    started_keys = fields.List(Key())
