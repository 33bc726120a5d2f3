"""Tables of migrations of many instances, and of what finished instances were restarted as."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime
from bpmn_engine.store.metadata import METADATA

instance_migration: Final = Table(
    "instance_migration",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("source_key", BIG_KEY, nullable=False, comment="of the process definition before"),
    Column("target_key", BIG_KEY, nullable=False, comment="of the process definition afterwards"),
    Column("plan", JsonText, nullable=False, comment="MigrationPlan"),
    Column("instance_count", Integer, nullable=False, comment="to be migrated, at the start"),
    Column("created_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("created_by", IndexedText, comment="user id; null = nobody said"),
    Column("reason", FreeText, comment="given by the person who did it"),
    Column("ended_at", UtcDateTime, comment="UTC; null while instances are left"),
    comment="one row for each migration of many instances",
)
Index(
    "ix_instance_migration_open",
    instance_migration.c.key,
    sqlite_where=instance_migration.c.ended_at.is_(None),
    postgresql_where=instance_migration.c.ended_at.is_(None),
)

instance_migration_item: Final = Table(
    "instance_migration_item",
    METADATA,
    Column(
        "migration_key",
        ForeignKey("instance_migration.key", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "instance_key",
        BIG_KEY,
        primary_key=True,
        autoincrement=False,
        comment="kept when the instance is deleted",
    ),
    Column("state", String(16), nullable=False, comment="pending, migrated or failed"),
    Column("message", FreeText, comment="why it failed"),
    Column("ended_at", UtcDateTime, comment="UTC; null while it is pending"),
    Index("ix_instance_migration_item_state", "migration_key", "state", "instance_key"),
    comment="one row for each instance; changed in the transaction that migrates the instance",
)

instance_restart: Final = Table(
    "instance_restart",
    METADATA,
    Column(
        "instance_key",
        ForeignKey("process_instance.key", ondelete="CASCADE"),
        primary_key=True,
        comment="the new instance",
    ),
    Column("restarted_key", BIG_KEY, nullable=False, comment="the finished instance"),
    Column("request_key", IndexedText, comment="given by the caller; the same one restarts once"),
    Index("uq_instance_restart_request_key", "restarted_key", "request_key", unique=True),
    comment="which instance does again what which finished one did",
)
