"""pre: give every list that is offered an index in its own order.

While an index is made, PostgreSQL lets nobody write to its table: on a large database run this
when little happens. The release before works with these indexes too.

Revision: 0016, after 0015.
"""

from __future__ import annotations

from typing import Final

from alembic import op
from sqlalchemy import text

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_OPEN_TASK: Final = "state = 'created'"
_ASSIGNED_TASK: Final = "state = 'created' AND assignee IS NOT NULL"
_FREE_TASK: Final = (
    "state = 'created' AND assignee IS NULL AND candidate_users = '[]' AND candidate_groups = '[]'"
)

#: table, name, columns, condition
_Index = tuple[str, str, tuple[str, ...], str | None]

_BEFORE: Final[tuple[_Index, ...]] = (
    ("process_instance", "definition_key", ("definition_key", "key"), None),
    ("process_instance", "definition_key_status", ("definition_key", "status"), None),
    ("process_instance", "process_id", ("process_id", "key"), None),
    ("process_instance", "status", ("status", "key"), None),
    ("process_instance", "business_key", ("business_key", "key"), None),
    ("process_instance", "parent_key", ("parent_key", "parent_wait"), None),
    ("process_instance", "started_at", ("started_at",), None),
    ("process_instance", "ended_at", ("ended_at",), None),
    ("process_instance", "incident_count", ("key",), "incident_count > 0"),
    ("process_instance", "started_by", ("started_by", "key"), "started_by IS NOT NULL"),
    ("process_instance", "open", ("definition_key",), "ended_at IS NULL"),
    ("user_task", "assignee", ("assignee", "key"), _OPEN_TASK),
)
"""What is dropped, some of it to be made again in another form."""

_INSTANCES: Final[tuple[_Index, ...]] = tuple(
    ("process_instance", name, columns, where)
    for name, columns, where in (
        ("started_at", ("started_at", "key"), None),
        ("status", ("status", "started_at", "key"), None),
        ("process_id", ("process_id", "started_at", "key"), None),
        ("process_id_status", ("process_id", "status", "started_at", "key"), None),
        ("definition_key", ("definition_key", "started_at", "key"), None),
        ("definition_key_status", ("definition_key", "status", "started_at", "key"), None),
        ("stuck_started_at", ("started_at", "key"), "incident_count > 0"),
        ("stuck_process_id", ("process_id", "started_at", "key"), "incident_count > 0"),
        ("business_key", ("business_key", "started_at", "key"), "business_key IS NOT NULL"),
        ("started_by", ("started_by", "started_at", "key"), "started_by IS NOT NULL"),
        ("parent_key", ("parent_key", "parent_wait"), "parent_key IS NOT NULL"),
        ("children", ("parent_key", "started_at", "key"), "parent_key IS NOT NULL"),
        ("ended_at", ("definition_key", "ended_at", "key"), "ended_at IS NOT NULL"),
    )
)
_TASKS: Final[tuple[_Index, ...]] = tuple(
    ("user_task", name, columns, where)
    for name, columns, where in (
        ("created", ("key",), _OPEN_TASK),
        ("process_due_at", ("process_id", "due_at", "key"), _OPEN_TASK),
        ("process_priority", ("process_id", "priority DESC", "key"), _OPEN_TASK),
        ("assignee_due_at", ("assignee", "due_at", "key"), _ASSIGNED_TASK),
        ("assignee", ("assignee", "key"), _ASSIGNED_TASK),
        ("assignee_priority", ("assignee", "priority DESC", "key"), _ASSIGNED_TASK),
        ("free", ("due_at", "key"), _FREE_TASK),
    )
)
_OTHERS: Final[tuple[_Index, ...]] = (
    ("incident", "open_key", ("key",), "resolved_at IS NULL"),
    ("incident", "open_process_id", ("process_id", "key"), "resolved_at IS NULL"),
    ("incident", "element_id", ("element_id", "key"), None),
    ("job", "failed", ("key",), "state = 'failed'"),
)
_AFTERWARDS: Final = (*_INSTANCES, *_TASKS, *_OTHERS)


def upgrade() -> None:
    """Replace the indexes."""
    _drop(_BEFORE)
    _make(_AFTERWARDS)


def downgrade() -> None:
    """Put back the indexes that were there."""
    _drop(_AFTERWARDS)
    _make(_BEFORE)


def _drop(indexes: tuple[_Index, ...]) -> None:
    for table, name, _, _ in indexes:
        op.drop_index(f"ix_{table}_{name}", table_name=table)


def _make(indexes: tuple[_Index, ...]) -> None:
    for table, name, columns, where in indexes:
        condition = None if where is None else text(where)
        op.create_index(
            f"ix_{table}_{name}",
            table,
            [text(column) if " " in column else column for column in columns],
            sqlite_where=condition,
            postgresql_where=condition,
        )
