"""Tables of what instances wait for: inserted and deleted by `effects`, locked by `jobs`."""

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
    literal_column,
)

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime
from bpmn_engine.store.metadata import METADATA

_INSTANCE: Final = "process_instance.key"

job: Final = Table(
    "job",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("instance_key", ForeignKey(_INSTANCE, ondelete="CASCADE"), nullable=False),
    Column("wait", Integer, nullable=False, comment="key within the instance"),
    Column("visit", Integer, nullable=False, comment="key within the instance"),
    Column("element_id", IndexedText, nullable=False, comment="id in the diagram"),
    Column("element_name", FreeText, comment="as in the diagram"),
    Column("process_id", IndexedText, nullable=False, comment="of the definition"),
    Column("definition_key", BIG_KEY, nullable=False, comment="of the process definition"),
    Column("business_key", IndexedText, comment="of the instance"),
    Column("job_type", IndexedText, nullable=False, comment="which workers do it"),
    Column("priority", Integer, nullable=False, comment="higher first"),
    Column("retries_left", Integer, nullable=False, comment="attempts, this one included"),
    Column("attempt", Integer, nullable=False, comment="attempts begun so far"),
    Column("business_attempt", Integer, nullable=False, comment="from 1; new after RetryJob"),
    Column("retry_waits", JsonText, nullable=False, comment="seconds before the 2nd, 3rd …"),
    Column("headers", JsonText, nullable=False, comment="texts by name"),
    Column("due_at", UtcDateTime, nullable=False, comment="UTC; not to be taken before"),
    Column("state", String(16), nullable=False, comment="JobState"),
    Column("phase", String(16), nullable=False, comment="JobPhase"),
    Column("handle", JsonText, comment="given by an adapter that submitted work"),
    Column("next_poll_at", UtcDateTime, comment="UTC; of watched work"),
    Column("is_held", Boolean, nullable=False, comment="the instance is suspended"),
    Column("locked_by", IndexedText, comment="worker"),
    Column("locked_until", UtcDateTime, comment="UTC"),
    Column("lock_token", BigInteger, comment="new for each lock; fences late answers"),
    Column("last_failure", FreeText, comment="message of the last failed attempt"),
    Column("created_at", UtcDateTime, nullable=False, comment="UTC"),
    Index("uq_job_instance_key_wait", "instance_key", "wait", unique=True),
    Index("ix_job_process_id", "process_id", "key"),
)
IS_OPEN_JOB: Final = (job.c.state != literal_column("'failed'")) & job.c.is_held.is_(False)
"""Written with a literal in queries too, so that the planner knows the partial indexes fit."""

Index(
    "ix_job_next_of_type",
    job.c.job_type,
    job.c.priority.desc(),
    job.c.due_at,
    sqlite_where=IS_OPEN_JOB,
    postgresql_where=IS_OPEN_JOB,
)
Index(
    "ix_job_next",
    job.c.priority.desc(),
    job.c.due_at,
    sqlite_where=IS_OPEN_JOB,
    postgresql_where=IS_OPEN_JOB,
)
Index(
    "ix_job_due_at",
    job.c.due_at,
    sqlite_where=IS_OPEN_JOB,
    postgresql_where=IS_OPEN_JOB,
)

_is_failed: Final = job.c.state == literal_column("'failed'")
Index("ix_job_failed", job.c.key, sqlite_where=_is_failed, postgresql_where=_is_failed)

user_task: Final = Table(
    "user_task",
    METADATA,
    Column("key", BIG_KEY, primary_key=True, autoincrement=False, comment="time-ordered key"),
    Column("instance_key", ForeignKey(_INSTANCE, ondelete="CASCADE"), nullable=False),
    Column("wait", Integer, nullable=False, comment="key within the instance"),
    Column("visit", Integer, nullable=False, comment="key within the instance"),
    Column("element_id", IndexedText, nullable=False, comment="id in the diagram"),
    Column("name", FreeText, nullable=False, comment="of the element, else its id"),
    Column("search_text", FreeText, nullable=False, comment="name, business key; lower case"),
    Column("process_id", IndexedText, nullable=False, comment="of the definition"),
    Column("definition_key", BIG_KEY, nullable=False, comment="of the process definition"),
    Column("business_key", IndexedText, comment="of the instance"),
    Column("state", String(16), nullable=False, comment="TaskState"),
    Column("assignee", IndexedText, comment="user id, or null"),
    Column("candidate_users", JsonText, nullable=False, comment="user ids, as in the diagram"),
    Column("candidate_groups", JsonText, nullable=False, comment="groups, as in the diagram"),
    Column("priority", Integer, nullable=False, comment="0 to 100"),
    Column("due_at", UtcDateTime, comment="UTC"),
    Column("follow_up_at", UtcDateTime, comment="UTC"),
    Column("form", JsonText, comment="FormDefinition"),
    Column("created_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("ended_at", UtcDateTime, comment="UTC"),
    Column("completed_by", IndexedText, comment="user id"),
    Column("owner", IndexedText, comment="user id of whoever delegated it, or null"),
    Column("delegation", String(16), comment="Delegation, or null"),
    Column("changed_at", UtcDateTime, comment="UTC, by a person; null = never"),
    Index("uq_user_task_instance_key_wait", "instance_key", "wait", unique=True),
    Index("ix_user_task_completed_by", "completed_by", "ended_at", "key"),
    comment="kept when the task has ended",
)
IS_OPEN_TASK: Final = user_task.c.state == literal_column("'created'")
"""As for jobs."""

IS_FREE_TASK: Final = (
    IS_OPEN_TASK
    & user_task.c.assignee.is_(None)
    & (user_task.c.candidate_users == literal_column("'[]'"))
    & (user_task.c.candidate_groups == literal_column("'[]'"))
)
"""Offered to nobody in particular, and nobody has it."""

_TASKS: Final = user_task.c
_IS_ASSIGNED: Final = IS_OPEN_TASK & _TASKS.assignee.is_not(None)


def _open_tasks(name: str, where: ColumnElement[bool], *columns: ColumnElement[Any]) -> None:
    Index(f"ix_user_task_{name}", *columns, sqlite_where=where, postgresql_where=where)


# The orders of the worklist: by date due, by age, by priority; of all, a process, a person.
_open_tasks("due_at", IS_OPEN_TASK, _TASKS.due_at, _TASKS.key)
_open_tasks("created", IS_OPEN_TASK, _TASKS.key)
_open_tasks("priority", IS_OPEN_TASK, _TASKS.priority.desc(), _TASKS.key)
_open_tasks("process_due_at", IS_OPEN_TASK, _TASKS.process_id, _TASKS.due_at, _TASKS.key)
_open_tasks("open", IS_OPEN_TASK, _TASKS.process_id, _TASKS.key)
_open_tasks(
    "process_priority", IS_OPEN_TASK, _TASKS.process_id, _TASKS.priority.desc(), _TASKS.key
)
_open_tasks("assignee_due_at", _IS_ASSIGNED, _TASKS.assignee, _TASKS.due_at, _TASKS.key)
_open_tasks("assignee", _IS_ASSIGNED, _TASKS.assignee, _TASKS.key)
_open_tasks("assignee_priority", _IS_ASSIGNED, _TASKS.assignee, _TASKS.priority.desc(), _TASKS.key)
_open_tasks("free", IS_FREE_TASK, _TASKS.due_at, _TASKS.key)

USER: Final = "user"
GROUP: Final = "group"
LANE: Final = "lane"
"""Kinds of candidates. A lane names a group too, but while nobody is in it anybody may do its
tasks."""

user_task_candidate: Final = Table(
    "user_task_candidate",
    METADATA,
    Column("task_key", ForeignKey("user_task.key", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(8), primary_key=True, comment="user or group"),
    Column("candidate", IndexedText, primary_key=True, comment="user id or group"),
    Index("ix_user_task_candidate_kind_candidate", "kind", "candidate", "task_key"),
    comment="to whom a task is offered",
)

timer: Final = Table(
    "timer",
    METADATA,
    Column("instance_key", ForeignKey(_INSTANCE, ondelete="CASCADE"), primary_key=True),
    Column("wait", Integer, primary_key=True, comment="key within the instance"),
    Column("visit", Integer, nullable=False, comment="key within the instance"),
    Column("element_id", IndexedText, nullable=False, comment="that is triggered"),
    Column("due_at", UtcDateTime, nullable=False, comment="UTC"),
    Column("is_held", Boolean, nullable=False, comment="the instance is suspended"),
    Column("created_at", UtcDateTime, nullable=False, comment="UTC"),
)
_is_running = timer.c.is_held.is_(False)
Index(
    "ix_timer_due_at",
    timer.c.due_at,
    sqlite_where=_is_running,
    postgresql_where=_is_running,
)

subscription: Final = Table(
    "subscription",
    METADATA,
    Column("instance_key", ForeignKey(_INSTANCE, ondelete="CASCADE"), primary_key=True),
    Column("wait", Integer, primary_key=True, comment="key within the instance"),
    Column("visit", Integer, nullable=False, comment="key within the instance"),
    Column("element_id", IndexedText, nullable=False, comment="that is triggered"),
    Column("process_id", IndexedText, nullable=False, comment="of the definition"),
    Column("definition_key", BIG_KEY, nullable=False, comment="of the process definition"),
    Column("kind", String(16), nullable=False, comment="message or signal"),
    Column("name", IndexedText, nullable=False, comment="of the message or signal"),
    Column("correlation_key", IndexedText, comment="of a message; else the business key"),
    Column("business_key", IndexedText, comment="of the instance"),
    Column("is_held", Boolean, nullable=False, comment="the instance is suspended"),
    Column("created_at", UtcDateTime, nullable=False, comment="UTC"),
    Index("ix_subscription_correlation_key", "kind", "name", "correlation_key"),
    Index("ix_subscription_business_key", "kind", "name", "business_key"),
)
