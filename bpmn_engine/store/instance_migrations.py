"""Migrations of many instances: which there are, and how far each has come."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import func, select, update

from bpmn_engine.ids import Key
from bpmn_engine.kernel.migration_plan import MigrationPlan
from bpmn_engine.store.codec_migration import plan_record, read_plan
from bpmn_engine.store.paging import SortKey, page_of
from bpmn_engine.store.rows import AnyRow, changed_count, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import instance_migration, instance_migration_item
from bpmn_engine.views.migrations import MigrationItemView, MigrationState
from bpmn_engine.views.paging import Page, PageRequest

_TABLE = instance_migration.c
_ITEM = instance_migration_item.c
_IS_PENDING = _ITEM.state == MigrationState.PENDING.value


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationRow:
    """A migration as it is stored."""

    key: Key
    source_key: Key
    target_key: Key
    plan: MigrationPlan
    created_at: dt.datetime
    created_by: str | None
    reason: str | None
    ended_at: dt.datetime | None = None  #: None while instances are left


def insert(session: Session, row: MigrationRow, instance_keys: Iterable[Key]) -> int:
    """Store a migration with the instances it is about; return how many."""
    keys = sorted(set(instance_keys))
    session.execute(
        sa.insert(instance_migration).values(
            key=row.key,
            source_key=row.source_key,
            target_key=row.target_key,
            plan=plan_record(row.plan),
            instance_count=len(keys),
            created_at=row.created_at,
            created_by=row.created_by,
            reason=row.reason,
            ended_at=None if keys else row.created_at,
        )
    )
    for part in in_parts(keys):
        session.execute(
            sa.insert(instance_migration_item),
            [
                {
                    "migration_key": row.key,
                    "instance_key": key,
                    "state": MigrationState.PENDING.value,
                }
                for key in part
            ],
        )
    return len(keys)


def find(session: Session, key: Key) -> MigrationRow | None:
    """Return a migration."""
    found = session.execute(select(instance_migration).where(_TABLE.key == key)).one_or_none()
    return None if found is None else _row(found)


def page(session: Session, request: PageRequest) -> Page[MigrationRow]:
    """Return a page of migrations, newest first.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    order = (SortKey(_TABLE.key, is_descending=True),)
    return page_of(
        session, select(instance_migration), order, request, lambda rows: map(_row, rows)
    )


def items(
    session: Session, key: Key, state: MigrationState | None, request: PageRequest
) -> Page[MigrationItemView]:
    """Return a page of the instances of a migration, oldest first.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    wanted = select(instance_migration_item).where(_ITEM.migration_key == key)
    if state is not None:
        wanted = wanted.where(_ITEM.state == state.value)
    order = (SortKey(_ITEM.instance_key),)
    return page_of(session, wanted, order, request, lambda rows: map(_item, rows))


def counts(session: Session, keys: Sequence[Key]) -> dict[Key, Counter[MigrationState]]:
    """Return how many instances of each migration are in which state."""
    found: dict[Key, Counter[MigrationState]] = {key: Counter() for key in keys}
    statement = (
        select(_ITEM.migration_key, _ITEM.state, func.count())
        .where(_ITEM.migration_key.in_(keys))
        .group_by(_ITEM.migration_key, _ITEM.state)
    )
    for key, state, count in session.execute(statement):
        found[Key(key)][MigrationState(state)] = count
    return found


def open_keys(session: Session) -> tuple[Key, ...]:
    """Return the migrations that have not ended, oldest first."""
    found = session.scalars(
        select(_TABLE.key).where(_TABLE.ended_at.is_(None)).order_by(_TABLE.key)
    )
    return tuple(map(Key, found))


def take(session: Session, key: Key) -> Key | None:
    """Return an instance that is still to be migrated, locked; locked ones are left out."""
    found = session.scalar(
        select(_ITEM.instance_key)
        .where(_ITEM.migration_key == key, _IS_PENDING)
        .order_by(_ITEM.instance_key)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return None if found is None else Key(found)


def finish(
    session: Session,
    key: Key,
    instance_key: Key,
    state: MigrationState,
    *,
    at: dt.datetime,
    message: str | None = None,
) -> bool:
    """Say what became of an instance; False if somebody else has said so before."""
    changed = session.execute(
        update(instance_migration_item)
        .where(_ITEM.migration_key == key, _ITEM.instance_key == instance_key, _IS_PENDING)
        .values(state=state.value, message=message, ended_at=at)
    )
    return changed_count(changed) == 1


def retry(session: Session, key: Key) -> int:
    """Have the instances that failed tried again; return how many."""
    changed = session.execute(
        update(instance_migration_item)
        .where(_ITEM.migration_key == key, _ITEM.state == MigrationState.FAILED.value)
        .values(state=MigrationState.PENDING.value, message=None, ended_at=None)
    )
    count = changed_count(changed)
    if count:
        session.execute(update(instance_migration).where(_TABLE.key == key).values(ended_at=None))
    return count


def end(session: Session, key: Key, at: dt.datetime) -> bool:
    """End a migration if nothing is left; what others work on is left."""
    left = select(_ITEM.instance_key).where(_ITEM.migration_key == key, _IS_PENDING).exists()
    changed = session.execute(
        update(instance_migration)
        .where(_TABLE.key == key, _TABLE.ended_at.is_(None), ~left)
        .values(ended_at=at)
    )
    return changed_count(changed) == 1


def _row(row: AnyRow) -> MigrationRow:
    return MigrationRow(
        key=Key(row.key),
        source_key=Key(row.source_key),
        target_key=Key(row.target_key),
        plan=read_plan(row.plan),
        created_at=row.created_at,
        created_by=row.created_by,
        reason=row.reason,
        ended_at=row.ended_at,
    )


def _item(row: AnyRow) -> MigrationItemView:
    return MigrationItemView(
        instance_key=row.instance_key,
        state=MigrationState(row.state),
        message=row.message,
        ended_at=row.ended_at,
    )
