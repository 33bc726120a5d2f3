"""To whom a message or a signal goes (BPMN 2.0.2, section 10.5.5).

A message has one receiver: the instance that has waited longest for its name and key. If nothing
waits, it starts one instance of each process that begins with it. If nothing does, it is
kept for its time to live. One that was sent along a message flow is for the element at its end
only. A signal goes to all that wait, and starts all that begin with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bpmn_engine.ids import ElementId, ElementKey, Key
from bpmn_engine.kernel.commands import (
    DeliverMessage,
    Rejection,
    StartInstance,
)
from bpmn_engine.kernel.correlation_keys import open_keys
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.model.event_definitions import Receiver
from bpmn_engine.service.correlation import carried_keys, has_variables, lone_partner
from bpmn_engine.service.observing import MessageNote
from bpmn_engine.service.outcomes import MessageOutcome, MessageResult, SignalResult
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import definitions, inbox, messages, starts, waits
from bpmn_engine.store.columns import bounded_text
from bpmn_engine.store.inbox import Hearer, MessagePublication, SignalDelivery
from bpmn_engine.store.messages import MessageRow
from bpmn_engine.store.waits import SubscriptionRow, WaitingForSignal
from bpmn_engine.values import Variables

_CANDIDATES: Final = 100
_MOST: Final = 1_000
"""Subscriptions that are looked through for an instance with certain variables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message on its way."""

    name: str
    correlation_key: str | None
    business_key: str | None
    variables: Variables
    time_to_live: dt.timedelta
    message_id: str | None
    actor: str | None
    instance_key: Key | None = None  #: the only instance it is for
    matching: Variables = field(default_factory=dict)  #: what the instance's variables are
    source_key: Key | None = None  #: the instance that threw it
    correlation_keys: tuple[str, ...] = ()  #: of the standard, each with its value
    conversation: str | None = None  #: business key of what it starts
    receiver: Receiver | None = None  #: where its message flow leads

    @property
    def is_for_one(self) -> bool:
        """Whether only an instance that runs already may take it."""
        return self.instance_key is not None or bool(self.matching)


def correlate(work: UnitOfWork, message: Message) -> MessageResult | None:
    """Bring a message to its receiver, or keep it; None when nothing waits and it is not kept."""
    result = _correlated(work, message)
    if work.observer is not None:
        work.notes.append(MessageNote(outcome=None if result is None else result.outcome))
    return result


def _correlated(work: UnitOfWork, message: Message) -> MessageResult | None:
    if message.correlation_key is None and not message.correlation_keys:
        keys_found = carried_keys(work, message.name, message.variables)
        message = replace(message, correlation_keys=keys_found)
    stored = _store(work, message)
    if stored is not None and not messages.publish(work.session, stored):
        return MessageResult(outcome=MessageOutcome.DUPLICATE)
    message_key = None if stored is None else stored.key
    outcome, keys = MessageOutcome.DELIVERED, _deliver(work, message)
    if not keys and not message.is_for_one:
        outcome, keys = MessageOutcome.STARTED, start_by_message(work, message)
    if keys:
        if message_key is not None:
            messages.mark_delivered(work.session, message_key, work.now)
        return MessageResult(outcome=outcome, instance_keys=keys, message_key=message_key)
    if message_key is None or message.is_for_one:
        return None
    # A subscription that is opened at this moment does not see the message yet, nor do we see it:
    # whoever commits last finds the other when it looks at the buffer afterwards.
    work.has_more = True
    return MessageResult(outcome=MessageOutcome.BUFFERED, message_key=message_key)


def publish_thrown(work: UnitOfWork, thrown: MessagePublication) -> None:
    """Bring a message that a process has thrown to its receiver, or keep it for a while."""
    correlate(
        work,
        Message(
            name=thrown.name,
            correlation_key=thrown.correlation_key,
            business_key=None,
            variables=thrown.variables,
            time_to_live=work.settings.thrown_message_time_to_live,
            message_id=None,
            actor=None,
            source_key=thrown.source_key,
            correlation_keys=thrown.correlation_keys,
            conversation=thrown.conversation,
            receiver=thrown.receiver,
        ),
    )


def deliver_buffered(work: UnitOfWork, limit: int) -> int:
    """Bring kept messages to subscriptions that were opened meanwhile; return how many."""
    pairs = messages.find_deliverable(work.session, work.now, limit)
    if not pairs:
        pairs = _of_lone_partners(work, messages.find_addressed(work.session, work.now, limit))
    work.lock(subscription.instance_key for _, subscription in pairs)
    count = 0
    for message, subscription in pairs:
        if not _is_waiting(work, subscription):
            continue
        if messages.mark_delivered(work.session, message.key, work.now):
            command = DeliverMessage(
                wait=subscription.wait,
                variables=message.variables,
                correlation_keys=messages.find_keys(work.session, message.key),
            )
            work.apply(subscription.instance_key, command, actor=None)
            count += 1
        if work.moves.are_spent:
            break
    return count


def _of_lone_partners(
    work: UnitOfWork, pairs: Sequence[messages.Delivery]
) -> tuple[messages.Delivery, ...]:
    """Return the first message for each who alone may be meant; the next one is looked at anew."""
    for message, subscription in pairs:
        source, receiver = message.source_key, message.receiver
        if source is not None and receiver is not None:
            partners = lone_partner(work, source, message.name, receiver)
            if partners == (subscription,):
                return ((message, subscription),)
    return ()


def broadcast(
    work: UnitOfWork,
    name: str,
    variables: Variables,
    *,
    actor: str | None,
    heard: tuple[Key, ElementKey] | None = None,
    business_key: str | None = None,
) -> SignalResult:
    """Deliver a signal to all that wait, by follow-ups, and start all that begins with it.

    Args:
        work: the transaction.
        name: of the signal.
        variables: what comes with it.
        actor: who sent it.
        heard: the instance that threw it, whose waits up to this one heard it in that step.
        business_key: of the instances that start by it.
    """
    waiting = [
        row
        for row in waits.waiting_for_signal(work.session, name)
        if heard is None or row.instance_key != heard[0] or row.wait > heard[1]
    ]
    deliveries = _deliveries(work, waiting, variables, actor)
    at_once = deliveries[0].commands() if len(deliveries) == 1 else deliveries
    inbox.insert(work.session, at_once, work.now)
    work.has_more = bool(waiting)
    started = _start_all(
        work,
        WaitKind.SIGNAL,
        name,
        StartInstance(variables=variables, business_key=business_key),
        actor=actor,
        but=frozenset((row.process_id, row.element_id) for row in waiting),
    )
    return SignalResult(delivered_count=len(waiting), started_keys=started)


def _deliveries(
    work: UnitOfWork,
    waiting: Sequence[WaitingForSignal],
    variables: Variables,
    actor: str | None,
) -> list[SignalDelivery]:
    """Return what tells all who wait, as many in each part as one transaction hands out.

    Whoever has a later turn than this signal has a later turn than each of its commands.
    """
    size = max(1, work.settings.batch_size)
    deliveries = []
    for first in range(0, len(waiting), size):
        rows = waiting[first : first + size]
        key, *keys = work.keys.take(1 + len(rows))
        hearers = tuple(
            Hearer(own, row.instance_key, row.wait) for own, row in zip(keys, rows, strict=True)
        )
        deliveries.append(
            SignalDelivery(key=key, variables=variables, hearers=hearers, actor=actor)
        )
    return deliveries


def start_where_met(
    work: UnitOfWork,
    variables: Variables,
    *,
    business_key: str | None,
    actor: str | None,
    definition_key: Key | None = None,
) -> tuple[Key, ...]:
    """Start an instance at each conditional start event whose condition these variables meet.

    With `definition_key` at those of one process definition.
    """
    return _start_all(
        work,
        WaitKind.CONDITION,
        starts.ANY_CONDITION,
        StartInstance(variables=variables, business_key=business_key),
        actor=actor,
        definition_key=definition_key,
    )


def _store(work: UnitOfWork, message: Message) -> MessageRow | None:
    if message.time_to_live <= dt.timedelta(0):
        return None
    return MessageRow(
        key=work.keys.next(),
        name=message.name,
        correlation_key=message.correlation_key or message.business_key,
        message_id=message.message_id,
        variables=message.variables,
        created_at=work.now,
        expires_at=work.now + message.time_to_live,
        delivered_at=None,
        receiver=message.receiver,
        source_key=message.source_key if _begins_conversation(message) else None,
        meets=(*message.correlation_keys, *open_keys(message.correlation_keys)),
    )


def _deliver(work: UnitOfWork, message: Message) -> tuple[Key, ...]:
    command = DeliverMessage(
        wait=ElementKey(0),
        variables=message.variables,
        correlation_keys=message.correlation_keys,
    )
    for subscription in _candidates(work, message):
        if not has_variables(work, subscription, message.matching):
            continue
        outcome = work.apply(
            subscription.instance_key,
            replace(command, wait=subscription.wait),
            actor=message.actor,
        )
        if not isinstance(outcome, Rejection):
            return (subscription.instance_key,)
    return ()


def _candidates(work: UnitOfWork, message: Message) -> Sequence[SubscriptionRow]:
    """Return who may take a message, the one that has waited longest first.

    A message without any key is for those that wait without one, or for the only one that waits.
    Who waits with one of its correlation keys comes before those that wait with any value.
    """
    if message.correlation_keys:
        keys = message.correlation_keys
        return (*_find(work, message, keys), *_find(work, message, open_keys(keys)))
    found = _find(work, message, ())
    source, receiver = message.source_key, message.receiver
    if not found and source is not None and receiver is not None:
        is_first = _begins_conversation(message)
        return lone_partner(work, source, message.name, receiver) if is_first else ()
    if _has_key(message) or len(found) == 1:
        return found
    return [subscription for subscription in found if subscription.correlation_key is None]


def _find(
    work: UnitOfWork, message: Message, correlation_keys: Sequence[str]
) -> Sequence[SubscriptionRow]:
    return waits.find_subscriptions(
        work.session,
        WaitKind.MESSAGE,
        message.name,
        correlation_key=message.correlation_key,
        correlation_keys=correlation_keys,
        business_key=message.business_key,
        instance_key=message.instance_key,
        receiver=message.receiver,
        limit=_MOST if message.matching else _CANDIDATES,
    )


def _has_key(message: Message) -> bool:
    return (
        message.correlation_key is not None
        or message.business_key is not None
        or message.is_for_one
    )


def _begins_conversation(message: Message) -> bool:
    """Tell whether the thrower has no business key, so that its own key stands for one."""
    if message.receiver is None or message.source_key is None:
        return False
    return message.conversation == message.correlation_key == str(message.source_key)


def _is_waiting(work: UnitOfWork, subscription: SubscriptionRow) -> bool:
    """Tell whether an instance that is locked still waits, and with the same key."""
    state = work.state(subscription.instance_key)
    if state is None or state.status is not InstanceStatus.ACTIVE:
        return False
    wait = state.waits.get(subscription.wait)
    if wait is None:
        return False
    return wait.correlation_key is None or (
        bounded_text(wait.correlation_key) == subscription.correlation_key
    )


def start_by_message(work: UnitOfWork, message: Message) -> tuple[Key, ...]:
    """Start an instance of each process that begins with a message."""
    command = StartInstance(
        variables=message.variables,
        business_key=message.business_key or message.conversation or message.correlation_key,
        correlation_keys=message.correlation_keys,
    )
    return _start_all(
        work,
        WaitKind.MESSAGE,
        message.name,
        command,
        actor=message.actor,
        receiver=message.receiver,
    )


def _start_all(  # noqa: PLR0913 -- each is part of what starts
    work: UnitOfWork,
    kind: WaitKind,
    name: str,
    command: StartInstance,
    *,
    actor: str | None,
    but: Container[tuple[str, str]] = (),
    receiver: Receiver | None = None,
    definition_key: Key | None = None,
) -> tuple[Key, ...]:
    """Start at each start event of that trigger, but at those where an instance waits for it.

    A start event that needs several events has an instance that waits for the rest of them.
    """
    started: list[Key] = []
    for start in starts.start_subscriptions(work.session, kind, name):
        if definition_key not in {None, start.definition_key}:
            continue
        definition = definitions.find(work.session, start.definition_key)
        place = Receiver(process_id=start.process_id, element_id=ElementId(start.element_id))
        is_waited_for = (start.process_id, start.element_id) in but
        if definition is None or is_waited_for or receiver not in {None, place}:
            continue
        named = replace(
            command,
            element_id=start.element_id,
            initiator=actor,
            trigger=kind,
            trigger_name=name,
        )
        row = work.start(definition, named, actor=actor)
        if not isinstance(row, Rejection):
            started.append(row.key)
    return tuple(started)
