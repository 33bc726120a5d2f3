"""Idempotency keys of starts; rows only.

A row is written in the transaction that starts its instance, and stays when the instance is
deleted: what was started once is not started again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from bpmn_engine.ids import Key
from bpmn_engine.store.bulk import delete_rows, insert_rows, update_rows
from bpmn_engine.store.errors import StartKeyTakenError
from bpmn_engine.store.rows import among, changed_count, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import process_instance, start_key

_C: Final = start_key.c
_WITH_INSTANCE: Final = select(
    start_key,
    process_instance.c.key.label("present_key"),
    process_instance.c.business_key,
).outerjoin(process_instance, process_instance.c.key == _C.instance_key)
_KNOWN: Final = _WITH_INSTANCE.where(among(_C.digest, "digests"))


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


def find(session: Session, digests: Sequence[str]) -> dict[str, KnownStart]:
    """Return the starts that are known, by digest; some may have expired."""
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
        for row in session.execute(_KNOWN, {"digests": part})
    }


def insert(
    session: Session, rows: Sequence[StartKeyRow], *, expired: Sequence[StartKeyRow] = ()
) -> None:
    """Remember starts, in place of others of the same key that have expired.

    Raises:
        StartKeyTakenError: somebody has just started an instance for one of these keys.
    """
    # By its time, too: what somebody has put in place of an expired one is not deleted.
    delete_rows(
        session,
        start_key,
        [{"digest": row.digest, "expires_at": row.expires_at} for row in _sorted(expired)],
    )
    new = [
        {
            "digest": row.digest,
            "fingerprint": row.fingerprint,
            "instance_key": row.instance_key,
            "answer": row.answer,
            "expires_at": row.expires_at,
        }
        for row in _sorted(rows)
    ]
    session.flush()  # so that no other write is taken for the one that fails
    try:
        insert_rows(session, start_key, new)
        session.flush()
    except IntegrityError as error:
        raise StartKeyTakenError("an idempotency key was used at the same time") from error


def change_answers(session: Session, answers: Mapping[str, object]) -> None:
    """Write what the callers were told, by digest."""
    rows = [{"answer": answers[digest], "at_digest": digest} for digest in sorted(answers)]
    update_rows(session, start_key, rows)


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


def _sorted(rows: Sequence[StartKeyRow]) -> list[StartKeyRow]:
    """Return rows in one order, so that two transactions do not wait for each other in turn."""
    return sorted(rows, key=lambda row: row.digest)
