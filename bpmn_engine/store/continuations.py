"""Instances whose tokens are on their way between two steps: one row each, while they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from sqlalchemy import bindparam, or_, select, update

from bpmn_engine.ids import Key
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.store.bulk import delete_rows, insert_rows
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import continuation, process_instance


def write(
    session: Session, *, began: Iterable[Key], ended: Iterable[Key], now: dt.datetime
) -> None:
    """Write which instances have begun to move between steps, and which no longer do."""
    insert_rows(session, continuation, ({"instance_key": key, "since": now} for key in began))
    delete_rows(session, continuation, [{"at_instance_key": key} for key in ended])


_NEXT: Final = (
    select(continuation.c.instance_key)
    .join(process_instance, process_instance.c.key == continuation.c.instance_key)
    .where(
        continuation.c.instance_key > bindparam("after"),
        or_(continuation.c.not_before.is_(None), continuation.c.not_before <= bindparam("now")),
        process_instance.c.status == InstanceStatus.ACTIVE.value,
    )
    .order_by(continuation.c.instance_key)
    .limit(bindparam("most"))
)


def next_keys(session: Session, after: Key, limit: int, now: dt.datetime) -> tuple[Key, ...]:
    """Return the instances that may go on, by their keys; those of suspended ones wait."""
    found = session.scalars(_NEXT, {"after": after, "now": now, "most": limit})
    return tuple(map(Key, found))


def postpone(session: Session, key: Key, *, until: dt.datetime, failure: str) -> None:
    """Let an instance go on later, since it could not now."""
    session.execute(
        update(continuation)
        .where(continuation.c.instance_key == key)
        .values(not_before=until, failure=failure)
    )
