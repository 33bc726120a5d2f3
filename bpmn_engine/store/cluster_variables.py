"""Cluster variables; rows only. There are few: each is read whenever a process asks for one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bpmn_engine.store.rows import AnyRow, changed_count
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import cluster_variable
from bpmn_engine.views.cluster_variables import ClusterScope, ClusterVariable

_C = cluster_variable.c


def every(session: Session) -> tuple[ClusterVariable, ...]:
    """Return all of them, by name, the global one of two first."""
    rows = session.execute(select(cluster_variable).order_by(_C.name, _C.scope))
    return tuple(_variable(row) for row in rows)


def find(session: Session, scope: ClusterScope, name: str) -> ClusterVariable | None:
    """Return one of them."""
    row = session.execute(select(cluster_variable).where(_is(scope, name))).one_or_none()
    return None if row is None else _variable(row)


def count(session: Session) -> int:
    """Return how many there are."""
    return session.execute(select(func.count()).select_from(cluster_variable)).scalar_one()


def insert(session: Session, variable: ClusterVariable) -> bool:
    """Write a new one; False if there is one of its name in its scope."""
    is_sqlite = session.dialect.name == "sqlite"
    new = (sqlite.insert if is_sqlite else postgresql.insert)(cluster_variable)
    values = {"scope": variable.scope.value, "name": variable.name, **_values(variable)}
    unless = new.values(values).on_conflict_do_nothing(index_elements=["name", "scope"])
    return session.execute(unless.returning(_C.name)).one_or_none() is not None


def change(session: Session, variable: ClusterVariable) -> bool:
    """Write one as it is now; False if there is none."""
    statement = update(cluster_variable).where(_is(variable.scope, variable.name))
    return changed_count(session.execute(statement.values(_values(variable)))) > 0


def remove(session: Session, scope: ClusterScope, name: str) -> bool:
    """Delete one; False if there is none."""
    return changed_count(session.execute(delete(cluster_variable).where(_is(scope, name)))) > 0


def _is(scope: ClusterScope, name: str) -> ColumnElement[bool]:
    return sa.and_(_C.name == name, _C.scope == scope.value)


def _values(variable: ClusterVariable) -> dict[str, object]:
    return {
        "content": variable.content,
        "metadata": dict(variable.metadata),
        "changed_at": variable.changed_at,
        "changed_by": variable.changed_by,
    }


def _variable(row: AnyRow) -> ClusterVariable:
    return ClusterVariable(
        scope=ClusterScope(row.scope),
        name=row.name,
        content=row.content,
        metadata=row.metadata or {},
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )
