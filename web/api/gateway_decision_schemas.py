"""How the decisions of gateways look in the API."""

from __future__ import annotations

from typing import TypedDict

import marshmallow as ma
from marshmallow import fields, validate

from bpmn_engine.service.views import FlowVerdict
from web.api.expression_schemas import ExplainedSchema

MAX_DECISIONS = 200
"""Decisions of one answer."""


class GatewayDecisionQuery(ma.Schema):
    """Which decisions are wanted."""

    element_id = fields.String(load_default=None, validate=validate.Length(min=1, max=255))
    visit = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1),
        metadata={"description": "The key of a visit, as in the history."},
    )
    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(min=1, max=MAX_DECISIONS),
        metadata={"description": "Decisions at most, the newest."},
    )


class GatewayDecisionValues(TypedDict):
    """A parsed `GatewayDecisionQuery`."""

    element_id: str | None
    visit: int | None
    limit: int


class ConsideredFlowSchema(ma.Schema):
    """A flow that a token could leave over."""

    flow_id = fields.String()
    flow_name = fields.String(allow_none=True)
    target_element_id = fields.String()
    target_element_name = fields.String(allow_none=True)
    condition = fields.String(allow_none=True)
    is_taken = fields.Boolean()
    verdict = fields.Enum(FlowVerdict, by_value=True)
    explanation = fields.Nested(
        ExplainedSchema,
        allow_none=True,
        metadata={
            "description": "null without a condition that was asked, or when the values that "
            "were kept are cut so short that they would give another result"
        },
    )


class ActivationSchema(ma.Schema):
    """The condition that let a complex gateway begin."""

    condition = fields.String()
    values = fields.Dict(
        keys=fields.String(),
        metadata={"description": "What it read: variables, and the tokens counted"},
    )
    explanation = fields.Nested(ExplainedSchema, allow_none=True)


class GatewayDecisionSchema(ma.Schema):
    """One visit whose conditions decided where its tokens went."""

    visit = fields.Integer()
    element_id = fields.String()
    element_name = fields.String(allow_none=True)
    element_type = fields.String()
    at = fields.DateTime()
    values = fields.Dict(
        keys=fields.String(),
        metadata={"description": "What the conditions read; long values end with …"},
    )
    flows = fields.List(fields.Nested(ConsideredFlowSchema))
    activation = fields.Nested(
        ActivationSchema,
        allow_none=True,
        metadata={"description": "Of a complex gateway that waited for its activation condition"},
    )
