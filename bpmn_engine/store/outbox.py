"""What must be sent outside, at least once: written with the state, sent by a relay after it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy import bindparam, select, update

from bpmn_engine.ids import Key
from bpmn_engine.store.bulk import insert_rows
from bpmn_engine.store.rows import among, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import outbox
from bpmn_engine.values import JsonValue

CANCEL_JOB: Final = "cancel_job"
"""An outside system works on a job that was withdrawn; payload: job_key, job_type, handle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """One thing to send."""

    key: Key
    kind: str
    payload: JsonValue
    created_at: dt.datetime
    attempt: int = 0  #: attempts begun so far


def insert(session: Session, rows: Sequence[OutboxRow]) -> None:
    """Write what must be sent, due at once."""
    values = (
        {
            "key": row.key,
            "kind": row.kind,
            "payload": row.payload,
            "created_at": row.created_at,
            "due_at": row.created_at,
            "attempt": row.attempt,
        }
        for row in rows
    )
    insert_rows(session, outbox, values)


_DUE: Final = (
    select(outbox)
    .where(outbox.c.due_at <= bindparam("now"))
    .order_by(outbox.c.due_at, outbox.c.key)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_DUE_OF_KINDS: Final = _DUE.where(outbox.c.kind.in_(bindparam("kinds", expanding=True)))
_LEASE: Final = (
    update(outbox)
    .where(among(outbox.c.key, "keys"))
    .values(due_at=bindparam("until"), attempt=outbox.c.attempt + 1)
)
_REMOVE: Final = sa.delete(outbox).where(among(outbox.c.key, "keys"))


def take(
    session: Session,
    *,
    limit: int,
    now: dt.datetime,
    lease_until: dt.datetime,
    kinds: Collection[str] | None = None,
) -> tuple[OutboxRow, ...]:
    """Return the oldest due rows; nobody else gets them before `lease_until`.

    Commit, send, then `mark_sent`: who dies in between leaves them to be sent again.
    """
    given = {"now": now, "most": limit}
    if kinds is None:
        found = session.execute(_DUE, given)
    else:
        found = session.execute(_DUE_OF_KINDS, {**given, "kinds": list(kinds)})
    rows = tuple(
        OutboxRow(
            key=Key(row.key),
            kind=row.kind,
            payload=row.payload,
            created_at=row.created_at,
            attempt=row.attempt + 1,
        )
        for row in found
    )
    for part in in_parts(row.key for row in rows):
        session.execute(_LEASE, {"keys": part, "until": lease_until})
    return rows


def mark_sent(session: Session, keys: Iterable[Key]) -> None:
    """Delete rows that were sent."""
    for part in in_parts(keys):
        session.execute(_REMOVE, {"keys": part})


def mark_failed(session: Session, key: Key, *, due_at: dt.datetime, failure: str) -> None:
    """Send a row again at `due_at`."""
    session.execute(
        update(outbox).where(outbox.c.key == key).values(due_at=due_at, last_failure=failure)
    )
