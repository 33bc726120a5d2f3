"""Follow-ups: what one step asks of another instance, written in the same transaction.

Each is taken, applied and removed in one transaction of its own, so it happens exactly once,
whoever dies in between. A follow-up that cannot be applied is postponed and blocks no other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy import bindparam, func, or_, select, update

from bpmn_engine.ids import ElementId, ElementKey, Key
from bpmn_engine.kernel.commands import Command, DeliverSignal
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.model.event_definitions import Receiver
from bpmn_engine.model.flow_nodes import Binding
from bpmn_engine.store.bulk import insert_rows
from bpmn_engine.store.codec_commands import command_record, read_command
from bpmn_engine.store.codec_envelope import reading
from bpmn_engine.store.rows import AnyRow, among, in_parts
from bpmn_engine.store.session import Session
from bpmn_engine.store.tables import inbox, process_instance
from bpmn_engine.values import JsonValue, Variables

COMMAND: Final = "command"
CHILD: Final = "child"
MESSAGE: Final = "message"
SIGNAL: Final = "signal"
DELIVERY: Final = "delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFor:
    """A command for another instance."""

    key: Key
    instance_key: Key  #: for whom
    source_key: Key | None  #: the instance that asks for it
    command: Command
    actor: str | None
    reason: str | None = None
    attempt: int = 0  #: failed attempts so far


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildStart:
    """An instance of another process, to be started by a call activity."""

    key: Key
    parent_key: Key
    parent_wait: ElementKey
    parent_definition_key: Key  #: whose deployment counts for Binding.DEPLOYMENT
    root_key: Key
    element_id: str  #: of the call activity
    process_id: str
    binding: Binding
    binding_value: str | None
    business_key: str | None
    variables: Variables
    actor: str | None
    attempt: int = 0  #: failed attempts so far


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePublication:
    """A message thrown by an instance."""

    key: Key
    source_key: Key
    element_id: str
    name: str
    correlation_key: str | None
    variables: Variables
    actor: str | None
    correlation_keys: tuple[str, ...] = ()  #: of the standard, each with its value
    conversation: str | None = None  #: business key of what it starts
    receiver: Receiver | None = None  #: where its message flow leads
    attempt: int = 0  #: failed attempts so far


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalBroadcast:
    """A signal thrown by an instance."""

    key: Key
    source_key: Key
    element_id: str
    name: str
    variables: Variables
    heard_until: ElementKey  #: the last wait of the source that heard it already
    actor: str | None
    attempt: int = 0  #: failed attempts so far
    business_key: str | None = None  #: of the instances that start by it


class Hearer(NamedTuple):
    """One who waited for a signal when it was sent."""

    key: Key  #: of the follow-up that tells it
    instance_key: Key
    wait: ElementKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalDelivery:
    """A signal for some of those who waited for it; `hand_out` makes a command for each."""

    key: Key
    variables: Variables
    hearers: tuple[Hearer, ...]
    actor: str | None
    attempt: int = 0  #: failed attempts so far

    def commands(self) -> list[CommandFor]:
        """Return the command for each."""
        return [
            CommandFor(
                key=hearer.key,
                instance_key=hearer.instance_key,
                source_key=None,
                command=DeliverSignal(wait=hearer.wait, variables=self.variables),
                actor=self.actor,
            )
            for hearer in self.hearers
        ]


FollowUp = CommandFor | ChildStart | MessagePublication | SignalBroadcast | SignalDelivery


_SUSPENDED: Final = select(process_instance.c.key).where(
    process_instance.c.key == inbox.c.instance_key,
    process_instance.c.status == InstanceStatus.SUSPENDED.value,
)
_OLDEST: Final = (
    select(inbox)
    .where(or_(inbox.c.not_before.is_(None), inbox.c.not_before <= bindparam("now")))
    .where(~_SUSPENDED.exists())
    .order_by(inbox.c.key)
    .limit(bindparam("most"))
    .with_for_update(of=inbox)
)
_REMOVE: Final = sa.delete(inbox).where(among(inbox.c.key, "keys"))


def insert(session: Session, follow_ups: Sequence[FollowUp], now: dt.datetime) -> None:
    """Write follow-ups; they are taken in the order of their keys."""
    rows = ({**_values(follow_up), "created_at": now} for follow_up in follow_ups)
    insert_rows(session, inbox, rows)


def take(session: Session, limit: int, now: dt.datetime) -> tuple[FollowUp, ...]:
    """Return the oldest follow-ups, locked until the transaction ends; waits for locked ones.

    Commands for suspended instances stay where they are until the instance is resumed.
    """
    return tuple(_follow_up(row) for row in session.execute(_OLDEST, {"now": now, "most": limit}))


def first_key(session: Session, now: dt.datetime) -> Key | None:
    """Return the key of the oldest follow-up, also of one that this release cannot read."""
    row = session.execute(_OLDEST, {"now": now, "most": 1}).first()
    return None if row is None else Key(row.key)


def hand_out(session: Session, delivery: SignalDelivery, now: dt.datetime) -> None:
    """Write the commands of a signal's delivery in its place; their turn is where it was."""
    remove(session, [delivery.key])
    insert(session, delivery.commands(), now)


def remove(session: Session, keys: Iterable[Key]) -> None:
    """Delete follow-ups that were applied."""
    for part in in_parts(keys):
        session.execute(_REMOVE, {"keys": part})


def postpone(session: Session, key: Key, *, until: dt.datetime, failure: str) -> None:
    """Try a follow-up again later, since it could not be applied now."""
    session.execute(
        update(inbox)
        .where(inbox.c.key == key)
        .values(not_before=until, failure=failure, attempt=inbox.c.attempt + 1)
    )


def count(session: Session) -> int:
    """Return how many follow-ups there are, postponed ones included."""
    return session.scalar(select(func.count()).select_from(inbox)) or 0


def _values(follow_up: FollowUp) -> Mapping[str, object]:
    values: dict[str, object] = {
        "key": follow_up.key,
        "instance_key": None,
        "source_wait": None,
        "actor": follow_up.actor,
        "reason": None,
        "attempt": follow_up.attempt,
    }
    match follow_up:
        case CommandFor():
            values |= {
                "kind": COMMAND,
                "instance_key": follow_up.instance_key,
                "source_key": follow_up.source_key,
                "payload": command_record(follow_up.command),
                "reason": follow_up.reason,
            }
        case ChildStart():
            values |= {
                "kind": CHILD,
                "source_key": follow_up.parent_key,
                "source_wait": follow_up.parent_wait,
                "payload": _child_record(follow_up),
            }
        case MessagePublication():
            values |= {
                "kind": MESSAGE,
                "source_key": follow_up.source_key,
                "payload": _message_record(follow_up),
            }
        case SignalBroadcast():
            values |= {
                "kind": SIGNAL,
                "source_key": follow_up.source_key,
                "payload": {
                    "v": 1,
                    "element_id": follow_up.element_id,
                    "name": follow_up.name,
                    "variables": follow_up.variables,
                    "heard_until": follow_up.heard_until,
                    "business_key": follow_up.business_key,
                },
            }
        case SignalDelivery():
            values |= {
                "kind": DELIVERY,
                "source_key": None,
                "payload": {
                    "v": 1,
                    "variables": follow_up.variables,
                    "hearers": follow_up.hearers,
                },
            }
    return values


def _message_record(message: MessagePublication) -> dict[str, JsonValue]:
    record: dict[str, JsonValue] = {
        "v": 1,
        "element_id": message.element_id,
        "name": message.name,
        "correlation_key": message.correlation_key,
        "variables": message.variables,
    }
    if message.correlation_keys:
        record["correlation_keys"] = message.correlation_keys
    if message.conversation is not None:
        record["conversation"] = message.conversation
    if message.receiver is not None:
        record["receiver"] = (message.receiver.process_id, message.receiver.element_id)
    return record


def _child_record(child: ChildStart) -> dict[str, JsonValue]:
    return {
        "v": 1,
        "definition_key": child.parent_definition_key,
        "root_key": child.root_key,
        "element_id": child.element_id,
        "process_id": child.process_id,
        "binding": child.binding.value,
        "binding_value": child.binding_value,
        "business_key": child.business_key,
        "variables": child.variables,
    }


def _follow_up(row: AnyRow) -> FollowUp:
    with reading("a follow-up"):
        if row.kind == COMMAND:
            return CommandFor(
                key=Key(row.key),
                instance_key=Key(row.instance_key),
                source_key=None if row.source_key is None else Key(row.source_key),
                command=read_command(row.payload),
                actor=row.actor,
                reason=row.reason,
                attempt=row.attempt,
            )
        if row.kind == CHILD:
            return _child(row)
        if row.kind == MESSAGE:
            return _message(row)
        if row.kind == DELIVERY:
            return SignalDelivery(
                key=Key(row.key),
                variables=row.payload["variables"],
                hearers=tuple(
                    Hearer(Key(key), Key(instance), ElementKey(wait))
                    for key, instance, wait in row.payload["hearers"]
                ),
                actor=row.actor,
                attempt=row.attempt,
            )
        return SignalBroadcast(
            key=Key(row.key),
            source_key=Key(row.source_key),
            element_id=row.payload["element_id"],
            name=row.payload["name"],
            variables=row.payload["variables"],
            heard_until=ElementKey(row.payload.get("heard_until", 0)),
            business_key=row.payload.get("business_key"),
            actor=row.actor,
            attempt=row.attempt,
        )


def _message(row: AnyRow) -> MessagePublication:
    payload = row.payload
    receiver = payload.get("receiver")
    return MessagePublication(
        key=Key(row.key),
        source_key=Key(row.source_key),
        element_id=payload["element_id"],
        name=payload["name"],
        correlation_key=payload["correlation_key"],
        variables=payload["variables"],
        actor=row.actor,
        attempt=row.attempt,
        correlation_keys=tuple(payload.get("correlation_keys", ())),
        conversation=payload.get("conversation"),
        receiver=None
        if receiver is None
        else Receiver(process_id=receiver[0], element_id=ElementId(receiver[1])),
    )


def _child(row: AnyRow) -> ChildStart:
    payload = row.payload
    return ChildStart(
        key=Key(row.key),
        parent_key=Key(row.source_key),
        parent_wait=ElementKey(row.source_wait),
        parent_definition_key=Key(payload["definition_key"]),
        root_key=Key(payload["root_key"]),
        element_id=payload["element_id"],
        process_id=payload["process_id"],
        binding=Binding(payload["binding"]),
        binding_value=payload["binding_value"],
        business_key=payload["business_key"],
        variables=cast("Variables", payload["variables"]),
        actor=row.actor,
        attempt=row.attempt,
    )
