"""How incidents, dashboards and accounts look in the API."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict

import marshmallow as ma
from marshmallow import fields, validate

from bpmn_engine.service.views import IncidentKind
from bpmn_engine.values import JsonValue
from web.accounts import MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS
from web.api.fields import MAX_NAME, Flag, Key, Name, VariablesField, WholeNumber, Words
from web.api.schemas import PageQuery, PageValues
from web.dashboard_ranges import RANGES

_ROLES = ("staff", "operator", "administrator")
_PASSWORD = validate.Length(min=MIN_PASSWORD_CHARACTERS, max=MAX_PASSWORD_CHARACTERS)


class IncidentQuery(PageQuery):
    """Which incidents are wanted."""

    is_open = fields.Boolean(load_default=True)
    process_id = fields.String(load_default=None, validate=validate.Length(min=1, max=255))
    instance_key = Key(load_default=None)
    element_id = fields.String(load_default=None, validate=validate.Length(min=1, max=255))
    search = fields.String(load_default=None, validate=validate.Length(min=1, max=255))


class IncidentQueryValues(PageValues):
    """A parsed `IncidentQuery`."""

    is_open: bool
    process_id: str | None
    instance_key: int | None
    element_id: str | None
    search: str | None


class IncidentSchema(ma.Schema):
    """One incident: a stuck element instance that needs a person."""

    key = Key()
    instance_key = Key()
    kind = fields.Enum(IncidentKind, by_value=True)
    message = fields.String()
    process_id = fields.String()
    process_name = fields.String(allow_none=True)
    definition_key = Key()
    version = fields.Integer()
    business_key = fields.String(allow_none=True)
    element_id = fields.String()
    element_name = fields.String(allow_none=True)
    created_at = fields.DateTime()
    resolved_at = fields.DateTime(allow_none=True)
    resolved_by = fields.String(allow_none=True)
    job_key = Key(allow_none=True)
    job_type = fields.String(allow_none=True)
    error_code = fields.String(allow_none=True)
    expression = fields.String(allow_none=True)
    position = fields.List(fields.Integer(), allow_none=True)
    values = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))


class IncidentGroupSchema(ma.Schema):
    """Open incidents alike: same message, same element, same process."""

    group_id = fields.String()
    message = fields.String()
    kind = fields.Enum(IncidentKind, by_value=True)
    process_id = fields.String()
    process_name = fields.String(allow_none=True)
    element_id = fields.String()
    element_name = fields.String(allow_none=True)
    versions = fields.List(fields.Integer())
    count = fields.Integer()
    first_at = fields.DateTime()
    last_at = fields.DateTime()
    keys = fields.List(Key(), metadata={"description": "newest first, at most 500"})


class ResolveBody(ma.Schema):
    """How a stuck element is tried again."""

    retries = WholeNumber(load_default=1, validate=validate.Range(min=1, max=100))
    variables = VariablesField()
    reason = Words()


class ResolveValues(TypedDict):
    """A parsed `ResolveBody`."""

    retries: int
    variables: dict[str, JsonValue]
    reason: str | None


class ResolveGroupBody(ma.Schema):
    """Which incidents are tried again, and how."""

    group_id = Name(required=True)
    retries = WholeNumber(load_default=1, validate=validate.Range(min=1, max=100))
    reason = Words()


class ResolveGroupValues(TypedDict):
    """A parsed `ResolveGroupBody`."""

    group_id: str
    retries: int
    reason: str | None


class ResolvedGroupSchema(ma.Schema):
    """How many incidents were tried again, and which could not be."""

    resolved_count = fields.Integer()
    problems = fields.List(fields.String())


class DashboardQuery(ma.Schema):
    """The range and the process of a dashboard."""

    range = fields.String(load_default="7d", validate=validate.OneOf(tuple(RANGES)))
    process_id = fields.String(load_default="", validate=validate.Length(max=255))


class DashboardQueryValues(TypedDict):
    """A parsed `DashboardQuery`."""

    range: str
    process_id: str


class CycleTimeSchema(ma.Schema):
    """How long instances took, in seconds; null when none ended. Percentiles are within 2 %."""

    p50 = fields.Float(allow_none=True)
    p90 = fields.Float(allow_none=True)
    p95 = fields.Float(allow_none=True)
    mean = fields.Float(allow_none=True)


class ThroughputSchema(ma.Schema):
    """What happened in one stretch of time."""

    at = fields.DateTime()
    started = fields.Integer()
    completed = fields.Integer()
    failed = fields.Integer()


class ProcessFiguresSchema(ma.Schema):
    """The figures of one process, all versions."""

    process_id = fields.String()
    name = fields.String(allow_none=True)
    running = fields.Integer()
    completed = fields.Integer()
    failed = fields.Integer()
    incidents = fields.Integer()
    cycle_time = fields.Nested(CycleTimeSchema)


class DashboardSchema(ma.Schema):
    """The figures of a dashboard, exact at `as_of`."""

    as_of = fields.DateTime()
    running = fields.Integer()
    completed = fields.Integer()
    failed = fields.Integer()
    incidents = fields.Integer()
    cycle_time = fields.Nested(CycleTimeSchema)
    throughput = fields.List(fields.Nested(ThroughputSchema))
    by_process = fields.List(fields.Nested(ProcessFiguresSchema))


class MeSchema(ma.Schema):
    """Who makes the request."""

    user_id = fields.String()
    display_name = fields.String()
    role = fields.String(metadata={"enum": list(_ROLES)})
    groups = fields.List(fields.String())


class UserSchema(ma.Schema):
    """One account."""

    user_id = fields.String()
    display_name = fields.String()
    email = fields.String(allow_none=True)
    role = fields.String(metadata={"enum": list(_ROLES)})
    is_active = fields.Boolean()
    groups = fields.List(fields.String())
    created_at = fields.DateTime()
    last_seen_at = fields.DateTime(allow_none=True)


class ChangeUserBody(ma.Schema):
    """What changes of an account; what is missing stays."""

    display_name = fields.String(validate=validate.Length(min=1, max=MAX_NAME), load_default=None)
    email = fields.String(validate=validate.Length(max=254), load_default=None)
    role = fields.String(validate=validate.OneOf(_ROLES), load_default=None)
    password = fields.String(load_default=None, load_only=True, validate=_PASSWORD)
    is_active = Flag(load_default=None)
    groups = fields.List(
        fields.String(validate=validate.Length(min=1, max=64)),
        load_default=None,
        validate=validate.Length(max=200),
    )


class ChangeUserValues(TypedDict):
    """A parsed `ChangeUserBody`."""

    display_name: str | None
    email: str | None
    role: str | None
    password: str | None
    is_active: bool | None
    groups: list[str] | None


class CreateUserBody(ChangeUserBody):
    """A new account."""

    user_id = Name(required=True)
    password = fields.String(required=True, load_only=True, validate=_PASSWORD)


class CreateUserValues(ChangeUserValues):
    """A parsed `CreateUserBody`."""

    user_id: str


class GroupSchema(ma.Schema):
    """One group and who is in it."""

    group_id = fields.String()
    user_ids = fields.List(fields.String())


class TokenSchema(ma.Schema):
    """One API token, without its secret."""

    token_key = Key()
    name = fields.String()
    user_id = fields.String()
    created_at = fields.DateTime()
    expires_at = fields.DateTime(allow_none=True)
    last_used_at = fields.DateTime(allow_none=True)
    revoked_at = fields.DateTime(allow_none=True)


class CreateTokenBody(ma.Schema):
    """A new API token."""

    name = Name(required=True)
    user_id = Name(required=True)
    expires_at = fields.AwareDateTime(load_default=None, allow_none=True)


class CreateTokenValues(TypedDict):
    """A parsed `CreateTokenBody`."""

    name: str
    user_id: str
    expires_at: dt.datetime | None


class NewTokenSchema(TokenSchema):
    """A token just made."""

    secret = fields.String(metadata={"description": "Shown this once."})
