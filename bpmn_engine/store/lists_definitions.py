"""Lists of what was deployed: deployments, their files, process definitions, decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import ColumnElement, func, select

from bpmn_engine.store.definitions import read_starters
from bpmn_engine.store.listing import AnyColumn, Listed
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.tables import (
    decision,
    deployment,
    incident,
    process_definition,
    resource,
)
from bpmn_engine.views.runtime_records import (
    DecisionRecord,
    DefinitionRecord,
    DeploymentRecord,
    ResourceRecord,
)

_DEFINITION = process_definition.c
_DECISION = decision.c


def _deployment(row: AnyRow) -> DeploymentRecord:
    return DeploymentRecord(
        key=row.key,
        name=row.name,
        source=row.source,
        deployed_at=row.deployed_at,
        deployed_by=row.deployed_by,
    )


def _resource(row: AnyRow) -> ResourceRecord:
    return ResourceRecord(key=row.key, name=row.name, deployment_key=row.deployment_key)


def _definition(row: AnyRow) -> DefinitionRecord:
    return DefinitionRecord(
        key=row.key,
        process_id=row.process_id,
        name=row.name,
        version=row.version,
        version_tag=row.version_tag,
        documentation=row.documentation,
        resource_name=row.resource_name,
        deployment_key=row.deployment_key,
        deployed_at=row.deployed_at,
        is_startable=row.is_startable,
        is_suspended=row.is_suspended,
        starters=read_starters(row),
    )


def _decision(row: AnyRow) -> DecisionRecord:
    return DecisionRecord(
        key=row.key,
        decision_id=row.decision_id,
        name=row.name,
        version=row.version,
        version_tag=row.version_tag,
        resource_key=row.resource_key,
        resource_name=row.resource_name,
        deployment_key=row.deployment_key,
    )


def _incident(
    column: AnyColumn,
) -> Callable[[Callable[[AnyColumn], ColumnElement[bool]]], ColumnElement[bool]]:
    """Return whether a definition has an open incident whose column compares so."""

    def is_there(compared: Callable[[AnyColumn], ColumnElement[bool]]) -> ColumnElement[bool]:
        return (
            select(incident.c.key)
            .where(
                incident.c.definition_key == _DEFINITION.key,
                incident.c.resolved_at.is_(None),
                compared(column),
            )
            .correlate(process_definition)
            .exists()
        )

    return is_there


DEPLOYMENTS: Final = Listed(
    statement=select(deployment).where(deployment.c.deleted_at.is_(None)),
    keys=(deployment.c.key,),
    fields={name: deployment.c[name] for name in ("key", "name", "source", "deployed_at")},
    related={},
    read=_deployment,
)

RESOURCES: Final = Listed(
    statement=select(resource.c.key, resource.c.name, resource.c.deployment_key)
    .join(deployment, deployment.c.key == resource.c.deployment_key)
    .where(deployment.c.deleted_at.is_(None)),
    keys=(resource.c.key,),
    fields={name: resource.c[name] for name in ("key", "name", "deployment_key", "kind")},
    related={},
    read=_resource,
)

DEFINITIONS: Final = Listed(
    statement=select(
        _DEFINITION.key,
        _DEFINITION.process_id,
        _DEFINITION.name,
        _DEFINITION.version,
        _DEFINITION.version_tag,
        _DEFINITION.documentation,
        _DEFINITION.deployment_key,
        _DEFINITION.is_startable,
        _DEFINITION.is_suspended,
        _DEFINITION.starter_users,
        _DEFINITION.starter_groups,
        resource.c.name.label("resource_name"),
        deployment.c.deployed_at,
    )
    .join(resource, resource.c.key == _DEFINITION.resource_key)
    .join(deployment, deployment.c.key == _DEFINITION.deployment_key)
    .where(_DEFINITION.deleted_at.is_(None)),
    keys=(_DEFINITION.key,),
    fields={
        **{
            name: _DEFINITION[name]
            for name in (
                "key",
                "process_id",
                "name",
                "version",
                "version_tag",
                "deployment_key",
                "is_latest",
                "is_startable",
                "is_suspended",
            )
        },
        "resource_name": resource.c.name,
        "deployed_at": deployment.c.deployed_at,
    },
    related={
        "incident_key": _incident(incident.c.key),
        "incident_kind": _incident(incident.c.kind),
        "incident_message": _incident(incident.c.message),
    },
    read=_definition,
)

_NEWER: Final = decision.alias("newer")
_IS_LATEST: Final = (
    _DECISION.version
    == select(func.max(_NEWER.c.version))
    .where(_NEWER.c.decision_id == _DECISION.decision_id)
    .correlate(decision)
    .scalar_subquery()
)

DECISIONS: Final = Listed(
    statement=select(
        _DECISION.key,
        _DECISION.decision_id,
        _DECISION.name,
        _DECISION.version,
        _DECISION.version_tag,
        _DECISION.resource_key,
        _DECISION.deployment_key,
        resource.c.name.label("resource_name"),
    )
    .join(resource, resource.c.key == _DECISION.resource_key)
    .join(deployment, deployment.c.key == _DECISION.deployment_key),
    keys=(_DECISION.key,),
    fields={
        **{
            name: _DECISION[name]
            for name in (
                "key",
                "decision_id",
                "name",
                "version",
                "version_tag",
                "deployment_key",
                "resource_key",
            )
        },
        "is_latest": _IS_LATEST,
        "resource_name": resource.c.name,
        "deployed_at": deployment.c.deployed_at,
    },
    related={},
    read=_decision,
)
