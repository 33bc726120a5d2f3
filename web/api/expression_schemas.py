"""What requests about expressions carry, and what they answer."""

from __future__ import annotations

from typing import TypedDict

import marshmallow as ma
from marshmallow import fields, validate

from bpmn_engine.service.views import Language
from bpmn_engine.values import JsonValue, Variables
from web.api.fields import Flag, VariablesField

LANGUAGES = (Language.FEEL, Language.JUEL)


class ExpressionValues(TypedDict):
    """What `ExpressionBody` gives."""

    expression: str
    language: str | None
    variables: Variables
    explain: bool
    strict: bool
    unary_test: bool
    input: JsonValue


class ExpressionBody(ma.Schema):
    """An expression, how it is to be read, and the variables it sees."""

    expression = fields.String(
        required=True,
        metadata={"description": "At most 20,000 characters; a longer one is answered with 422."},
    )
    language = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf([language.value for language in LANGUAGES]),
        metadata={"description": "By default JUEL where there is `${…}` or `#{…}`, else FEEL."},
    )
    variables = VariablesField()
    explain = Flag(
        load_default=False, metadata={"description": "Whether the answer has the explanation."}
    )
    strict = Flag(
        load_default=False,
        metadata={
            "description": "FEEL: fail where the standard gives null with a warning, as "
            "conditions and mappings of diagrams do. JUEL always does."
        },
    )
    unary_test = Flag(
        load_default=False,
        metadata={"description": "FEEL: the text is the cell of a decision table."},
    )
    input = fields.Raw(
        load_default=None,
        allow_none=True,
        metadata={"description": "The input that a unary test is about; any JSON."},
    )

    @ma.validates_schema
    def check_unary_test(self, data: ExpressionValues, **_: object) -> None:
        """Refuse what unary tests do not have.

        Raises:
            ma.ValidationError: JUEL has no unary tests, and they are never strict.
        """
        if data["unary_test"] and (data["language"] == Language.JUEL.value or data["strict"]):
            message = "Expected FEEL that is not strict, because only it has unary tests."
            raise ma.ValidationError(message, field_name="unary_test")


class ExpressionWarningSchema(ma.Schema):
    """Why a part of an expression is null, and where."""

    message = fields.String()
    line = fields.Integer(metadata={"description": "from 1"})
    column = fields.Integer(metadata={"description": "from 1"})


class ExplainedSchema(ma.Schema):
    """One sub-expression that was evaluated."""

    text = fields.String(metadata={"description": "as it is written, cut off when long"})
    value = fields.String(metadata={"description": "as FEEL writes it; empty when it failed"})
    parts = fields.List(
        fields.Nested("ExplainedSchema"),
        metadata={"description": "in the order of evaluation; at most 40 levels deep"},
    )


class ExpressionSchema(ma.Schema):
    """What an expression gives."""

    language = fields.String()
    value = fields.Raw(
        allow_none=True,
        metadata={"description": "null too where JSON cannot hold it, such as a range"},
    )
    text = fields.String(metadata={"description": "the value as FEEL writes it, cut off if long"})
    type = fields.String(metadata={"description": "number, string, list, context …"})
    warnings = fields.List(fields.Nested(ExpressionWarningSchema))
    explanation = fields.Nested(
        ExplainedSchema, allow_none=True, metadata={"description": "null if not asked for"}
    )
