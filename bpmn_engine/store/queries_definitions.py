"""Read models of process definitions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import ColumnElement, Select, func, or_, select

from bpmn_engine.ids import Key
from bpmn_engine.store.definitions import read_starters
from bpmn_engine.store.paging import SortKey, SortType, page_of
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import (
    IS_STUCK,
    deployment,
    process_definition,
    process_instance,
    resource,
    rollup_delta,
    rollup_total,
)
from bpmn_engine.views.definitions import DefinitionSummary, ProcessName
from bpmn_engine.views.paging import Page, PageRequest

NAMES_SHOWN: Final = 200

_COLUMNS = process_definition.c
_NAMES: Final = (
    select(_COLUMNS.process_id, _COLUMNS.name)
    .where(_COLUMNS.is_latest, _COLUMNS.deleted_at.is_(None))
    .order_by(_COLUMNS.process_id)
    .limit(NAMES_SHOWN)
)


def definitions(
    session: Session, page: PageRequest, *, latest_only: bool, search: str | None = None
) -> Page[DefinitionSummary]:
    """Return a page of process definitions, by process id, newest version first.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    wanted = _select()
    if latest_only:
        wanted = wanted.where(_COLUMNS.is_latest)
    if search:
        wanted = wanted.where(
            or_(
                _COLUMNS.process_id.icontains(search, autoescape=True),
                _COLUMNS.name.icontains(search, autoescape=True),
            )
        )
    order = (
        SortKey(_COLUMNS.process_id, SortType.TEXT),
        SortKey(_COLUMNS.version, is_descending=True),
    )
    return page_of(session, wanted, order, page, _summaries)


def process_names(session: Session) -> tuple[ProcessName, ...]:
    """Return the deployed processes by id, at most NAMES_SHOWN."""
    rows = session.execute(_NAMES)
    return tuple(ProcessName(process_id=row.process_id, name=row.name) for row in rows)


def versions(session: Session, process_id: str) -> tuple[DefinitionSummary, ...]:
    """Return every version of a process, newest first."""
    wanted = _select().where(_COLUMNS.process_id == process_id)
    return tuple(_summaries(session.execute(wanted.order_by(_COLUMNS.version.desc()))))


def definition(session: Session, key: Key) -> DefinitionSummary | None:
    """Return one process definition with its counts."""
    return next(iter(_summaries(session.execute(_select().where(_COLUMNS.key == key)))), None)


def _select() -> Select[*tuple[object, ...]]:
    other = process_definition.alias("other")
    of_definition = process_instance.c.definition_key == _COLUMNS.key
    added = (
        select(
            rollup_delta.c.definition_key,
            func.sum(rollup_delta.c.open_change).label("open_change"),
            func.sum(rollup_delta.c.completed).label("completed"),
        )
        .group_by(rollup_delta.c.definition_key)
        .subquery()
    )
    return (
        select(
            _COLUMNS.key,
            _COLUMNS.process_id,
            _COLUMNS.name,
            _COLUMNS.version,
            _COLUMNS.version_tag,
            _COLUMNS.is_latest,
            _COLUMNS.is_startable,
            _COLUMNS.starter_users,
            _COLUMNS.starter_groups,
            _COLUMNS.deployment_key,
            resource.c.name.label("resource_name"),
            deployment.c.deployed_at,
            deployment.c.deployed_by,
            select(func.count())
            .where(other.c.process_id == _COLUMNS.process_id, other.c.deleted_at.is_(None))
            .scalar_subquery()
            .label("version_count"),
            _sum(rollup_total.c.open_count, added.c.open_change).label("running_count"),
            _sum(rollup_total.c.completed, added.c.completed).label("completed_count"),
            select(func.coalesce(func.sum(process_instance.c.incident_count), 0))
            .where(of_definition, IS_STUCK)
            .correlate(process_definition)
            .scalar_subquery()
            .label("incident_count"),
        )
        .join(resource, resource.c.key == _COLUMNS.resource_key)
        .join(deployment, deployment.c.key == _COLUMNS.deployment_key)
        .outerjoin(rollup_total, rollup_total.c.definition_key == _COLUMNS.key)
        .outerjoin(added, added.c.definition_key == _COLUMNS.key)
        .where(_COLUMNS.deleted_at.is_(None))
    )


def _sum(total: ColumnElement[int], added: ColumnElement[int]) -> ColumnElement[int]:
    """Return a sum with what is not in it yet."""
    return func.coalesce(total, 0) + func.coalesce(added, 0)


def _summaries(rows: Iterable[AnyRow]) -> list[DefinitionSummary]:
    return [
        DefinitionSummary(
            definition_key=row.key,
            process_id=row.process_id,
            name=row.name,
            version=row.version,
            version_tag=row.version_tag,
            is_latest=row.is_latest,
            version_count=row.version_count,
            resource_name=row.resource_name,
            deployment_key=row.deployment_key,
            deployed_at=row.deployed_at,
            deployed_by=row.deployed_by,
            running_count=int(row.running_count),
            completed_count=int(row.completed_count),
            incident_count=int(row.incident_count),
            is_startable=row.is_startable,
            starters=read_starters(row),
        )
        for row in rows
    ]
