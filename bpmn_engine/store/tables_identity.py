"""Tables of accounts: written by `identity`. Hashes are made and checked by the web."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, String, Table

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, UtcDateTime
from bpmn_engine.store.metadata import METADATA

user_account: Final = Table(
    "user_account",
    METADATA,
    Column("user_id", IndexedText, primary_key=True, comment="log-in name"),
    Column("display_name", FreeText, nullable=False, comment="for people"),
    Column("email", FreeText, comment="for notices, or null"),
    Column("role", String(32), nullable=False, comment="staff, operator or administrator"),
    Column("password_hash", FreeText, comment="null = cannot log in with a password"),
    Column("is_active", Boolean, nullable=False, comment="may log in"),
    Column("created_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("last_seen_at", UtcDateTime, comment="UTC"),
)

group_membership: Final = Table(
    "group_membership",
    METADATA,
    Column("user_id", ForeignKey("user_account.user_id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", IndexedText, primary_key=True, index=True, comment="name of the group"),
)

api_token: Final = Table(
    "api_token",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column(
        "user_id",
        ForeignKey("user_account.user_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("name", FreeText, nullable=False, comment="given by its maker"),
    Column("token_hash", String(128), nullable=False, unique=True, comment="of the secret"),
    Column("created_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("expires_at", UtcDateTime, comment="UTC; null = never"),
    Column("last_used_at", UtcDateTime, comment="UTC"),
    Column("revoked_at", UtcDateTime, comment="UTC; null = not revoked"),
)

ended_session: Final = Table(
    "ended_session",
    METADATA,
    Column("serial", String(64), primary_key=True, comment="of the session"),
    Column("ends_at", UtcDateTime, nullable=False, index=True, comment="UTC, by itself"),
    comment="log-in sessions that were logged out; kept until they would have ended",
)
