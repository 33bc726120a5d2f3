"""pre: create the tables of limits, and the index that carries the fair share of processes.

Revision: 0015, after 0014.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, IndexedText, JsonText, UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_IS_OPEN_JOB = sa.text("state != 'failed' AND is_held IS false")
_IS_OPEN_JOB_SQLITE = sa.text("state != 'failed' AND is_held IS 0")


def upgrade() -> None:
    """Create the tables and the index."""
    op.create_table(
        "resource_pool",
        sa.Column("name", IndexedText(), nullable=False, comment="as configured"),
        sa.Column(
            "tokens",
            sa.Float(),
            nullable=False,
            comment="jobs that may begin at once, at filled_at",
        ),
        sa.Column("filled_at", UtcDateTime(), nullable=True, comment="UTC; null = never used"),
        sa.PrimaryKeyConstraint("name", name="pk_resource_pool"),
        comment="locked while jobs are given a part of it",
    )
    op.create_table(
        "resource_lease",
        sa.Column("pool", IndexedText(), nullable=False, comment="name of the pool"),
        sa.Column(
            "job_key", BIG_KEY, autoincrement=False, nullable=False, comment="who has a part of it"
        ),
        sa.Column(
            "lock_token",
            sa.BigInteger(),
            nullable=False,
            comment="of the job's lock it came with",
        ),
        sa.Column("taken_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.PrimaryKeyConstraint("pool", "job_key", name="pk_resource_lease"),
        comment="counts while the job's lock lasts; no foreign key: ended jobs are found lazily",
    )
    op.create_table(
        "resource_wait",
        sa.Column("job_key", BIG_KEY, autoincrement=False, nullable=False, comment="who waits"),
        sa.Column("pool", IndexedText(), nullable=False, comment="what it waits for"),
        sa.Column("priority", sa.Integer(), nullable=False, comment="of the job"),
        sa.Column("due_at", UtcDateTime(), nullable=False, comment="UTC; the job's again then"),
        sa.Column("since", UtcDateTime(), nullable=False, comment="UTC"),
        sa.PrimaryKeyConstraint("job_key", name="pk_resource_wait"),
        comment="jobs put aside until a pool has room for them",
    )
    op.create_index(
        "ix_resource_wait_pool",
        "resource_wait",
        ["pool", sa.literal_column("priority DESC"), "job_key"],
        unique=False,
    )
    op.create_table(
        "queue_sample",
        sa.Column(
            "id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1: there is one row",
        ),
        sa.Column(
            "claimed_until", UtcDateTime(), nullable=False, comment="UTC; nobody counts before"
        ),
        sa.Column("content", JsonText(), nullable=True, comment="as counted last"),
        sa.PrimaryKeyConstraint("id", name="pk_queue_sample"),
        comment="how full the queues are, counted by one process for all",
    )
    op.create_index(
        "ix_job_next_of_process",
        "job",
        ["process_id", "job_type", sa.literal_column("priority DESC"), "due_at"],
        unique=False,
        sqlite_where=_IS_OPEN_JOB_SQLITE,
        postgresql_where=_IS_OPEN_JOB,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_job_next_of_process", table_name="job")
    for table in ("queue_sample", "resource_wait", "resource_lease", "resource_pool"):
        op.drop_table(table)
