"""How retention, legal holds and the archive look in the API."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict

import marshmallow as ma
from marshmallow import fields, validate

from bpmn_engine.service.views import InstanceStatus, RetentionSource
from web.api.fields import MAX_TEXT, Flag, Key, Name, VariablesField, WholeNumber, Words
from web.api.instance_schemas import JournalEntrySchema, VisitSchema
from web.api.schemas import PageQuery, PageValues

_MOST_DAYS = 365_000
_REASON = validate.Length(min=1, max=MAX_TEXT)


class RetentionSchema(ma.Schema):
    """How long the ended instances of a process are kept."""

    process_id = fields.String()
    name = fields.String(allow_none=True)
    source = fields.Enum(RetentionSource, by_value=True, metadata={"description": "Who says so."})
    keep_days = fields.Float(
        allow_none=True, metadata={"description": "After the end; null is for good."}
    )
    is_archived = fields.Boolean(
        metadata={"description": "Put into the archive before they are deleted."}
    )
    is_held = fields.Boolean(metadata={"description": "A legal hold names the process."})
    changed_at = fields.DateTime(allow_none=True)
    changed_by = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)


class RetentionBody(ma.Schema):
    """How long to keep the ended instances of a process."""

    keep_days = WholeNumber(
        required=True, allow_none=True, validate=validate.Range(min=0, max=_MOST_DAYS)
    )
    is_archived = Flag(load_default=True)
    reason = Words()


class RetentionValues(TypedDict):
    """A parsed `RetentionBody`."""

    keep_days: int | None
    is_archived: bool
    reason: str | None


class HoldSchema(ma.Schema):
    """A legal hold: nothing of what it names is deleted."""

    key = Key()
    instance_key = Key(allow_none=True)
    process_id = fields.String(allow_none=True)
    placed_at = fields.DateTime()
    placed_by = fields.String(allow_none=True)
    reason = fields.String()
    lifted_at = fields.DateTime(allow_none=True)
    lifted_by = fields.String(allow_none=True)
    lift_reason = fields.String(allow_none=True)


class HoldQuery(PageQuery):
    """Which legal holds are wanted."""

    is_lifted = fields.Boolean(load_default=False)
    instance_key = Key(load_default=None)
    process_id = fields.String(load_default=None, validate=validate.Length(min=1, max=255))


class HoldQueryValues(PageValues):
    """A parsed `HoldQuery`."""

    is_lifted: bool
    instance_key: int | None
    process_id: str | None


class HoldBody(ma.Schema):
    """What to hold, and why. Give instance_key or process_id."""

    instance_key = Key(load_default=None, allow_none=True)
    process_id = Name()
    reason = fields.String(required=True, validate=_REASON)


class HoldValues(TypedDict):
    """A parsed `HoldBody`."""

    instance_key: int | None
    process_id: str | None
    reason: str


class ArchivedSummarySchema(ma.Schema):
    """One archived instance in a list."""

    key = Key()
    definition_key = Key()
    process_id = fields.String()
    process_name = fields.String(allow_none=True)
    version = fields.Integer()
    business_key = fields.String(allow_none=True)
    status = fields.Enum(InstanceStatus, by_value=True)
    started_at = fields.DateTime()
    started_by = fields.String(allow_none=True)
    ended_at = fields.DateTime()
    parent_key = Key(allow_none=True)
    root_key = Key()
    archived_at = fields.DateTime()
    size = fields.Integer(metadata={"description": "Bytes, before compression."})


class ArchivedSchema(ArchivedSummarySchema):
    """One archived instance with its history."""

    variables = VariablesField()
    visits = fields.List(fields.Nested(VisitSchema))
    journal = fields.List(fields.Nested(JournalEntrySchema))


class ArchiveQuery(PageQuery):
    """Which archived instances are wanted."""

    process_id = fields.String(load_default=None, validate=validate.Length(min=1, max=255))
    business_key = fields.String(load_default=None, validate=validate.Length(min=1, max=255))
    ended_after = fields.AwareDateTime(load_default=None, metadata={"description": "inclusive"})
    ended_before = fields.AwareDateTime(load_default=None, metadata={"description": "exclusive"})


class ArchiveQueryValues(PageValues):
    """A parsed `ArchiveQuery`."""

    process_id: str | None
    business_key: str | None
    ended_after: dt.datetime | None
    ended_before: dt.datetime | None


class RestoreBody(ma.Schema):
    """Why an instance is taken out of the archive."""

    reason = fields.String(required=True, validate=_REASON)


class RestoreValues(TypedDict):
    """A parsed `RestoreBody`."""

    reason: str
