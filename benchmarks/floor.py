"""The floor: the rows that the engine writes for an instance, written by hand, with no engine.

`final` writes each row once, as it is at the end: one COPY for each table and one commit for each
batch. `in_two` does it as the engine must, which cannot know the end at the start: what is open is
written by one transaction, and removed or changed by a second one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import psycopg
from psycopg import sql

Row = Mapping[str, object]
Rows = Mapping[str, Sequence[Row]]
"""Table -> rows of one instance."""

_FINAL: Final = ("process_instance", "element_visit", "journal")
_OPEN: Final = ("job", "open_visit")
_KEY: Final[Mapping[str, str]] = {"process_instance": "key"}
_FIRST_KEY: Final = 1 << 40  # below every key that the engine makes


def read_rows(connection: psycopg.Connection[tuple[object, ...]], instance_key: int) -> Rows:
    """Return the rows of one instance, as they are now."""
    found: dict[str, list[Row]] = {}
    for table in (*_FINAL, *_OPEN):
        name = sql.Identifier(table)
        key = sql.Identifier(_KEY.get(table, "instance_key"))
        query = sql.SQL("SELECT * FROM {} WHERE {} = %s").format(name, key)
        cursor = connection.execute(query, (instance_key,))
        names = [column.name for column in cursor.description or ()]
        found[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return found


def final(
    connection: psycopg.Connection[tuple[object, ...]], done: Rows, *, count: int, batch: int
) -> float:
    """Write the rows of `count` finished instances; return how many a second."""
    begun_at = time.perf_counter()
    for first in range(0, count, batch):
        keys = range(_FIRST_KEY + first, _FIRST_KEY + first + batch)
        for table in _FINAL:
            _copy(connection, table, _of_each(table, done[table], keys))
        connection.commit()
    return count / (time.perf_counter() - begun_at)


def in_two(
    connection: psycopg.Connection[tuple[object, ...]],
    begun: Rows,
    done: Rows,
    *,
    count: int,
    batch: int,
) -> float:
    """Write `count` instances that wait, then that they have ended; return how many a second."""
    new = {
        table: [row for row in done[table] if row not in begun[table]]
        for table in ("element_visit", "journal")
    }
    ended = done["process_instance"][0]
    changed = [name for name in ended if ended[name] != begun["process_instance"][0][name]]
    update = sql.SQL("UPDATE process_instance SET {} WHERE key = ANY(%s)").format(
        sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in changed)
    )
    begun_at = time.perf_counter()
    for first in range(0, count, batch):
        start = 2 * _FIRST_KEY + first
        keys = range(start, start + batch)
        for table in (*_FINAL, *_OPEN):
            _copy(connection, table, _of_each(table, begun[table], keys))
        connection.commit()
        wanted = list(keys)
        connection.execute(update, (*(ended[name] for name in changed), wanted))
        for table in _OPEN:
            query = sql.SQL("DELETE FROM {} WHERE instance_key = ANY(%s)")
            connection.execute(query.format(sql.Identifier(table)), (wanted,))
        for table, rows in new.items():
            _copy(connection, table, _of_each(table, rows, keys))
        connection.commit()
    return count / (time.perf_counter() - begun_at)


def _of_each(table: str, rows: Sequence[Row], keys: Iterable[int]) -> list[Row]:
    return [row | _own(table, row, key, number) for key in keys for number, row in enumerate(rows)]


def _own(table: str, row: Row, key: int, number: int) -> dict[str, object]:
    """Return what differs from instance to instance: keys, and nothing else."""
    if table == "process_instance":
        return {"key": key, "root_key": key}
    if "key" in row:
        return {"instance_key": key, "key": key * 16 + number}
    return {"instance_key": key}


def _copy(
    connection: psycopg.Connection[tuple[object, ...]], table: str, rows: Sequence[Row]
) -> None:
    if not rows:
        return
    names = list(rows[0])
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for row in rows:
            copy.write_row([row[name] for name in names])
