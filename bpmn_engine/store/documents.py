"""Documents that clients store beside processes: bytes, a name, and how long they are kept."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, delete, insert, or_, select

from bpmn_engine.store.rows import AnyRow, changed_count
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import document
from bpmn_engine.views.records import StoredDocument

_TABLE = document.c
_KNOWN = [column for column in document.c if column.name not in {"content", "created_by"}]


def store(session: Session, known: StoredDocument, content: bytes, created_by: str | None) -> bool:
    """Store a document; False if there is one of its id."""
    if find(session, known.document_id, known.created_at) is not None:
        return False
    session.execute(delete(document).where(_TABLE.document_id == known.document_id))
    session.execute(
        insert(document).values(
            document_id=known.document_id,
            content=content,
            content_hash=known.content_hash,
            content_type=known.content_type,
            file_name=known.file_name,
            size=known.size,
            created_at=known.created_at,
            created_by=created_by,
            expires_at=known.expires_at,
            process_id=known.process_id,
            instance_key=known.instance_key,
            custom=dict(known.custom),
        )
    )
    return True


def find(session: Session, document_id: str, now: dt.datetime) -> StoredDocument | None:
    """Return what is known of a document that is not beyond its time."""
    row = session.execute(
        select(*_KNOWN).where(_TABLE.document_id == document_id, _is_kept(now))
    ).one_or_none()
    return None if row is None else _document(row)


def content(session: Session, document_id: str, now: dt.datetime) -> bytes | None:
    """Return the bytes of a document that is not beyond its time."""
    return session.scalar(
        select(_TABLE.content).where(_TABLE.document_id == document_id, _is_kept(now))
    )


def remove(session: Session, document_id: str) -> bool:
    """Delete a document; False if there is none."""
    return (
        changed_count(session.execute(delete(document).where(_TABLE.document_id == document_id)))
        == 1
    )


def delete_expired(session: Session, now: dt.datetime, limit: int) -> int:
    """Delete documents that are beyond their time; returns how many."""
    over = select(_TABLE.document_id).where(_TABLE.expires_at <= now).limit(limit)
    return changed_count(session.execute(delete(document).where(_TABLE.document_id.in_(over))))


def _is_kept(now: dt.datetime) -> ColumnElement[bool]:
    return or_(_TABLE.expires_at.is_(None), _TABLE.expires_at > now)


def _document(row: AnyRow) -> StoredDocument:
    return StoredDocument(
        document_id=row.document_id,
        content_hash=row.content_hash,
        content_type=row.content_type,
        file_name=row.file_name,
        size=row.size,
        created_at=row.created_at,
        expires_at=row.expires_at,
        process_id=row.process_id,
        instance_key=row.instance_key,
        custom=row.custom,
    )
