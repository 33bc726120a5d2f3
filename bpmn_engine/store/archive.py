"""The archive: all rows of an ended instance as one compressed document, and back again.

The document is JSON: for each table its columns and its rows. It names columns, so that a later
release reads it: what it does not know is left out, what is new has its default.
"""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Column, Select, Table, delete, insert, select
from sqlalchemy.orm import Session

from bpmn_engine.ids import Key
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.store import instances
from bpmn_engine.store.columns import UtcDateTime, from_microseconds, to_microseconds
from bpmn_engine.store.json_text import dump_json, load_json
from bpmn_engine.store.paging import SortKey, SortType, page_of
from bpmn_engine.store.rows import AnyRow, in_parts
from bpmn_engine.store.tables import (
    METADATA,
    archived_instance,
    process_definition,
    process_instance,
)
from bpmn_engine.values import JsonValue
from bpmn_engine.views.history import ArchivedSummary, ArchiveFilter
from bpmn_engine.views.paging import Page, PageRequest

FORMAT: Final = 1
"""Of the document; a reader knows all up to its own."""

_ARCHIVED: Final = archived_instance.c
_INDEXED: Final = (
    "key",
    "definition_key",
    "process_id",
    "business_key",
    "status",
    "parent_key",
    "root_key",
    "started_at",
    "started_by",
    "ended_at",
    "duration_ms",
)
"""Columns of an instance by which it is found in the archive."""

_NEWEST_FIRST: Final = (
    SortKey(_ARCHIVED.ended_at, SortType.MOMENT, is_descending=True),
    SortKey(_ARCHIVED.key, is_descending=True),
)

Rows = Mapping[str, Sequence[Mapping[str, object]]]
"""Table -> rows, by column."""


class ArchiveFormatError(Exception):
    """Expected a document of this release or an earlier one, but it is of a later one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A table with rows of instances, and the column that says of which."""

    table: Table
    owner: Column[Any]  # of a key
    parent: Table | None = None  #: that has the owner, when the table has not
    link: tuple[Column[Any], Column[Any]] | None = None  #: from the table to the parent


def _sources() -> Iterator[_Source]:
    """Yield all tables whose rows go when their instance goes, each after what it refers to."""
    direct: dict[str, Column[Any]] = {}
    for table in METADATA.sorted_tables:
        for key in table.foreign_keys:
            if key.column is process_instance.c.key and key.ondelete == "CASCADE":
                direct[table.name] = key.parent
                yield _Source(table=table, owner=key.parent)
    for table in METADATA.sorted_tables:
        for key in table.foreign_keys:
            parent = key.column.table
            if parent.name in direct and key.ondelete == "CASCADE" and table.name not in direct:
                yield _Source(
                    table=table,
                    owner=direct[parent.name],
                    parent=METADATA.tables[parent.name],
                    link=(key.parent, key.column),
                )


SOURCES: Final = (
    _Source(table=process_instance, owner=process_instance.c.key),
    *_sources(),
)


def archive(session: Session, keys: Iterable[Key], at: dt.datetime) -> None:
    """Put ended instances into the archive. They stay where they are, too."""
    for part in in_parts(keys):
        rows = []
        for tables in _read(session, part).values():
            (instance,) = tables[process_instance.name]
            document = dump_json({"format": FORMAT, "tables": _records(tables)}).encode()
            rows.append(
                {
                    **{name: instance[name] for name in _INDEXED},
                    "archived_at": at,
                    "size": len(document),
                    "document": gzip.compress(document, compresslevel=6, mtime=0),
                }
            )
        if rows:
            session.execute(insert(archived_instance), rows)


def delete_instances(session: Session, keys: Iterable[Key]) -> int:
    """Delete instances with all their rows; return how many there were."""
    return instances.delete(session, keys)


def find(session: Session, key: Key) -> ArchivedSummary | None:
    """Return an archived instance."""
    row = session.execute(_select().where(_ARCHIVED.key == key)).one_or_none()
    return None if row is None else _summary(row)


def listed(session: Session, where: ArchiveFilter, page: PageRequest) -> Page[ArchivedSummary]:
    """Return a page of archived instances, those that ended last first.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    wanted = _select()
    for column, value in (
        (_ARCHIVED.process_id, where.process_id),
        (_ARCHIVED.business_key, where.business_key),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if where.ended_after is not None:
        wanted = wanted.where(_ARCHIVED.ended_at >= where.ended_after)
    if where.ended_before is not None:
        wanted = wanted.where(_ARCHIVED.ended_at < where.ended_before)
    if where.keys is not None:
        wanted = wanted.where(_ARCHIVED.key.in_(sorted(where.keys)))
    return page_of(session, wanted, _NEWEST_FIRST, page, lambda rows: map(_summary, rows))


def document(session: Session, key: Key) -> Rows | None:
    """Return the rows of an archived instance.

    Raises:
        ArchiveFormatError: a later release has written it.
    """
    packed = session.scalar(select(_ARCHIVED.document).where(_ARCHIVED.key == key))
    return None if packed is None else unpack(packed)


def unpack(packed: bytes) -> Rows:
    """Return the rows that a document holds; tables and columns unknown here are left out.

    Raises:
        ArchiveFormatError: a later release has written it.
    """
    record = cast("Mapping[str, JsonValue]", load_json(gzip.decompress(packed).decode()))
    if cast("int", record["format"]) > FORMAT:
        raise ArchiveFormatError(
            f"Expected a document of format {FORMAT} or before, but it is of {record['format']}."
        )
    tables = cast("Mapping[str, Mapping[str, Sequence[Sequence[JsonValue]]]]", record["tables"])
    return {
        source.table.name: _values(source.table, tables[source.table.name])
        for source in SOURCES
        if source.table.name in tables
    }


def restore(session: Session, key: Key, rows: Rows) -> None:
    """Put an archived instance's rows back, and take it out of the archive."""
    for source in SOURCES:
        found = rows.get(source.table.name)
        if found:
            session.execute(insert(source.table), [dict(row) for row in found])
    session.execute(delete(archived_instance).where(_ARCHIVED.key == key))


def _read(session: Session, keys: Sequence[Key]) -> dict[int, dict[str, list[dict[str, object]]]]:
    found: dict[int, dict[str, list[dict[str, object]]]] = {}
    for source in SOURCES:
        columns = [column.label(f"column_{column.name}") for column in source.table.c]
        wanted = select(source.owner.label("owner"), *columns).where(source.owner.in_(keys))
        if source.link is not None and source.parent is not None:
            wanted = wanted.join(source.parent, source.link[0] == source.link[1])
        for row in session.execute(wanted.order_by(*source.table.primary_key.columns)):
            values = row._mapping  # noqa: SLF001 -- the public name, despite its underscore
            found.setdefault(row.owner, {}).setdefault(source.table.name, []).append(
                {column.name: values[f"column_{column.name}"] for column in source.table.c}
            )
    return found


def _records(tables: Rows) -> dict[str, object]:
    records: dict[str, object] = {}
    for name, rows in tables.items():
        table = METADATA.tables[name]
        records[name] = {
            "columns": [column.name for column in table.c],
            "rows": [[_plain(row[column.name]) for column in table.c] for row in rows],
        }
    return records


def _plain(value: object) -> object:
    return to_microseconds(value) if isinstance(value, dt.datetime) else value


def _values(
    table: Table, record: Mapping[str, Sequence[Sequence[JsonValue]]]
) -> list[dict[str, object]]:
    names = cast("Sequence[str]", record["columns"])
    return [
        {
            name: _of_column(table.c[name], value)
            for name, value in zip(names, row, strict=True)
            if name in table.c
        }
        for row in record["rows"]
    ]


def _of_column(column: Column[Any], value: JsonValue) -> object:
    is_moment = isinstance(column.type, UtcDateTime) and isinstance(value, int)
    return from_microseconds(cast("int", value)) if is_moment else value


def _select() -> Select[*tuple[object, ...]]:
    columns = [_ARCHIVED[name] for name in (*_INDEXED, "archived_at", "size")]
    definition = process_definition.c
    return select(*columns, definition.name.label("process_name"), definition.version).join(
        process_definition, definition.key == _ARCHIVED.definition_key
    )


def _summary(row: AnyRow) -> ArchivedSummary:
    return ArchivedSummary(
        key=row.key,
        definition_key=row.definition_key,
        process_id=row.process_id,
        process_name=row.process_name,
        version=row.version,
        business_key=row.business_key,
        status=InstanceStatus(row.status),
        started_at=row.started_at,
        started_by=row.started_by,
        ended_at=row.ended_at,
        parent_key=row.parent_key,
        root_key=row.root_key,
        archived_at=row.archived_at,
        size=row.size,
    )
