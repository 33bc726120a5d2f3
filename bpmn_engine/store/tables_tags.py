"""The table of tags: written when an instance starts that has some."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Table

from bpmn_engine.store.columns import IndexedText
from bpmn_engine.store.metadata import METADATA

instance_tag: Final = Table(
    "instance_tag",
    METADATA,
    Column(
        "instance_key", ForeignKey("process_instance.key", ondelete="CASCADE"), primary_key=True
    ),
    Column("tag", IndexedText, primary_key=True, comment="given at the start"),
    Index("ix_instance_tag_tag", "tag", "instance_key"),
    comment="words by which an instance is found; most have none",
)
