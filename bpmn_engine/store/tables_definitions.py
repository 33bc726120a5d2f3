"""Tables of what was deployed: written by `definitions`, at deployment only."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    false,
)

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime
from bpmn_engine.store.metadata import METADATA

deployment: Final = Table(
    "deployment",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("name", FreeText, comment="given by whoever deployed, or null"),
    Column("deployed_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("deployed_by", IndexedText, comment="user id, or null"),
    Column("source", FreeText, comment="what program deployed, or null"),
    Column("deleted_at", UtcDateTime, comment="UTC; null while it is deployed"),
)

resource: Final = Table(
    "resource",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("deployment_key", ForeignKey("deployment.key"), nullable=False, index=True),
    Column("name", FreeText, nullable=False, comment="file name"),
    Column("kind", String(16), nullable=False, comment="bpmn, form, dmn or attachment"),
    Column("content", LargeBinary, nullable=False, comment="the file, byte for byte"),
    Column("content_hash", String(64), nullable=False, comment="SHA-256 of content, hexadecimal"),
)

process_definition: Final = Table(
    "process_definition",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("deployment_key", ForeignKey("deployment.key"), nullable=False, index=True),
    Column("resource_key", ForeignKey("resource.key"), nullable=False, index=True),
    Column("process_id", IndexedText, nullable=False, comment="id of the process in the file"),
    Column("name", FreeText, comment="of the process in the file"),
    Column("version", Integer, nullable=False, comment="from 1, per process id"),
    Column("version_tag", IndexedText, comment="given in the file, or null"),
    Column("content_hash", String(64), nullable=False, comment="of the resource"),
    Column("is_latest", Boolean, nullable=False, comment="highest version of its process id"),
    Column("is_startable", Boolean, nullable=False, comment="can be started by hand"),
    Column(
        "is_suspended",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="no instance of it is started",
    ),
    Column("flavour", String(16), nullable=False, comment="zeebe, camunda or bpmn"),
    Column("documentation", FreeText, comment="of the process in the file"),
    Column("certificate", JsonText, nullable=False, comment="what became of every element"),
    Column("warnings", JsonText, nullable=False, comment="found at deployment"),
    Column("element_names", JsonText, nullable=False, comment="element id -> name"),
    Column("start_forms", JsonText, nullable=False, comment="of the none start events"),
    Column("starter_users", JsonText, nullable=False, comment="who may start it by hand"),
    Column("starter_groups", JsonText, nullable=False, comment="whose members may start it"),
    Column(
        "history_seconds",
        BigInteger,
        comment="how long ended instances are kept, as the file says; null = it does not",
    ),
    Column(
        "deleted_at",
        UtcDateTime,
        comment="UTC; then kept for the history of its instances; null while it is deployed",
    ),
    UniqueConstraint("process_id", "version"),
)
Index(
    "ix_process_definition_latest",
    process_definition.c.process_id,
    unique=True,
    sqlite_where=process_definition.c.is_latest,
    postgresql_where=process_definition.c.is_latest,
)
Index(
    "ix_process_definition_version_tag",
    process_definition.c.process_id,
    process_definition.c.version_tag,
)

form: Final = Table(
    "form",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("deployment_key", ForeignKey("deployment.key"), nullable=False, index=True),
    Column("resource_key", ForeignKey("resource.key"), nullable=False, index=True),
    Column("form_id", IndexedText, nullable=False, comment="id in the form's JSON"),
    Column("version", Integer, nullable=False, comment="from 1, per form id"),
    Column("content_hash", String(64), nullable=False, comment="of the resource"),
    UniqueConstraint("form_id", "version"),
)

decision: Final = Table(
    "decision",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("deployment_key", ForeignKey("deployment.key"), nullable=False, index=True),
    Column("resource_key", ForeignKey("resource.key"), nullable=False, index=True),
    Column("decision_id", IndexedText, nullable=False, comment="id of the decision in the file"),
    Column("name", FreeText, comment="of the decision in the file"),
    Column("version", Integer, nullable=False, comment="from 1, per decision id"),
    Column("version_tag", IndexedText, comment="given in the file, or null"),
    Column("content_hash", String(64), nullable=False, comment="of the resource"),
    UniqueConstraint("decision_id", "version"),
    Index("ix_decision_version_tag", "decision_id", "version_tag"),
)

start_subscription: Final = Table(
    "start_subscription",
    METADATA,
    Column("definition_key", ForeignKey("process_definition.key"), primary_key=True),
    Column("element_id", IndexedText, primary_key=True, comment="of the start event"),
    Column("process_id", IndexedText, nullable=False, index=True, comment="of the definition"),
    Column("kind", String(16), primary_key=True, comment="message or signal"),
    Column("name", IndexedText, primary_key=True, comment="of the message or signal"),
    Index("ix_start_subscription_kind_name", "kind", "name"),
    comment="of the latest versions only; replaced at deployment",
)

correlated_message: Final = Table(
    "correlated_message",
    METADATA,
    Column("definition_key", ForeignKey("process_definition.key"), primary_key=True),
    Column("name", IndexedText, primary_key=True, comment="of the message"),
    Column("process_id", IndexedText, nullable=False, index=True, comment="of the definition"),
    Index("ix_correlated_message_name", "name"),
    comment="messages with correlation keys of the standard; of the latest versions only",
)

start_timer: Final = Table(
    "start_timer",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("definition_key", ForeignKey("process_definition.key"), nullable=False, index=True),
    Column("process_id", IndexedText, nullable=False, index=True, comment="of the definition"),
    Column("element_id", IndexedText, nullable=False, comment="of the start event"),
    Column("due_at", UtcDateTime, nullable=False, index=True, comment="UTC, next firing"),
    Column("repetitions", Integer, comment="firings after the next one; null = unbounded"),
    Column("text", FreeText, nullable=False, comment="normalised timer text"),
    Column("is_held", Boolean, server_default=false(), nullable=False, comment="it does not fire"),
    comment="of the latest versions only; replaced at deployment, moved at each firing",
)
