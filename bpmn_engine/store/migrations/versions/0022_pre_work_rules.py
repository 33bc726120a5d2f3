"""pre: create the tables of rules for the work of elements and of own removal times.

Timers of start events can be held, too. Revision: 0022, after 0021.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, IndexedText, UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and the column."""
    op.create_table(
        "work_rule",
        sa.Column(
            "definition_key",
            BIG_KEY,
            autoincrement=False,
            nullable=False,
            comment="the version that the rule is for",
        ),
        sa.Column(
            "element_id", IndexedText(), nullable=False, comment="whose jobs and timers are meant"
        ),
        sa.Column("is_held", sa.Boolean(), nullable=False, comment="new ones are held"),
        sa.Column("priority", sa.Integer(), nullable=True, comment="of new jobs; null = as drawn"),
        sa.Column("changed_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "changed_by", IndexedText(), nullable=True, comment="user id; null = nobody said"
        ),
        sa.ForeignKeyConstraint(
            ["definition_key"],
            ["process_definition.key"],
            name="fk_work_rule_definition_key_process_definition",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("definition_key", "element_id", name="pk_work_rule"),
        comment="what an operator decided about the work of an element; most have no row",
    )
    op.create_table(
        "removal_time",
        sa.Column("instance_key", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("removal_at", UtcDateTime(), nullable=True, comment="UTC; null = never"),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name="fk_removal_time_instance_key_process_instance",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_key", name="pk_removal_time"),
        comment="when an ended instance is removed; stands above the policy, most have no row",
    )
    op.create_index("ix_removal_time_removal_at", "removal_time", ["removal_at"])
    op.add_column(
        "start_timer",
        sa.Column(
            "is_held",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="it does not fire",
        ),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_column("start_timer", "is_held")
    op.drop_index("ix_removal_time_removal_at", table_name="removal_time")
    op.drop_table("removal_time")
    op.drop_table("work_rule")
