"""pre: create the tables of process instances and their history.

Revision: 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_process_instance()
    _create_element_visit()
    _create_incident()
    _create_journal()
    _create_open_visit()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("open_visit")
    op.drop_table("journal")
    op.drop_table("incident")
    op.drop_table("element_visit")
    op.drop_table("process_instance")


def _create_process_instance() -> None:
    op.create_table(
        "process_instance",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column("definition_key", BIG_KEY, nullable=False),
        sa.Column("process_id", IndexedText(), nullable=False, comment="of the definition"),
        sa.Column("business_key", IndexedText(), nullable=True, comment="set at the start"),
        sa.Column("status", sa.String(length=16), nullable=False, comment="InstanceStatus"),
        sa.Column("snapshot", sa.Text(), nullable=False, comment="codec_state, JSON"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="of this row; compared at each save"
        ),
        sa.Column(
            "parent_key", BIG_KEY, nullable=True, comment="of the calling instance, or null"
        ),
        sa.Column(
            "parent_wait",
            sa.Integer(),
            nullable=True,
            comment="wait in the calling instance that ends with this",
        ),
        sa.Column("root_key", BIG_KEY, nullable=False, comment="first caller, or itself"),
        sa.Column("started_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("started_by", IndexedText(), nullable=True, comment="user id, or null"),
        sa.Column("updated_at", UtcDateTime(), nullable=False, comment="UTC, of its last step"),
        sa.Column("ended_at", UtcDateTime(), nullable=True, comment="UTC; null while it is open"),
        sa.Column(
            "duration_ms",
            sa.BigInteger(),
            nullable=True,
            comment="from start to end, milliseconds",
        ),
        sa.Column("incident_count", sa.Integer(), nullable=False, comment="open incidents"),
        sa.Column(
            "error_code", FreeText(), nullable=True, comment="of the BPMN error it failed with"
        ),
        sa.ForeignKeyConstraint(
            ["definition_key"],
            ["process_definition.key"],
            name="fk_process_instance_definition_key",
        ),
        sa.PrimaryKeyConstraint("key", name="pk_process_instance"),
    )
    op.create_index(
        "ix_process_instance_business_key",
        "process_instance",
        ["business_key", "key"],
        unique=False,
    )
    op.create_index(
        "ix_process_instance_definition_key",
        "process_instance",
        ["definition_key", "key"],
        unique=False,
    )
    op.create_index(
        "ix_process_instance_definition_key_status",
        "process_instance",
        ["definition_key", "status"],
        unique=False,
    )
    op.create_index("ix_process_instance_ended_at", "process_instance", ["ended_at"], unique=False)
    op.create_index(
        "ix_process_instance_incident_count",
        "process_instance",
        ["key"],
        unique=False,
        sqlite_where=sa.text("incident_count > 0"),
        postgresql_where=sa.text("incident_count > 0"),
    )
    op.create_index(
        "ix_process_instance_open",
        "process_instance",
        ["definition_key"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_process_instance_parent_key",
        "process_instance",
        ["parent_key", "parent_wait"],
        unique=False,
    )
    op.create_index(
        "ix_process_instance_process_id", "process_instance", ["process_id", "key"], unique=False
    )
    op.create_index(
        "ix_process_instance_started_at", "process_instance", ["started_at"], unique=False
    )
    op.create_index(
        "ix_process_instance_started_by",
        "process_instance",
        ["started_by", "key"],
        unique=False,
        sqlite_where=sa.text("started_by IS NOT NULL"),
        postgresql_where=sa.text("started_by IS NOT NULL"),
    )
    op.create_index(
        "ix_process_instance_status", "process_instance", ["status", "key"], unique=False
    )
    op.create_index(
        "ix_process_instance_stuck",
        "process_instance",
        ["definition_key", "incident_count"],
        unique=False,
        sqlite_where=sa.text("incident_count > 0"),
        postgresql_where=sa.text("incident_count > 0"),
    )


def _create_element_visit() -> None:
    op.create_table(
        "element_visit",
        sa.Column("instance_key", BIG_KEY, nullable=False),
        sa.Column("visit", sa.Integer(), nullable=False, comment="key within the instance"),
        sa.Column("element_id", IndexedText(), nullable=False, comment="id in the diagram"),
        sa.Column(
            "is_loop_body",
            sa.Boolean(),
            nullable=False,
            comment="multi-instance body, not an instance",
        ),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="completed or terminated"
        ),
        sa.Column("entered_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("ended_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "flows",
            JsonText(),
            nullable=True,
            comment="ids of the flows its tokens took; null = none",
        ),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name="fk_element_visit_instance_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_key", "visit", name="pk_element_visit"),
        comment="insert only: one row for each visit that has ended",
    )


def _create_incident() -> None:
    op.create_table(
        "incident",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column("instance_key", BIG_KEY, nullable=False),
        sa.Column("incident", sa.Integer(), nullable=False, comment="key within the instance"),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="IncidentKind"),
        sa.Column("visit", sa.Integer(), nullable=True, comment="key within the instance"),
        sa.Column("element_id", IndexedText(), nullable=False, comment="id in the diagram"),
        sa.Column("element_name", FreeText(), nullable=True, comment="as in the diagram"),
        sa.Column("process_id", IndexedText(), nullable=False, comment="of the definition"),
        sa.Column("definition_key", BIG_KEY, nullable=False, comment="of the process definition"),
        sa.Column("business_key", IndexedText(), nullable=True, comment="of the instance"),
        sa.Column(
            "group_id",
            sa.String(length=32),
            nullable=False,
            comment="digest: same cause, same group",
        ),
        sa.Column("message", FreeText(), nullable=False, comment="for a person"),
        sa.Column("wait", sa.Integer(), nullable=True, comment="the job or child concerned"),
        sa.Column("job_key", BIG_KEY, nullable=True, comment="of the job concerned"),
        sa.Column("job_type", IndexedText(), nullable=True, comment="of the job concerned"),
        sa.Column("error_code", FreeText(), nullable=True, comment="of an uncaught BPMN error"),
        sa.Column("expression", FreeText(), nullable=True, comment="that failed"),
        sa.Column(
            "position",
            JsonText(),
            nullable=True,
            comment="line and column in the expression, from 1",
        ),
        sa.Column("values", JsonText(), nullable=False, comment="what the expression read"),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "resolved_at", UtcDateTime(), nullable=True, comment="UTC; null while it is open"
        ),
        sa.Column(
            "resolved_by", IndexedText(), nullable=True, comment="user id; null = by the engine"
        ),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name="fk_incident_instance_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name="pk_incident"),
        comment="kept when resolved",
    )
    op.create_index(
        "ix_incident_definition_key", "incident", ["definition_key", "key"], unique=False
    )
    op.create_index(
        "ix_incident_open",
        "incident",
        ["group_id", "key"],
        unique=False,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_index("ix_incident_process_id", "incident", ["process_id", "key"], unique=False)
    op.create_index(
        "uq_incident_instance_key_incident", "incident", ["instance_key", "incident"], unique=True
    )


def _create_journal() -> None:
    op.create_table(
        "journal",
        sa.Column("instance_key", BIG_KEY, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="from 1, per instance"),
        sa.Column("at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "actor",
            IndexedText(),
            nullable=True,
            comment="user id or worker; null = the engine itself",
        ),
        sa.Column(
            "action",
            sa.String(length=32),
            nullable=False,
            comment="class of the command, or of a note",
        ),
        sa.Column("wait", sa.Integer(), nullable=True, comment="wait the action is about"),
        sa.Column(
            "element_id", IndexedText(), nullable=True, comment="element the action is about"
        ),
        sa.Column("detail", JsonText(), nullable=False, comment="the command, or the note"),
        sa.Column("facts", sa.Text(), nullable=False, comment="codec_facts, JSON"),
        sa.Column("reason", FreeText(), nullable=True, comment="given by the person who did it"),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name="fk_journal_instance_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_key", "sequence", name="pk_journal"),
        comment="insert only: one row for each command, and for what people did beside them",
    )


def _create_open_visit() -> None:
    op.create_table(
        "open_visit",
        sa.Column("instance_key", BIG_KEY, nullable=False),
        sa.Column("visit", sa.Integer(), nullable=False, comment="key within the instance"),
        sa.Column("definition_key", BIG_KEY, nullable=False, comment="of the process definition"),
        sa.Column("element_id", IndexedText(), nullable=False, comment="id in the diagram"),
        sa.Column("element_name", FreeText(), nullable=True, comment="as in the diagram"),
        sa.Column(
            "is_loop_body",
            sa.Boolean(),
            nullable=False,
            comment="multi-instance body, not an instance",
        ),
        sa.Column(
            "is_scope",
            sa.Boolean(),
            nullable=False,
            comment="what is inside says where tokens are",
        ),
        sa.Column("entered_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name="fk_open_visit_instance_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_key", "visit", name="pk_open_visit"),
        comment="where instances are now; inserted at entry, moved to element_visit at the end",
    )
    op.create_index(
        "ix_open_visit_definition_key_element_id",
        "open_visit",
        ["definition_key", "element_id"],
        unique=False,
    )
