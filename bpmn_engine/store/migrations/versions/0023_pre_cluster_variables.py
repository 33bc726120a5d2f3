"""pre: create the table of cluster variables.

Revision: 0023, after 0022.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import FreeText, IndexedText, JsonText, UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "cluster_variable",
        sa.Column("name", IndexedText(), nullable=False, comment="what it is read by"),
        sa.Column("scope", IndexedText(), nullable=False, comment="GLOBAL or TENANT"),
        sa.Column("content", JsonText(), nullable=True, comment="its value, JSON"),
        sa.Column("metadata", JsonText(), nullable=True, comment="what clients note beside it"),
        sa.Column("changed_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("changed_by", FreeText(), nullable=True, comment="user id"),
        sa.PrimaryKeyConstraint("name", "scope", name="pk_cluster_variable"),
        comment="values that every process may read",
    )


def downgrade() -> None:
    """Drop the table; the variables are lost."""
    op.drop_table("cluster_variable")
