"""pre: create the tables of accounts.

Revision: 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_user_account()
    _create_api_token()
    _create_group_membership()
    _create_ended_session()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("ended_session")
    op.drop_table("group_membership")
    op.drop_table("api_token")
    op.drop_table("user_account")


def _create_user_account() -> None:
    op.create_table(
        "user_account",
        sa.Column("user_id", IndexedText(), nullable=False, comment="log-in name"),
        sa.Column("display_name", FreeText(), nullable=False, comment="for people"),
        sa.Column("email", FreeText(), nullable=True, comment="for notices, or null"),
        sa.Column(
            "role",
            sa.String(length=32),
            nullable=False,
            comment="staff, operator or administrator",
        ),
        sa.Column(
            "password_hash",
            FreeText(),
            nullable=True,
            comment="null = cannot log in with a password",
        ),
        sa.Column("is_active", sa.Boolean(), nullable=False, comment="may log in"),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("last_seen_at", UtcDateTime(), nullable=True, comment="UTC"),
        sa.PrimaryKeyConstraint("user_id", name="pk_user_account"),
    )


def _create_api_token() -> None:
    op.create_table(
        "api_token",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column("user_id", IndexedText(), nullable=False),
        sa.Column("name", FreeText(), nullable=False, comment="given by its maker"),
        sa.Column("token_hash", sa.String(length=128), nullable=False, comment="of the secret"),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("expires_at", UtcDateTime(), nullable=True, comment="UTC; null = never"),
        sa.Column("last_used_at", UtcDateTime(), nullable=True, comment="UTC"),
        sa.Column("revoked_at", UtcDateTime(), nullable=True, comment="UTC; null = not revoked"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.user_id"], name="fk_api_token_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_api_token"),
        sa.UniqueConstraint("token_hash", name="uq_api_token_token_hash"),
    )
    op.create_index("ix_api_token_user_id", "api_token", ["user_id"], unique=False)


def _create_group_membership() -> None:
    op.create_table(
        "group_membership",
        sa.Column("user_id", IndexedText(), nullable=False),
        sa.Column("group_id", IndexedText(), nullable=False, comment="name of the group"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.user_id"],
            name="fk_group_membership_user_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "group_id", name="pk_group_membership"),
    )
    op.create_index("ix_group_membership_group_id", "group_membership", ["group_id"], unique=False)


def _create_ended_session() -> None:
    op.create_table(
        "ended_session",
        sa.Column("serial", sa.String(length=64), nullable=False, comment="of the session"),
        sa.Column("ends_at", UtcDateTime(), nullable=False, comment="UTC, by itself"),
        sa.PrimaryKeyConstraint("serial", name="pk_ended_session"),
        comment="log-in sessions that were logged out; kept until they would have ended",
    )
    op.create_index("ix_ended_session_ends_at", "ended_session", ["ends_at"], unique=False)
