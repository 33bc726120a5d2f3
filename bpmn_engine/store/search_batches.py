"""Searches over operations on many instances."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, case, func, select

from bpmn_engine.store.searching import Searchable
from bpmn_engine.store.tables import batch_operation, batch_operation_item, process_instance
from bpmn_engine.views.batches import BatchState, ItemState
from bpmn_engine.views.records import BatchItemRecord, BatchRecord

_BATCH: Final = batch_operation.c
_ITEM: Final = batch_operation_item.c


def _counted(state: ItemState) -> ColumnElement[int]:
    return (
        select(func.count())
        .select_from(batch_operation_item)
        .where(_ITEM.batch_key == _BATCH.key, _ITEM.state == state.value)
        .correlate(batch_operation)
        .scalar_subquery()
    )


_STATE: Final = case(
    (_BATCH.state == BatchState.ACTIVE.value, "ACTIVE"),
    (_BATCH.state == BatchState.SUSPENDED.value, "SUSPENDED"),
    (_BATCH.state == BatchState.CANCELED.value, "CANCELED"),
    (_counted(ItemState.FAILED) > 0, "PARTIALLY_COMPLETED"),
    else_="COMPLETED",
)

BATCHES: Final[Searchable[BatchRecord]] = Searchable(
    item=BatchRecord,
    statement=select(
        _BATCH.key,
        _BATCH.type,
        _STATE.label("state"),
        _BATCH.created_at,
        _BATCH.created_by,
        _BATCH.ended_at,
        _BATCH.item_count.label("total"),
        _counted(ItemState.FAILED).label("failed"),
        _counted(ItemState.COMPLETED).label("completed"),
    ),
    newest_first=True,
)
"""Operations on many instances."""

BATCH_ITEMS: Final[Searchable[BatchItemRecord]] = Searchable(
    item=BatchItemRecord,
    statement=select(
        _ITEM.batch_key,
        _BATCH.type,
        _ITEM.instance_key,
        process_instance.c.root_key,
        _ITEM.state,
        _ITEM.ended_at,
        _ITEM.message,
    )
    .join(batch_operation, _BATCH.key == _ITEM.batch_key)
    .outerjoin(process_instance, process_instance.c.key == _ITEM.instance_key),
    key=("batch_key", "instance_key"),
)
"""The instances of operations on many."""
