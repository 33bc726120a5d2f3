"""pre: create the tables of figures, retention policies, legal holds and the archive.

The figures are counted from the instances there are. A process of the release before that still
writes afterwards adds nothing to them: when the last one has ended, `bpmn-engine history recount`
counts again.

Revision: 0017, after 0016.
"""

from __future__ import annotations

import datetime as dt
import xml.etree.ElementTree as ET
from typing import Final

import sqlalchemy as sa
from alembic import op

from bpmn_engine.model.time_to_live import read_time_to_live
from bpmn_engine.store.columns import BIG_KEY, FreeText, IndexedText, JsonText, UtcDateTime
from bpmn_engine.store.rollup_recount import recount

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_CAMUNDA: Final = "{http://camunda.org/schema/1.0/bpmn}"
_COUNTS: Final = {
    "started": "instances",
    "completed": "instances",
    "failed": "instances",
    "terminated": "instances",
}
_TABLES: Final = (
    "rollup_delta",
    "rollup_total",
    "rollup_bucket",
    "retention_policy",
    "legal_hold",
    "archived_instance",
)


def upgrade() -> None:
    """Create the tables, and fill them from what there is."""
    _create_figures()
    _create_retention()
    _create_archive()
    op.add_column(
        "process_definition",
        sa.Column(
            "history_seconds",
            sa.BigInteger(),
            nullable=True,
            comment="how long ended instances are kept, as the file says; null = it does not",
        ),
    )
    _read_diagrams()
    recount(op.get_bind(), dt.datetime.now(dt.UTC))


def downgrade() -> None:
    """Drop the tables; what is in the archive is lost."""
    op.drop_column("process_definition", "history_seconds")
    for name in reversed(_TABLES):
        op.drop_table(name)


def _create_figures() -> None:
    op.create_table(
        "rollup_delta",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="given by the database",
        ),
        sa.Column("definition_key", BIG_KEY, nullable=False, comment="of the process definition"),
        sa.Column("at", UtcDateTime(), nullable=False, comment="UTC; begin of the minute"),
        *(_column(name, comment, sa.Integer()) for name, comment in _COUNTS.items()),
        _column("open_change", "more instances that are open, or less", sa.Integer()),
        *_durations(),
        sa.PrimaryKeyConstraint("sequence", name="pk_rollup_delta"),
        sqlite_autoincrement=True,
        comment="insert only: what one transaction adds; soon added to the sums and deleted",
    )
    op.create_table(
        "rollup_total",
        sa.Column(
            "definition_key",
            BIG_KEY,
            autoincrement=False,
            nullable=False,
            comment="of the process definition",
        ),
        _column("open_count", "instances that have not ended", sa.BigInteger()),
        _column("completed", "instances, ever", sa.BigInteger()),
        sa.PrimaryKeyConstraint("definition_key", name="pk_rollup_total"),
        comment="sums of all time, but for what stands in rollup_delta",
    )
    op.create_table(
        "rollup_bucket",
        sa.Column(
            "minutes", sa.Integer(), autoincrement=False, nullable=False, comment="its length"
        ),
        sa.Column("at", UtcDateTime(), nullable=False, comment="UTC; its begin"),
        sa.Column("process_id", IndexedText(), nullable=False, comment="of the definitions"),
        *(_column(name, comment, sa.BigInteger()) for name, comment in _COUNTS.items()),
        *_durations(),
        sa.PrimaryKeyConstraint("minutes", "at", "process_id", name="pk_rollup_bucket"),
        comment="sums of stretches of time, but for what stands in rollup_delta",
    )


def _column(name: str, comment: str, of: sa.types.TypeEngine[int]) -> sa.Column[int]:
    return sa.Column(name, of, nullable=False, comment=comment)


def _durations() -> tuple[sa.Column[int], sa.Column[object]]:
    return (
        _column("duration_ms", "of the completed ones, summed", sa.BigInteger()),
        sa.Column(
            "durations", JsonText(), nullable=False, comment="of these, how many in each bin"
        ),
    )


def _create_retention() -> None:
    op.create_table(
        "retention_policy",
        sa.Column("process_id", IndexedText(), nullable=False, comment="of the definitions"),
        sa.Column(
            "keep_seconds",
            sa.BigInteger(),
            nullable=True,
            comment="after the end; null = for good",
        ),
        sa.Column(
            "is_archived", sa.Boolean(), nullable=False, comment="put into the archive before"
        ),
        sa.Column("changed_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "changed_by", IndexedText(), nullable=True, comment="user id; null = nobody said"
        ),
        sa.Column("reason", FreeText(), nullable=True, comment="given by the person who did it"),
        sa.PrimaryKeyConstraint("process_id", name="pk_retention_policy"),
        comment="what an operator decided; stands above the diagram and the setting",
    )
    op.create_table(
        "legal_hold",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="time-ordered key"),
        sa.Column(
            "instance_key",
            BIG_KEY,
            nullable=True,
            comment="this instance and what it called; or null",
        ),
        sa.Column(
            "process_id",
            IndexedText(),
            nullable=True,
            comment="all instances of this process; or null",
        ),
        sa.Column("placed_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "placed_by", IndexedText(), nullable=True, comment="user id; null = nobody said"
        ),
        sa.Column("reason", FreeText(), nullable=False, comment="given by the person who did it"),
        sa.Column("lifted_at", UtcDateTime(), nullable=True, comment="UTC; null while it holds"),
        sa.Column(
            "lifted_by", IndexedText(), nullable=True, comment="user id; null = nobody said"
        ),
        sa.Column(
            "lift_reason", FreeText(), nullable=True, comment="given by the person who did it"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_legal_hold"),
        comment="what must not be deleted; a lifted hold stays as the record of it",
    )
    for column in ("instance_key", "process_id"):
        _index("legal_hold", column, (column,), "lifted_at IS NULL")


def _create_archive() -> None:
    op.create_table(
        "archived_instance",
        sa.Column("key", BIG_KEY, autoincrement=False, nullable=False, comment="of the instance"),
        sa.Column("definition_key", BIG_KEY, nullable=False, comment="of the process definition"),
        sa.Column("process_id", IndexedText(), nullable=False, comment="of the definition"),
        sa.Column("business_key", IndexedText(), nullable=True, comment="of the instance"),
        sa.Column("status", sa.String(length=16), nullable=False, comment="InstanceStatus"),
        sa.Column(
            "parent_key", BIG_KEY, nullable=True, comment="of the calling instance, or null"
        ),
        sa.Column("root_key", BIG_KEY, nullable=False, comment="first caller, or itself"),
        sa.Column("started_at", UtcDateTime(), nullable=False, comment="UTC"),
        sa.Column("started_by", IndexedText(), nullable=True, comment="user id, or null"),
        sa.Column("ended_at", UtcDateTime(), nullable=False, comment="UTC"),
        _column("duration_ms", "from start to end, milliseconds", sa.BigInteger()),
        sa.Column("archived_at", UtcDateTime(), nullable=False, comment="UTC"),
        _column("size", "bytes of the document before compression", sa.Integer()),
        sa.Column(
            "document", sa.LargeBinary(), nullable=False, comment="gzip of JSON: its rows by table"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_archived_instance"),
        comment="one row for each instance whose history was taken out of the other tables",
    )
    _index("archived_instance", "ended_at", ("ended_at", "key"), None)
    _index("archived_instance", "process_id", ("process_id", "ended_at", "key"), None)
    columns = ("business_key", "ended_at", "key")
    _index("archived_instance", "business_key", columns, "business_key IS NOT NULL")


def _index(table: str, name: str, columns: tuple[str, ...], where: str | None) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(
        f"ix_{table}_{name}",
        table,
        list(columns),
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _read_diagrams() -> None:
    """Note how long the deployed diagrams say that history is kept."""
    connection = op.get_bind()
    definitions = connection.execute(
        sa.text(
            "SELECT d.key, d.process_id, r.content FROM process_definition d"
            " JOIN resource r ON r.key = d.resource_key"
        )
    ).all()
    for row in definitions:
        if b"historyTimeToLive" not in bytes(row.content):
            continue
        kept = _time_to_live(bytes(row.content), row.process_id)
        if kept is not None:
            connection.execute(
                sa.text("UPDATE process_definition SET history_seconds = :kept WHERE key = :key"),
                {"kept": int(kept.total_seconds()), "key": row.key},
            )


def _time_to_live(content: bytes, process_id: str) -> dt.timedelta | None:
    for element in ET.fromstring(content).iter():  # noqa: S314 -- as above
        if element.tag.endswith("}process") and element.get("id") == process_id:
            return read_time_to_live(element.get(f"{_CAMUNDA}historyTimeToLive") or "")
    return None
