"""Legal holds: what must not be deleted. A hold that was lifted stays, as the record of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import bindparam, insert, select, update

from bpmn_engine.ids import Key
from bpmn_engine.store.paging import SortKey, page_of
from bpmn_engine.store.rows import AnyRow, changed_count
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import legal_hold
from bpmn_engine.views.history import HoldFilter, HoldView
from bpmn_engine.views.paging import Page, PageRequest

_TABLE: Final = legal_hold.c
_NEWEST_FIRST: Final = (SortKey(_TABLE.key, is_descending=True),)


def place(session: Session, hold: HoldView) -> None:
    """Insert a hold. Say `retention.holding` before: nothing is deleted then."""
    session.execute(
        insert(legal_hold).values(
            key=hold.key,
            instance_key=hold.instance_key,
            process_id=hold.process_id,
            placed_at=hold.placed_at,
            placed_by=hold.placed_by,
            reason=hold.reason,
        )
    )


def lift(
    session: Session, key: Key, *, at: dt.datetime, actor: str | None, reason: str | None
) -> bool:
    """Lift a hold; False if it is lifted already, or there is none."""
    lifted = (
        update(legal_hold)
        .where(_TABLE.key == key, _TABLE.lifted_at.is_(None))
        .values(lifted_at=at, lifted_by=actor, lift_reason=reason)
    )
    return changed_count(session.execute(lifted)) == 1


def find(session: Session, key: Key) -> HoldView | None:
    """Return a hold, lifted or not."""
    row = session.execute(select(legal_hold).where(_TABLE.key == key)).one_or_none()
    return None if row is None else _view(row)


_HOLDING: Final = tuple(
    select(legal_hold).where(_TABLE.lifted_at.is_(None), is_held)
    for is_held in (
        _TABLE.instance_key.in_(bindparam("keys", expanding=True)),
        _TABLE.process_id.in_(bindparam("process_ids", expanding=True)),
    )
)
"""One for each index."""


def of_instance(
    session: Session, keys: Sequence[int], process_ids: Sequence[str]
) -> list[HoldView]:
    """Return what holds an instance, given its key and its root's, and their processes."""
    values = {"keys": keys, "process_ids": process_ids}
    found = [_view(row) for wanted in _HOLDING for row in session.execute(wanted, values)]
    return sorted(found, key=lambda hold: hold.key)


def held_processes(session: Session) -> frozenset[str]:
    """Return the processes of which nothing is deleted."""
    held = select(_TABLE.process_id).where(
        _TABLE.lifted_at.is_(None), _TABLE.process_id.is_not(None)
    )
    return frozenset(process_id for process_id in session.scalars(held) if process_id is not None)


def holds(session: Session, where: HoldFilter, page: PageRequest) -> Page[HoldView]:
    """Return a page of holds, newest first.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    wanted = select(legal_hold)
    if where.is_lifted is not None:
        is_open = _TABLE.lifted_at.is_(None)
        wanted = wanted.where(~is_open if where.is_lifted else is_open)
    if where.instance_key is not None:
        wanted = wanted.where(_TABLE.instance_key == where.instance_key)
    if where.process_id is not None:
        wanted = wanted.where(_TABLE.process_id == where.process_id)
    return page_of(session, wanted, _NEWEST_FIRST, page, _views)


def _views(rows: Iterable[AnyRow]) -> list[HoldView]:
    return [_view(row) for row in rows]


def _view(row: AnyRow) -> HoldView:
    return HoldView(
        key=row.key,
        instance_key=row.instance_key,
        process_id=row.process_id,
        placed_at=row.placed_at,
        placed_by=row.placed_by,
        reason=row.reason,
        lifted_at=row.lifted_at,
        lifted_by=row.lifted_by,
        lift_reason=row.lift_reason,
    )
