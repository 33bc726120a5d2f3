"""Tables of operations on many instances, and of documents that clients store."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime
from bpmn_engine.store.metadata import METADATA

batch_operation: Final = Table(
    "batch_operation",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("type", String(48), nullable=False, comment="what is done to each instance"),
    Column("detail", JsonText, nullable=False, comment="by type: a plan, moves, or nothing"),
    Column("state", String(24), nullable=False, comment="active, suspended, canceled or ended"),
    Column("item_count", Integer, nullable=False, comment="instances, at the start"),
    Column("created_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("created_by", IndexedText, comment="user id; null = nobody said"),
    Column("ended_at", UtcDateTime, comment="UTC; null while instances are left"),
    comment="one row for each operation on many instances",
)
Index(
    "ix_batch_operation_active",
    batch_operation.c.key,
    sqlite_where=batch_operation.c.ended_at.is_(None),
    postgresql_where=batch_operation.c.ended_at.is_(None),
)

batch_operation_item: Final = Table(
    "batch_operation_item",
    METADATA,
    Column("batch_key", ForeignKey("batch_operation.key", ondelete="CASCADE"), primary_key=True),
    Column(
        "instance_key",
        BIG_KEY,
        primary_key=True,
        autoincrement=False,
        comment="kept when the instance is deleted",
    ),
    Column("state", String(16), nullable=False, comment="active, completed, failed or canceled"),
    Column("message", FreeText, comment="why it failed"),
    Column("ended_at", UtcDateTime, comment="UTC; null while it is active"),
    Index("ix_batch_operation_item_state", "batch_key", "state", "instance_key"),
    Index("ix_batch_operation_item_instance_key", "instance_key"),
    comment="one row for each instance; changed in the transaction that changes the instance",
)

document: Final = Table(
    "document",
    METADATA,
    Column("document_id", IndexedText, primary_key=True, comment="given by the client, or made"),
    Column("content", LargeBinary, nullable=False, comment="byte for byte"),
    Column("content_hash", String(64), nullable=False, comment="SHA-256, hexadecimal"),
    Column("content_type", FreeText, nullable=False, comment="media type"),
    Column("file_name", FreeText, nullable=False, comment="to save it as"),
    Column("size", Integer, nullable=False, comment="bytes"),
    Column("created_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("created_by", IndexedText, comment="user id"),
    Column("expires_at", UtcDateTime, index=True, comment="UTC; null = never"),
    Column("process_id", IndexedText, comment="of a process it belongs to"),
    Column("instance_key", BIG_KEY, comment="of a process instance it belongs to"),
    Column("custom", JsonText, nullable=False, comment="properties given by the client"),
    comment="documents of clients; one beyond its time is not there",
)
