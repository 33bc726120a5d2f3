"""Tables of how long history is kept: policies, legal holds, and the archive."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, UtcDateTime
from bpmn_engine.store.metadata import METADATA

retention_policy: Final = Table(
    "retention_policy",
    METADATA,
    Column("process_id", IndexedText, primary_key=True, comment="of the definitions"),
    Column("keep_seconds", BigInteger, comment="after the end; null = for good"),
    Column("is_archived", Boolean, nullable=False, comment="put into the archive before"),
    Column("changed_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("changed_by", IndexedText, comment="user id; null = nobody said"),
    Column("reason", FreeText, comment="given by the person who did it"),
    comment="what an operator decided; stands above the diagram and the setting",
)

legal_hold: Final = Table(
    "legal_hold",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("instance_key", BIG_KEY, comment="this instance and what it called; or null"),
    Column("process_id", IndexedText, comment="all instances of this process; or null"),
    Column("placed_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("placed_by", IndexedText, comment="user id; null = nobody said"),
    Column("reason", FreeText, nullable=False, comment="given by the person who did it"),
    Column("lifted_at", UtcDateTime, comment="UTC; null while it holds"),
    Column("lifted_by", IndexedText, comment="user id; null = nobody said"),
    Column("lift_reason", FreeText, comment="given by the person who did it"),
    comment="what must not be deleted; a lifted hold stays as the record of it",
)
_HOLD: Final = legal_hold.c
_holds: Final = _HOLD.lifted_at.is_(None)
Index(
    "ix_legal_hold_instance_key",
    _HOLD.instance_key,
    sqlite_where=_holds,
    postgresql_where=_holds,
)
Index("ix_legal_hold_process_id", _HOLD.process_id, sqlite_where=_holds, postgresql_where=_holds)

archived_instance: Final = Table(
    "archived_instance",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="of the instance"),
    Column("definition_key", BIG_KEY, nullable=False, comment="of the process definition"),
    Column("process_id", IndexedText, nullable=False, comment="of the definition"),
    Column("business_key", IndexedText, comment="of the instance"),
    Column("status", String(16), nullable=False, comment="InstanceStatus"),
    Column("parent_key", BIG_KEY, comment="of the calling instance, or null"),
    Column("root_key", BIG_KEY, nullable=False, comment="first caller, or itself"),
    Column("started_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("started_by", IndexedText, comment="user id, or null"),
    Column("ended_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("duration_ms", BigInteger, nullable=False, comment="from start to end, milliseconds"),
    Column("archived_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("size", Integer, nullable=False, comment="bytes of the document before compression"),
    Column("document", LargeBinary, nullable=False, comment="gzip of JSON: its rows by table"),
    Index("ix_archived_instance_ended_at", "ended_at", "key"),
    Index("ix_archived_instance_process_id", "process_id", "ended_at", "key"),
    comment="one row for each instance whose history was taken out of the other tables",
)
_ARCHIVED: Final = archived_instance.c
Index(
    "ix_archived_instance_business_key",
    _ARCHIVED.business_key,
    _ARCHIVED.ended_at,
    _ARCHIVED.key,
    sqlite_where=_ARCHIVED.business_key.is_not(None),
    postgresql_where=_ARCHIVED.business_key.is_not(None),
)
