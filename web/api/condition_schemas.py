"""How new values for conditional start events look in the API."""

from __future__ import annotations

from typing import TypedDict

import marshmallow as ma
from marshmallow import fields

from bpmn_engine.values import JsonValue
from web.api.fields import Key, Name, VariablesField


class ConditionBody(ma.Schema):
    """New values, which may meet the condition of start events."""

    variables = VariablesField()
    business_key = Name()


class ConditionValues(TypedDict):
    """A parsed `ConditionBody`."""

    variables: dict[str, JsonValue]
    business_key: str | None


class ConditionResultSchema(ma.Schema):
    """What was started."""

    started_keys = fields.List(Key())
