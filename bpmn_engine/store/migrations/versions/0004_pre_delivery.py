"""pre: create the tables of what is on its way.

Revision: 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_change_feed()
    _create_inbox()
    _create_message()
    _create_outbox()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("outbox")
    op.drop_table("message")
    op.drop_table("inbox")
    op.drop_table("change_feed")


def _create_change_feed() -> None:
    op.create_table(
        "change_feed",
        sa.Column(
            "sequence",
            BIG_KEY,
            autoincrement=True,
            nullable=False,
            comment="given by the database, ascending",
        ),
        sa.Column("at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("topics", JsonText(), nullable=False, comment="what changed"),
        sa.PrimaryKeyConstraint("sequence", name="pk_change_feed"),
        comment="one row for each unit of work; pruned after a while",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_change_feed_at", "change_feed", ["at"], unique=False)


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column(
            "kind",
            sa.String(length=16),
            nullable=False,
            comment="command, child, message or signal",
        ),
        sa.Column(
            "instance_key", BIG_KEY, nullable=True, comment="of a command: the instance it is for"
        ),
        sa.Column("source_key", BIG_KEY, nullable=True, comment="the instance that wrote it"),
        sa.Column(
            "source_wait",
            sa.Integer(),
            nullable=True,
            comment="of a child: the wait that calls it",
        ),
        sa.Column("payload", JsonText(), nullable=False, comment="by kind; see inbox"),
        sa.Column(
            "actor",
            IndexedText(),
            nullable=True,
            comment="user id or worker, as of the causing command",
        ),
        sa.Column("reason", FreeText(), nullable=True, comment="as of the causing command"),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="failed attempts so far"),
        sa.Column(
            "not_before", UtcDateTime(), nullable=True, comment="UTC; after a failed attempt"
        ),
        sa.Column(
            "failure", FreeText(), nullable=True, comment="message of the last failed attempt"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_inbox"),
        comment="what one step asks of another instance; taken and applied in one transaction",
    )
    op.create_index("ix_inbox_instance_key", "inbox", ["instance_key"], unique=False)
    op.create_index("ix_inbox_source_key", "inbox", ["source_key", "source_wait"], unique=False)


def _create_message() -> None:
    op.create_table(
        "message",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column("name", IndexedText(), nullable=False, comment="of the message"),
        sa.Column(
            "correlation_key", IndexedText(), nullable=True, comment="given by the sender, or null"
        ),
        sa.Column(
            "message_id", IndexedText(), nullable=True, comment="given by the sender, or null"
        ),
        sa.Column(
            "duplicate_key",
            sa.String(length=32),
            nullable=True,
            comment="digest of name and message id; null without",
        ),
        sa.Column("variables", JsonText(), nullable=False, comment="brought along"),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("expires_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "delivered_at", UtcDateTime(), nullable=True, comment="UTC; null while it is buffered"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_message"),
        comment="buffered until delivered; kept until expired to know duplicates",
    )
    op.create_index(
        "ix_message_buffered",
        "message",
        ["name", "correlation_key"],
        unique=False,
        sqlite_where=sa.text("delivered_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_index("ix_message_expires_at", "message", ["expires_at"], unique=False)
    op.create_index("uq_message_duplicate_key", "message", ["duplicate_key"], unique=True)


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="such as cancel_job"),
        sa.Column("payload", JsonText(), nullable=False, comment="by kind"),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("due_at", UtcDateTime(), nullable=False, comment="UTC; not to be taken before"),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="attempts begun so far"),
        sa.Column(
            "last_failure", FreeText(), nullable=True, comment="message of the last failed attempt"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_outbox"),
        comment="must be sent, at least once; deleted when sent",
    )
    op.create_index("ix_outbox_kind_due_at", "outbox", ["kind", "due_at"], unique=False)
