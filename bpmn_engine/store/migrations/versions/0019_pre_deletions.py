"""pre: create the table of deletions, and mark what was deleted but is still read.

A process of the release before shows a deleted version among the older versions of its process
until that release has ended; it does not start by itself there either.

Revision: 0019, after 0018.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_MARKED: Final = {
    "deployment": "UTC; null while it is deployed",
    "process_definition": (
        "UTC; then kept for the history of its instances; null while it is deployed"
    ),
}


def upgrade() -> None:
    """Create the table and the columns."""
    for table, comment in _MARKED.items():
        op.add_column(
            table, sa.Column("deleted_at", UtcDateTime(), nullable=True, comment=comment)
        )
    op.create_table(
        "deletion",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column(
            "deployment_key",
            BIG_KEY,
            nullable=True,
            comment="of a deployment that went as a whole; or null",
        ),
        sa.Column(
            "name", FreeText(), nullable=True, comment="of the deployment or of a file; or null"
        ),
        sa.Column(
            "definitions",
            JsonText(),
            nullable=False,
            comment="key, process id, version of each",
        ),
        sa.Column(
            "is_cascading", sa.Boolean(), nullable=False, comment="instances and history went too"
        ),
        sa.Column(
            "instance_count", sa.Integer(), nullable=False, comment="instances deleted so far"
        ),
        sa.Column("begun_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "ended_at",
            UtcDateTime(),
            nullable=True,
            comment="UTC; null = it was not done to its end",
        ),
        sa.Column(
            "deleted_by", IndexedText(), nullable=True, comment="user id; null = nobody said"
        ),
        sa.Column("reason", FreeText(), nullable=True, comment="given by the person who did it"),
        sa.PrimaryKeyConstraint("key", name="pk_deletion"),
        comment="insert only but for its end: who deleted which definitions, when and why",
    )


def downgrade() -> None:
    """Drop them; what was deleted and is still read is shown among the older versions again."""
    op.drop_table("deletion")
    for table in _MARKED:
        op.drop_column(table, "deleted_at")
