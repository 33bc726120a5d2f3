"""Operations on many instances: which there are, what is left of each, and how it ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy import select, update

from bpmn_engine.ids import Key
from bpmn_engine.store.rows import AnyRow, changed_count, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import batch_operation, batch_operation_item
from bpmn_engine.values import JsonValue
from bpmn_engine.views.batches import BatchState, BatchType, ItemState

_BATCH: Final = batch_operation.c
_ITEM: Final = batch_operation_item.c
_IS_ACTIVE: Final = _ITEM.state == ItemState.ACTIVE.value


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """An operation on many instances as it is stored."""

    key: Key
    type: BatchType
    detail: Mapping[str, JsonValue]
    state: BatchState
    created_at: dt.datetime
    created_by: str | None


def insert(session: Session, row: BatchRow, instance_keys: Iterable[Key]) -> None:
    """Store an operation with the instances it is about; without any it has ended."""
    keys = sorted(set(instance_keys))
    session.execute(
        sa.insert(batch_operation).values(
            key=row.key,
            type=row.type.value,
            detail=dict(row.detail),
            state=(row.state if keys else BatchState.ENDED).value,
            item_count=len(keys),
            created_at=row.created_at,
            created_by=row.created_by,
            ended_at=None if keys else row.created_at,
        )
    )
    for part in in_parts(keys):
        session.execute(
            sa.insert(batch_operation_item),
            [
                {"batch_key": row.key, "instance_key": key, "state": ItemState.ACTIVE.value}
                for key in part
            ],
        )


def find(session: Session, key: Key) -> BatchRow | None:
    """Return an operation."""
    row = session.execute(select(batch_operation).where(_BATCH.key == key)).one_or_none()
    return None if row is None else _row(row)


def active_keys(session: Session) -> tuple[Key, ...]:
    """Return the operations that have not ended and are not held, oldest first."""
    found = session.scalars(
        select(_BATCH.key)
        .where(_BATCH.ended_at.is_(None), _BATCH.state == BatchState.ACTIVE.value)
        .order_by(_BATCH.key)
    )
    return tuple(map(Key, found))


def take(session: Session, key: Key) -> Key | None:
    """Return an instance that is still to be changed, locked; locked ones are left out."""
    found = session.scalar(
        select(_ITEM.instance_key)
        .where(_ITEM.batch_key == key, _IS_ACTIVE)
        .order_by(_ITEM.instance_key)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return None if found is None else Key(found)


def finish(
    session: Session, key: Key, instance_key: Key, at: dt.datetime, *, message: str | None
) -> bool:
    """Say what became of an instance; False if somebody else has said so before."""
    state = ItemState.COMPLETED if message is None else ItemState.FAILED
    changed = session.execute(
        update(batch_operation_item)
        .where(_ITEM.batch_key == key, _ITEM.instance_key == instance_key, _IS_ACTIVE)
        .values(state=state.value, message=message, ended_at=at)
    )
    return changed_count(changed) == 1


def change_state(session: Session, key: Key, before: BatchState, after: BatchState) -> bool:
    """Hold an operation or let it go on; False if it is not in the state before."""
    changed = session.execute(
        update(batch_operation)
        .where(_BATCH.key == key, _BATCH.state == before.value, _BATCH.ended_at.is_(None))
        .values(state=after.value)
    )
    return changed_count(changed) == 1


def cancel(session: Session, key: Key, at: dt.datetime) -> bool:
    """End an operation with what is left of it undone; False if it has ended already."""
    changed = session.execute(
        update(batch_operation)
        .where(_BATCH.key == key, _BATCH.ended_at.is_(None))
        .values(state=BatchState.CANCELED.value, ended_at=at)
    )
    if changed_count(changed) != 1:
        return False
    session.execute(
        update(batch_operation_item)
        .where(_ITEM.batch_key == key, _IS_ACTIVE)
        .values(state=ItemState.CANCELED.value, ended_at=at)
    )
    return True


def end(session: Session, key: Key, at: dt.datetime) -> bool:
    """End an operation if nothing is left; what others work on is left."""
    left = select(_ITEM.instance_key).where(_ITEM.batch_key == key, _IS_ACTIVE).exists()
    changed = session.execute(
        update(batch_operation)
        .where(_BATCH.key == key, _BATCH.ended_at.is_(None), ~left)
        .values(state=BatchState.ENDED.value, ended_at=at)
    )
    return changed_count(changed) == 1


def delete(session: Session, key: Key) -> None:
    """Delete an operation with what is known of its instances."""
    session.execute(sa.delete(batch_operation).where(_BATCH.key == key))


def _row(row: AnyRow) -> BatchRow:
    return BatchRow(
        key=Key(row.key),
        type=BatchType(row.type),
        detail=row.detail,
        state=BatchState(row.state),
        created_at=row.created_at,
        created_by=row.created_by,
    )
