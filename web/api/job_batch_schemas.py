"""What completes many jobs in one request, and what becomes of each."""

from __future__ import annotations

from typing import TypedDict

import marshmallow as ma
from marshmallow import fields, validate

from web.api.fields import Key
from web.api.instance_schemas import MAX_BATCH
from web.api.schemas import ProblemSchema
from web.api.work_schemas import CompleteJobBody, CompleteJobValues


class CompletionBody(CompleteJobBody):
    """One job that is done."""

    key = Key(required=True)


class CompletionValues(CompleteJobValues):
    """A parsed `CompletionBody`."""

    key: int


class CompletionBatchBody(ma.Schema):
    """Many jobs that are done."""

    jobs = fields.List(
        fields.Nested(CompletionBody),
        required=True,
        validate=validate.Length(min=1, max=MAX_BATCH),
    )


class CompletionBatchValues(TypedDict):
    """A parsed `CompletionBatchBody`."""

    jobs: list[CompletionValues]


class CompletionOutcomeSchema(ma.Schema):
    """What became of one job of a batch: nothing to say, or a problem."""

    key = Key()
    problem = fields.Nested(ProblemSchema, allow_none=True)
