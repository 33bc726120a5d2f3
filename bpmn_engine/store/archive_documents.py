"""The documents of the archive: all rows of an instance, table by table, as one JSON text.

For each table its columns and its rows. Moments are microseconds since 1970, bytes are base64.
PostgreSQL makes the rows of each instance a text itself, one statement for each table: nothing is
done for each row here. On SQLite, which has no round trips, the rows are read.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    LargeBinary,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    extract,
    false,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from bpmn_engine.ids import Key
from bpmn_engine.store.columns import BIG_KEY, JsonText, UtcDateTime, to_microseconds
from bpmn_engine.store.json_text import dump_json
from bpmn_engine.store.rows import is_postgresql
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import METADATA, process_instance

FORMAT: Final = 1
"""Of the document; a reader knows all up to its own."""

_KEYS: Final = "keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A table with rows of instances, and the column that says of which."""

    table: Table
    owner: Column[Any]  # of a key
    parent: Table | None = None  #: that has the owner, when the table has not
    link: tuple[Column[Any], Column[Any]] | None = None  #: from the table to the parent


def _sources() -> Iterator[Source]:
    """Yield all tables whose rows go when their instance goes, each after what it refers to."""
    direct: dict[str, Column[Any]] = {}
    for table in METADATA.sorted_tables:
        for key in table.foreign_keys:
            if key.column is process_instance.c.key and key.ondelete == "CASCADE":
                direct[table.name] = key.parent
                yield Source(table=table, owner=key.parent)
    for table in METADATA.sorted_tables:
        for key in table.foreign_keys:
            parent = key.column.table
            if parent.name in direct and key.ondelete == "CASCADE" and table.name not in direct:
                yield Source(
                    table=table,
                    owner=direct[parent.name],
                    parent=METADATA.tables[parent.name],
                    link=(key.parent, key.column),
                )


SOURCES: Final = (
    Source(table=process_instance, owner=process_instance.c.key),
    *_sources(),
)


def documents(session: Session, keys: Sequence[Key]) -> dict[int, str]:
    """Return the documents of instances by their keys; those that do not exist are left out.

    Lock the instances before, so that nobody writes a note beside them meanwhile.
    """
    if not is_postgresql(session):
        return documents_by_row(session, keys)
    return {key: _document(found) for key, found in _tables_of_text(session, keys).items()}


def documents_by_row(session: Session, keys: Sequence[Key]) -> dict[int, str]:
    """Return the same, from rows that are read."""
    return {key: _document(found) for key, found in _tables(session, keys).items()}


def _document(tables: Mapping[str, str]) -> str:
    # A text with a space before it is read exactly, see `json_text`: so is what holds one.
    mark = " " if any(text.startswith(" ") for text in tables.values()) else ""
    parts = (f'"{name}":{_head(name)}{text.lstrip()}}}' for name, text in tables.items())
    return f'{mark}{{"format":{FORMAT},"tables":{{{",".join(parts)}}}}}'


@cache
def _head(name: str) -> str:
    columns = dump_json([str(column.name) for column in METADATA.tables[name].c])
    return f'{{"columns":{columns},"rows":'


def _tables_of_text(session: Session, keys: Sequence[Key]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for source in SOURCES:
        for row in session.execute(_text_statement(source), {_KEYS: keys}):
            mark = " " if row.is_marked else ""
            found.setdefault(row.owner, {})[source.table.name] = f"{mark}[{row.rows}]"
    return found


@cache
def _text_statement(source: Source) -> Select[int, str, bool]:
    columns = source.table.c
    row = cast(func.json_build_array(*(_as_json(column) for column in columns)), Text)
    order = source.table.primary_key.columns
    marked = [
        type_coerce(column, Text).startswith(" ")
        for column in columns
        if isinstance(column.type, JsonText)
    ]
    statement = select(
        source.owner.label("owner"),
        func.string_agg(row, aggregate_order_by(literal(","), *order)).label("rows"),
        func.coalesce(func.bool_or(or_(false(), *marked)), false()).label("is_marked"),
    )
    keys = bindparam(_KEYS, type_=ARRAY(BIG_KEY))
    return _joined(source, statement).where(source.owner == any_(keys)).group_by(source.owner)


def _as_json(column: Column[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, UtcDateTime):
        return cast(extract("epoch", column) * 1_000_000, BigInteger)
    if isinstance(column.type, JsonText):
        return cast(column, JSON)
    if isinstance(column.type, LargeBinary):
        return func.encode(column, "base64")
    return column


def _tables(session: Session, keys: Sequence[Key]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for source in SOURCES:
        columns = [column.label(f"column_{column.name}") for column in source.table.c]
        wanted = _joined(source, select(source.owner.label("owner"), *columns))
        wanted = wanted.where(source.owner.in_(keys))
        rows: dict[int, list[list[object]]] = {}
        for owner, *values in session.execute(wanted.order_by(*source.table.primary_key.columns)):
            rows.setdefault(owner, []).append([_plain(value) for value in values])
        for owner, own in rows.items():
            found.setdefault(owner, {})[source.table.name] = dump_json(own)
    return found


def _joined(source: Source, statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    if source.link is None or source.parent is None:
        return statement
    return statement.join(source.parent, source.link[0] == source.link[1])


def _plain(value: object) -> object:
    if isinstance(value, dt.datetime):
        return to_microseconds(value)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
