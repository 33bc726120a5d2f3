"""Process instances: one row each; one writer at a time.

PostgreSQL locks the row. SQLite has one writer at a time anyway. Both compare the version when
saving, so a mistake in locking shows as an error and never as a lost update.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Select, select

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.checked_frozen import checked_frozen
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.store.bulk import insert_rows, update_rows
from bpmn_engine.store.errors import StaleInstanceError
from bpmn_engine.store.rows import (
    AnyRow,
    among,
    changed_count,
    in_parts,
    optional_element_key,
    optional_key,
)
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import inbox, process_instance

_MILLISECOND: Final = dt.timedelta(milliseconds=1)


@checked_frozen(kw_only=True)
class InstanceRow:
    """One process instance as it is stored."""

    key: Key
    definition_key: Key
    process_id: str
    business_key: str | None
    status: InstanceStatus
    snapshot: str  #: as loaded, `codec.decode_state` reads it; empty while it is new
    version: int  #: as loaded; saving stores the next one
    parent_key: Key | None  #: of the calling instance
    parent_wait: ElementKey | None  #: wait in the calling instance that ends with this one
    root_key: Key  #: first caller, or its own key
    started_at: dt.datetime
    started_by: str | None  #: user id
    updated_at: dt.datetime  #: of its last step
    ended_at: dt.datetime | None
    incident_count: int  #: open ones
    error_code: str | None  #: of the BPMN error it failed with


_TABLE: Final = process_instance.c
_SELECT: Final = select(
    _TABLE.key,
    _TABLE.definition_key,
    _TABLE.process_id,
    _TABLE.business_key,
    _TABLE.status,
    _TABLE.snapshot,
    _TABLE.version,
    _TABLE.parent_key,
    _TABLE.parent_wait,
    _TABLE.root_key,
    _TABLE.started_at,
    _TABLE.started_by,
    _TABLE.updated_at,
    _TABLE.ended_at,
    _TABLE.incident_count,
    _TABLE.error_code,
).order_by(_TABLE.key)


def insert(session: Session, rows: Sequence[tuple[InstanceRow, str]]) -> None:
    """Insert new instances with their snapshots, and with the version each row has."""
    values = (_values(row, snapshot) for row, snapshot in rows)
    insert_rows(session, process_instance, values)


_ONE: Final = _SELECT.where(_TABLE.key == sa.bindparam("key"))
_SEVERAL: Final = _SELECT.where(among(_TABLE.key, "keys"))
_LOCKED: Final = _SEVERAL.with_for_update()
_LOCKED_FREE: Final = _SEVERAL.with_for_update(skip_locked=True)


def find(session: Session, key: Key) -> InstanceRow | None:
    """Return one instance, unlocked."""
    row = session.execute(_ONE, {"key": key}).one_or_none()
    return None if row is None else _row(row)


def load(session: Session, keys: Iterable[Key]) -> list[InstanceRow]:
    """Return instances by key, ascending, unlocked; keys that do not exist are left out."""
    return _load(session, _SEVERAL, keys)


def load_for_update(
    session: Session, keys: Iterable[Key], *, skip_locked: bool = False
) -> list[InstanceRow]:
    """Lock instances in key order and return them; keys that do not exist are left out.

    With `skip_locked` those that another transaction has locked are left out too.
    """
    return _load(session, _LOCKED_FREE if skip_locked else _LOCKED, keys)


def _load(
    session: Session, statement: Select[*tuple[object, ...]], keys: Iterable[Key]
) -> list[InstanceRow]:
    return [
        _row(row)
        for part in in_parts(sorted(set(keys)))
        for row in session.execute(statement, {"keys": part}).all()
    ]


def save(session: Session, rows: Sequence[tuple[InstanceRow, str]]) -> None:
    """Save instances with their new snapshots, each as its next version.

    Raises:
        StaleInstanceError: the stored version of one is not its `version` any more: somebody
            else saved it. Roll back and start over.
    """
    changes = [_changes(row, snapshot) for row, snapshot in rows]
    if update_rows(session, process_instance, changes) != len(rows):
        raise StaleInstanceError([row.key for row, _ in rows])


def children(
    session: Session, parent_key: Key, *, wait: ElementKey | None = None
) -> tuple[InstanceRow, ...]:
    """Return the open instances that an instance has called, oldest first."""
    statement = _SELECT.where(_TABLE.parent_key == parent_key, _TABLE.ended_at.is_(None))
    if wait is not None:
        statement = statement.where(_TABLE.parent_wait == wait)
    return tuple(_row(row) for row in session.execute(statement))


def exist(session: Session, process_id: str, *, business_key: str) -> bool:
    """Tell whether a process has, or had, an instance with this business key."""
    found = select(process_instance.c.key).where(
        process_instance.c.business_key == business_key,
        process_instance.c.process_id == process_id,
    )
    return session.scalar(found.limit(1)) is not None


_DELETE_MEANT: Final = sa.delete(inbox).where(among(inbox.c.instance_key, "keys"))
_DELETE_CAUSED: Final = sa.delete(inbox).where(among(inbox.c.source_key, "keys"))
_DELETE: Final = sa.delete(process_instance).where(among(_TABLE.key, "keys"))


def delete(session: Session, keys: Iterable[Key]) -> int:
    """Delete instances with their waits and their history; return how many there were."""
    count = 0
    for part in in_parts(keys):
        for follow_ups in (_DELETE_MEANT, _DELETE_CAUSED):
            session.execute(follow_ups, {"keys": part})
        count += changed_count(session.execute(_DELETE, {"keys": part}))
    return count


def _duration(row: InstanceRow) -> int | None:
    return None if row.ended_at is None else (row.ended_at - row.started_at) // _MILLISECOND


def _values(row: InstanceRow, snapshot: str) -> dict[str, object]:
    return {
        "key": row.key,
        "definition_key": row.definition_key,
        "process_id": row.process_id,
        "business_key": row.business_key,
        "status": row.status.value,
        "snapshot": snapshot,
        "version": row.version,
        "parent_key": row.parent_key,
        "parent_wait": row.parent_wait,
        "root_key": row.root_key,
        "started_at": row.started_at,
        "started_by": row.started_by,
        "updated_at": row.updated_at,
        "ended_at": row.ended_at,
        "duration_ms": _duration(row),
        "incident_count": row.incident_count,
        "error_code": row.error_code,
    }


def _changes(row: InstanceRow, snapshot: str) -> dict[str, object]:
    return {
        "at_key": row.key,
        "at_version": row.version,
        "version": row.version + 1,
        "definition_key": row.definition_key,
        "process_id": row.process_id,
        "status": row.status.value,
        "snapshot": snapshot,
        "business_key": row.business_key,
        "updated_at": row.updated_at,
        "ended_at": row.ended_at,
        "duration_ms": _duration(row),
        "incident_count": row.incident_count,
        "error_code": row.error_code,
    }


def _row(row: AnyRow) -> InstanceRow:
    return InstanceRow(
        key=Key(row.key),
        definition_key=Key(row.definition_key),
        process_id=row.process_id,
        business_key=row.business_key,
        status=InstanceStatus(row.status),
        snapshot=row.snapshot,
        version=row.version,
        parent_key=optional_key(row.parent_key),
        parent_wait=optional_element_key(row.parent_wait),
        root_key=Key(row.root_key),
        started_at=row.started_at,
        started_by=row.started_by,
        updated_at=row.updated_at,
        ended_at=row.ended_at,
        incident_count=row.incident_count,
        error_code=row.error_code,
    )
