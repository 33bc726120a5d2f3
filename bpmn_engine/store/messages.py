"""Messages that wait for somebody: buffered until delivered, remembered until they expire.

A message may be published while the subscription it is meant for is being opened in another
transaction: neither sees the other. Whoever commits looks again with `find_deliverable` in a
transaction after that, and the later of the two sees both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bpmn_engine.ids import ElementId, Key
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.model.event_definitions import Receiver
from bpmn_engine.store.rows import (
    AnyRow,
    changed_count,
    in_parts,
    is_postgresql,
    optional_key,
)
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import IS_ADDRESSED, message, message_key, subscription
from bpmn_engine.store.waits import SubscriptionRow, subscription_row
from bpmn_engine.values import Variables

Delivery = tuple["MessageRow", SubscriptionRow]
"""A buffered message, and a subscription that waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One published message."""

    key: Key
    name: str
    correlation_key: str | None  #: None meets subscriptions without a key
    message_id: str | None  #: given by the sender, to be known again
    variables: Variables
    created_at: dt.datetime
    expires_at: dt.datetime
    delivered_at: dt.datetime | None = None  #: None while it is buffered
    receiver: Receiver | None = None  #: the only element it is for
    source_key: Key | None = None  #: the instance that begins a conversation with it
    meets: tuple[str, ...] = ()
    """Correlation keys of the standard that subscriptions may wait with for it; not read again."""


def publish(session: Session, row: MessageRow) -> bool:
    """Keep a message; False when one with its name and id is known and has not expired."""
    duplicate_key = None
    if row.message_id is not None:
        duplicate_key = _duplicate_key(row.name, row.message_id)
        session.execute(
            delete(message).where(
                message.c.duplicate_key == duplicate_key, message.c.expires_at <= row.created_at
            )
        )
    values = {
        "key": row.key,
        "name": row.name,
        "correlation_key": row.correlation_key,
        "message_id": row.message_id,
        "duplicate_key": duplicate_key,
        "variables": row.variables,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "delivered_at": row.delivered_at,
        "receiver_process_id": None if row.receiver is None else row.receiver.process_id,
        "receiver_element_id": None if row.receiver is None else row.receiver.element_id,
        "source_key": row.source_key,
    }
    by_key = [message.c.duplicate_key]
    new: postgresql.Insert | sqlite.Insert
    if is_postgresql(session):
        new = (
            postgresql.insert(message).values(values).on_conflict_do_nothing(index_elements=by_key)
        )
    else:
        new = sqlite.insert(message).values(values).on_conflict_do_nothing(index_elements=by_key)
    is_new = _is_new(session, new)
    if is_new and row.meets:
        meets = [
            {"message_key": row.key, "correlation_key": key} for key in dict.fromkeys(row.meets)
        ]
        session.execute(insert(message_key), meets)
    return is_new


def _is_new(session: Session, statement: postgresql.Insert | sqlite.Insert) -> bool:
    # Asked for what was inserted: psycopg does not count the rows of such an insert.
    return session.scalar(statement.returning(message.c.key)) is not None


def mark_delivered(session: Session, key: Key, at: dt.datetime) -> bool:
    """Say that a message was delivered; False if it was before, or is gone."""
    statement = (
        update(message)
        .where(message.c.key == key, message.c.delivered_at.is_(None))
        .values(delivered_at=at)
    )
    return changed_count(session.execute(statement)) == 1


def find_buffered(
    session: Session, subscriptions: Sequence[SubscriptionRow], now: dt.datetime
) -> tuple[Delivery, ...]:
    """Return what waits for these subscriptions, oldest message first."""
    deliveries: list[Delivery] = []
    for part in in_parts(sorted({row.instance_key for row in subscriptions})):
        found = session.execute(_BUFFERED, {"now": now, "instance_keys": part}).all()
        deliveries.extend(_delivery(row) for row in found)
    wanted = {(row.instance_key, row.wait) for row in subscriptions}
    return tuple(pair for pair in deliveries if (pair[1].instance_key, pair[1].wait) in wanted)


def find_deliverable(session: Session, now: dt.datetime, limit: int) -> tuple[Delivery, ...]:
    """Return buffered messages with subscriptions that wait for them, oldest message first.

    A message or a subscription may appear more than once; deliver each once.
    """
    found = session.execute(_DELIVERABLE, {"now": now, "most": limit})
    return tuple(_delivery(row) for row in found)


def find_addressed(session: Session, now: dt.datetime, limit: int) -> tuple[Delivery, ...]:
    """Return first messages of conversations with those who wait where their flow leads.

    As `find_deliverable`, but whatever they wait for: who has no business key may be meant.
    """
    found = session.execute(_ADDRESSED, {"now": now, "most": limit})
    return tuple(_delivery(row) for row in found)


def find_kept(session: Session, limit: int) -> tuple[MessageRow, ...]:
    """Return messages that are buffered or remembered, oldest first."""
    return tuple(
        MessageRow(
            key=Key(row.key),
            name=row.name,
            correlation_key=row.correlation_key,
            message_id=row.message_id,
            variables=row.variables,
            created_at=row.created_at,
            expires_at=row.expires_at,
            delivered_at=row.delivered_at,
        )
        for row in session.execute(select(message).order_by(message.c.key).limit(limit))
    )


def delete_expired(session: Session, now: dt.datetime, limit: int) -> int:
    """Delete messages that have expired; return how many."""
    expired = session.scalars(_EXPIRED, {"now": now, "most": limit}).all()
    return sum(
        changed_count(session.execute(delete(message).where(message.c.key.in_(part))))
        for part in in_parts(expired)
    )


def _open_pairs(meets: ColumnElement[bool]) -> Select[*tuple[object, ...]]:
    # The columns of a message come with a prefix: both tables have a name and a correlation key.
    return (
        select(
            *(column.label(f"message_{column.name}") for column in message.c),
            *subscription.c,
        )
        .select_from(message)
        .join(subscription, meets)
        .where(
            message.c.delivered_at.is_(None),
            message.c.expires_at > bindparam("now"),
            subscription.c.kind == WaitKind.MESSAGE.value,
            subscription.c.is_held.is_(False),
        )
        .order_by(message.c.key, subscription.c.instance_key, subscription.c.wait)
    )


def _meets() -> ColumnElement[bool]:
    mine, theirs = message.c.correlation_key, subscription.c.correlation_key
    both_without = and_(mine.is_(None), theirs.is_(None))
    by_the_standard = (
        select(message_key.c.message_key)
        .where(message_key.c.message_key == message.c.key, message_key.c.correlation_key == theirs)
        .correlate(message, subscription)
        .exists()
    )
    return and_(
        message.c.name == subscription.c.name,
        or_(mine == theirs, both_without, by_the_standard),
        or_(
            message.c.receiver_element_id.is_(None),
            and_(
                message.c.receiver_element_id == subscription.c.element_id,
                message.c.receiver_process_id == subscription.c.process_id,
            ),
        ),
    )


_PAIRS: Final = _open_pairs(_meets())
_DELIVERABLE: Final = _PAIRS.limit(bindparam("most"))
_BUFFERED: Final = _PAIRS.where(
    subscription.c.instance_key.in_(bindparam("instance_keys", expanding=True))
)
_ADDRESSED: Final = (
    _open_pairs(
        and_(
            message.c.name == subscription.c.name,
            message.c.receiver_element_id == subscription.c.element_id,
            message.c.receiver_process_id == subscription.c.process_id,
        )
    )
    .where(IS_ADDRESSED, subscription.c.business_key.is_(None))
    .limit(bindparam("most"))
)
_EXPIRED: Final = (
    select(message.c.key)
    .where(message.c.expires_at <= bindparam("now"))
    .order_by(message.c.expires_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


def find_keys(session: Session, key: Key) -> tuple[str, ...]:
    """Return the correlation keys of the standard that a message carries."""
    found = session.scalars(
        select(message_key.c.correlation_key)
        .where(message_key.c.message_key == key)
        .order_by(message_key.c.correlation_key)
    )
    return tuple(text for text in found if not text.endswith("=*"))


def _delivery(row: AnyRow) -> Delivery:
    found = MessageRow(
        key=Key(row.message_key),
        name=row.message_name,
        correlation_key=row.message_correlation_key,
        message_id=row.message_message_id,
        variables=row.message_variables,
        created_at=row.message_created_at,
        expires_at=row.message_expires_at,
        delivered_at=row.message_delivered_at,
        receiver=_receiver(row.message_receiver_process_id, row.message_receiver_element_id),
        source_key=optional_key(row.message_source_key),
    )
    return found, subscription_row(row)


def _receiver(process_id: str | None, element_id: str | None) -> Receiver | None:
    if process_id is None or element_id is None:
        return None
    return Receiver(process_id=process_id, element_id=ElementId(element_id))


def _duplicate_key(name: str, message_id: str) -> str:
    text = f"{len(name)}:{name}{message_id}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
