"""What requests about decisions carry, and what they answer."""

from __future__ import annotations

from typing import TypedDict

import marshmallow as ma
from marshmallow import fields, validate

from bpmn_engine.values import Variables
from web.api.fields import Key, VariablesField


class DecisionSummarySchema(ma.Schema):
    """One deployed decision."""

    decision_key = Key()
    decision_id = fields.String()
    name = fields.String(allow_none=True)
    version = fields.Integer()
    version_tag = fields.String(allow_none=True)
    resource_name = fields.String()


class DecisionInputSchema(ma.Schema):
    """One value that a decision reads from outside."""

    name = fields.String()
    type = fields.String(metadata={"description": "as FEEL writes it, or Any"})
    example = fields.Raw(
        allow_none=True, metadata={"description": "some value of the type, to begin with"}
    )


class DecisionSchema(DecisionSummarySchema):
    """One deployed decision, and what it has to be given."""

    inputs = fields.List(fields.Nested(DecisionInputSchema))


class DecisionQueryValues(TypedDict):
    """What `DecisionQuery` gives."""

    version: int | None


class DecisionQuery(ma.Schema):
    """Which version is wanted; by default the latest."""

    version = fields.Integer(load_default=None, validate=validate.Range(min=1))


class EvaluationValues(TypedDict):
    """What `EvaluationBody` gives."""

    variables: Variables
    version: int | None
    version_tag: str | None


class EvaluationBody(ma.Schema):
    """The variables of an evaluation, and which version; by default the latest."""

    variables = VariablesField()
    version = fields.Integer(load_default=None, strict=True, validate=validate.Range(min=1))
    version_tag = fields.String(load_default=None, validate=validate.Length(min=1, max=255))


class RulesHitSchema(ma.Schema):
    """The rules of one decision table that held."""

    decision = fields.String()
    rules = fields.List(fields.Integer(), metadata={"description": "from 1"})


class DecisionProblemSchema(ma.Schema):
    """One thing that went wrong, and where."""

    kind = fields.String()
    message = fields.String()
    decision = fields.String()
    element_id = fields.String()
    file_line = fields.Integer()
    rule = fields.Integer(allow_none=True)
    cell = fields.String(allow_none=True)
    source = fields.String(allow_none=True)
    line = fields.Integer(allow_none=True)
    column = fields.Integer(allow_none=True)


class EvaluationSchema(ma.Schema):
    """What a decision gives."""

    decision_key = Key()
    decision_id = fields.String()
    name = fields.String(allow_none=True)
    version = fields.Integer()
    version_tag = fields.String(allow_none=True)
    value = fields.Raw(allow_none=True)
    decisions = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    hits = fields.List(fields.Nested(RulesHitSchema))
    problems = fields.List(fields.Nested(DecisionProblemSchema))
