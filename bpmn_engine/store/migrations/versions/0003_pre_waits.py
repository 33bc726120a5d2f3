"""pre: create the tables of what instances wait for.

Revision: 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_job()
    _create_subscription()
    _create_timer()
    _create_user_task()
    _create_user_task_candidate()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("user_task_candidate")
    op.drop_table("user_task")
    op.drop_table("timer")
    op.drop_table("subscription")
    op.drop_table("job")


def _create_job() -> None:
    op.create_table(
        "job",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column("instance_key", BIG_KEY, nullable=False),
        sa.Column("wait", sa.Integer(), nullable=False, comment="key within the instance"),
        sa.Column("visit", sa.Integer(), nullable=False, comment="key within the instance"),
        sa.Column("element_id", IndexedText(), nullable=False, comment="id in the diagram"),
        sa.Column("element_name", FreeText(), nullable=True, comment="as in the diagram"),
        sa.Column("process_id", IndexedText(), nullable=False, comment="of the definition"),
        sa.Column("definition_key", BIG_KEY, nullable=False, comment="of the process definition"),
        sa.Column("business_key", IndexedText(), nullable=True, comment="of the instance"),
        sa.Column("job_type", IndexedText(), nullable=False, comment="which workers do it"),
        sa.Column("priority", sa.Integer(), nullable=False, comment="higher first"),
        sa.Column(
            "retries_left", sa.Integer(), nullable=False, comment="attempts, this one included"
        ),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="attempts begun so far"),
        sa.Column(
            "business_attempt", sa.Integer(), nullable=False, comment="from 1; new after RetryJob"
        ),
        sa.Column(
            "retry_waits", JsonText(), nullable=False, comment="seconds before the 2nd, 3rd …"
        ),
        sa.Column("headers", JsonText(), nullable=False, comment="texts by name"),
        sa.Column("due_at", UtcDateTime(), nullable=False, comment="UTC; not to be taken before"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="JobState"),
        sa.Column("phase", sa.String(length=16), nullable=False, comment="JobPhase"),
        sa.Column(
            "handle", JsonText(), nullable=True, comment="given by an adapter that submitted work"
        ),
        sa.Column("next_poll_at", UtcDateTime(), nullable=True, comment="UTC; of watched work"),
        sa.Column("is_held", sa.Boolean(), nullable=False, comment="the instance is suspended"),
        sa.Column("locked_by", IndexedText(), nullable=True, comment="worker"),
        sa.Column("locked_until", UtcDateTime(), nullable=True, comment="UTC"),
        sa.Column(
            "lock_token",
            sa.BigInteger(),
            nullable=True,
            comment="new for each lock; fences late answers",
        ),
        sa.Column(
            "last_failure", FreeText(), nullable=True, comment="message of the last failed attempt"
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name="fk_job_instance_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name="pk_job"),
    )
    op.create_index(
        "ix_job_due_at",
        "job",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state != 'failed' AND is_held IS 0"),
        postgresql_where=sa.text("state != 'failed' AND is_held IS false"),
    )
    op.create_index(
        "ix_job_next",
        "job",
        [sa.literal_column("priority DESC"), "due_at"],
        unique=False,
        sqlite_where=sa.text("state != 'failed' AND is_held IS 0"),
        postgresql_where=sa.text("state != 'failed' AND is_held IS false"),
    )
    op.create_index(
        "ix_job_next_of_type",
        "job",
        ["job_type", sa.literal_column("priority DESC"), "due_at"],
        unique=False,
        sqlite_where=sa.text("state != 'failed' AND is_held IS 0"),
        postgresql_where=sa.text("state != 'failed' AND is_held IS false"),
    )
    op.create_index("ix_job_process_id", "job", ["process_id", "key"], unique=False)
    op.create_index("uq_job_instance_key_wait", "job", ["instance_key", "wait"], unique=True)


def _create_subscription() -> None:
    op.create_table(
        "subscription",
        sa.Column("instance_key", BIG_KEY, nullable=False),
        sa.Column("wait", sa.Integer(), nullable=False, comment="key within the instance"),
        sa.Column("visit", sa.Integer(), nullable=False, comment="key within the instance"),
        sa.Column("element_id", IndexedText(), nullable=False, comment="that is triggered"),
        sa.Column("process_id", IndexedText(), nullable=False, comment="of the definition"),
        sa.Column("definition_key", BIG_KEY, nullable=False, comment="of the process definition"),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="message or signal"),
        sa.Column("name", IndexedText(), nullable=False, comment="of the message or signal"),
        sa.Column(
            "correlation_key",
            IndexedText(),
            nullable=True,
            comment="of a message; else the business key",
        ),
        sa.Column("business_key", IndexedText(), nullable=True, comment="of the instance"),
        sa.Column("is_held", sa.Boolean(), nullable=False, comment="the instance is suspended"),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name="fk_subscription_instance_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_key", "wait", name="pk_subscription"),
    )
    op.create_index(
        "ix_subscription_business_key",
        "subscription",
        ["kind", "name", "business_key"],
        unique=False,
    )
    op.create_index(
        "ix_subscription_correlation_key",
        "subscription",
        ["kind", "name", "correlation_key"],
        unique=False,
    )


def _create_timer() -> None:
    op.create_table(
        "timer",
        sa.Column("instance_key", BIG_KEY, nullable=False),
        sa.Column("wait", sa.Integer(), nullable=False, comment="key within the instance"),
        sa.Column("visit", sa.Integer(), nullable=False, comment="key within the instance"),
        sa.Column("element_id", IndexedText(), nullable=False, comment="that is triggered"),
        sa.Column("due_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("is_held", sa.Boolean(), nullable=False, comment="the instance is suspended"),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name="fk_timer_instance_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_key", "wait", name="pk_timer"),
    )
    op.create_index(
        "ix_timer_due_at",
        "timer",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("is_held IS 0"),
        postgresql_where=sa.text("is_held IS false"),
    )


def _create_user_task() -> None:
    op.create_table(
        "user_task",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column("instance_key", BIG_KEY, nullable=False),
        sa.Column("wait", sa.Integer(), nullable=False, comment="key within the instance"),
        sa.Column("visit", sa.Integer(), nullable=False, comment="key within the instance"),
        sa.Column("element_id", IndexedText(), nullable=False, comment="id in the diagram"),
        sa.Column("name", FreeText(), nullable=False, comment="of the element, else its id"),
        sa.Column(
            "search_text", FreeText(), nullable=False, comment="name, business key; lower case"
        ),
        sa.Column("process_id", IndexedText(), nullable=False, comment="of the definition"),
        sa.Column("definition_key", BIG_KEY, nullable=False, comment="of the process definition"),
        sa.Column("business_key", IndexedText(), nullable=True, comment="of the instance"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="TaskState"),
        sa.Column("assignee", IndexedText(), nullable=True, comment="user id, or null"),
        sa.Column(
            "candidate_users", JsonText(), nullable=False, comment="user ids, as in the diagram"
        ),
        sa.Column(
            "candidate_groups", JsonText(), nullable=False, comment="groups, as in the diagram"
        ),
        sa.Column("priority", sa.Integer(), nullable=False, comment="0 to 100"),
        sa.Column("due_at", UtcDateTime(), nullable=True, comment="UTC"),
        sa.Column("follow_up_at", UtcDateTime(), nullable=True, comment="UTC"),
        sa.Column("form", JsonText(), nullable=True, comment="FormDefinition"),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("ended_at", UtcDateTime(), nullable=True, comment="UTC"),
        sa.Column("completed_by", IndexedText(), nullable=True, comment="user id"),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name="fk_user_task_instance_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name="pk_user_task"),
        comment="kept when the task has ended",
    )
    op.create_index(
        "ix_user_task_assignee",
        "user_task",
        ["assignee", "key"],
        unique=False,
        sqlite_where=sa.text("state = 'created'"),
        postgresql_where=sa.text("state = 'created'"),
    )
    op.create_index(
        "ix_user_task_completed_by", "user_task", ["completed_by", "ended_at", "key"], unique=False
    )
    op.create_index(
        "ix_user_task_due_at",
        "user_task",
        ["due_at", "key"],
        unique=False,
        sqlite_where=sa.text("state = 'created'"),
        postgresql_where=sa.text("state = 'created'"),
    )
    op.create_index(
        "ix_user_task_open",
        "user_task",
        ["process_id", "key"],
        unique=False,
        sqlite_where=sa.text("state = 'created'"),
        postgresql_where=sa.text("state = 'created'"),
    )
    op.create_index(
        "ix_user_task_priority",
        "user_task",
        [sa.literal_column("priority DESC"), "key"],
        unique=False,
        sqlite_where=sa.text("state = 'created'"),
        postgresql_where=sa.text("state = 'created'"),
    )
    op.create_index(
        "uq_user_task_instance_key_wait", "user_task", ["instance_key", "wait"], unique=True
    )


def _create_user_task_candidate() -> None:
    op.create_table(
        "user_task_candidate",
        sa.Column("task_key", BIG_KEY, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="user or group"),
        sa.Column("candidate", IndexedText(), nullable=False, comment="user id or group"),
        sa.ForeignKeyConstraint(
            ["task_key"],
            ["user_task.key"],
            name="fk_user_task_candidate_task_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("task_key", "kind", "candidate", name="pk_user_task_candidate"),
        comment="to whom a task is offered",
    )
    op.create_index(
        "ix_user_task_candidate_kind_candidate",
        "user_task_candidate",
        ["kind", "candidate", "task_key"],
        unique=False,
    )
