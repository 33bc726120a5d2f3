"""How moving, skipping, repeating and restarting look in the API."""

from __future__ import annotations

from enum import Enum
from typing import TypedDict

import marshmallow as ma
from marshmallow import fields, validate

from bpmn_engine.service.views import VariableOrigin
from bpmn_engine.values import JsonValue
from web.api.fields import Flag, Key, Name, VariablesField, Words

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


class SkipBody(ma.Schema):
    """Which element is left as if it had given these results."""

    element_id = Name(required=True)
    element_key = Key(
        load_default=None,
        allow_none=True,
        metadata={"description": "This element instance only; else all of the element."},
    )
    variables = VariablesField()
    reason = Words(required=True)


class RepeatBody(ma.Schema):
    """Which element is done once more."""

    element_id = Name(required=True)
    element_key = Key(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The open element instance around it to start in, if several are open."
        },
    )
    variables = VariablesField()
    reason = Words(required=True)


class ElementValues(TypedDict):
    """A parsed `SkipBody` or `RepeatBody`."""

    element_id: str
    element_key: int | None
    variables: dict[str, JsonValue]
    reason: str


MAX_RESTARTS = 1000
"""Instances one request may restart."""


class RestartParts(ma.Schema):
    """Where the new instance begins and with what; without an element, where it began."""

    start_before = fields.List(
        Name(required=True), load_default=list, validate=validate.Length(max=MAX_MOVES)
    )
    start_after = fields.List(
        Name(required=True), load_default=list, validate=validate.Length(max=MAX_MOVES)
    )
    variables_from = fields.Enum(
        VariableOrigin,
        by_value=True,
        load_default=VariableOrigin.END,
        metadata={"description": "What it takes over: of the end, of the start, or none."},
    )
    variables = VariablesField()
    use_latest_version = Flag(load_default=False)
    request_key = Name(description="The same one, for the same instance, restarts once.")


class RestartBody(RestartParts):
    """How one finished instance is done again, and why."""

    reason = Words(required=True)


class RestartBatchPart(RestartParts):
    """One of many finished instances to be done again."""

    instance_key = Key(required=True)


class RestartBatchBody(ma.Schema):
    """Many finished instances to be done again, and why."""

    requests = fields.List(
        fields.Nested(RestartBatchPart),
        required=True,
        validate=validate.Length(min=1, max=MAX_RESTARTS),
    )
    reason = Words(required=True)


class RestartPartValues(TypedDict):
    """A parsed `RestartParts`."""

    start_before: list[str]
    start_after: list[str]
    variables_from: VariableOrigin
    variables: dict[str, JsonValue]
    use_latest_version: bool
    request_key: str | None


class RestartValues(RestartPartValues):
    """A parsed `RestartBody`."""

    reason: str


class RestartBatchPartValues(RestartPartValues):
    """A parsed `RestartBatchPart`."""

    instance_key: int


class RestartBatchValues(TypedDict):
    """A parsed `RestartBatchBody`."""

    requests: list[RestartBatchPartValues]
    reason: str
