"""How process instances look in the API."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict

import marshmallow as ma
from marshmallow import fields, validate

from bpmn_engine.service.views import ElementState, InstanceStatus, WaitKind
from bpmn_engine.values import JsonValue
from web.api.fields import Key, Name, VariablesField, WholeNumber, Words
from web.api.schemas import PageQuery, PageValues, ProblemSchema

MAX_BATCH = 1000
"""Instances one request may start."""


class StartBody(ma.Schema):
    """Which process to start, and with what. Give definition_key, or process_id."""

    process_id = Name()
    definition_key = Key(load_default=None, allow_none=True)
    version = WholeNumber(load_default=None, allow_none=True, validate=validate.Range(min=1))
    version_tag = Name()
    variables = VariablesField()
    business_key = Name()
    start_element_id = Name()

    @ma.validates_schema
    def _names_one(self, values: dict[str, object], **_options: object) -> None:
        names = [values.get("process_id"), values.get("definition_key")]
        if sum(name is not None for name in names) != 1:
            raise ma.ValidationError("Expected either process_id or definition_key.", "process_id")


class StartValues(TypedDict):
    """A parsed `StartBody`."""

    process_id: str | None
    definition_key: int | None
    version: int | None
    version_tag: str | None
    variables: dict[str, JsonValue]
    business_key: str | None
    start_element_id: str | None


class StartPartBody(StartBody):
    """One of many instances to start."""

    idempotency_key = Name(
        description="As the header Idempotency-Key of a single start: repeated, it starts nothing."
    )


class StartPartValues(StartValues):
    """A parsed `StartPartBody`."""

    idempotency_key: str | None


class StartBatchBody(ma.Schema):
    """Many instances to start."""

    requests = fields.List(
        fields.Nested(StartPartBody), required=True, validate=validate.Length(min=1, max=MAX_BATCH)
    )


class StartBatchValues(TypedDict):
    """A parsed `StartBatchBody`."""

    requests: list[StartPartValues]


class InstanceSummarySchema(ma.Schema):
    """One process instance in a list."""

    key = Key()
    definition_key = Key()
    process_id = fields.String()
    process_name = fields.String(allow_none=True)
    version = fields.Integer()
    business_key = fields.String(allow_none=True)
    status = fields.Enum(InstanceStatus, by_value=True)
    started_at = fields.DateTime()
    started_by = fields.String(allow_none=True)
    updated_at = fields.DateTime(metadata={"description": "Of its last step."})
    revision = fields.Integer(metadata={"description": "Another one after each change."})
    ended_at = fields.DateTime(allow_none=True)
    incident_count = fields.Integer()
    error_code = fields.String(allow_none=True)
    parent_key = Key(allow_none=True)
    root_key = Key()
    active_elements = fields.List(
        fields.String(),
        allow_none=True,
        metadata={"description": "At most 3, last reached first; null in answers to commands."},
    )
    active_count = fields.Integer(
        allow_none=True, metadata={"description": "Elements it is at; null as above."}
    )


class StartOutcomeSchema(ma.Schema):
    """What became of one request of a batch: an instance, or a problem."""

    instance = fields.Nested(InstanceSummarySchema, allow_none=True)
    problem = fields.Nested(ProblemSchema, allow_none=True)
    is_replayed = fields.Boolean(
        metadata={"description": "Whether it was started before, for the same request."}
    )


class OpenVisitSchema(ma.Schema):
    """One element instance that has not ended."""

    key = Key()
    element_id = fields.String()
    element_name = fields.String(allow_none=True)
    element_type = fields.String()
    state = fields.Enum(ElementState, by_value=True)
    entered_at = fields.DateTime()
    loop_index = fields.Integer(allow_none=True)


class InstanceSchema(InstanceSummarySchema):
    """One process instance. Variables are shown to operators only."""

    variables = fields.Dict(
        keys=fields.String(), values=fields.Raw(allow_none=True), allow_none=True
    )
    open_visits = fields.List(fields.Nested(OpenVisitSchema))
    parent = fields.Nested(InstanceSummarySchema, allow_none=True)
    children = fields.List(fields.Nested(InstanceSummarySchema))
    restart_of = Key(
        allow_none=True, metadata={"description": "The finished instance that it does again."}
    )
    restarted_as = fields.List(
        Key(), metadata={"description": "The instances that do it again, oldest first."}
    )


class InstanceQuery(PageQuery):
    """Which instances are wanted."""

    process_id = fields.String(load_default=None, validate=validate.Length(min=1, max=255))
    definition_key = Key(load_default=None)
    status = fields.Enum(InstanceStatus, by_value=True, load_default=None)
    business_key = fields.String(load_default=None, validate=validate.Length(min=1, max=255))
    has_incident = fields.Boolean(load_default=None)
    started_after = fields.AwareDateTime(load_default=None, metadata={"description": "inclusive"})
    started_before = fields.AwareDateTime(load_default=None, metadata={"description": "exclusive"})
    started_by = fields.String(load_default=None, validate=validate.Length(min=1, max=255))
    parent_key = Key(load_default=None)


class InstanceQueryValues(PageValues):
    """A parsed `InstanceQuery`."""

    process_id: str | None
    definition_key: int | None
    status: InstanceStatus | None
    business_key: str | None
    has_incident: bool | None
    started_after: dt.datetime | None
    started_before: dt.datetime | None
    started_by: str | None
    parent_key: int | None


class ReasonBody(ma.Schema):
    """Why it is done; kept in the journal."""

    reason = Words()


class ReasonValues(TypedDict):
    """A parsed `ReasonBody`."""

    reason: str | None


class ActivateElementBody(ma.Schema):
    """An element of an ad-hoc sub-process that is to begin."""

    element_id = Name(required=True)
    element_key = Key(
        load_default=None,
        allow_none=True,
        metadata={"description": "Element instance of the sub-process, if several are open."},
    )
    variables = VariablesField()
    reason = Words()


class ActivateElementValues(TypedDict):
    """A parsed `ActivateElementBody`."""

    element_id: str
    element_key: int | None
    variables: dict[str, JsonValue]
    reason: str | None


class SetVariablesBody(ma.Schema):
    """Variables to set, in a scope of the instance."""

    variables = VariablesField(required=True)
    scope_key = Key(
        load_default=0, metadata={"description": "Of the scope; 0 is the instance itself."}
    )
    reason = Words()


class SetVariablesValues(TypedDict):
    """A parsed `SetVariablesBody`."""

    variables: dict[str, JsonValue]
    scope_key: int
    reason: str | None


class VariableSchema(ma.Schema):
    """One variable of an instance."""

    name = fields.String()
    value = fields.Raw(allow_none=True)
    scope_key = Key()
    scope_element_id = fields.String(allow_none=True)
    scope_element_name = fields.String(allow_none=True)


class VisitSchema(ma.Schema):
    """One visit of one element."""

    key = Key()
    element_id = fields.String()
    element_name = fields.String(allow_none=True)
    element_type = fields.String()
    state = fields.String()
    entered_at = fields.DateTime()
    ended_at = fields.DateTime(allow_none=True)
    taken_flows = fields.List(fields.String())


class WaitSchema(ma.Schema):
    """What an instance waits for."""

    kind = fields.Enum(WaitKind, by_value=True)
    element_id = fields.String()
    element_name = fields.String(allow_none=True)
    text = fields.String(metadata={"description": "A sentence that says why it waits."})
    since = fields.DateTime()
    key = Key(allow_none=True, metadata={"description": "Of the job, user task or instance."})
    due_at = fields.DateTime(allow_none=True)
    retries_left = fields.Integer(allow_none=True)
    attempt = fields.Integer(allow_none=True)
    locked_by = fields.String(allow_none=True)
    locked_until = fields.DateTime(allow_none=True)
    last_failure = fields.String(allow_none=True)
    waiting_for_resource = fields.String(
        allow_none=True,
        metadata={"description": "Of a job: the resource pool that has no room for it."},
    )


class JournalEntrySchema(ma.Schema):
    """One command that was applied to an instance."""

    sequence = fields.Integer()
    at = fields.DateTime()
    actor = fields.String(allow_none=True)
    command = fields.String()
    summary = fields.String()
    element_id = fields.String(allow_none=True)
    element_name = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    facts = fields.List(fields.String())
    cost = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={
            "description": "What the work of a script has used: `cpu_ms` of processor time, and "
            "`memory_kb`, the most at any time."
        },
    )
