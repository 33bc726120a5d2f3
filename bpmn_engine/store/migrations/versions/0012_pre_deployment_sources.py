"""pre: add the source of a deployment, the suspension of a definition, the note on an incident.

Revision: 0012, after 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import FreeText

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what is there has no source, is not suspended and has no note."""
    op.add_column(
        "deployment",
        sa.Column("source", FreeText(), nullable=True, comment="what program deployed, or null"),
    )
    op.add_column(
        "process_definition",
        sa.Column(
            "is_suspended",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="no instance of it is started",
        ),
    )
    op.add_column(
        "incident",
        sa.Column("annotation", FreeText(), nullable=True, comment="written by a person, or null"),
    )
    _tell_kinds("bpmn, form, dmn or attachment")


def downgrade() -> None:
    """Drop the columns."""
    _tell_kinds("bpmn, form or dmn")
    op.drop_column("incident", "annotation")
    op.drop_column("process_definition", "is_suspended")
    op.drop_column("deployment", "source")


def _tell_kinds(comment: str) -> None:
    """Change the comment of the kind of a resource; SQLite keeps no comments."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("resource", "kind", existing_type=sa.String(16), comment=comment)
