"""Timers and subscriptions of instances. Lock the instance before acting on what is found here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import and_, bindparam, func, select

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.model.event_definitions import Receiver
from bpmn_engine.store.jobs import NEXT_JOB
from bpmn_engine.store.rows import AnyRow, among, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.starts import NEXT_START_TIMER
from bpmn_engine.store.tables import subscription, timer

_NEXT_TIMER: Final = select(func.min(timer.c.due_at)).where(timer.c.is_held.is_(False))


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTimes:
    """When the next of each kind is due, past or future; None = there is none."""

    timer: dt.datetime | None  #: of an instance that is not suspended
    start_timer: dt.datetime | None
    job: dt.datetime | None  #: or the end of a lock, or a poll

    @property
    def first(self) -> dt.datetime | None:
        """The first of them all."""
        moments = (self.timer, self.start_timer, self.job)
        return min((moment for moment in moments if moment is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRow:
    """One timer of an instance."""

    instance_key: Key
    wait: ElementKey
    visit: ElementKey
    element_id: str  #: that is triggered
    due_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRow:
    """One open wait for a message or signal."""

    instance_key: Key
    wait: ElementKey
    visit: ElementKey
    element_id: str  #: that is triggered
    process_id: str
    definition_key: Key
    kind: WaitKind  #: MESSAGE or SIGNAL
    name: str
    correlation_key: str | None  #: of a message; without one of its own, the business key
    business_key: str | None  #: of the instance
    created_at: dt.datetime


class WaitingForSignal(NamedTuple):
    """One open wait for a signal."""

    instance_key: Key
    wait: ElementKey
    process_id: str
    element_id: str  #: that is triggered


_IS_DUE: Final = and_(timer.c.is_held.is_(False), timer.c.due_at <= bindparam("now"))
_DUE_INSTANCES: Final = (
    select(timer.c.instance_key, func.min(timer.c.due_at).label("first_due_at"))
    .where(_IS_DUE)
    .group_by(timer.c.instance_key)
    .order_by("first_due_at", timer.c.instance_key)
    .limit(bindparam("most"))
)
_DUE_OF_INSTANCES: Final = (
    select(timer)
    .where(among(timer.c.instance_key, "keys"), _IS_DUE)
    .order_by(timer.c.due_at, timer.c.instance_key, timer.c.wait)
    .limit(bindparam("most"))
)
_WAITING_FOR_SIGNAL: Final = (
    select(
        subscription.c.instance_key,
        subscription.c.wait,
        subscription.c.process_id,
        subscription.c.element_id,
    )
    .where(
        subscription.c.kind == WaitKind.SIGNAL.value,
        subscription.c.name == bindparam("name"),
        subscription.c.is_held.is_(False),
    )
    .order_by(subscription.c.instance_key, subscription.c.wait)
)
_NEXT_OF_EACH: Final = select(
    *(each.scalar_subquery() for each in (_NEXT_TIMER, NEXT_START_TIMER, NEXT_JOB))
)


def find_due_instances(session: Session, now: dt.datetime, limit: int) -> tuple[Key, ...]:
    """Return instances with due timers, the most overdue first; suspended ones are left out."""
    due = session.execute(_DUE_INSTANCES, {"now": now, "most": limit})
    return tuple(Key(row.instance_key) for row in due)


def due_timers(
    session: Session, instance_keys: Iterable[Key], now: dt.datetime, limit: int
) -> tuple[TimerRow, ...]:
    """Return the first due timers of instances, by due time. Call it when they are locked.

    Between finding an instance and locking it, somebody else may have fired its timers; what is
    returned here is still due.
    """
    rows = [
        TimerRow(
            instance_key=Key(row.instance_key),
            wait=ElementKey(row.wait),
            visit=ElementKey(row.visit),
            element_id=row.element_id,
            due_at=row.due_at,
        )
        for part in in_parts(sorted(set(instance_keys)))
        for row in session.execute(_DUE_OF_INSTANCES, {"now": now, "keys": part, "most": limit})
    ]
    return tuple(sorted(rows, key=lambda row: (row.due_at, row.instance_key, row.wait))[:limit])


def next_timer_due_at(session: Session) -> dt.datetime | None:
    """Return when the next timer of an instance that is not suspended is due."""
    due_at: dt.datetime | None = session.scalar(_NEXT_TIMER)
    return due_at


def due_times(session: Session) -> DueTimes:
    """Return when the next of each kind is due, past or future."""
    found = session.execute(_NEXT_OF_EACH).one()
    return DueTimes(timer=found[0], start_timer=found[1], job=found[2])


def waiting_for_signal(session: Session, name: str) -> list[WaitingForSignal]:
    """Return all who wait for a signal and are not suspended, oldest instance first."""
    rows = session.execute(_WAITING_FOR_SIGNAL, {"name": name})
    return [
        WaitingForSignal(Key(instance), ElementKey(wait), process_id, element_id)
        for instance, wait, process_id, element_id in rows
    ]


def find_subscriptions(  # noqa: PLR0913 -- each narrows the search
    session: Session,
    kind: WaitKind,
    name: str,
    *,
    correlation_key: str | None = None,
    correlation_keys: Sequence[str] = (),
    business_key: str | None = None,
    instance_key: Key | None = None,
    receiver: Receiver | None = None,
    limit: int = 1000,
) -> tuple[SubscriptionRow, ...]:
    """Return open subscriptions of instances that are not suspended, oldest instance first.

    Args:
        session: the unit of work.
        kind: MESSAGE or SIGNAL.
        name: of the message or signal.
        correlation_key: if given, equal to the subscription's.
        correlation_keys: if given, the subscription's is one of them.
        business_key: if given, equal to the instance's.
        instance_key: if given, the instance's.
        receiver: if given, the element that is triggered.
        limit: most rows returned.
    """
    columns = subscription.c
    statement = select(subscription).where(
        columns.kind == kind.value, columns.name == name, columns.is_held.is_(False)
    )
    if correlation_key is not None:
        statement = statement.where(columns.correlation_key == correlation_key)
    if correlation_keys:
        statement = statement.where(columns.correlation_key.in_(correlation_keys))
    if instance_key is not None:
        statement = statement.where(columns.instance_key == instance_key)
    if receiver is not None:
        statement = statement.where(
            columns.process_id == receiver.process_id, columns.element_id == receiver.element_id
        )
    if business_key is not None:
        statement = statement.where(columns.business_key == business_key)
    ordered = statement.order_by(columns.instance_key, columns.wait).limit(limit)
    return tuple(subscription_row(row) for row in session.execute(ordered))


def subscription_row(row: AnyRow) -> SubscriptionRow:
    """Return the subscription of a result row with all its columns."""
    return SubscriptionRow(
        instance_key=Key(row.instance_key),
        wait=ElementKey(row.wait),
        visit=ElementKey(row.visit),
        element_id=row.element_id,
        process_id=row.process_id,
        definition_key=Key(row.definition_key),
        kind=WaitKind(row.kind),
        name=row.name,
        correlation_key=row.correlation_key,
        business_key=row.business_key,
        created_at=row.created_at,
    )
