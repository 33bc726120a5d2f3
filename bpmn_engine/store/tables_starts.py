"""The table of idempotency keys: written when an instance starts for a request that has one."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, String, Table

from bpmn_engine.store.columns import BIG_KEY, JsonText, UtcDateTime
from bpmn_engine.store.metadata import METADATA

start_key: Final = Table(
    "start_key",
    METADATA,
    Column("digest", String(32), primary_key=True, comment="of the user and the idempotency key"),
    Column("fingerprint", String(32), nullable=False, comment="digest of what was asked for"),
    Column("instance_key", BIG_KEY, nullable=False, comment="what was started; may be gone"),
    Column("answer", JsonText, nullable=False, comment="to the caller, but the business key"),
    Column("expires_at", UtcDateTime, nullable=False, index=True, comment="UTC"),
    comment="starts that are known again when their request is repeated; kept until expired",
)
