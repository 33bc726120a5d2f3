"""Messages and signals from outside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.service import delivery
from bpmn_engine.service.delivery import Message
from bpmn_engine.service.outcomes import (
    NO_TIME,
    ConditionResult,
    MessageResult,
    Problem,
    ProblemKind,
    SignalResult,
    invalid,
    not_found,
)
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import definitions, messages
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.operations import KeptMessage

_NOTHING: Final[Mapping[str, JsonValue]] = {}


class MessageUseCases(UseCases):
    """What arrives for instances that wait, or starts new ones."""

    def correlate_message(  # noqa: PLR0913 — the parts of one message, all but its name by keyword
        self,
        name: str,
        *,
        correlation_key: str | None = None,
        business_key: str | None = None,
        instance_key: Key | None = None,
        matching: Variables = _NOTHING,
        variables: Variables = _NOTHING,
        time_to_live: dt.timedelta = NO_TIME,
        message_id: str | None = None,
        actor: str | None = None,
    ) -> MessageResult | Problem:
        """Bring a message to the instance that has waited longest for its name and key.

        If nothing waits, it starts an instance of each process that begins with it (its business
        key is `business_key`, else the correlation key); if none does, it is kept for
        `time_to_live`, without one it is NOT_FOUND. A second message with the same name and
        `message_id` within the time to live has no effect.

        With `instance_key`, or with `matching` values of variables that who waits sees, it is for
        an instance that waits now: it starts none and is not kept. A message without a
        correlation key has the correlation keys of the standard that its content tells.
        """
        if not name:
            return invalid("Expected the name of a message, but it is empty.", field_name="name")
        message = Message(
            name=name,
            correlation_key=correlation_key,
            business_key=business_key,
            instance_key=instance_key,
            matching=matching,
            variables=variables,
            time_to_live=time_to_live,
            message_id=message_id,
            actor=actor,
        )

        def work(unit: UnitOfWork) -> MessageResult:
            result = delivery.correlate(unit, message)
            if result is None:
                raise AbandonedError(_nobody_waits(message))
            return result

        return self._commit(work)

    def broadcast_signal(
        self, name: str, *, variables: Variables = _NOTHING, actor: str | None = None
    ) -> SignalResult | Problem:
        """Deliver a signal to everything that waits for it, and start all that begin with it.

        It reaches suspended instances when they are resumed.
        """
        if not name:
            return invalid("Expected the name of a signal, but it is empty.", field_name="name")
        return self._commit(lambda unit: delivery.broadcast(unit, name, variables, actor=actor))

    def start_where_conditions_hold(
        self,
        variables: Variables,
        *,
        business_key: str | None = None,
        definition_key: int | None = None,
        actor: str | None = None,
    ) -> ConditionResult | Problem:
        """Start each process whose conditional start event these variables meet.

        With `definition_key` that one only; of a version that is not the latest nothing starts.

        Before an instance exists it has no variables that could change, so that whoever knows new
        values asks, as with both Camundas.
        """

        def work(unit: UnitOfWork) -> ConditionResult:
            wanted = None if definition_key is None else Key(definition_key)
            if wanted is not None and definitions.find(unit.session, wanted) is None:
                raise AbandonedError(not_found("process definition", wanted))
            started = delivery.start_where_met(
                unit, variables, business_key=business_key, actor=actor, definition_key=wanted
            )
            return ConditionResult(started_keys=started)

        return self._commit(work)

    def kept_messages(self, limit: int = 1000) -> tuple[KeptMessage, ...]:
        """Return messages with a time to live, as those that processes throw, oldest first."""
        rows = self._read(lambda session: messages.find_kept(session, limit))
        return tuple(
            KeptMessage(
                key=row.key,
                name=row.name,
                correlation_key=row.correlation_key,
                variables=row.variables,
                created_at=row.created_at,
                delivered_at=row.delivered_at,
            )
            for row in rows
        )

    def expire_messages(self, limit: int = 1000) -> int:
        """Forget messages whose time to live is over; returns how many."""
        return self._count(lambda unit: messages.delete_expired(unit.session, unit.now, limit))


def _nobody_waits(message: Message) -> Problem:
    key = message.correlation_key or message.business_key
    keyed = "without a key" if key is None else f"with key {key!r}"
    return Problem(
        kind=ProblemKind.NOT_FOUND,
        message=f"Expected an instance that waits for message {message.name!r} {keyed}, "
        "but there is none, and the message has no time to live.",
    )
