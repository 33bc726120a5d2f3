"""The documents of data stores: one JSON value each, changed by one transaction at a time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from bpmn_engine.ids import Key
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import data_document
from bpmn_engine.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDocument:
    """What a data store holds."""

    name: str
    content: JsonValue  #: None while nothing was written
    changed_at: dt.datetime
    changed_by: Key | None  #: the process instance that wrote last; None: a person


def find(session: Session, name: str) -> DataDocument | None:
    """Return what a data store holds; None before its first use."""
    statement = select(data_document).where(data_document.c.name == name)
    row = session.execute(statement).one_or_none()
    return None if row is None else _document(row)


def every(session: Session) -> tuple[DataDocument, ...]:
    """Return all documents, by name."""
    statement = select(data_document).order_by(data_document.c.name)
    return tuple(_document(row) for row in session.execute(statement))


def lock(session: Session, name: str, now: dt.datetime) -> JsonValue:
    """Return the content of a data store, which nobody else changes until this transaction ends.

    Lock several in the order of their names.
    """
    values = {"name": name, "label": name, "content": None, "changed_at": now, "changed_by": None}
    is_sqlite = session.dialect.name == "sqlite"
    insert = sqlite.insert if is_sqlite else postgresql.insert
    session.execute(
        insert(data_document).values(values).on_conflict_do_nothing(index_elements=["name"])
    )
    statement = select(data_document).where(data_document.c.name == name).with_for_update()
    return _document(session.execute(statement).one()).content


def write(
    session: Session, name: str, content: JsonValue, *, now: dt.datetime, by: Key | None
) -> None:
    """Replace the content of a data store that this transaction has locked."""
    session.execute(
        sa.update(data_document)
        .where(data_document.c.name == name)
        .values(content=content, changed_at=now, changed_by=by)
    )


def _document(row: AnyRow) -> DataDocument:
    return DataDocument(
        name=row.label,
        content=row.content,
        changed_at=row.changed_at,
        changed_by=None if row.changed_by is None else Key(row.changed_by),
    )
