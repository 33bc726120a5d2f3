"""pre: create the table of the documents that data stores hold.

Revision: 0009, after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "data_document",
        sa.Column("name", IndexedText(), nullable=False, comment="of the data store"),
        sa.Column("label", FreeText(), nullable=False, comment="the name in full"),
        sa.Column(
            "content",
            JsonText(),
            nullable=True,
            comment="a JSON value; null = nothing was written yet",
        ),
        sa.Column("changed_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "changed_by",
            BIG_KEY,
            nullable=True,
            comment="process instance that wrote last; null = a person",
        ),
        sa.PrimaryKeyConstraint("name", name="pk_data_document"),
        comment="what data stores hold: one JSON document each",
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("data_document")
