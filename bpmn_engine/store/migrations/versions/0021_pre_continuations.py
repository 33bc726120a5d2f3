"""pre: create the tables of instances that move between two steps, and of large states.

Revision: 0021, after 0020.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, FreeText, UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "continuation",
        sa.Column(
            "instance_key",
            BIG_KEY,
            autoincrement=False,
            nullable=False,
            comment="the instance whose tokens are on their way",
        ),
        sa.Column("since", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("not_before", UtcDateTime(), nullable=True, comment="UTC; null = at once"),
        sa.Column(
            "failure", FreeText(), nullable=True, comment="why it could not go on the last time"
        ),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name="fk_continuation_instance_key_process_instance",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_key", name="pk_continuation"),
        comment="instances whose last step was long enough; a row is there as long as one moves",
    )
    op.create_table(
        "large_state",
        sa.Column(
            "instance_key",
            BIG_KEY,
            autoincrement=False,
            nullable=False,
            comment="whose row says that its state is here",
        ),
        sa.Column(
            "through",
            sa.Integer(),
            nullable=False,
            comment="entry of the journal it is true after",
        ),
        sa.Column("content", sa.Text(), nullable=False, comment="codec_state, JSON"),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name="fk_large_state_instance_key_process_instance",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_key", name="pk_large_state"),
        comment="states too large to be written in every transaction; the journal has the rest",
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("large_state")
    op.drop_table("continuation")
