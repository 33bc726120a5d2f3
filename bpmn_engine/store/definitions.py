"""Deployments, process definitions and forms: inserted once, never changed.

Only the latest version of a process starts by messages, signals and timers; its start
subscriptions replace those of the version before in the deployment's own transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from hashlib import sha256
from typing import Final

from sqlalchemy import Select, bindparam, func, insert, select, text, update

from bpmn_engine.ids import Key
from bpmn_engine.model.definitions import CoverageEntry, Violation
from bpmn_engine.store.codec_model import (
    certificate_record,
    form_record,
    read_certificate,
    read_form,
    read_violations,
    violations_record,
)
from bpmn_engine.store.decisions import NewDecision as NewDecision
from bpmn_engine.store.decisions import insert_decision
from bpmn_engine.store.rows import AnyRow, in_parts, is_postgresql
from bpmn_engine.store.session import Session, Values
from bpmn_engine.store.starts import NewStarts, replace_starts
from bpmn_engine.store.starts import StartSubscription as StartSubscription
from bpmn_engine.store.starts import StartTimer as StartTimer
from bpmn_engine.store.starts import due_start_timers as due_start_timers
from bpmn_engine.store.starts import move_start_timer as move_start_timer
from bpmn_engine.store.starts import next_start_timer_due_at as next_start_timer_due_at
from bpmn_engine.store.starts import start_subscriptions as start_subscriptions
from bpmn_engine.store.tables import deployment, form, process_definition, resource
from bpmn_engine.views.definitions import Starters, StartFormView

_LARGEST_VERSION: Final = 2**31 - 1
"""What the column holds; PostgreSQL refuses to compare it with more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRow:
    """One file of a deployment."""

    key: Key
    name: str  #: file name
    kind: str  #: bpmn, form or dmn
    content: bytes
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDefinition:
    """One process definition to be deployed; its version is given when it is inserted."""

    key: Key
    resource_key: Key
    process_id: str
    name: str | None
    version_tag: str | None
    content_hash: str  #: of its resource
    is_startable: bool  #: whether it can be started by hand
    flavour: str  #: `zeebe`, `camunda` or `bpmn`
    documentation: str | None
    certificate: tuple[CoverageEntry, ...]
    warnings: tuple[Violation, ...]
    element_names: Mapping[str, str]  #: element id -> name
    start_forms: tuple[StartFormView, ...]  #: of its none start events
    history_seconds: int | None = None  #: how long ended instances are kept, as the file says
    starters: Starters = field(default_factory=Starters)
    starts: NewStarts = field(default_factory=NewStarts)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewForm:
    """One form to be deployed; its version is given when it is inserted."""

    key: Key
    resource_key: Key
    form_id: str
    content_hash: str  #: of its resource


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDeployment:
    """What one deployment stores; all or nothing."""

    key: Key
    name: str | None
    at: dt.datetime
    actor: str | None
    resources: tuple[ResourceRow, ...]
    definitions: tuple[NewDefinition, ...]
    forms: tuple[NewForm, ...] = ()
    decisions: tuple[NewDecision, ...] = ()
    source: str | None = None  #: what program deploys


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionRow:
    """One process definition as it is stored, without its `DefinitionDetails`."""

    key: Key
    deployment_key: Key
    resource_key: Key
    resource_name: str
    process_id: str
    name: str | None
    version: int  #: from 1, per process id
    version_tag: str | None
    content_hash: str  #: of its resource
    is_latest: bool
    is_startable: bool
    flavour: str
    starters: Starters
    deployed_at: dt.datetime
    deployed_by: str | None
    is_suspended: bool = False  #: no instance of it is started


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionDetails:
    """What grows with the diagram; read only where it is shown."""

    documentation: str | None
    certificate: tuple[CoverageEntry, ...]
    warnings: tuple[Violation, ...]
    element_names: Mapping[str, str]  #: element id -> name
    start_forms: tuple[StartFormView, ...]


def content_hash(content: bytes) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    return sha256(content).hexdigest()


def lock_ids(session: Session, ids: Iterable[str]) -> None:
    """Wait until nobody else deploys processes or forms with these ids. Call it first."""
    if not is_postgresql(session):
        return  # a writing transaction is the only one anyway
    for locked in sorted(set(ids)):
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 1))"), {"id": locked}
        )


def insert_deployment(session: Session, new: NewDeployment) -> tuple[DefinitionRow, ...]:
    """Store a deployment and give versions; return its definitions in the same order.

    Its start subscriptions and timers replace those of the versions before. Call `lock_ids` first.
    """
    session.execute(
        insert(deployment).values(
            key=new.key,
            name=new.name,
            deployed_at=new.at,
            deployed_by=new.actor,
            source=new.source,
        )
    )
    if new.resources:
        session.execute(
            insert(resource), [_resource_values(new.key, row) for row in new.resources]
        )
    for definition in new.definitions:
        _insert_definition(session, new.key, definition)
    for row in new.forms:
        _insert_form(session, new.key, row)
    for one in new.decisions:
        insert_decision(session, new.key, one)
    found = {
        row.key: _definition(row)
        for part in in_parts(definition.key for definition in new.definitions)
        for row in session.execute(_SELECT.where(process_definition.c.key.in_(part)))
    }
    return tuple(found[definition.key] for definition in new.definitions)


def _resource_values(deployment_key: Key, row: ResourceRow) -> dict[str, object]:
    return {
        "key": row.key,
        "deployment_key": deployment_key,
        "name": row.name,
        "kind": row.kind,
        "content": row.content,
        "content_hash": row.content_hash,
    }


def _insert_definition(session: Session, deployment_key: Key, new: NewDefinition) -> None:
    columns = process_definition.c
    before = session.scalar(
        select(func.max(columns.version)).where(columns.process_id == new.process_id)
    )
    session.execute(
        update(process_definition)
        .where(columns.process_id == new.process_id, columns.is_latest)
        .values(is_latest=False)
    )
    session.execute(
        insert(process_definition).values(
            key=new.key,
            deployment_key=deployment_key,
            resource_key=new.resource_key,
            process_id=new.process_id,
            name=new.name,
            version=(before or 0) + 1,
            version_tag=new.version_tag,
            content_hash=new.content_hash,
            is_latest=True,
            is_startable=new.is_startable,
            flavour=new.flavour,
            documentation=new.documentation,
            history_seconds=new.history_seconds,
            certificate=certificate_record(new.certificate),
            warnings=violations_record(new.warnings),
            element_names=dict(new.element_names),
            start_forms=[(start.element_id, form_record(start.form)) for start in new.start_forms],
            starter_users=new.starters.users,
            starter_groups=new.starters.groups,
        )
    )
    replace_starts(session, new.key, new.process_id, new.starts)


def _insert_form(session: Session, deployment_key: Key, new: NewForm) -> None:
    before = session.scalar(select(func.max(form.c.version)).where(form.c.form_id == new.form_id))
    session.execute(
        insert(form).values(
            key=new.key,
            deployment_key=deployment_key,
            resource_key=new.resource_key,
            form_id=new.form_id,
            version=(before or 0) + 1,
            content_hash=new.content_hash,
        )
    )


_IS_DEPLOYED: Final = process_definition.c.deleted_at.is_(None)
_SELECT_DETAILS: Final = select(
    *(process_definition.c[each.name] for each in fields(DefinitionDetails))
)
_SELECT: Final = (
    select(
        *(
            each
            for each in process_definition.c
            if each.key not in _SELECT_DETAILS.selected_columns
        ),
        resource.c.name.label("resource_name"),
        deployment.c.deployed_at,
        deployment.c.deployed_by,
    )
    .join(resource, resource.c.key == process_definition.c.resource_key)
    .join(deployment, deployment.c.key == process_definition.c.deployment_key)
)


_LATEST: Final = _SELECT.where(
    process_definition.c.process_id.in_(bindparam("process_ids", expanding=True)),
    process_definition.c.is_latest,
)
_LATEST_OF_ONE: Final = _SELECT.where(
    process_definition.c.process_id == bindparam("process_id"), process_definition.c.is_latest
)
_BY_KEY: Final = _SELECT.where(process_definition.c.key == bindparam("key"))


def latest(session: Session, process_ids: Iterable[str]) -> dict[str, DefinitionRow]:
    """Return the latest version of processes, by process id."""
    return {
        row.process_id: _definition(row)
        for part in in_parts(sorted(set(process_ids)))
        for row in session.execute(_LATEST, {"process_ids": part})
    }


def find(session: Session, key: Key) -> DefinitionRow | None:
    """Return a process definition, a deleted one too while its instances are kept."""
    return _first(session, _BY_KEY, {"key": key})


def find_deployed(session: Session, key: Key) -> DefinitionRow | None:
    """Return a process definition that is not deleted."""
    return _first(session, _BY_KEY.where(_IS_DEPLOYED), {"key": key})


def find_marked(session: Session, process_id: str) -> DefinitionRow | None:
    """Return the last version of a process that was taken from every list."""
    columns = process_definition.c
    wanted = _SELECT.where(columns.process_id == process_id, columns.deleted_at.is_not(None))
    return _first(session, wanted.order_by(columns.version.desc()).limit(1))


def find_details(session: Session, key: Key) -> DefinitionDetails | None:
    """Return what a process definition says of its elements."""
    found = session.execute(_SELECT_DETAILS.where(process_definition.c.key == key)).one_or_none()
    return None if found is None else _details(found)


def find_latest(session: Session, process_id: str) -> DefinitionRow | None:
    """Return the latest version of a process."""
    return _first(session, _LATEST_OF_ONE, {"process_id": process_id})


def find_version(session: Session, process_id: str, version: int) -> DefinitionRow | None:
    """Return a version of a process."""
    if version > _LARGEST_VERSION:
        return None
    columns = process_definition.c
    wanted = _SELECT.where(columns.process_id == process_id, columns.version == version)
    return _first(session, wanted.where(_IS_DEPLOYED))


def find_tagged(session: Session, process_id: str, version_tag: str) -> DefinitionRow | None:
    """Return the latest version of a process that has a version tag."""
    columns = process_definition.c
    wanted = _SELECT.where(
        columns.process_id == process_id, columns.version_tag == version_tag, _IS_DEPLOYED
    )
    return _first(session, wanted.order_by(columns.version.desc()).limit(1))


def find_in_deployment(
    session: Session, process_id: str, deployment_key: Key
) -> DefinitionRow | None:
    """Return the version of a process that came with a deployment."""
    columns = process_definition.c
    wanted = _SELECT.where(
        columns.process_id == process_id, columns.deployment_key == deployment_key, _IS_DEPLOYED
    )
    return _first(session, wanted.order_by(columns.version.desc()).limit(1))


def suspend(session: Session, keys: Iterable[Key], *, is_suspended: bool) -> None:
    """Hold process definitions, so that none of their instances starts, or let them go on."""
    for part in in_parts(sorted(set(keys))):
        chosen = update(process_definition).where(process_definition.c.key.in_(part))
        session.execute(chosen.values(is_suspended=is_suspended))


def load_xml(session: Session, key: Key) -> bytes | None:
    """Return the file of a process definition, byte for byte."""
    return session.scalar(
        select(resource.c.content)
        .join(process_definition, process_definition.c.resource_key == resource.c.key)
        .where(process_definition.c.key == key)
    )


def _first(
    session: Session, statement: Select[*tuple[object, ...]], given: Values | None = None
) -> DefinitionRow | None:
    row = session.execute(statement, given).first()
    return None if row is None else _definition(row)


def _definition(row: AnyRow) -> DefinitionRow:
    return DefinitionRow(
        key=Key(row.key),
        deployment_key=Key(row.deployment_key),
        resource_key=Key(row.resource_key),
        resource_name=row.resource_name,
        process_id=row.process_id,
        name=row.name,
        version=row.version,
        version_tag=row.version_tag,
        content_hash=row.content_hash,
        is_latest=row.is_latest,
        is_startable=row.is_startable,
        flavour=row.flavour,
        starters=read_starters(row),
        deployed_at=row.deployed_at,
        deployed_by=row.deployed_by,
        is_suspended=row.is_suspended,
    )


def read_starters(row: AnyRow) -> Starters:
    """Return who may start the definition of a result row."""
    return Starters(users=tuple(row.starter_users), groups=tuple(row.starter_groups))


def _details(row: AnyRow) -> DefinitionDetails:
    return DefinitionDetails(
        documentation=row.documentation,
        certificate=read_certificate(row.certificate),
        warnings=read_violations(row.warnings),
        element_names=row.element_names,
        start_forms=tuple(
            StartFormView(element_id=element_id, form=read_form(record))
            for element_id, record in row.start_forms
        ),
    )
