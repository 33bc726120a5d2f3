"""Tables of process instances and their history: written once per unit of work, in bulk."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

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
    Index("ix_process_instance_definition_key", "definition_key", "key"),
    Index("ix_process_instance_definition_key_status", "definition_key", "status"),
    Index("ix_process_instance_process_id", "process_id", "key"),
    Index("ix_process_instance_status", "status", "key"),
    Index("ix_process_instance_business_key", "business_key", "key"),
    Index("ix_process_instance_parent_key", "parent_key", "parent_wait"),
    Index("ix_process_instance_started_at", "started_at"),
    Index("ix_process_instance_ended_at", "ended_at"),
)
Index(
    "ix_process_instance_incident_count",
    process_instance.c.key,
    sqlite_where=process_instance.c.incident_count > 0,
    postgresql_where=process_instance.c.incident_count > 0,
)
Index(
    "ix_process_instance_started_by",
    process_instance.c.started_by,
    process_instance.c.key,
    sqlite_where=process_instance.c.started_by.is_not(None),
    postgresql_where=process_instance.c.started_by.is_not(None),
)
Index(
    "ix_process_instance_stuck",
    process_instance.c.definition_key,
    process_instance.c.incident_count,
    sqlite_where=process_instance.c.incident_count > 0,
    postgresql_where=process_instance.c.incident_count > 0,
)
Index(
    "ix_process_instance_open",
    process_instance.c.definition_key,
    sqlite_where=process_instance.c.ended_at.is_(None),
    postgresql_where=process_instance.c.ended_at.is_(None),
)

_INSTANCE: Final = "process_instance.key"

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
    comment="kept when resolved",
)
Index(
    "ix_incident_open",
    incident.c.group_id,
    incident.c.key,
    sqlite_where=incident.c.resolved_at.is_(None),
    postgresql_where=incident.c.resolved_at.is_(None),
)
