"""pre: create the table of idempotency keys of starts.

Revision: 0024, after 0023.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store.columns import BIG_KEY, JsonText, UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "start_key",
        sa.Column(
            "digest",
            sa.String(32),
            nullable=False,
            comment="of the user and the idempotency key",
        ),
        sa.Column(
            "fingerprint", sa.String(32), nullable=False, comment="digest of what was asked for"
        ),
        sa.Column(
            "instance_key", BIG_KEY, nullable=False, comment="what was started; may be gone"
        ),
        sa.Column(
            "answer", JsonText(), nullable=False, comment="to the caller, but the business key"
        ),
        sa.Column("expires_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.PrimaryKeyConstraint("digest", name="pk_start_key"),
        comment="starts that are known again when their request is repeated; kept until expired",
    )
    op.create_index("ix_start_key_expires_at", "start_key", ["expires_at"], unique=False)


def downgrade() -> None:
    """Drop the table; what is repeated is started again."""
    op.drop_table("start_key")
