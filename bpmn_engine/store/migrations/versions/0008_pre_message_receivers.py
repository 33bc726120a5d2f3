"""pre: let a message have a receiver and correlation keys of the standard.

Revision: 0008, after 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, IndexedText

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the tables."""
    op.add_column(
        "message",
        sa.Column(
            "receiver_process_id",
            IndexedText(),
            nullable=True,
            comment="of a message flow; null = any process",
        ),
    )
    op.add_column(
        "message",
        sa.Column(
            "receiver_element_id",
            IndexedText(),
            nullable=True,
            comment="where the message flow leads",
        ),
    )
    op.add_column(
        "message",
        sa.Column(
            "source_key",
            BIG_KEY,
            nullable=True,
            comment="instance that begins a conversation with it, or null",
        ),
    )
    is_addressed = sa.text("delivered_at IS NULL AND source_key IS NOT NULL")
    op.create_index(
        "ix_message_addressed",
        "message",
        ["receiver_process_id", "receiver_element_id"],
        unique=False,
        sqlite_where=is_addressed,
        postgresql_where=is_addressed,
    )
    _create_message_key()
    _create_correlated_message()


def downgrade() -> None:
    """Drop them."""
    op.drop_table("correlated_message")
    op.drop_table("message_key")
    op.drop_index("ix_message_addressed", "message")
    for name in ("source_key", "receiver_element_id", "receiver_process_id"):
        op.drop_column("message", name)


def _create_message_key() -> None:
    op.create_table(
        "message_key",
        sa.Column("message_key", BIG_KEY, nullable=False),
        sa.Column("correlation_key", IndexedText(), nullable=False, comment="one that it meets"),
        sa.ForeignKeyConstraint(
            ["message_key"],
            ["message.key"],
            name="fk_message_key_message_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_key", "correlation_key", name="pk_message_key"),
        comment="correlation keys of the standard that a message carries, and that any value "
        "meets",
    )
    op.create_index(
        "ix_message_key_correlation_key", "message_key", ["correlation_key"], unique=False
    )


def _create_correlated_message() -> None:
    op.create_table(
        "correlated_message",
        sa.Column("definition_key", BIG_KEY, nullable=False),
        sa.Column("name", IndexedText(), nullable=False, comment="of the message"),
        sa.Column("process_id", IndexedText(), nullable=False, comment="of the definition"),
        sa.ForeignKeyConstraint(
            ["definition_key"],
            ["process_definition.key"],
            name="fk_correlated_message_definition_key",
        ),
        sa.PrimaryKeyConstraint("definition_key", "name", name="pk_correlated_message"),
        comment="messages with correlation keys of the standard; of the latest versions only",
    )
    op.create_index("ix_correlated_message_name", "correlated_message", ["name"], unique=False)
    op.create_index(
        "ix_correlated_message_process_id", "correlated_message", ["process_id"], unique=False
    )
