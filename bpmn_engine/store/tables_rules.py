"""Tables of what operators decide about one element, and about one ended instance."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table

from bpmn_engine.store.columns import IndexedText, UtcDateTime
from bpmn_engine.store.metadata import METADATA

work_rule: Final = Table(
    "work_rule",
    METADATA,
    Column(
        "definition_key",
        ForeignKey("process_definition.key", ondelete="CASCADE"),
        primary_key=True,
        comment="the version that the rule is for",
    ),
    Column("element_id", IndexedText, primary_key=True, comment="whose jobs and timers are meant"),
    Column("is_held", Boolean, nullable=False, comment="new ones are held"),
    Column("priority", Integer, comment="of new jobs; null = as drawn"),
    Column("changed_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("changed_by", IndexedText, comment="user id; null = nobody said"),
    comment="what an operator decided about the work of an element; most have no row",
)

removal_time: Final = Table(
    "removal_time",
    METADATA,
    Column(
        "instance_key", ForeignKey("process_instance.key", ondelete="CASCADE"), primary_key=True
    ),
    Column("removal_at", UtcDateTime, index=True, comment="UTC; null = never"),
    comment="when an ended instance is removed; stands above the policy, most have no row",
)
