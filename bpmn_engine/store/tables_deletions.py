"""The table of what was deleted of what had been deployed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Integer, Table

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime
from bpmn_engine.store.metadata import METADATA

deletion: Final = Table(
    "deletion",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("deployment_key", BIG_KEY, comment="of a deployment that went as a whole; or null"),
    Column("name", FreeText, comment="of the deployment or of a file; or null"),
    Column("definitions", JsonText, nullable=False, comment="key, process id, version of each"),
    Column("is_cascading", Boolean, nullable=False, comment="instances and history went too"),
    Column("instance_count", Integer, nullable=False, comment="instances deleted so far"),
    Column("begun_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("ended_at", UtcDateTime, comment="UTC; null = it was not done to its end"),
    Column("deleted_by", IndexedText, comment="user id; null = nobody said"),
    Column("reason", FreeText, comment="given by the person who did it"),
    comment="insert only but for its end: who deleted which definitions, when and why",
)
