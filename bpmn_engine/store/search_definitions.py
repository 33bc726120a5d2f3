"""Searches over what was deployed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Text, func, select, type_coerce

from bpmn_engine.ids import Key
from bpmn_engine.store.searching import Searchable
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import decision, deployment, form, process_definition, resource
from bpmn_engine.views.records import DecisionRecord, DefinitionRecord, FormRecord, ResourceRecord

_DEFINITION: Final = process_definition.c
_DECISION: Final = decision.c
_SHOWN: Final = frozenset({"key", "name", "kind", "deployment_key"})
"""Columns of a resource; not its content."""

_LATER: Final = decision.alias("later").c

DEFINITIONS: Final[Searchable[DefinitionRecord]] = Searchable(
    item=DefinitionRecord,
    statement=select(
        _DEFINITION.key,
        _DEFINITION.process_id,
        _DEFINITION.name,
        _DEFINITION.version,
        _DEFINITION.version_tag,
        resource.c.name.label("resource_name"),
        _DEFINITION.is_latest,
        type_coerce(_DEFINITION.start_forms, Text).like('%"source"%').label("has_start_form"),
        _DEFINITION.deployment_key,
    )
    .join(resource, resource.c.key == _DEFINITION.resource_key)
    .where(_DEFINITION.deleted_at.is_(None)),
)
"""Process definitions, all versions."""

DECISIONS: Final[Searchable[DecisionRecord]] = Searchable(
    item=DecisionRecord,
    statement=select(
        _DECISION.key,
        _DECISION.decision_id,
        _DECISION.name,
        _DECISION.version,
        (
            _DECISION.version
            == select(func.max(_LATER.version))
            .where(_LATER.decision_id == _DECISION.decision_id)
            .correlate(decision)
            .scalar_subquery()
        ).label("is_latest"),
        _DECISION.resource_key.label("requirements_key"),
        resource.c.name.label("resource_name"),
    ).join(resource, resource.c.key == _DECISION.resource_key),
)
"""Decisions, all versions."""

RESOURCES: Final[Searchable[ResourceRecord]] = Searchable(
    item=ResourceRecord,
    statement=select(resource.c.key, resource.c.name, resource.c.kind, resource.c.deployment_key)
    .join(deployment, deployment.c.key == resource.c.deployment_key)
    .where(deployment.c.deleted_at.is_(None)),
)
"""Deployed files."""


def form_by_key(session: Session, key: Key) -> FormRecord | None:
    """Return a deployed form."""
    row = session.execute(
        select(form.c.form_id, form.c.version, resource.c.content)
        .join(resource, resource.c.key == form.c.resource_key)
        .where(form.c.key == key)
    ).one_or_none()
    if row is None:
        return None
    schema = row.content.decode("utf-8-sig")
    return FormRecord(form_key=key, form_id=row.form_id, version=row.version, schema=schema)


def resource_content(session: Session, key: Key) -> bytes | None:
    """Return a deployed file, byte for byte."""
    return session.scalar(select(resource.c.content).where(resource.c.key == key))
