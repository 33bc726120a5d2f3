"""Saved queries of worklists; rows only."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from bpmn_engine.ids import Key
from bpmn_engine.store.rows import AnyRow, changed_count
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import saved_filter
from bpmn_engine.views.notes import SavedFilter


def insert_filter(session: Session, saved: SavedFilter) -> None:
    """Keep a new filter."""
    session.execute(insert(saved_filter).values(key=saved.key, **_values(saved)))


def change_filter(session: Session, saved: SavedFilter) -> bool:
    """Keep a filter as it is now; False if there is none."""
    statement = update(saved_filter).where(saved_filter.c.key == saved.key)
    return changed_count(session.execute(statement.values(**_values(saved)))) > 0


def delete_filter(session: Session, key: Key) -> bool:
    """Delete a filter; False if there is none."""
    return (
        changed_count(session.execute(delete(saved_filter).where(saved_filter.c.key == key))) > 0
    )


def filters(session: Session) -> tuple[SavedFilter, ...]:
    """Return every filter, oldest first; there are few."""
    rows = session.execute(select(saved_filter).order_by(saved_filter.c.key))
    return tuple(_filter(row) for row in rows)


def find_filter(session: Session, key: Key) -> SavedFilter | None:
    """Return a filter."""
    row = session.execute(select(saved_filter).where(saved_filter.c.key == key)).one_or_none()
    return None if row is None else _filter(row)


def _values(saved: SavedFilter) -> dict[str, object]:
    return {
        "resource_type": saved.resource_type,
        "name": saved.name,
        "owner": saved.owner,
        "query": saved.query,
        "properties": saved.properties,
    }


def _filter(row: AnyRow) -> SavedFilter:
    return SavedFilter(
        key=row.key,
        resource_type=row.resource_type,
        name=row.name,
        owner=row.owner,
        query=row.query,
        properties=row.properties,
    )
