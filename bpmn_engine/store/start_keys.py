"""Idempotency keys of starts; rows only.

A row is written in the transaction that starts its instance, and stays when the instance is
deleted: what was started once is not started again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bpmn_engine.ids import Key
from bpmn_engine.store.errors import StartKeyTakenError
from bpmn_engine.store.rows import changed_count, in_parts, is_postgresql
from bpmn_engine.store.tables import process_instance, start_key

_C: Final = start_key.c
_COLUMNS: Final = ("fingerprint", "instance_key", "answer", "expires_at")
_FIND: Final = (
    select(
        start_key,
        process_instance.c.key.label("present_key"),
        process_instance.c.business_key,
    )
    .outerjoin(process_instance, process_instance.c.key == _C.instance_key)
    .where(
        _C.digest.in_(bindparam("digests", expanding=True)), _C.expires_at > bindparam("moment")
    )
)
_CHANGE: Final = (
    update(start_key)
    .where(_C.digest == bindparam("of_digest"))
    .values(answer=bindparam("new_answer"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartKeyRow:
    """A start that is known by its key."""

    digest: str  #: of the user and the idempotency key
    fingerprint: str  #: of what was asked for
    instance_key: Key
    answer: object  #: JSON
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStart:
    """A start that was done before, and what is left of it."""

    row: StartKeyRow
    is_there: bool  #: whether its instance has not been deleted
    business_key: str | None  #: of the instance


def find(session: Session, digests: Sequence[str], now: dt.datetime) -> dict[str, KnownStart]:
    """Return the starts that are known, by digest."""
    return {
        row.digest: KnownStart(
            row=StartKeyRow(
                digest=row.digest,
                fingerprint=row.fingerprint,
                instance_key=Key(row.instance_key),
                answer=row.answer,
                expires_at=row.expires_at,
            ),
            is_there=row.present_key is not None,
            business_key=row.business_key,
        )
        for part in in_parts(digests)
        for row in session.execute(_FIND, {"digests": part, "moment": now})
    }


def insert(session: Session, rows: Sequence[StartKeyRow], now: dt.datetime) -> None:
    """Remember starts, in place of others of the same key that have expired.

    Raises:
        StartKeyTakenError: somebody has just started an instance for one of these keys.
    """
    # In one order, so that two transactions with the same keys do not wait for each other.
    for part in in_parts(sorted(rows, key=lambda row: row.digest)):
        new = (postgresql.insert if is_postgresql(session) else sqlite.insert)(start_key)
        kept = new.values([_values(row) for row in part]).on_conflict_do_update(
            index_elements=["digest"],
            set_={name: new.excluded[name] for name in _COLUMNS},
            where=_C.expires_at <= now,
        )
        if len(session.scalars(kept.returning(_C.digest)).all()) < len(part):
            raise StartKeyTakenError("an idempotency key was used at the same time")


def change_answers(session: Session, answers: Mapping[str, object]) -> None:
    """Write what the callers were told, by digest."""
    if answers:
        rows = [{"of_digest": digest, "new_answer": each} for digest, each in answers.items()]
        session.execute(_CHANGE, rows)


def delete_expired(session: Session, now: dt.datetime, limit: int) -> int:
    """Delete keys that have expired; return how many."""
    expired = session.scalars(
        select(_C.digest)
        .where(_C.expires_at <= now)
        .order_by(_C.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return sum(
        changed_count(session.execute(delete(start_key).where(_C.digest.in_(part))))
        for part in in_parts(expired)
    )


def _values(row: StartKeyRow) -> dict[str, object]:
    return {"digest": row.digest, **{name: getattr(row, name) for name in _COLUMNS}}
