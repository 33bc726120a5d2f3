"""How deployments and process definitions look in the API."""

from __future__ import annotations

from typing import TypedDict

import marshmallow as ma
from marshmallow import fields, validate

from bpmn_engine.service.views import Coverage, Severity
from web.api.fields import Key
from web.api.schemas import PageQuery, PageValues


class CertificateEntrySchema(ma.Schema):
    """What became of one element of a diagram."""

    element_id = fields.String()
    element_type = fields.String()
    line = fields.Integer()
    coverage = fields.Enum(Coverage, by_value=True)
    reason = fields.String(allow_none=True)


class ViolationSchema(ma.Schema):
    """One thing that was found in a diagram."""

    rule = fields.String()
    message = fields.String()
    element_id = fields.String(allow_none=True)
    line = fields.Integer(allow_none=True)
    column = fields.Integer(allow_none=True)
    severity = fields.Enum(Severity, by_value=True)
    section = fields.String(allow_none=True, metadata={"description": "of BPMN 2.0.2"})


class DeployedDefinitionSchema(ma.Schema):
    """One process definition that a deployment holds."""

    definition_key = Key()
    process_id = fields.String()
    name = fields.String(allow_none=True)
    version = fields.Integer()
    version_tag = fields.String(allow_none=True)
    resource_name = fields.String()
    is_new = fields.Boolean()


class DeployedFormSchema(ma.Schema):
    """One form that a deployment holds."""

    form_key = Key()
    form_id = fields.String()
    version = fields.Integer()
    resource_name = fields.String()
    is_new = fields.Boolean()


class DeployedDecisionSchema(ma.Schema):
    """One decision that a deployment holds."""

    decision_key = Key()
    decision_id = fields.String()
    name = fields.String(allow_none=True)
    version = fields.Integer()
    version_tag = fields.String(allow_none=True)
    resource_name = fields.String()
    is_new = fields.Boolean()


class DeploymentSchema(ma.Schema):
    """What a deployment stored."""

    deployment_key = Key()
    name = fields.String(allow_none=True)
    deployed_at = fields.DateTime()
    is_new = fields.Boolean(metadata={"description": "false when nothing in it had changed"})
    definitions = fields.List(fields.Nested(DeployedDefinitionSchema))
    forms = fields.List(fields.Nested(DeployedFormSchema))
    decisions = fields.List(fields.Nested(DeployedDecisionSchema))
    certificate = fields.List(fields.Nested(CertificateEntrySchema))
    warnings = fields.List(fields.Nested(ViolationSchema))


class DefinitionSummarySchema(ma.Schema):
    """One process definition in a list."""

    definition_key = Key()
    process_id = fields.String()
    name = fields.String(allow_none=True)
    version = fields.Integer()
    version_tag = fields.String(allow_none=True)
    is_latest = fields.Boolean()
    version_count = fields.Integer()
    resource_name = fields.String()
    deployment_key = Key()
    deployed_at = fields.DateTime()
    deployed_by = fields.String(allow_none=True)
    running_count = fields.Integer()
    completed_count = fields.Integer()
    incident_count = fields.Integer()
    is_startable = fields.Boolean()
    candidate_starter_users = fields.List(
        fields.String(),
        attribute="starters.users",
        metadata={"description": "Who may start it; nobody and no group named: everybody."},
    )
    candidate_starter_groups = fields.List(fields.String(), attribute="starters.groups")


class DefinitionSchema(DefinitionSummarySchema):
    """One process definition."""

    documentation = fields.String(allow_none=True)
    flavour = fields.String(metadata={"enum": ["zeebe", "camunda", "bpmn"]})
    certificate = fields.List(fields.Nested(CertificateEntrySchema))
    warnings = fields.List(fields.Nested(ViolationSchema))


class DefinitionQuery(PageQuery):
    """Which process definitions are wanted."""

    latest_only = fields.Boolean(load_default=True)
    search = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=255),
        metadata={"description": "In the name or the process id."},
    )


class DefinitionQueryValues(PageValues):
    """A parsed `DefinitionQuery`."""

    latest_only: bool
    search: str | None


class DeletedDefinitionSchema(ma.Schema):
    """One process definition that was deleted."""

    definition_key = Key()
    process_id = fields.String()
    version = fields.Integer()


class DeletionSchema(ma.Schema):
    """The record of a deletion."""

    key = Key()
    deployment_key = Key(
        allow_none=True, metadata={"description": "Of a deployment that went as a whole."}
    )
    name = fields.String(allow_none=True)
    definitions = fields.List(fields.Nested(DeletedDefinitionSchema))
    is_cascading = fields.Boolean()
    instance_count = fields.Integer(metadata={"description": "Instances that were deleted."})
    begun_at = fields.DateTime()
    ended_at = fields.DateTime(
        allow_none=True, metadata={"description": "null: it was not done to its end."}
    )
    deleted_by = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)


class DeletionQuery(ma.Schema):
    """How to delete, and why."""

    cascade = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Cancel the instances that have not ended, and delete all of them with "
            "their history. What the retention policy archives is archived before."
        },
    )
    reason = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=500),
        metadata={"description": "Stands in the record."},
    )


class DeletionQueryValues(TypedDict):
    """A parsed `DeletionQuery`."""

    cascade: bool
    reason: str | None


class ElementCountsSchema(ma.Schema):
    """What happens at one element of a diagram."""

    active = fields.Integer()
    incidents = fields.Integer()
    completed = fields.Integer()
    terminated = fields.Integer()
    waiting = fields.String(allow_none=True)


class DiagramSchema(ma.Schema):
    """What to draw over a diagram."""

    elements = fields.Dict(keys=fields.String(), values=fields.Nested(ElementCountsSchema))
    taken_flows = fields.Dict(keys=fields.String(), values=fields.Integer())
    state = fields.String(allow_none=True)


class FormSchema(ma.Schema):
    """A form-js schema, and the data it starts with."""

    kind = fields.String(metadata={"enum": ["camunda", "generated", "none"]})
    schema = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    data = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))


class LintSchema(ma.Schema):
    """What would become of a diagram if it were deployed; nothing was stored."""

    is_accepted = fields.Boolean()
    process_ids = fields.List(fields.String())
    certificate = fields.List(fields.Nested(CertificateEntrySchema))
    violations = fields.List(fields.Nested(ViolationSchema))
