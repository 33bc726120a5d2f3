"""Data stores that are tables of other databases, as an operator configures them.

The file is TOML, a table for each data store under its name in the diagrams:

    [Customers]
    url = { env = "CRM_DATABASE" }      # or a text without a password
    table = "customer"
    key = ["id"]                        # a row with the key of an existing one replaces it
    most_rows = 1000                    # the most that are read

    [Notices]
    url = "sqlite:////var/lib/notices.db"
    table = "notice"
    idempotency_column = "written_by"   # without a key: a unique column that tells who wrote a row

Names of tables and columns come from the file and the database itself, values only as parameters.
Writing the same again changes nothing, so that a job may be repeated after a crash.
"""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from bpmn_engine.errors import SettingError
from bpmn_engine.values import JsonValue

_MOST_ROWS: Final = 1_000
_KNOWN: Final = frozenset({"url", "table", "key", "idempotency_column", "most_rows"})


class OutsideTableError(Exception):
    """Expected another database to take or give rows, but it did not."""

    def __init__(self, message: str, *, is_permanent: bool) -> None:
        super().__init__(message)
        self.message = message
        self.is_permanent = is_permanent  #: trying again cannot help


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideTable:
    """One data store that is a table."""

    name: str  #: of the data store
    url: str
    table: str
    key: tuple[str, ...]  #: columns; () with an idempotency column
    idempotency_column: str | None
    most_rows: int


class OutsideTables:
    """The configured tables; a connection is opened for each job and closed. Thread-safe."""

    def __init__(self, tables: Sequence[OutsideTable] = ()) -> None:
        self._tables = {table.name: table for table in tables}

    def __contains__(self, name: str) -> bool:
        """Tell whether the data store of this name is a table."""
        return name in self._tables

    def read(self, name: str) -> list[dict[str, JsonValue]]:
        """Return the rows of a table, in the order of its key.

        Raises:
            OutsideTableError: the database does not answer, or has no such table.
        """
        store = self._tables[name]
        try:
            with _engine(store).connect() as connection:
                table = _reflected(connection, store)
                order = [table.c[column] for column in store.key]
                rows = connection.execute(sa.select(table).order_by(*order).limit(store.most_rows))
                return [_as_json(row._asdict()) for row in rows]
        except SQLAlchemyError as error:
            raise _failure(store, error) from error

    def write(
        self,
        name: str,
        rows: Sequence[Mapping[str, JsonValue]],
        *,
        capacity: int | None,
        idempotency_key: str,
    ) -> None:
        """Write rows, all or none; again with the same key it changes nothing.

        Raises:
            OutsideTableError: nothing was written.
        """
        store = self._tables[name]
        try:
            with _engine(store).begin() as connection:
                table = _reflected(connection, store)
                for number, row in enumerate(rows, start=1):
                    _put(connection, table, store, row, f"{idempotency_key}:{number}")
                _check_capacity(connection, table, store, capacity)
        except SQLAlchemyError as error:
            raise _failure(store, error) from error


def load_outside_tables(path: str, environ: Mapping[str, str] = os.environ) -> OutsideTables:
    """Read the file of tables; no path means none.

    Raises:
        SettingError: the file cannot be used; the message names the data store.
    """
    if not path:
        return OutsideTables()
    try:
        with Path(path).open("rb") as file:
            sections = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingError(
            f"Expected the tables of data stores in {path!r}, but: {error}."
        ) from error
    return OutsideTables([_table(name, section, environ) for name, section in sections.items()])


def _table(name: str, section: object, environ: Mapping[str, str]) -> OutsideTable:
    given = section if isinstance(section, dict) else {}
    strangers = sorted(set(given) - _KNOWN)
    if strangers:
        raise _wrong(name, f"no {', '.join(strangers)}")
    key, column = given.get("key", []), given.get("idempotency_column")
    is_list = isinstance(key, list) and all(isinstance(one, str) for one in key)
    if not is_list or bool(key) == isinstance(column, str):
        raise _wrong(name, "either key, a list of columns, or idempotency_column")
    table, most_rows = given.get("table"), given.get("most_rows", _MOST_ROWS)
    if not isinstance(table, str) or type(most_rows) is not int or most_rows < 1:
        raise _wrong(name, "the name of a table, and most_rows from 1")
    return OutsideTable(
        name=name,
        url=_url(name, given.get("url"), environ),
        table=table,
        key=tuple(key),
        idempotency_column=column,
        most_rows=most_rows,
    )


def _url(name: str, given: object, environ: Mapping[str, str]) -> str:
    text = environ.get(str(given.get("env"))) if isinstance(given, dict) else given
    if not isinstance(text, str):
        raise _wrong(name, 'url, or url = { env = "NAME" } with that variable set')
    try:
        return sa.make_url(text).render_as_string(hide_password=False)
    except SQLAlchemyError as error:
        raise _wrong(name, "the url of a database") from error


def _wrong(name: str, expected: str) -> SettingError:
    return SettingError(f"Expected {expected} for the data store {name!r}, but it is otherwise.")


def _engine(store: OutsideTable) -> sa.Engine:
    return sa.create_engine(store.url, poolclass=sa.NullPool)


def _reflected(connection: sa.Connection, store: OutsideTable) -> sa.Table:
    return sa.Table(store.table, sa.MetaData(), autoload_with=connection)


def _put(
    connection: sa.Connection,
    table: sa.Table,
    store: OutsideTable,
    row: Mapping[str, JsonValue],
    idempotency_key: str,
) -> None:
    values: dict[str, JsonValue] = dict(row)
    if store.idempotency_column is not None:
        values[store.idempotency_column] = idempotency_key
    key = store.key or (store.idempotency_column or "",)
    strangers = sorted(set(values) - set(table.c.keys()))
    missing = [column for column in key if values.get(column) is None]
    if strangers or missing:
        lacks = f"no column {', '.join(strangers)}" if strangers else f"no {', '.join(missing)}"
        raise OutsideTableError(
            f"Expected a row for the data store {store.name!r}, but there is {lacks}.",
            is_permanent=True,
        )
    typed = {name: _typed(table.c[name], value) for name, value in values.items()}
    where = sa.and_(*(table.c[column] == typed[column] for column in key))
    if connection.execute(sa.select(sa.literal(1)).select_from(table).where(where)).first():
        if store.key:
            connection.execute(table.update().where(where).values(typed))
        return
    connection.execute(table.insert().values(typed))


def _typed(column: sa.Column[object], value: JsonValue) -> object:
    """Return a JSON value as the column's type takes it: dates are texts in JSON."""
    try:
        python = column.type.python_type
    except NotImplementedError:
        return value
    if isinstance(value, str):
        reader = {dt.date: dt.date.fromisoformat, dt.datetime: dt.datetime.fromisoformat}
        try:
            return reader[python](value) if python in reader else value
        except ValueError as error:
            raise OutsideTableError(
                f"Expected a {python.__name__} for the column {column.name!r}, but got {value!r}.",
                is_permanent=True,
            ) from error
    return value


def _check_capacity(
    connection: sa.Connection, table: sa.Table, store: OutsideTable, capacity: int | None
) -> None:
    if capacity is None:
        return
    count = connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
    if count > capacity:
        raise OutsideTableError(
            f"Expected the data store {store.name!r} to hold at most {capacity} entries, but it "
            f"would hold {count}. Make room in it, then retry.",
            is_permanent=True,
        )


def _as_json(row: Mapping[str, object]) -> dict[str, JsonValue]:
    return {str(name): _json_value(value) for name, value in row.items()}


def _json_value(value: object) -> JsonValue:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def _failure(store: OutsideTable, error: SQLAlchemyError) -> OutsideTableError:
    """Return a failure whose text holds neither the address nor the values."""
    cause = type(error.orig if isinstance(error, DBAPIError) else error).__name__
    is_refused = isinstance(error, IntegrityError | sa.exc.NoSuchTableError)
    return OutsideTableError(
        f"Expected the table {store.table!r} of the data store {store.name!r} to take or "
        f"give rows, but it did not ({cause}).",
        is_permanent=is_refused,
    )
