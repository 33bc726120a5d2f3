"""pre: create the table of decisions.

Revision: 0010, after 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "decision",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column("deployment_key", BIG_KEY, nullable=False),
        sa.Column("resource_key", BIG_KEY, nullable=False),
        sa.Column(
            "decision_id", IndexedText(), nullable=False, comment="id of the decision in the file"
        ),
        sa.Column("name", FreeText(), nullable=True, comment="of the decision in the file"),
        sa.Column("version", sa.Integer(), nullable=False, comment="from 1, per decision id"),
        sa.Column(
            "version_tag", IndexedText(), nullable=True, comment="given in the file, or null"
        ),
        sa.Column("content_hash", sa.String(length=64), nullable=False, comment="of the resource"),
        sa.ForeignKeyConstraint(
            ["deployment_key"], ["deployment.key"], name="fk_decision_deployment_key"
        ),
        sa.ForeignKeyConstraint(
            ["resource_key"], ["resource.key"], name="fk_decision_resource_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_decision"),
        sa.UniqueConstraint("decision_id", "version", name="uq_decision_decision_id_version"),
    )
    _tell_kinds("bpmn, form or dmn")
    op.create_index("ix_decision_deployment_key", "decision", ["deployment_key"], unique=False)
    op.create_index("ix_decision_resource_key", "decision", ["resource_key"], unique=False)
    op.create_index(
        "ix_decision_version_tag", "decision", ["decision_id", "version_tag"], unique=False
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("decision")
    _tell_kinds("bpmn or form")


def _tell_kinds(comment: str) -> None:
    """Change the comment of the kind of a resource; SQLite keeps no comments."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("resource", "kind", comment=comment)
