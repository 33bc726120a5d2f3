"""pre: create the tables of migrated and restarted instances.

Revision: 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_instance_migration()
    _create_instance_migration_item()
    _create_instance_restart()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("instance_restart")
    op.drop_table("instance_migration_item")
    op.drop_table("instance_migration")


def _create_instance_migration() -> None:
    op.create_table(
        "instance_migration",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column(
            "source_key", BIG_KEY, nullable=False, comment="of the process definition before"
        ),
        sa.Column(
            "target_key", BIG_KEY, nullable=False, comment="of the process definition afterwards"
        ),
        sa.Column("plan", JsonText(), nullable=False, comment="MigrationPlan"),
        sa.Column(
            "instance_count", sa.Integer(), nullable=False, comment="to be migrated, at the start"
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "created_by", IndexedText(), nullable=True, comment="user id; null = nobody said"
        ),
        sa.Column("reason", FreeText(), nullable=True, comment="given by the person who did it"),
        sa.Column(
            "ended_at", UtcDateTime(), nullable=True, comment="UTC; null while instances are left"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_instance_migration"),
        comment="one row for each migration of many instances",
    )
    op.create_index(
        "ix_instance_migration_open",
        "instance_migration",
        ["key"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _create_instance_migration_item() -> None:
    op.create_table(
        "instance_migration_item",
        sa.Column("migration_key", BIG_KEY, nullable=False),
        sa.Column(
            "instance_key",
            BIG_KEY,
            autoincrement=False,
            nullable=False,
            comment="kept when the instance is deleted",
        ),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="pending, migrated or failed"
        ),
        sa.Column("message", FreeText(), nullable=True, comment="why it failed"),
        sa.Column(
            "ended_at", UtcDateTime(), nullable=True, comment="UTC; null while it is pending"
        ),
        sa.ForeignKeyConstraint(
            ["migration_key"],
            ["instance_migration.key"],
            name="fk_instance_migration_item_migration_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "migration_key", "instance_key", name="pk_instance_migration_item"
        ),
        comment="one row for each instance; changed in the transaction that migrates the instance",
    )
    op.create_index(
        "ix_instance_migration_item_state",
        "instance_migration_item",
        ["migration_key", "state", "instance_key"],
        unique=False,
    )


def _create_instance_restart() -> None:
    op.create_table(
        "instance_restart",
        sa.Column("instance_key", BIG_KEY, nullable=False, comment="the new instance"),
        sa.Column("restarted_key", BIG_KEY, nullable=False, comment="the finished instance"),
        sa.Column(
            "request_key",
            IndexedText(),
            nullable=True,
            comment="given by the caller; the same one restarts once",
        ),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name="fk_instance_restart_instance_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_key", name="pk_instance_restart"),
        comment="which instance does again what which finished one did",
    )
    op.create_index(
        "uq_instance_restart_request_key",
        "instance_restart",
        ["restarted_key", "request_key"],
        unique=True,
    )
