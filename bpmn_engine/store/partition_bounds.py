"""Where the first partition ends when migration 0018 makes one of a table that there is already.

PostgreSQL looks through a table that becomes a partition, and nobody can use it meanwhile, unless
a constraint says what it would look for. So the constraint is made before, while everybody goes
on. It names the tables and columns of 0018 and never changes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from sqlalchemy import Connection, text

from bpmn_engine.ids import Key
from bpmn_engine.store.keys import first_key, key_time

TABLES: Final = ("element_visit", "journal")
"""In the order in which a unit of work writes them."""

_AHEAD: Final = dt.timedelta(days=31)
"""The bound is so far away at least: rows beyond it are refused until the migration has run."""

_NO_SOONER: Final = dt.timedelta(days=1)
_PARTITION: Final = re.compile(rf"^({'|'.join(TABLES)})_(first|default|\d{{8}})$")


def is_not_partition(name: str | None, kind: str, _parents: object = None) -> bool:
    """Tell Alembic whether something is to be compared with the tables that the code knows."""
    return kind != "table" or name is None or _PARTITION.match(name) is None


def constraint_name(table: str) -> str:
    """Return the name of the constraint that `preparation` makes."""
    return f"ck_{table}_first"


def bound(connection: Connection, table: str) -> Key | None:
    """Return the first key that the constraint of a table refuses; None if it has none."""
    found = connection.scalar(
        text(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = to_regclass(:table) AND conname = :name"
        ),
        {"table": table, "name": constraint_name(table)},
    )
    number = None if found is None else re.search(r"< '?(\d+)", str(found))
    return None if number is None else Key(int(number[1]))


def new_bound(connection: Connection) -> dt.datetime:
    """Return the beginning of a month that is weeks away, and after all instances there are."""
    last = connection.scalar(text("SELECT max(key) FROM process_instance"))
    moment = dt.datetime.now(dt.UTC) + _AHEAD
    if last is not None:
        moment = max(moment, key_time(Key(last)) + _NO_SOONER)
    return next_month(moment)


def next_month(moment: dt.datetime) -> dt.datetime:
    """Return the beginning of the month after a moment's, UTC."""
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + dt.timedelta(days=32)).replace(day=1)


def preparation(connection: Connection) -> Iterator[Callable[[], None]]:
    """Yield what is to be done, each in a transaction of its own, which the caller begins."""
    for table in TABLES:
        yield partial(_constrain, connection, table)
        yield partial(_validate, connection, table)


def release(connection: Connection) -> None:
    """Let the tables take every row again: what was prepared did not come to its end."""
    for table in TABLES:
        if bound(connection, table) is not None:
            _release(connection, table)


def _constrain(connection: Connection, table: str) -> None:
    if not _is_plain(connection, table):
        return
    there = bound(connection, table)
    if there is not None:
        if key_time(there) > dt.datetime.now(dt.UTC) + _NO_SOONER:
            return
        _release(connection, table)
    key = first_key(new_bound(connection))
    connection.execute(
        text(
            f"ALTER TABLE {table} ADD CONSTRAINT {constraint_name(table)}"
            f" CHECK (instance_key < {key}) NOT VALID"
        )
    )


def _validate(connection: Connection, table: str) -> None:
    if bound(connection, table) is not None:
        connection.execute(
            text(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint_name(table)}")
        )


def _release(connection: Connection, table: str) -> None:
    connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {constraint_name(table)}"))


def _is_plain(connection: Connection, table: str) -> bool:
    """Tell whether a table is there and has not become a partition yet."""
    kind = connection.scalar(
        text("SELECT relkind::text FROM pg_class WHERE oid = to_regclass(:table)"),
        {"table": table},
    )
    return str(kind) == "r"
