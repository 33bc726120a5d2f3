"""Many rows of one table in one statement: how a unit of work writes.

PostgreSQL is sent the rows as one JSON text, which it takes apart itself: neither side handles
a statement for each row. SQLite has no round trips, so there each row is a statement of its own.
The statements are made of names of our own tables and columns; values are always parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Final, cast

import orjson
from sqlalchemy import Column, Dialect, LargeBinary, Table

from bpmn_engine.store.session import DriverValues, Session

_AT: Final = "at_"
"""Begins the name of a value that says which row is meant."""

Bind = Callable[[object], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """One statement for rows of one shape."""

    statement: str
    is_whole: bool  #: whether it takes all rows as one JSON text
    binds: tuple[tuple[str, Bind], ...]  #: how values of Python become those of the database
    values: Callable[[Mapping[str, object]], object]  #: of a row, in the statement's order

    def run(self, session: Session, rows: Sequence[Mapping[str, object]]) -> None:
        """Write rows."""
        session.write(self.statement, self._bound(rows))

    def count(self, session: Session, rows: Sequence[Mapping[str, object]]) -> int:
        """Write rows; return how many there were."""
        return session.change(self.statement, self._bound(rows))

    def _bound(self, rows: Sequence[Mapping[str, object]]) -> DriverValues:
        bound = [dict(row) for row in rows]
        for name, bind in self.binds:
            for row in bound:
                row[name] = bind(row[name])
        if self.is_whole:
            return (orjson.dumps(bound).decode(),)
        return [cast("tuple[object, ...]", self.values(row)) for row in bound]


def insert_rows(
    session: Session,
    table: Table,
    rows: Iterable[Mapping[str, object]],
    *,
    moving: tuple[str, ...] = (),
) -> None:
    """Insert rows, which have the same columns.

    With `moving` a row whose primary key is there already gives it its values of these columns.
    """
    given = list(rows)
    if given:
        plan = _insertion(table, tuple(given[0]), moving, session.dialect)
        plan.run(session, given)


def insert_columns(session: Session, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows, which have the same columns; bytes may be among them, which JSON has not.

    PostgreSQL is sent one array for each column.
    """
    dialect = session.dialect
    if not rows or not _takes_json(dialect):
        insert_rows(session, table, rows)
        return
    names = tuple(rows[0])
    binds = dict(_binds(table, names, dialect))
    columns = tuple(
        [binds[name](row[name]) if name in binds else row[name] for row in rows] for name in names
    )
    session.write(_columns_insertion(table, names, dialect), columns)


@lru_cache(maxsize=16)
def _columns_insertion(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    compiler = dialect.type_compiler_instance
    arrays = ", ".join(
        f"{'%b' if isinstance(table.c[name].type, LargeBinary) else '%s'}"
        f"::{compiler.process(table.c[name].type)}[]"
        for name in names
    )
    columns = ", ".join(quote(name) for name in names)
    return f"INSERT INTO {quote(table.name)} ({columns}) SELECT * FROM unnest({arrays})"  # noqa: S608


def update_rows(session: Session, table: Table, rows: Sequence[Mapping[str, object]]) -> int:
    """Update rows and return how many there were.

    Names that begin with `at_` are of columns that say which row is meant, the others of columns
    that change.
    """
    if not rows:
        return 0
    plan = _change(table, tuple(rows[0]), session.dialect)
    return plan.count(session, rows)


def delete_rows(session: Session, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Delete rows; the names are as for `update_rows`."""
    if rows:
        plan = _deletion(table, tuple(rows[0]), session.dialect)
        plan.run(session, rows)


@lru_cache(maxsize=256)
def _insertion(
    table: Table, names: tuple[str, ...], moving: tuple[str, ...], dialect: Dialect
) -> _Plan:
    quote = dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    source = f"VALUES ({', '.join('?' for _ in names)})"
    if _takes_json(dialect):
        source = f"SELECT {columns} FROM {_recordset(table, names, dialect)}"  # noqa: S608
    text = f"INSERT INTO {quote(table.name)} ({columns}) {source}"
    if moving:
        key = ", ".join(quote(column.name) for column in table.primary_key)
        moved = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in moving)
        text += f" ON CONFLICT ({key}) DO UPDATE SET {moved}"
    return _plan(text, table, names, names, dialect)


@lru_cache(maxsize=256)
def _change(table: Table, names: tuple[str, ...], dialect: Dialect) -> _Plan:
    quote = dialect.identifier_preparer.quote
    changed = tuple(name for name in names if not name.startswith(_AT))
    meant = tuple(name for name in names if name.startswith(_AT))
    name_of = quote(table.name)
    if _takes_json(dialect):
        values = ", ".join(f"{quote(name)} = v.{quote(name)}" for name in changed)
        text = f"UPDATE {name_of} SET {values} FROM {_recordset(table, names, dialect)}"  # noqa: S608
    else:
        values = ", ".join(f"{quote(name)} = ?" for name in changed)
        text = f"UPDATE {name_of} SET {values}"  # noqa: S608
    return _plan(
        f"{text} WHERE {_where(table, meant, dialect)}", table, names, (*changed, *meant), dialect
    )


@lru_cache(maxsize=256)
def _deletion(table: Table, names: tuple[str, ...], dialect: Dialect) -> _Plan:
    text = f"DELETE FROM {dialect.identifier_preparer.quote(table.name)}"  # noqa: S608
    if _takes_json(dialect):
        text += f" USING {_recordset(table, names, dialect)}"
    return _plan(f"{text} WHERE {_where(table, names, dialect)}", table, names, names, dialect)


def _plan(
    statement: str,
    table: Table,
    names: tuple[str, ...],
    order: tuple[str, ...],
    dialect: Dialect,
) -> _Plan:
    first, *rest = order
    return _Plan(
        statement=statement,
        is_whole=_takes_json(dialect),
        binds=_binds(table, names, dialect),
        values=itemgetter(first, *rest) if rest else lambda row: (row[first],),
    )


def _binds(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[tuple[str, Bind], ...]:
    binds = tuple(
        (name, bind)
        for name in names
        if (bind := _column(table, name).type.dialect_impl(dialect).bind_processor(dialect))
        is not None
    )
    return cast("tuple[tuple[str, Bind], ...]", binds)


def _where(table: Table, names: Iterable[str], dialect: Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    value = "v.{}" if _takes_json(dialect) else "?"
    return " AND ".join(
        f"{quote(table.name)}.{quote(_column(table, name).name)} = {value.format(quote(name))}"
        for name in names
    )


def _recordset(table: Table, names: Iterable[str], dialect: Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    compiler = dialect.type_compiler_instance
    members = ", ".join(
        f"{quote(name)} {compiler.process(_column(table, name).type)}" for name in names
    )
    return f"json_to_recordset(%s) AS v({members})"


def _column(table: Table, name: str) -> Column[object]:
    return table.c[name.removeprefix(_AT)]


def _takes_json(dialect: Dialect) -> bool:
    return dialect.name == "postgresql"
