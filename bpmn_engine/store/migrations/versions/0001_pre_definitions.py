"""pre: create the tables of what was deployed.

Revision: 0001, after None.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_deployment()
    _create_resource()
    _create_form()
    _create_process_definition()
    _create_start_subscription()
    _create_start_timer()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("start_timer")
    op.drop_table("start_subscription")
    op.drop_table("process_definition")
    op.drop_table("form")
    op.drop_table("resource")
    op.drop_table("deployment")


def _create_deployment() -> None:
    op.create_table(
        "deployment",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column("name", FreeText(), nullable=True, comment="given by whoever deployed, or null"),
        sa.Column("deployed_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("deployed_by", IndexedText(), nullable=True, comment="user id, or null"),
        sa.PrimaryKeyConstraint("key", name="pk_deployment"),
    )


def _create_resource() -> None:
    op.create_table(
        "resource",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column("deployment_key", BIG_KEY, nullable=False),
        sa.Column("name", FreeText(), nullable=False, comment="file name"),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="bpmn or form"),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="the file, byte for byte"),
        sa.Column(
            "content_hash",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of content, hexadecimal",
        ),
        sa.ForeignKeyConstraint(
            ["deployment_key"], ["deployment.key"], name="fk_resource_deployment_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_resource"),
    )
    op.create_index("ix_resource_deployment_key", "resource", ["deployment_key"], unique=False)


def _create_form() -> None:
    op.create_table(
        "form",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column("deployment_key", BIG_KEY, nullable=False),
        sa.Column("resource_key", BIG_KEY, nullable=False),
        sa.Column("form_id", IndexedText(), nullable=False, comment="id in the form's JSON"),
        sa.Column("version", sa.Integer(), nullable=False, comment="from 1, per form id"),
        sa.Column("content_hash", sa.String(length=64), nullable=False, comment="of the resource"),
        sa.ForeignKeyConstraint(
            ["deployment_key"], ["deployment.key"], name="fk_form_deployment_key"
        ),
        sa.ForeignKeyConstraint(["resource_key"], ["resource.key"], name="fk_form_resource_key"),
        sa.PrimaryKeyConstraint("key", name="pk_form"),
        sa.UniqueConstraint("form_id", "version", name="uq_form_form_id_version"),
    )
    op.create_index("ix_form_deployment_key", "form", ["deployment_key"], unique=False)
    op.create_index("ix_form_resource_key", "form", ["resource_key"], unique=False)


def _create_process_definition() -> None:
    op.create_table(
        "process_definition",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column("deployment_key", BIG_KEY, nullable=False),
        sa.Column("resource_key", BIG_KEY, nullable=False),
        sa.Column(
            "process_id", IndexedText(), nullable=False, comment="id of the process in the file"
        ),
        sa.Column("name", FreeText(), nullable=True, comment="of the process in the file"),
        sa.Column("version", sa.Integer(), nullable=False, comment="from 1, per process id"),
        sa.Column(
            "version_tag", IndexedText(), nullable=True, comment="given in the file, or null"
        ),
        sa.Column("content_hash", sa.String(length=64), nullable=False, comment="of the resource"),
        sa.Column(
            "is_latest", sa.Boolean(), nullable=False, comment="highest version of its process id"
        ),
        sa.Column("is_startable", sa.Boolean(), nullable=False, comment="can be started by hand"),
        sa.Column(
            "flavour", sa.String(length=16), nullable=False, comment="zeebe, camunda or bpmn"
        ),
        sa.Column(
            "documentation", FreeText(), nullable=True, comment="of the process in the file"
        ),
        sa.Column(
            "certificate", JsonText(), nullable=False, comment="what became of every element"
        ),
        sa.Column("warnings", JsonText(), nullable=False, comment="found at deployment"),
        sa.Column("element_names", JsonText(), nullable=False, comment="element id -> name"),
        sa.Column("start_forms", JsonText(), nullable=False, comment="of the none start events"),
        sa.Column("starter_users", JsonText(), nullable=False, comment="who may start it by hand"),
        sa.Column(
            "starter_groups", JsonText(), nullable=False, comment="whose members may start it"
        ),
        sa.ForeignKeyConstraint(
            ["deployment_key"], ["deployment.key"], name="fk_process_definition_deployment_key"
        ),
        sa.ForeignKeyConstraint(
            ["resource_key"], ["resource.key"], name="fk_process_definition_resource_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_process_definition"),
        sa.UniqueConstraint(
            "process_id", "version", name="uq_process_definition_process_id_version"
        ),
    )
    op.create_index(
        "ix_process_definition_deployment_key",
        "process_definition",
        ["deployment_key"],
        unique=False,
    )
    op.create_index(
        "ix_process_definition_latest",
        "process_definition",
        ["process_id"],
        unique=True,
        sqlite_where=sa.text("is_latest"),
        postgresql_where=sa.text("is_latest"),
    )
    op.create_index(
        "ix_process_definition_resource_key", "process_definition", ["resource_key"], unique=False
    )
    op.create_index(
        "ix_process_definition_version_tag",
        "process_definition",
        ["process_id", "version_tag"],
        unique=False,
    )


def _create_start_subscription() -> None:
    op.create_table(
        "start_subscription",
        sa.Column("definition_key", BIG_KEY, nullable=False),
        sa.Column("element_id", IndexedText(), nullable=False, comment="of the start event"),
        sa.Column("process_id", IndexedText(), nullable=False, comment="of the definition"),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="message or signal"),
        sa.Column("name", IndexedText(), nullable=False, comment="of the message or signal"),
        sa.ForeignKeyConstraint(
            ["definition_key"],
            ["process_definition.key"],
            name="fk_start_subscription_definition_key",
        ),
        sa.PrimaryKeyConstraint("definition_key", "element_id", name="pk_start_subscription"),
        comment="of the latest versions only; replaced at deployment",
    )
    op.create_index(
        "ix_start_subscription_kind_name", "start_subscription", ["kind", "name"], unique=False
    )
    op.create_index(
        "ix_start_subscription_process_id", "start_subscription", ["process_id"], unique=False
    )


def _create_start_timer() -> None:
    op.create_table(
        "start_timer",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column("definition_key", BIG_KEY, nullable=False),
        sa.Column("process_id", IndexedText(), nullable=False, comment="of the definition"),
        sa.Column("element_id", IndexedText(), nullable=False, comment="of the start event"),
        sa.Column("due_at", UtcDateTime(), nullable=False, comment="UTC, next firing"),
        sa.Column(
            "repetitions",
            sa.Integer(),
            nullable=True,
            comment="firings after the next one; null = unbounded",
        ),
        sa.Column("text", FreeText(), nullable=False, comment="normalised timer text"),
        sa.ForeignKeyConstraint(
            ["definition_key"], ["process_definition.key"], name="fk_start_timer_definition_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_start_timer"),
        comment="of the latest versions only; replaced at deployment, moved at each firing",
    )
    op.create_index(
        "ix_start_timer_definition_key", "start_timer", ["definition_key"], unique=False
    )
    op.create_index("ix_start_timer_due_at", "start_timer", ["due_at"], unique=False)
    op.create_index("ix_start_timer_process_id", "start_timer", ["process_id"], unique=False)
