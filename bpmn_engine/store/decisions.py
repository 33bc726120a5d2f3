"""Decisions as they are stored: versioned by decision id, as processes are by process id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, and_, func, insert, select

from bpmn_engine.ids import Key
from bpmn_engine.store.paging import SortKey, SortType, page_of
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import decision, resource
from bpmn_engine.views.paging import Page, PageRequest

_LARGEST_VERSION: Final = 2**31 - 1
"""What the column holds; PostgreSQL refuses to compare it with more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDecision:
    """One decision to be deployed; its version is given when it is inserted."""

    key: Key
    resource_key: Key
    decision_id: str
    name: str | None
    version_tag: str | None
    content_hash: str  #: of its resource


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """One decision as it is stored."""

    key: Key
    deployment_key: Key
    resource_key: Key
    decision_id: str
    name: str | None
    version: int  #: from 1, per decision id
    version_tag: str | None
    content_hash: str  #: of its resource
    resource_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFile:
    """One DMN file of a deployment."""

    key: Key
    content: bytes


_SELECT: Final = select(decision, resource.c.name.label("resource_name")).join(
    resource, resource.c.key == decision.c.resource_key
)


def insert_decision(session: Session, deployment_key: Key, new: NewDecision) -> None:
    """Store a decision of a deployment as the next version of its id."""
    columns = decision.c
    before = session.scalar(
        select(func.max(columns.version)).where(columns.decision_id == new.decision_id)
    )
    session.execute(
        insert(decision).values(
            key=new.key,
            deployment_key=deployment_key,
            resource_key=new.resource_key,
            decision_id=new.decision_id,
            name=new.name,
            version=(before or 0) + 1,
            version_tag=new.version_tag,
            content_hash=new.content_hash,
        )
    )


def find(session: Session, key: Key) -> DecisionRow | None:
    """Return a decision."""
    return _newest(session, _SELECT.where(decision.c.key == key))


def of_file(session: Session, resource_key: Key) -> tuple[DecisionRow, ...]:
    """Return the decisions of a file, in the order they were given keys."""
    statement = _SELECT.where(decision.c.resource_key == resource_key).order_by(decision.c.key)
    return tuple(map(_decision, session.execute(statement)))


def find_latest(session: Session, decision_id: str) -> DecisionRow | None:
    """Return the latest version of a decision."""
    return _newest(session, _SELECT.where(decision.c.decision_id == decision_id))


def find_version(session: Session, decision_id: str, version: int) -> DecisionRow | None:
    """Return a version of a decision."""
    if version > _LARGEST_VERSION:
        return None
    statement = _SELECT.where(decision.c.decision_id == decision_id, decision.c.version == version)
    return _newest(session, statement)


def find_tagged(session: Session, decision_id: str, tag: str) -> DecisionRow | None:
    """Return the latest version of a decision with a version tag."""
    statement = _SELECT.where(decision.c.decision_id == decision_id, decision.c.version_tag == tag)
    return _newest(session, statement)


def find_in_deployment(
    session: Session, decision_id: str, deployment_key: Key
) -> DecisionRow | None:
    """Return the decision that a deployment holds."""
    statement = _SELECT.where(
        decision.c.decision_id == decision_id, decision.c.deployment_key == deployment_key
    )
    return _newest(session, statement)


def latest(session: Session, decision_ids: Iterable[str]) -> dict[str, DecisionRow]:
    """Return the latest version of decisions, by decision id."""
    found = {one: find_latest(session, one) for one in set(decision_ids)}
    return {one: row for one, row in found.items() if row is not None}


def latest_page(session: Session, page: PageRequest) -> Page[DecisionRow]:
    """Return a page of the latest versions, by decision id.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    newest = (
        select(decision.c.decision_id, func.max(decision.c.version).label("version"))
        .group_by(decision.c.decision_id)
        .subquery()
    )
    is_newest = and_(
        newest.c.decision_id == decision.c.decision_id,
        newest.c.version == decision.c.version,
    )
    order = (SortKey(decision.c.decision_id, SortType.TEXT),)
    return page_of(
        session, _SELECT.join(newest, is_newest), order, page, lambda rows: map(_decision, rows)
    )


def files(session: Session, deployment_key: Key) -> tuple[DecisionFile, ...]:
    """Return the DMN files of a deployment, in the order they were given keys."""
    statement = (
        select(resource.c.key, resource.c.content)
        .where(resource.c.deployment_key == deployment_key, resource.c.kind == "dmn")
        .order_by(resource.c.key)
    )
    return tuple(
        DecisionFile(key=Key(row.key), content=row.content) for row in session.execute(statement)
    )


def _newest(session: Session, statement: Select[AnyRow]) -> DecisionRow | None:
    row = session.execute(statement.order_by(decision.c.version.desc()).limit(1)).one_or_none()
    return None if row is None else _decision(row)


def _decision(row: AnyRow) -> DecisionRow:
    return DecisionRow(
        key=Key(row.key),
        deployment_key=Key(row.deployment_key),
        resource_key=Key(row.resource_key),
        decision_id=row.decision_id,
        name=row.name,
        version=row.version,
        version_tag=row.version_tag,
        content_hash=row.content_hash,
        resource_name=row.resource_name,
    )
