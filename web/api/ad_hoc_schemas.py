"""What the worker of an ad-hoc sub-process answers over HTTP."""

from __future__ import annotations

from typing import TypedDict

import marshmallow as ma
from marshmallow import fields, validate

from bpmn_engine.values import JsonValue
from web.api.fields import Flag, Name, VariablesField


class ElementStartBody(ma.Schema):
    """An element that begins in an ad-hoc sub-process."""

    element_id = Name(required=True)
    variables = VariablesField()


class AdHocAnswerBody(ma.Schema):
    """What the worker of an ad-hoc sub-process says."""

    elements = fields.List(
        fields.Nested(ElementStartBody), load_default=list, validate=validate.Length(max=1000)
    )
    is_fulfilled = Flag(load_default=False)
    cancels_remaining = Flag(load_default=False)


class ElementStartValues(TypedDict):
    """A parsed `ElementStartBody`."""

    element_id: str
    variables: dict[str, JsonValue]


class AdHocAnswerValues(TypedDict):
    """A parsed `AdHocAnswerBody`."""

    elements: list[ElementStartValues]
    is_fulfilled: bool
    cancels_remaining: bool
