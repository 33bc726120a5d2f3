"""pre: let one start event begin by several messages and signals.

Revision: 0006, after 0005.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLE = "start_subscription"
_KEY = "pk_start_subscription"


def upgrade() -> None:
    """Tell the rows of one start event apart by kind and name."""
    with op.batch_alter_table(_TABLE) as table:
        table.drop_constraint(_KEY, type_="primary")
        table.create_primary_key(_KEY, ["definition_key", "element_id", "kind", "name"])


def downgrade() -> None:
    """Let each start event have one row; the first of several stays."""
    op.execute(
        "DELETE FROM start_subscription WHERE EXISTS (SELECT 1 FROM start_subscription AS other "
        "WHERE other.definition_key = start_subscription.definition_key "
        "AND other.element_id = start_subscription.element_id "
        "AND (other.kind < start_subscription.kind "
        "OR (other.kind = start_subscription.kind AND other.name < start_subscription.name)))"
    )
    with op.batch_alter_table(_TABLE) as table:
        table.drop_constraint(_KEY, type_="primary")
        table.create_primary_key(_KEY, ["definition_key", "element_id"])
