"""pre: create the tables of comments, attachments, filters, groups; delegation of user tasks.

Revision: 0013, after 0012.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and columns."""
    op.add_column(
        "user_task",
        sa.Column(
            "owner",
            IndexedText(),
            nullable=True,
            comment="user id of whoever delegated it, or null",
        ),
    )
    op.add_column(
        "user_task",
        sa.Column(
            "delegation", sa.String(length=16), nullable=True, comment="Delegation, or null"
        ),
    )
    op.add_column(
        "user_task",
        sa.Column(
            "changed_at", UtcDateTime(), nullable=True, comment="UTC, by a person; null = never"
        ),
    )
    _create_notes()
    op.create_table(
        "saved_filter",
        _key(),
        sa.Column(
            "resource_type",
            sa.String(length=32),
            nullable=False,
            comment="what it finds, such as Task",
        ),
        sa.Column("name", IndexedText(), nullable=False, comment="for people"),
        sa.Column("owner", IndexedText(), nullable=True, comment="user id; null = everybody's"),
        sa.Column("query", JsonText(), nullable=False, comment="parameters of the query, by name"),
        sa.Column(
            "properties", JsonText(), nullable=False, comment="of the program that shows it"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_saved_filter"),
        comment="saved queries of a worklist",
    )
    op.create_table(
        "known_group",
        sa.Column("group_id", IndexedText(), nullable=False, comment="name that memberships use"),
        sa.Column("name", FreeText(), nullable=True, comment="for people"),
        sa.Column("kind", IndexedText(), nullable=True, comment="given by whoever made it"),
        sa.PrimaryKeyConstraint("group_id", name="pk_known_group"),
        comment="groups that somebody described; a group exists without this, too",
    )
    op.create_table(
        "job_failure",
        _key(),
        sa.Column("instance_key", BIG_KEY, nullable=False),
        sa.Column("job_key", BIG_KEY, nullable=False, comment="of the job, which may be gone"),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="of the job, from 1"),
        sa.Column("at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("details", FreeText(), nullable=False, comment="such as a stack trace"),
        _of_instance("job_failure"),
        sa.PrimaryKeyConstraint("key", name="pk_job_failure"),
        comment="insert only: what workers tell of failed attempts beyond a message",
    )
    op.create_index("ix_job_failure_instance_key", "job_failure", ["instance_key"], unique=False)
    op.create_index("ix_job_failure_job_key", "job_failure", ["job_key", "key"], unique=False)


def downgrade() -> None:
    """Drop the tables and columns."""
    for table in ("job_failure", "known_group", "saved_filter", "task_attachment", "task_comment"):
        op.drop_table(table)
    for column in ("changed_at", "delegation", "owner"):
        op.drop_column("user_task", column)


def _create_notes() -> None:
    op.create_table(
        "task_comment",
        _key(),
        sa.Column("instance_key", BIG_KEY, nullable=False),
        sa.Column(
            "task_key",
            BIG_KEY,
            nullable=True,
            comment="of the user task; null = about the whole instance",
        ),
        sa.Column("author", IndexedText(), nullable=True, comment="user id"),
        sa.Column("at", UtcDateTime(), nullable=False, comment="UTC, when it was last written"),
        sa.Column("message", FreeText(), nullable=False, comment="as its author wrote it"),
        _of_instance("task_comment"),
        sa.PrimaryKeyConstraint("key", name="pk_task_comment"),
        comment="what people say about a user task or a process instance",
    )
    op.create_table(
        "task_attachment",
        _key(),
        sa.Column("instance_key", BIG_KEY, nullable=False),
        sa.Column("task_key", BIG_KEY, nullable=False, comment="of the user task"),
        sa.Column("name", FreeText(), nullable=True, comment="for people"),
        sa.Column("description", FreeText(), nullable=True, comment="for people"),
        sa.Column(
            "kind",
            FreeText(),
            nullable=True,
            comment="given by whoever attached it, such as a content type",
        ),
        sa.Column(
            "url", FreeText(), nullable=True, comment="of what is kept elsewhere; null = content"
        ),
        sa.Column(
            "content",
            sa.LargeBinary(),
            nullable=True,
            comment="the file, byte for byte; null = url",
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("created_by", IndexedText(), nullable=True, comment="user id"),
        _of_instance("task_attachment"),
        sa.PrimaryKeyConstraint("key", name="pk_task_attachment"),
        comment="files and addresses that belong to a user task",
    )
    for table, columns in (
        ("task_comment", ["instance_key", "key"]),
        ("task_comment", ["task_key", "key"]),
        ("task_attachment", ["instance_key"]),
        ("task_attachment", ["task_key", "key"]),
    ):
        op.create_index(f"ix_{table}_{columns[0]}", table, columns, unique=False)


def _key() -> sa.Column[int]:
    return sa.Column(
        "key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"
    )


def _of_instance(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["instance_key"],
        ["process_instance.key"],
        name=f"fk_{table}_instance_key",
        ondelete="CASCADE",
    )
