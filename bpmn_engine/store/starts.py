"""What starts instances without a person: messages, signals and timers of latest versions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from bpmn_engine.expressions.timers import TimerSchedule
from bpmn_engine.ids import Key
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import correlated_message, start_subscription, start_timer

ANY_CONDITION: Final = "condition"
"""The name under which every conditional start event is found: each is asked for itself."""

NEXT_START_TIMER: Final = select(func.min(start_timer.c.due_at)).where(
    start_timer.c.is_held.is_(False)
)
"""When the next start timer that is not held is due, past or future."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSubscription:
    """A message, signal or conditional start event."""

    element_id: str
    kind: WaitKind  #: MESSAGE, SIGNAL or CONDITION
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTimer:
    """A timer start event, with its first firing."""

    key: Key
    element_id: str
    schedule: TimerSchedule


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStarts:
    """How a process definition starts by itself."""

    subscriptions: tuple[StartSubscription, ...] = ()
    timers: tuple[StartTimer, ...] = ()
    correlated: tuple[str, ...] = ()  #: messages with correlation keys of the standard


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSubscriptionRow:
    """A message or signal start event of the latest version of a process."""

    definition_key: Key
    process_id: str
    element_id: str
    kind: WaitKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTimerRow:
    """A timer start event of the latest version of a process, and its next firing."""

    key: Key
    definition_key: Key
    process_id: str
    element_id: str
    schedule: TimerSchedule


def replace_starts(
    session: Session, definition_key: Key, process_id: str, starts: NewStarts
) -> None:
    """Let a new version start by itself, and the version before no more."""
    for table in (start_subscription, start_timer, correlated_message):
        session.execute(delete(table).where(table.c.process_id == process_id))
    if starts.subscriptions:
        session.execute(
            insert(start_subscription),
            [
                {
                    "definition_key": definition_key,
                    "element_id": start.element_id,
                    "process_id": process_id,
                    "kind": start.kind.value,
                    "name": start.name,
                }
                for start in starts.subscriptions
            ],
        )
    if starts.timers:
        session.execute(
            insert(start_timer),
            [
                {
                    "key": start.key,
                    "definition_key": definition_key,
                    "process_id": process_id,
                    "element_id": start.element_id,
                    "due_at": start.schedule.due_at,
                    "repetitions": start.schedule.repetitions,
                    "text": start.schedule.text,
                }
                for start in starts.timers
            ],
        )
    if starts.correlated:
        session.execute(
            insert(correlated_message),
            [
                {"definition_key": definition_key, "name": name, "process_id": process_id}
                for name in starts.correlated
            ],
        )


def correlating_definitions(session: Session, name: str) -> tuple[Key, ...]:
    """Return the latest versions that have correlation keys of the standard for a message."""
    found = session.scalars(
        select(correlated_message.c.definition_key)
        .where(correlated_message.c.name == name)
        .order_by(correlated_message.c.definition_key)
    )
    return tuple(Key(key) for key in found)


def start_subscriptions(
    session: Session, kind: WaitKind, name: str
) -> tuple[StartSubscriptionRow, ...]:
    """Return the start events of latest versions that a message or signal triggers."""
    columns = start_subscription.c
    found = session.execute(
        select(start_subscription)
        .where(columns.kind == kind.value, columns.name == name)
        .order_by(columns.definition_key, columns.element_id)
    )
    return tuple(
        StartSubscriptionRow(
            definition_key=Key(row.definition_key),
            process_id=row.process_id,
            element_id=row.element_id,
            kind=WaitKind(row.kind),
            name=row.name,
        )
        for row in found
    )


_DUE_TIMERS: Final = (
    select(start_timer)
    .where(start_timer.c.due_at <= bindparam("now"))
    .order_by(start_timer.c.due_at, start_timer.c.key)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_FREE_TIMERS: Final = _DUE_TIMERS.where(start_timer.c.is_held.is_(False))


def due_start_timers(
    session: Session, now: dt.datetime, limit: int, *, also_held: bool = False
) -> tuple[StartTimerRow, ...]:
    """Return due start timers, locked until the transaction ends; locked ones are left out."""
    statement = _DUE_TIMERS if also_held else _FREE_TIMERS
    found = session.execute(statement, {"now": now, "most": limit})
    return tuple(
        StartTimerRow(
            key=Key(row.key),
            definition_key=Key(row.definition_key),
            process_id=row.process_id,
            element_id=row.element_id,
            schedule=TimerSchedule(due_at=row.due_at, repetitions=row.repetitions, text=row.text),
        )
        for row in found
    )


def move_start_timer(session: Session, key: Key, schedule: TimerSchedule | None) -> None:
    """Set a start timer to its next firing; None: the one that fired was the last."""
    if schedule is None:
        session.execute(delete(start_timer).where(start_timer.c.key == key))
        return
    session.execute(
        update(start_timer)
        .where(start_timer.c.key == key)
        .values(due_at=schedule.due_at, repetitions=schedule.repetitions, text=schedule.text)
    )


def next_start_timer_due_at(session: Session) -> dt.datetime | None:
    """Return when the next start timer is due, past or future."""
    due_at: dt.datetime | None = session.scalar(NEXT_START_TIMER)
    return due_at
