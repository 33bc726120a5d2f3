"""Messages that have to find exactly one receiver, and events for one execution (Camunda 7).

Whoever sends such a message says by which variables, business key or instance its receiver is
known. That more than one is, or none, is an error, and nothing is delivered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.commands import DeliverMessage, DeliverSignal, Rejection
from bpmn_engine.kernel.state import InstanceState, WaitKind
from bpmn_engine.service import delivery
from bpmn_engine.service.correlation import carried_keys, has_variables
from bpmn_engine.service.delivery import Message
from bpmn_engine.service.outcomes import MessageOutcome, Problem, ProblemKind, not_found
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases, apply_or_abandon
from bpmn_engine.store import starts, waits
from bpmn_engine.store.waits import SubscriptionRow
from bpmn_engine.values import JsonValue, Variables

_NOTHING: Final[Mapping[str, JsonValue]] = {}
_NO_TIME: Final = dt.timedelta(0)
_MOST: Final = 10_000
"""Subscriptions that one message may be held against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactMessage:
    """A message, and by what its receiver is known."""

    name: str
    business_key: str | None = None
    instance_key: int | None = None
    correlation: Variables = field(default_factory=dict)  #: variables that who waits sees
    local: Variables = field(default_factory=dict)  #: variables of its own scope
    variables: Variables = field(default_factory=dict)  #: that it brings
    is_for_all: bool = False  #: it may have any number of receivers


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Who took a message."""

    outcome: MessageOutcome  #: DELIVERED or STARTED
    instance_key: int
    visit: int | None = None  #: that waited, when it was DELIVERED


class ExactCorrelation(UseCases):
    """What is for one receiver, and no other."""

    def correlate_exactly(
        self, message: ExactMessage, *, actor: str | None = None
    ) -> tuple[Receipt, ...] | Problem:
        """Deliver a message to who waits for it, else start what begins with it.

        INVALID when there is no receiver, or several and the message is for one. A subscription
        with a correlation key of its own is met by a single correlation value that equals it.
        """

        def work(unit: UnitOfWork) -> tuple[Receipt, ...]:
            if carried_keys(unit, message.name, message.variables):
                return _by_standard_keys(unit, message, actor)
            found = _receivers(unit, message)
            if len(found) > 1 and not message.is_for_all:
                raise _mismatch(
                    f"Cannot correlate a message with name '{message.name}' to a single "
                    f"execution. {len(found)} executions match the correlation keys."
                )
            delivered = tuple(_deliver(unit, row, message.variables, actor) for row in found)
            if delivered and not message.is_for_all:
                return delivered
            started = _start(unit, message, actor)
            if not (delivered or started):
                raise _mismatch(
                    f"Cannot correlate message '{message.name}': No process definition or "
                    "execution matches the parameters"
                )
            return (*delivered, *started)

        return self._commit(work)

    def trigger_execution(
        self,
        instance_key: int,
        visit: int,
        *,
        kind: WaitKind | None = None,
        name: str | None = None,
        variables: Variables = _NOTHING,
        actor: str | None = None,
    ) -> Problem | None:
        """Let an open visit go on as if its message or signal had come; visit 0: any of them."""

        def work(unit: UnitOfWork) -> None:
            key = Key(instance_key)
            unit.lock((key,))
            state = unit.state(key)
            if state is None:
                raise AbandonedError(not_found("process instance", instance_key))
            found = _open_waits(state, visit, kind, name)
            if len(found) != 1:
                told = "an event" if name is None else f"{name!r}"
                raise _mismatch(
                    f"Expected one wait for {told} at this execution, but there are {len(found)}."
                )
            wait = found[0]
            deliver = (
                DeliverSignal if state.waits[wait].kind is WaitKind.SIGNAL else DeliverMessage
            )
            apply_or_abandon(unit, key, deliver(wait=wait, variables=variables), actor=actor)

        return self._commit(work)


def _mismatch(message: str) -> AbandonedError:
    return AbandonedError(Problem(kind=ProblemKind.INVALID, message=message))


def _open_waits(
    state: InstanceState, visit: int, kind: WaitKind | None, name: str | None
) -> list[ElementKey]:
    kinds = {WaitKind.MESSAGE, WaitKind.SIGNAL} if kind is None else {kind}
    return [
        key
        for key, wait in sorted(state.waits.items())
        if wait.kind in kinds and visit in {0, wait.visit} and name in {None, wait.name}
    ]


def _receivers(unit: UnitOfWork, message: ExactMessage) -> list[SubscriptionRow]:
    rows = waits.find_subscriptions(
        unit.session,
        WaitKind.MESSAGE,
        message.name,
        business_key=message.business_key,
        instance_key=None if message.instance_key is None else Key(message.instance_key),
        limit=_MOST + 1,
    )
    if len(rows) > _MOST:
        raise _mismatch(
            f"Expected at most {_MOST} executions that wait for {message.name!r}, but there are "
            "more. Name the process instance or its business key."
        )
    return [row for row in rows if _is_meant(unit, row, message)]


def _is_meant(unit: UnitOfWork, row: SubscriptionRow, message: ExactMessage) -> bool:
    if message.local and not _has_local(unit, row, message.local):
        return False
    if has_variables(unit, row, message.correlation):
        return True
    state = unit.state(row.instance_key)
    wait = None if state is None else state.waits.get(row.wait)
    own = None if wait is None else wait.correlation_key
    values = [str(value) for value in message.correlation.values()]
    return own is not None and values == [own]


def _has_local(unit: UnitOfWork, row: SubscriptionRow, wanted: Variables) -> bool:
    unit.lock((row.instance_key,))
    state = unit.state(row.instance_key)
    wait = None if state is None else state.waits.get(row.wait)
    if state is None or wait is None:
        return False
    own = state.variables.get(wait.visit, _NOTHING)
    return all(name in own and own[name] == value for name, value in wanted.items())


def _deliver(
    unit: UnitOfWork, row: SubscriptionRow, variables: Variables, actor: str | None
) -> Receipt:
    command = DeliverMessage(wait=row.wait, variables=variables)
    outcome = unit.apply(row.instance_key, command, actor=actor)
    if isinstance(outcome, Rejection):
        raise _mismatch(outcome.message)
    return Receipt(
        outcome=MessageOutcome.DELIVERED, instance_key=row.instance_key, visit=row.visit
    )


def _start(unit: UnitOfWork, message: ExactMessage, actor: str | None) -> tuple[Receipt, ...]:
    if message.instance_key is not None or message.local:
        return ()
    named = starts.start_subscriptions(unit.session, WaitKind.MESSAGE, message.name)
    if len(named) > 1 and not message.is_for_all:
        raise _mismatch(
            f"Cannot correlate a message with name '{message.name}' to a single process "
            f"definition. {len(named)} process definitions match."
        )
    keys = delivery.start_by_message(unit, _plain(message, actor))
    return tuple(Receipt(outcome=MessageOutcome.STARTED, instance_key=key) for key in keys)


def _by_standard_keys(
    unit: UnitOfWork, message: ExactMessage, actor: str | None
) -> tuple[Receipt, ...]:
    """Deliver a message whose content tells correlation keys of the standard (8.4.2)."""
    result = delivery.correlate(unit, _plain(message, actor))
    if result is None:
        raise _mismatch(
            f"Cannot correlate message '{message.name}': No process definition or execution "
            "matches the parameters"
        )
    return tuple(Receipt(outcome=result.outcome, instance_key=key) for key in result.instance_keys)


def _plain(message: ExactMessage, actor: str | None) -> Message:
    return Message(
        name=message.name,
        correlation_key=None,
        business_key=message.business_key,
        variables=message.variables,
        time_to_live=_NO_TIME,
        message_id=None,
        actor=actor,
        instance_key=None if message.instance_key is None else Key(message.instance_key),
        matching=message.correlation,
    )
