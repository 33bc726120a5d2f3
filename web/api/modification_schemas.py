"""How the modification of a process instance looks in the API."""

from __future__ import annotations

from enum import Enum
from typing import TypedDict

import marshmallow as ma
from marshmallow import fields, validate

from bpmn_engine.values import JsonValue
from web.api.fields import Key, Name, VariablesField, Words

MAX_MOVES = 100
"""Moves one request may name."""


class MoveKind(Enum):
    """What a move does."""

    CANCEL = "cancel"
    START_BEFORE = "start_before"
    START_AFTER = "start_after"


class MoveBody(ma.Schema):
    """One move: cancel what is at an element, or start a token before or after one."""

    kind = fields.Enum(MoveKind, by_value=True, required=True)
    element_id = Name(description="Needed to start; to cancel, all element instances of it.")
    element_key = Key(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "To cancel: this element instance only. To start: the open element "
            "instance around the element to start in, if several are open; 0 is the instance."
        },
    )
    variables = VariablesField()

    @ma.validates_schema
    def _fits_its_kind(self, values: dict[str, object], **_options: object) -> None:
        is_cancel = values.get("kind") is MoveKind.CANCEL
        if values.get("element_id") is None and not (
            is_cancel and values.get("element_key") is not None
        ):
            raise ma.ValidationError("Expected the element, but it is not named.", "element_id")
        if is_cancel and values.get("variables"):
            raise ma.ValidationError("Expected no variables for what is cancelled.", "variables")


class MoveValues(TypedDict):
    """A parsed `MoveBody`."""

    kind: MoveKind
    element_id: str | None
    element_key: int | None
    variables: dict[str, JsonValue]


class ModificationBody(ma.Schema):
    """Moves, done in their order, all or none, and why; kept in the journal."""

    moves = fields.List(
        fields.Nested(MoveBody), required=True, validate=validate.Length(min=1, max=MAX_MOVES)
    )
    reason = Words(required=True)


class ModificationValues(TypedDict):
    """A parsed `ModificationBody`."""

    moves: list[MoveValues]
    reason: str
