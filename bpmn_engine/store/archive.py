"""The archive: all rows of an ended instance as one compressed document, and back again.

The document is JSON: for each table its columns and its rows. It names columns, so that a later
release reads it: what it does not know is left out, what is new has its default.
"""

from __future__ import annotations

import base64
import datetime as dt
import gzip
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from sqlalchemy import Column, LargeBinary, Select, Table, delete, insert, select

from bpmn_engine.ids import Key
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.store import instances
from bpmn_engine.store.archive_documents import FORMAT as FORMAT
from bpmn_engine.store.archive_documents import SOURCES as SOURCES
from bpmn_engine.store.archive_documents import documents
from bpmn_engine.store.bulk import insert_columns
from bpmn_engine.store.columns import UtcDateTime, from_microseconds
from bpmn_engine.store.json_text import load_json
from bpmn_engine.store.paging import SortKey, SortType, page_of
from bpmn_engine.store.rows import AnyRow, among, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import archived_instance, process_definition, process_instance
from bpmn_engine.values import JsonValue
from bpmn_engine.views.history import ArchivedSummary, ArchiveFilter
from bpmn_engine.views.paging import Page, PageRequest

_LEVEL: Final = 6
"""Of the compression: more takes longer and gains nothing."""

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

_INSTANCE: Final = process_instance.c
_LOCKED: Final = (
    select(*(_INSTANCE[name] for name in _INDEXED))
    .where(among(_INSTANCE.key, "keys"))
    .order_by(_INSTANCE.key)
    .with_for_update()
)
_NEWEST_FIRST: Final = (
    SortKey(_ARCHIVED.ended_at, SortType.MOMENT, is_descending=True),
    SortKey(_ARCHIVED.key, is_descending=True),
)

Rows = Mapping[str, Sequence[Mapping[str, object]]]
"""Table -> rows, by column."""


class ArchiveFormatError(Exception):
    """Expected a document of this release or an earlier one, but it is of a later one."""


def archive(session: Session, keys: Iterable[Key], at: dt.datetime) -> None:
    """Put ended instances into the archive. They stay where they are, too.

    They are locked, so that no note is written beside them which the document has not.
    """
    for part in in_parts(keys):
        found = session.execute(_LOCKED, {"keys": part}).all()
        texts = documents(session, [Key(row.key) for row in found])
        insert_columns(session, archived_instance, [_archived(row, texts, at) for row in found])


def _archived(row: AnyRow, texts: Mapping[int, str], at: dt.datetime) -> dict[str, object]:
    text = texts[row.key].encode()
    return {
        **{name: getattr(row, name) for name in _INDEXED},
        "archived_at": at,
        "size": len(text),
        "document": gzip.compress(text, compresslevel=_LEVEL, mtime=0),
    }


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
    if isinstance(column.type, UtcDateTime) and isinstance(value, int):
        return from_microseconds(value)
    if isinstance(column.type, LargeBinary) and isinstance(value, str | list):
        # Documents of the release before have the bytes as a list of numbers.
        return (
            base64.b64decode(value) if isinstance(value, str) else bytes(cast("list[int]", value))
        )
    return value


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
