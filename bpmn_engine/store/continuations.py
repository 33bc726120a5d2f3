"""Instances whose tokens are on their way between two steps: one row each, while they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import delete, insert, or_, select, update

from bpmn_engine.ids import Key
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.store.rows import in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import continuation, process_instance


def write(
    session: Session, *, began: Iterable[Key], ended: Iterable[Key], now: dt.datetime
) -> None:
    """Write which instances have begun to move between steps, and which no longer do."""
    rows = [{"instance_key": key, "since": now} for key in began]
    if rows:
        session.execute(insert(continuation), rows)
    for part in in_parts(ended):
        session.execute(delete(continuation).where(continuation.c.instance_key.in_(part)))


def next_keys(session: Session, after: Key, limit: int, now: dt.datetime) -> tuple[Key, ...]:
    """Return the instances that may go on, by their keys; those of suspended ones wait."""
    columns = continuation.c
    statement = (
        select(columns.instance_key)
        .join(process_instance, process_instance.c.key == columns.instance_key)
        .where(
            columns.instance_key > after,
            or_(columns.not_before.is_(None), columns.not_before <= now),
            process_instance.c.status == InstanceStatus.ACTIVE.value,
        )
        .order_by(columns.instance_key)
        .limit(limit)
    )
    return tuple(Key(key) for key in session.scalars(statement))


def postpone(session: Session, key: Key, *, until: dt.datetime, failure: str) -> None:
    """Let an instance go on later, since it could not now."""
    session.execute(
        update(continuation)
        .where(continuation.c.instance_key == key)
        .values(not_before=until, failure=failure)
    )
