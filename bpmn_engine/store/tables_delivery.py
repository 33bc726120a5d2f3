"""Tables of what is on its way: messages, follow-ups, the outbox, the change feed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime
from bpmn_engine.store.metadata import METADATA

continuation: Final = Table(
    "continuation",
    METADATA,
    Column(
        "instance_key",
        BIG_KEY,
        ForeignKey("process_instance.key", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="the instance whose tokens are on their way",
    ),
    Column("since", UtcDateTime, nullable=False, comment="UTC"),
    Column("not_before", UtcDateTime, comment="UTC; null = at once"),
    Column("failure", FreeText, comment="why it could not go on the last time"),
    comment="instances whose last step was long enough; a row is there as long as one moves",
)

message: Final = Table(
    "message",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("name", IndexedText, nullable=False, comment="of the message"),
    Column("correlation_key", IndexedText, comment="given by the sender, or null"),
    Column("message_id", IndexedText, comment="given by the sender, or null"),
    Column("duplicate_key", String(32), comment="digest of name and message id; null without"),
    Column("variables", JsonText, nullable=False, comment="brought along"),
    Column("created_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("expires_at", UtcDateTime, nullable=False, index=True, comment="UTC"),
    Column("delivered_at", UtcDateTime, comment="UTC; null while it is buffered"),
    Column("receiver_process_id", IndexedText, comment="of a message flow; null = any process"),
    Column("receiver_element_id", IndexedText, comment="where the message flow leads"),
    Column("source_key", BIG_KEY, comment="instance that begins a conversation with it, or null"),
    Index("uq_message_duplicate_key", "duplicate_key", unique=True),
    comment="buffered until delivered; kept until expired to know duplicates",
)
IS_ADDRESSED: Final = message.c.delivered_at.is_(None) & message.c.source_key.is_not(None)
"""First messages of conversations that nobody has taken yet."""

Index(
    "ix_message_buffered",
    message.c.name,
    message.c.correlation_key,
    sqlite_where=message.c.delivered_at.is_(None),
    postgresql_where=message.c.delivered_at.is_(None),
)

Index(
    "ix_message_addressed",
    message.c.receiver_process_id,
    message.c.receiver_element_id,
    sqlite_where=IS_ADDRESSED,
    postgresql_where=IS_ADDRESSED,
)

message_key: Final = Table(
    "message_key",
    METADATA,
    Column("message_key", ForeignKey("message.key", ondelete="CASCADE"), primary_key=True),
    Column("correlation_key", IndexedText, primary_key=True, comment="one that it meets"),
    Index("ix_message_key_correlation_key", "correlation_key"),
    comment="correlation keys of the standard that a message carries, and that any value meets",
)

inbox: Final = Table(
    "inbox",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("kind", String(16), nullable=False, comment="command, child, message or signal"),
    Column("instance_key", BIG_KEY, comment="of a command: the instance it is for"),
    Column("source_key", BIG_KEY, comment="the instance that wrote it"),
    Column("source_wait", Integer, comment="of a child: the wait that calls it"),
    Column("payload", JsonText, nullable=False, comment="by kind; see inbox"),
    Column("actor", IndexedText, comment="user id or worker, as of the causing command"),
    Column("reason", FreeText, comment="as of the causing command"),
    Column("created_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("attempt", Integer, nullable=False, comment="failed attempts so far"),
    Column("not_before", UtcDateTime, comment="UTC; after a failed attempt"),
    Column("failure", FreeText, comment="message of the last failed attempt"),
    Index("ix_inbox_instance_key", "instance_key"),
    Index("ix_inbox_source_key", "source_key", "source_wait"),
    comment="what one step asks of another instance; taken and applied in one transaction",
)

outbox: Final = Table(
    "outbox",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("kind", String(32), nullable=False, comment="such as cancel_job"),
    Column("payload", JsonText, nullable=False, comment="by kind"),
    Column("created_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("due_at", UtcDateTime, nullable=False, comment="UTC; not to be taken before"),
    Column("attempt", Integer, nullable=False, comment="attempts begun so far"),
    Column("last_failure", FreeText, comment="message of the last failed attempt"),
    Index("ix_outbox_kind_due_at", "kind", "due_at"),
    comment="must be sent, at least once; deleted when sent",
)

change_feed: Final = Table(
    "change_feed",
    METADATA,
    Column(
        "sequence",
        BigInteger().with_variant(Integer(), "sqlite"),
        primary_key=True,
        autoincrement=True,
        comment="given by the database, ascending",
    ),
    Column("at", UtcDateTime, nullable=False, index=True, comment="UTC"),
    Column("topics", JsonText, nullable=False, comment="what changed"),
    sqlite_autoincrement=True,
    comment="one row for each unit of work; pruned after a while",
)
