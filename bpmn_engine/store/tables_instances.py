"""Tables of process instances and their history: written once per unit of work, in bulk."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    literal_column,
)

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime
from bpmn_engine.store.metadata import METADATA

process_instance: Final = Table(
    "process_instance",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("definition_key", ForeignKey("process_definition.key"), nullable=False),
    Column("process_id", IndexedText, nullable=False, comment="of the definition"),
    Column("business_key", IndexedText, comment="set at the start"),
    Column("status", String(16), nullable=False, comment="InstanceStatus"),
    Column("snapshot", Text, nullable=False, comment="codec_state, JSON"),
    Column("version", Integer, nullable=False, comment="of this row; compared at each save"),
    Column("parent_key", BIG_KEY, comment="of the calling instance, or null"),
    Column("parent_wait", Integer, comment="wait in the calling instance that ends with this"),
    Column("root_key", BIG_KEY, nullable=False, comment="first caller, or itself"),
    Column("started_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("started_by", IndexedText, comment="user id, or null"),
    Column("updated_at", UtcDateTime, nullable=False, comment="UTC, of its last step"),
    Column("ended_at", UtcDateTime, comment="UTC; null while it is open"),
    Column("duration_ms", BigInteger, comment="from start to end, milliseconds"),
    Column("incident_count", Integer, nullable=False, comment="open incidents"),
    Column("error_code", FreeText, comment="of the BPMN error it failed with"),
    # Lists are ordered by the start; each filter that is offered leads an index in that order.
    Index("ix_process_instance_started_at", "started_at", "key"),
    Index("ix_process_instance_status", "status", "started_at", "key"),
    Index("ix_process_instance_process_id", "process_id", "started_at", "key"),
    Index("ix_process_instance_process_id_status", "process_id", "status", "started_at", "key"),
    Index("ix_process_instance_definition_key", "definition_key", "started_at", "key"),
    Index(
        "ix_process_instance_definition_key_status",
        "definition_key",
        "status",
        "started_at",
        "key",
    ),
)
_COLUMNS: Final = process_instance.c
IS_STUCK: Final = _COLUMNS.incident_count > literal_column("0")
"""Written with a literal in queries too, so that the planner knows the partial indexes fit."""


def _partial(name: str, where: ColumnElement[bool], *columns: Column[Any]) -> None:
    """Add an index of few rows."""
    Index(f"ix_process_instance_{name}", *columns, sqlite_where=where, postgresql_where=where)


_partial("stuck_started_at", IS_STUCK, _COLUMNS.started_at, _COLUMNS.key)
_partial("stuck_process_id", IS_STUCK, _COLUMNS.process_id, _COLUMNS.started_at, _COLUMNS.key)
_partial("stuck", IS_STUCK, _COLUMNS.definition_key, _COLUMNS.incident_count)
_partial(
    "business_key",
    _COLUMNS.business_key.is_not(None),
    _COLUMNS.business_key,
    _COLUMNS.started_at,
    _COLUMNS.key,
)
_partial(
    "started_by",
    _COLUMNS.started_by.is_not(None),
    _COLUMNS.started_by,
    _COLUMNS.started_at,
    _COLUMNS.key,
)
_partial("parent_key", _COLUMNS.parent_key.is_not(None), _COLUMNS.parent_key, _COLUMNS.parent_wait)
_partial(
    "children",
    _COLUMNS.parent_key.is_not(None),
    _COLUMNS.parent_key,
    _COLUMNS.started_at,
    _COLUMNS.key,
)
_partial(
    "ended_at",
    _COLUMNS.ended_at.is_not(None),
    _COLUMNS.definition_key,
    _COLUMNS.ended_at,
    _COLUMNS.key,
)

_INSTANCE: Final = "process_instance.key"
BY_INSTANCE: Final = "RANGE (instance_key)"
"""Keys are ordered by time, so this is a partition by when instances began; see `partitions`."""

open_visit: Final = Table(
    "open_visit",
    METADATA,
    Column("instance_key", ForeignKey(_INSTANCE, ondelete="CASCADE"), primary_key=True),
    Column("visit", Integer, primary_key=True, comment="key within the instance"),
    Column("definition_key", BIG_KEY, nullable=False, comment="of the process definition"),
    Column("element_id", IndexedText, nullable=False, comment="id in the diagram"),
    Column("element_name", FreeText, comment="as in the diagram"),
    Column(
        "is_loop_body", Boolean, nullable=False, comment="multi-instance body, not an instance"
    ),
    Column("is_scope", Boolean, nullable=False, comment="what is inside says where tokens are"),
    Column("entered_at", UtcDateTime, nullable=False, comment="UTC"),
    Index("ix_open_visit_definition_key_element_id", "definition_key", "element_id"),
    comment="where instances are now; inserted at entry, moved to element_visit at the end",
)

element_visit: Final = Table(
    "element_visit",
    METADATA,
    Column("instance_key", ForeignKey(_INSTANCE, ondelete="CASCADE"), primary_key=True),
    Column("visit", Integer, primary_key=True, comment="key within the instance"),
    Column("element_id", IndexedText, nullable=False, comment="id in the diagram"),
    Column(
        "is_loop_body", Boolean, nullable=False, comment="multi-instance body, not an instance"
    ),
    Column("state", String(16), nullable=False, comment="completed or terminated"),
    Column("entered_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("ended_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("flows", JsonText, comment="ids of the flows its tokens took; null = none"),
    comment="insert only: one row for each visit that has ended",
    postgresql_partition_by=BY_INSTANCE,
)

large_state: Final = Table(
    "large_state",
    METADATA,
    Column(
        "instance_key",
        BIG_KEY,
        ForeignKey(_INSTANCE, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="whose row says that its state is here",
    ),
    Column("through", Integer, nullable=False, comment="entry of the journal it is true after"),
    Column("content", Text, nullable=False, comment="codec_state, JSON"),
    comment="states too large to be written in every transaction; the journal has the rest",
)

journal: Final = Table(
    "journal",
    METADATA,
    Column("instance_key", ForeignKey(_INSTANCE, ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, primary_key=True, comment="from 1, per instance"),
    Column("at", UtcDateTime, nullable=False, comment="UTC"),
    Column("actor", IndexedText, comment="user id or worker; null = the engine itself"),
    Column("action", String(32), nullable=False, comment="class of the command, or of a note"),
    Column("wait", Integer, comment="wait the action is about"),
    Column("element_id", IndexedText, comment="element the action is about"),
    Column("detail", JsonText, nullable=False, comment="the command, or the note"),
    Column("facts", Text, nullable=False, comment="codec_facts, JSON"),
    Column("reason", FreeText, comment="given by the person who did it"),
    comment="insert only: one row for each command, and for what people did beside them",
    postgresql_partition_by=BY_INSTANCE,
)

incident: Final = Table(
    "incident",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("instance_key", ForeignKey(_INSTANCE, ondelete="CASCADE"), nullable=False),
    Column("incident", Integer, nullable=False, comment="key within the instance"),
    Column("kind", String(16), nullable=False, comment="IncidentKind"),
    Column("visit", Integer, comment="key within the instance"),
    Column("element_id", IndexedText, nullable=False, comment="id in the diagram"),
    Column("element_name", FreeText, comment="as in the diagram"),
    Column("process_id", IndexedText, nullable=False, comment="of the definition"),
    Column("definition_key", BIG_KEY, nullable=False, comment="of the process definition"),
    Column("business_key", IndexedText, comment="of the instance"),
    Column("group_id", String(32), nullable=False, comment="digest: same cause, same group"),
    Column("message", FreeText, nullable=False, comment="for a person"),
    Column("wait", Integer, comment="the job or child concerned"),
    Column("job_key", BIG_KEY, comment="of the job concerned"),
    Column("job_type", IndexedText, comment="of the job concerned"),
    Column("error_code", FreeText, comment="of an uncaught BPMN error"),
    Column("expression", FreeText, comment="that failed"),
    Column("position", JsonText, comment="line and column in the expression, from 1"),
    Column("values", JsonText, nullable=False, comment="what the expression read"),
    Column("created_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("resolved_at", UtcDateTime, comment="UTC; null while it is open"),
    Column("resolved_by", IndexedText, comment="user id; null = by the engine"),
    Column("annotation", FreeText, comment="written by a person, or null"),
    Index("uq_incident_instance_key_incident", "instance_key", "incident", unique=True),
    Index("ix_incident_process_id", "process_id", "key"),
    Index("ix_incident_definition_key", "definition_key", "key"),
    Index("ix_incident_element_id", "element_id", "key"),
    comment="kept when resolved",
)
_is_open: Final = incident.c.resolved_at.is_(None)
Index(
    "ix_incident_open",
    incident.c.group_id,
    incident.c.key,
    sqlite_where=_is_open,
    postgresql_where=_is_open,
)
Index("ix_incident_open_key", incident.c.key, sqlite_where=_is_open, postgresql_where=_is_open)
Index(
    "ix_incident_open_process_id",
    incident.c.process_id,
    incident.c.key,
    sqlite_where=_is_open,
    postgresql_where=_is_open,
)
