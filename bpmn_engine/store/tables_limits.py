"""Tables of limits: resource pools, who holds a part of them, and how full the queues are."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Float, Index, Integer, Table

from bpmn_engine.store.columns import BIG_KEY, IndexedText, JsonText, UtcDateTime
from bpmn_engine.store.metadata import METADATA
from bpmn_engine.store.tables_waits import IS_OPEN_JOB, job

resource_pool: Final = Table(
    "resource_pool",
    METADATA,
    Column("name", IndexedText, primary_key=True, comment="as configured"),
    Column("tokens", Float, nullable=False, comment="jobs that may begin at once, at filled_at"),
    Column("filled_at", UtcDateTime, comment="UTC; null = never used"),
    comment="locked while jobs are given a part of it",
)

resource_lease: Final = Table(
    "resource_lease",
    METADATA,
    Column("pool", IndexedText, primary_key=True, comment="name of the pool"),
    Column(
        "job_key", BIG_KEY, primary_key=True, autoincrement=False, comment="who has a part of it"
    ),
    Column("lock_token", BigInteger, nullable=False, comment="of the job's lock it came with"),
    Column("taken_at", UtcDateTime, nullable=False, comment="UTC"),
    comment="counts while the job's lock lasts; no foreign key: ended jobs are found lazily",
)

resource_wait: Final = Table(
    "resource_wait",
    METADATA,
    Column("job_key", BIG_KEY, primary_key=True, autoincrement=False, comment="who waits"),
    Column("pool", IndexedText, nullable=False, comment="what it waits for"),
    Column("priority", Integer, nullable=False, comment="of the job"),
    Column("due_at", UtcDateTime, nullable=False, comment="UTC; the job's again then"),
    Column("since", UtcDateTime, nullable=False, comment="UTC"),
    comment="jobs put aside until a pool has room for them",
)
Index("ix_resource_wait_pool", resource_wait.c.pool, resource_wait.c.priority.desc(), "job_key")

queue_sample: Final = Table(
    "queue_sample",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="1: there is one row"),
    Column("claimed_until", UtcDateTime, nullable=False, comment="UTC; nobody counts before"),
    Column("content", JsonText, comment="as counted last"),
    comment="how full the queues are, counted by one process for all",
)

Index(
    "ix_job_next_of_process",
    job.c.process_id,
    job.c.job_type,
    job.c.priority.desc(),
    job.c.due_at,
    sqlite_where=IS_OPEN_JOB,
    postgresql_where=IS_OPEN_JOB,
)
"""For the fair share of processes."""
