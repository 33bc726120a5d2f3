"""pre: create the tables of operations on many instances, and of documents.

Revision: 0014, after 0013.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_batches()
    _create_items()
    _create_documents()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("document")
    op.drop_table("batch_operation_item")
    op.drop_table("batch_operation")


def _create_batches() -> None:
    op.create_table(
        "batch_operation",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column(
            "type", sa.String(length=48), nullable=False, comment="what is done to each instance"
        ),
        sa.Column(
            "detail", JsonText(), nullable=False, comment="by type: a plan, moves, or nothing"
        ),
        sa.Column(
            "state",
            sa.String(length=24),
            nullable=False,
            comment="active, suspended, canceled or ended",
        ),
        sa.Column("item_count", sa.Integer(), nullable=False, comment="instances, at the start"),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "created_by", IndexedText(), nullable=True, comment="user id; null = nobody said"
        ),
        sa.Column(
            "ended_at", UtcDateTime(), nullable=True, comment="UTC; null while instances are left"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_batch_operation"),
        comment="one row for each operation on many instances",
    )
    op.create_index(
        "ix_batch_operation_active",
        "batch_operation",
        ["key"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _create_items() -> None:
    op.create_table(
        "batch_operation_item",
        sa.Column("batch_key", BIG_KEY, nullable=False),
        sa.Column(
            "instance_key",
            BIG_KEY,
            autoincrement=False,
            nullable=False,
            comment="kept when the instance is deleted",
        ),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="active, completed, failed or canceled",
        ),
        sa.Column("message", FreeText(), nullable=True, comment="why it failed"),
        sa.Column(
            "ended_at", UtcDateTime(), nullable=True, comment="UTC; null while it is active"
        ),
        sa.ForeignKeyConstraint(
            ["batch_key"],
            ["batch_operation.key"],
            name="fk_batch_operation_item_batch_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("batch_key", "instance_key", name="pk_batch_operation_item"),
        comment="one row for each instance; changed in the transaction that changes the instance",
    )
    op.create_index(
        "ix_batch_operation_item_state",
        "batch_operation_item",
        ["batch_key", "state", "instance_key"],
        unique=False,
    )
    op.create_index(
        "ix_batch_operation_item_instance_key",
        "batch_operation_item",
        ["instance_key"],
        unique=False,
    )


def _create_documents() -> None:
    op.create_table(
        "document",
        sa.Column(
            "document_id", IndexedText(), nullable=False, comment="given by the client, or made"
        ),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="byte for byte"),
        sa.Column(
            "content_hash", sa.String(length=64), nullable=False, comment="SHA-256, hexadecimal"
        ),
        sa.Column("content_type", FreeText(), nullable=False, comment="media type"),
        sa.Column("file_name", FreeText(), nullable=False, comment="to save it as"),
        sa.Column("size", sa.Integer(), nullable=False, comment="bytes"),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("created_by", IndexedText(), nullable=True, comment="user id"),
        sa.Column("expires_at", UtcDateTime(), nullable=True, comment="UTC; null = never"),
        sa.Column(
            "process_id", IndexedText(), nullable=True, comment="of a process it belongs to"
        ),
        sa.Column(
            "instance_key", BIG_KEY, nullable=True, comment="of a process instance it belongs to"
        ),
        sa.Column("custom", JsonText(), nullable=False, comment="properties given by the client"),
        sa.PrimaryKeyConstraint("document_id", name="pk_document"),
        comment="documents of clients; one beyond its time is not there",
    )
    op.create_index("ix_document_expires_at", "document", ["expires_at"], unique=False)
