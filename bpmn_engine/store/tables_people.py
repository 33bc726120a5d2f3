"""Tables of what people leave beside their tasks: comments, attachments, filters, groups."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime
from bpmn_engine.store.metadata import METADATA

_INSTANCE: Final = "process_instance.key"

task_comment: Final = Table(
    "task_comment",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("instance_key", ForeignKey(_INSTANCE, ondelete="CASCADE"), nullable=False),
    Column("task_key", BIG_KEY, comment="of the user task; null = about the whole instance"),
    Column("author", IndexedText, comment="user id"),
    Column("at", UtcDateTime, nullable=False, comment="UTC, when it was last written"),
    Column("message", FreeText, nullable=False, comment="as its author wrote it"),
    Index("ix_task_comment_instance_key", "instance_key", "key"),
    Index("ix_task_comment_task_key", "task_key", "key"),
    comment="what people say about a user task or a process instance",
)

task_attachment: Final = Table(
    "task_attachment",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("instance_key", ForeignKey(_INSTANCE, ondelete="CASCADE"), nullable=False),
    Column("task_key", BIG_KEY, nullable=False, comment="of the user task"),
    Column("name", FreeText, comment="for people"),
    Column("description", FreeText, comment="for people"),
    Column("kind", FreeText, comment="given by whoever attached it, such as a content type"),
    Column("url", FreeText, comment="of what is kept elsewhere; null = content"),
    Column("content", LargeBinary, comment="the file, byte for byte; null = url"),
    Column("created_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("created_by", IndexedText, comment="user id"),
    Index("ix_task_attachment_instance_key", "instance_key"),
    Index("ix_task_attachment_task_key", "task_key", "key"),
    comment="files and addresses that belong to a user task",
)

saved_filter: Final = Table(
    "saved_filter",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("resource_type", String(32), nullable=False, comment="what it finds, such as Task"),
    Column("name", IndexedText, nullable=False, comment="for people"),
    Column("owner", IndexedText, comment="user id; null = everybody's"),
    Column("query", JsonText, nullable=False, comment="parameters of the query, by name"),
    Column("properties", JsonText, nullable=False, comment="of the program that shows it"),
    comment="saved queries of a worklist",
)

known_group: Final = Table(
    "known_group",
    METADATA,
    Column("group_id", IndexedText, primary_key=True, comment="name that memberships use"),
    Column("name", FreeText, comment="for people"),
    Column("kind", IndexedText, comment="given by whoever made it"),
    comment="groups that somebody described; a group exists without this, too",
)

job_failure: Final = Table(
    "job_failure",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("instance_key", ForeignKey(_INSTANCE, ondelete="CASCADE"), nullable=False),
    Column("job_key", BIG_KEY, nullable=False, comment="of the job, which may be gone"),
    Column("attempt", Integer, nullable=False, comment="of the job, from 1"),
    Column("at", UtcDateTime, nullable=False, comment="UTC"),
    Column("details", FreeText, nullable=False, comment="such as a stack trace"),
    Index("ix_job_failure_instance_key", "instance_key"),
    Index("ix_job_failure_job_key", "job_key", "key"),
    comment="insert only: what workers tell of failed attempts beyond a message",
)
