"""How migrations to another process definition look in the API."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict

import marshmallow as ma
from marshmallow import fields, validate

from bpmn_engine.service.views import (
    ElementMapping,
    FlowMapping,
    InstanceStatus,
    MigrationPlan,
    MigrationState,
    ScopeChange,
)
from bpmn_engine.values import JsonValue
from web.api.definition_schemas import ViolationSchema
from web.api.fields import MAX_NAME, Flag, Key, Name, VariablesField, Words
from web.api.schemas import PageQuery, PageValues

MAX_ELEMENTS = 10_000
"""Elements or flows one plan may map."""

MAX_INSTANCES = 10_000
"""Instances one request may name."""

MAX_CHECKED = 200
"""Instances one request may have checked or rehearsed."""

_EXPRESSION = 20_000


class ElementMappingSchema(ma.Schema):
    """Who is at `source` is at `target` afterwards."""

    source = Name(required=True, description="Element id in the source.")
    target = Name(required=True, description="Element id in the target.")
    update = Flag(
        load_default=False,
        attribute="is_updated",
        metadata={
            "description": "Whether an open job, user task, timer or subscription says what the "
            "target's element says; else it stays as it is."
        },
    )


class FlowMappingSchema(ma.Schema):
    """A token that waits on `source` waits on `target` afterwards."""

    source = Name(required=True, description="Flow id in the source.")
    target = Name(required=True, description="Flow id in the target.")


class ScopeChangeSchema(ma.Schema):
    """What changes in one scope: values, then expressions in their order, then removals."""

    element_id = Name(
        description="In the target: each open element instance of it; null is the instance."
    )
    values = VariablesField()
    expressions = fields.Dict(
        keys=fields.String(validate=validate.Length(min=1, max=MAX_NAME)),
        values=fields.String(validate=validate.Length(min=1, max=_EXPRESSION)),
        load_default=dict,
        metadata={"description": "FEEL or JUEL by name."},
    )
    removed = fields.List(Name(required=True), load_default=list)


class PlanSchema(ma.Schema):
    """How instances of one definition become instances of another."""

    mappings = fields.List(
        fields.Nested(ElementMappingSchema),
        load_default=list,
        validate=validate.Length(max=MAX_ELEMENTS),
    )
    flows = fields.List(
        fields.Nested(FlowMappingSchema),
        load_default=list,
        validate=validate.Length(max=MAX_ELEMENTS),
        metadata={"description": "Where ids do not say it; on these tokens wait before joins."},
    )
    variables = fields.List(
        fields.Nested(ScopeChangeSchema), load_default=list, validate=validate.Length(max=100)
    )


class DefinitionNameSchema(ma.Schema):
    """A process definition, as people call it."""

    definition_key = Key()
    process_id = fields.String()
    version = fields.Integer()


class DefinitionsBody(ma.Schema):
    """From which definition to which."""

    source_key = Key(required=True)
    target_key = Key(required=True)


class ProposalBody(DefinitionsBody):
    """From which definition to which, and whether what is open is updated."""

    update = Flag(load_default=False)


class ProposalSchema(ma.Schema):
    """A plan made by comparing two definitions, to be looked at by a person."""

    source = fields.Nested(DefinitionNameSchema)
    target = fields.Nested(DefinitionNameSchema)
    plan = fields.Nested(PlanSchema)
    guessed = fields.List(
        fields.String(), metadata={"description": "Elements that were matched by their names."}
    )
    unmapped = fields.List(fields.String(), metadata={"description": "Elements of the source."})
    added = fields.List(fields.String(), metadata={"description": "New elements of the target."})
    instance_count = fields.Integer(metadata={"description": "Open instances of the source."})


class MigrationBody(DefinitionsBody):
    """A plan, and between which definitions."""

    plan = fields.Nested(PlanSchema, required=True)


class CheckBody(MigrationBody):
    """A plan, and instances to hold it against."""

    instance_keys = fields.List(
        Key(), load_default=list, validate=validate.Length(max=MAX_CHECKED)
    )


class RehearsalBody(MigrationBody):
    """A plan, and instances to rehearse it with."""

    instance_keys = fields.List(
        Key(), required=True, validate=validate.Length(min=1, max=MAX_CHECKED)
    )
    goes_on = Flag(
        load_default=False,
        metadata={"description": "Play each to an end: all it waits for is answered."},
    )


class InstanceChoice(ma.Schema):
    """Which open instances of the source; members that are null do not restrict it."""

    business_key = Name()
    has_incident = fields.Boolean(load_default=None, allow_none=True)
    status = fields.Enum(InstanceStatus, by_value=True, load_default=None, allow_none=True)
    started_after = fields.AwareDateTime(load_default=None, allow_none=True)
    started_before = fields.AwareDateTime(load_default=None, allow_none=True)


class StartMigrationBody(MigrationBody):
    """A plan, the instances (named, or all that match), and why; kept in each journal."""

    instance_keys = fields.List(
        Key(),
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=MAX_INSTANCES),
    )
    query = fields.Nested(InstanceChoice, load_default=None, allow_none=True)
    reason = Words(required=True)

    @ma.validates_schema
    def _names_one(self, values: dict[str, object], **_options: object) -> None:
        given = [values.get("instance_keys"), values.get("query")]
        if all(each is not None for each in given):
            raise ma.ValidationError("Expected instance_keys or a query, not both.", "query")


class InstanceFindingsSchema(ma.Schema):
    """Why one instance cannot be migrated as it is."""

    instance_key = Key()
    violations = fields.List(fields.Nested(ViolationSchema))


class FindingsSchema(ma.Schema):
    """What stands against a migration; nothing when it can be done."""

    is_valid = fields.Boolean()
    violations = fields.List(fields.Nested(ViolationSchema))
    instances = fields.List(fields.Nested(InstanceFindingsSchema))


class ContinuationSchema(ma.Schema):
    """How an instance could go on, if everything it waits for is answered."""

    passed = fields.List(fields.String())
    outcome = fields.String()
    message = fields.String(allow_none=True)


class RehearsalSchema(ma.Schema):
    """What a migration would do to one instance."""

    instance_key = Key()
    violations = fields.List(fields.Nested(ViolationSchema))
    problem = fields.String(allow_none=True)
    moved = fields.Dict(keys=fields.String(), values=fields.String())
    withdrawn = fields.List(fields.String())
    opened = fields.List(fields.String())
    updated = fields.List(fields.String())
    waiting = fields.List(fields.String())
    passed = fields.List(fields.String())
    variables = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    removed = fields.List(fields.String())
    continuation = fields.Nested(ContinuationSchema, allow_none=True)


class MigrationSchema(ma.Schema):
    """A migration of many instances, and how far it has come."""

    key = Key()
    source = fields.Nested(DefinitionNameSchema)
    target = fields.Nested(DefinitionNameSchema)
    plan = fields.Nested(PlanSchema)
    reason = fields.String(allow_none=True)
    created_at = fields.DateTime()
    created_by = fields.String(allow_none=True)
    ended_at = fields.DateTime(
        allow_none=True, metadata={"description": "null while instances are left."}
    )
    pending_count = fields.Integer()
    migrated_count = fields.Integer()
    failed_count = fields.Integer()


class MigrationItemSchema(ma.Schema):
    """One instance of a migration, and what became of it."""

    instance_key = Key()
    state = fields.Enum(MigrationState, by_value=True)
    message = fields.String(allow_none=True)
    ended_at = fields.DateTime(allow_none=True)


class MigrationItemQuery(PageQuery):
    """Which instances of a migration are wanted."""

    state = fields.Enum(MigrationState, by_value=True, load_default=None)


# Parsed ---------------------------------------------------------------------------------------


class MappingValues(TypedDict):
    """A parsed `ElementMappingSchema`."""

    source: str
    target: str
    is_updated: bool


class FlowValues(TypedDict):
    """A parsed `FlowMappingSchema`."""

    source: str
    target: str


class ChangeValues(TypedDict):
    """A parsed `ScopeChangeSchema`."""

    element_id: str | None
    values: dict[str, JsonValue]
    expressions: dict[str, str]
    removed: list[str]


class PlanValues(TypedDict):
    """A parsed `PlanSchema`."""

    mappings: list[MappingValues]
    flows: list[FlowValues]
    variables: list[ChangeValues]


class DefinitionsValues(TypedDict):
    """A parsed `DefinitionsBody`."""

    source_key: int
    target_key: int


class ProposalValues(DefinitionsValues):
    """A parsed `ProposalBody`."""

    update: bool


class MigrationValues(DefinitionsValues):
    """A parsed `MigrationBody`."""

    plan: PlanValues


class CheckValues(MigrationValues):
    """A parsed `CheckBody`."""

    instance_keys: list[int]


class RehearsalValues(CheckValues):
    """A parsed `RehearsalBody`."""

    goes_on: bool


class ChoiceValues(TypedDict):
    """A parsed `InstanceChoice`."""

    business_key: str | None
    has_incident: bool | None
    status: InstanceStatus | None
    started_after: dt.datetime | None
    started_before: dt.datetime | None


class StartMigrationValues(MigrationValues):
    """A parsed `StartMigrationBody`."""

    instance_keys: list[int] | None
    query: ChoiceValues | None
    reason: str


class ItemQueryValues(PageValues):
    """A parsed `MigrationItemQuery`."""

    state: MigrationState | None


def plan_of(values: PlanValues) -> MigrationPlan:
    """Return the plan that was parsed."""
    return MigrationPlan(
        mappings=tuple(ElementMapping(**each) for each in values["mappings"]),
        flows=tuple(FlowMapping(**each) for each in values["flows"]),
        variables=tuple(
            ScopeChange(
                element_id=each["element_id"],
                values=each["values"],
                expressions=each["expressions"],
                removed=tuple(each["removed"]),
            )
            for each in values["variables"]
        ),
    )
