"""pre: make partitions by time of the journal and of the visits (PostgreSQL only).

No row is written: each table becomes the first partition of one with its name. `preparation` (of
`bpmn_engine.store.partition_bounds`) has looked through it before, so that nobody is kept waiting
here for longer than the transactions last that run now. The release before writes to the
partitioned tables as to the plain ones.

Revision: 0018, after 0017.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import sqlalchemy as sa
from alembic import op

from bpmn_engine.store import partition_bounds
from bpmn_engine.store.keys import first_key, key_time

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_NUMBERS: Final = {"element_visit": "visit", "journal": "sequence"}
"""Table -> what its rows are counted by, within an instance."""

_RIGHTS: Final = sa.text(
    "SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC'"
    " ELSE quote_ident(pg_get_userbyid(a.grantee)) END"
    " FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = to_regclass(:name)"
)
_MONTHS: Final = 3
_ALL: Final = "process_instance, element_visit, journal"


def upgrade() -> None:
    """Rename the tables, make partitioned ones in their place, and attach the renamed ones."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    # In the order in which a unit of work takes them, so that none of them is met half way.
    op.execute(f"LOCK TABLE {_ALL} IN ACCESS EXCLUSIVE MODE")
    for table, number in _NUMBERS.items():
        given = partition_bounds.bound(connection, table)
        end = partition_bounds.new_bound(connection) if given is None else key_time(given)
        _replace(connection, table, number)
        _attach_all(table, end)
        if given is not None:
            name = partition_bounds.constraint_name(table)
            op.execute(f"ALTER TABLE {table}_first DROP CONSTRAINT {name}")


def downgrade() -> None:
    """Write all rows into plain tables again."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(f"LOCK TABLE {_ALL} IN ACCESS EXCLUSIVE MODE")
    for table, number in _NUMBERS.items():
        comment = op.get_bind().scalar(sa.text(f"SELECT obj_description('{table}'::regclass)"))
        op.rename_table(table, f"{table}_parts")
        op.execute(f"CREATE TABLE {table} (LIKE {table}_parts INCLUDING COMMENTS)")
        op.execute(f"INSERT INTO {table} SELECT * FROM {table}_parts")  # noqa: S608 -- our names
        op.drop_table(f"{table}_parts")
        _constrain(table, number)
        op.create_table_comment(table, comment)


def _replace(connection: sa.Connection, table: str, number: str) -> None:
    """Put a partitioned table in the place of one, with its columns, constraints and rights."""
    first = f"{table}_first"
    op.rename_table(table, first)
    op.execute(f"ALTER TABLE {first} RENAME CONSTRAINT pk_{table} TO pk_{first}")
    op.execute(
        f"ALTER TABLE {first} RENAME CONSTRAINT fk_{table}_instance_key TO fk_{first}_instance_key"
    )
    op.execute(
        f"CREATE TABLE {table} (LIKE {first} INCLUDING COMMENTS INCLUDING STORAGE"
        " INCLUDING COMPRESSION INCLUDING DEFAULTS) PARTITION BY RANGE (instance_key)"
    )
    _constrain(table, number)
    comment = connection.scalar(sa.text(f"SELECT obj_description('{first}'::regclass)"))
    op.create_table_comment(table, comment)
    for right, grantee in connection.execute(_RIGHTS, {"name": first}).all():
        op.execute(f"GRANT {right} ON {table} TO {grantee}")
    owner = connection.scalar(
        sa.text(
            "SELECT quote_ident(pg_get_userbyid(relowner)) FROM pg_class"
            " WHERE oid = to_regclass(:name)"
        ),
        {"name": first},
    )
    op.execute(f"ALTER TABLE {table} OWNER TO {owner}")


def _constrain(table: str, number: str) -> None:
    op.create_primary_key(f"pk_{table}", table, ["instance_key", number])
    op.create_foreign_key(
        f"fk_{table}_instance_key",
        table,
        "process_instance",
        ["instance_key"],
        ["key"],
        ondelete="CASCADE",
    )


def _attach_all(table: str, end: dt.datetime) -> None:
    op.execute(
        f"ALTER TABLE {table} ATTACH PARTITION {table}_first"
        f" FOR VALUES FROM (MINVALUE) TO ({first_key(end)})"
    )
    for _ in range(_MONTHS):
        begin, end = end, partition_bounds.next_month(end)
        op.execute(
            f"CREATE TABLE {table}_{begin:%Y%m%d} PARTITION OF {table}"
            f" FOR VALUES FROM ({first_key(begin)}) TO ({first_key(end)})"
        )
    op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
