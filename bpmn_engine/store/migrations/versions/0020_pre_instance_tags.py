"""pre: create the table of tags of process instances.

Revision: 0020, after 0019.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, IndexedText

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; instances that there are have no tags."""
    op.create_table(
        "instance_tag",
        sa.Column("instance_key", BIG_KEY, nullable=False),
        sa.Column("tag", IndexedText(), nullable=False, comment="given at the start"),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name="fk_instance_tag_instance_key_process_instance",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_key", "tag", name="pk_instance_tag"),
        comment="words by which an instance is found; most have none",
    )
    op.create_index("ix_instance_tag_tag", "instance_tag", ["tag", "instance_key"])


def downgrade() -> None:
    """Drop the table; the tags are lost."""
    op.drop_table("instance_tag")
