"""What one transaction leaves for the next, and who does it.

Commands for other instances, called processes, thrown messages and signals, buffered messages
whose receiver has come. They are rows of the transaction that caused them. Each is taken, applied
and removed in one later transaction: it takes effect exactly once, whoever runs it and whenever.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from itertools import takewhile
from threading import Lock
from typing import Final

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import FailChild, Rejection, StartInstance
from bpmn_engine.kernel.data_stores import DATA_STORE
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.model.flow_nodes import Binding
from bpmn_engine.service import data_store_work, delivery
from bpmn_engine.service.job_work import JobReference
from bpmn_engine.service.opened_instance import CallingInstance
from bpmn_engine.service.outcomes import Problem
from bpmn_engine.service.portions import Portions
from bpmn_engine.service.transactions import Transactions
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import definitions, inbox
from bpmn_engine.store.definitions import DefinitionRow
from bpmn_engine.store.effects import Written
from bpmn_engine.store.inbox import (
    ChildStart,
    CommandFor,
    FollowUp,
    MessagePublication,
    SignalBroadcast,
    SignalDelivery,
)

_LOG = logging.getLogger(__name__)
_HELD_PAUSE: Final = dt.timedelta(seconds=5)
_FIRST_PAUSE: Final = dt.timedelta(seconds=10)
_Alone = MessagePublication | SignalBroadcast | SignalDelivery  #: in its transaction


class FollowUps:
    """Works off follow-ups, one transaction after the other. Thread-safe."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        settings = transactions.environment.settings
        self._portions = Portions(settings.batch_duration, max(1, settings.batch_size))
        # One thread at a time: whoever waits here finds its own rows done when it comes in.
        self._turn = Lock()
        self._has_store_jobs = False  #: read and written in turn only

    def after(self, written: Written | None, *, has_more: bool = False) -> bool:
        """Work off what a transaction of this thread has left, and all that comes of it.

        Returns whether there was something.

        Args:
            written: what it wrote; None when it changed no instance.
            has_more: it left something that does not show in `written`.

        A database that gives up now does not make undone what was committed before: whoever
        drains next goes on.
        """
        is_stored = written is not None and DATA_STORE in written.job_types
        leaves_rows = written is not None and (written.inbox_count or _awaits_message(written))
        if not (has_more or is_stored or leaves_rows):
            return False
        try:
            self.drain(None, with_stores=is_stored)
        except DatabaseUnavailableError as error:
            _LOG.warning("follow_ups outcome=left_for_later reason=%r", str(error))
        except Exception:  # noqa: BLE001 — the relay is an edge: what was committed stays so
            _LOG.exception("follow_ups outcome=left_for_later")
        return True

    def drain(self, limit: int | None, *, with_stores: bool = False) -> int:
        """Work off at most about `limit` follow-ups (None: all). Returns how many were done.

        Jobs of data stores are looked for if there are some for sure, and whenever there is a
        limit: then nobody has just written any, but a process that died may have.
        """
        done = 0
        with self._turn:
            self._has_store_jobs = with_stores or limit is not None
            while limit is None or done < limit:
                count = self._batch() or self._buffered() or self._stores()
                if not count:
                    break
                done += count
        return done

    def _batch(self) -> int:
        size = self._portions.size()
        try:
            return self._commit_batch(size)
        except DatabaseUnavailableError:
            raise
        except Exception:  # noqa: BLE001 — the relay is an edge: one bad row must not stop the rest
            _LOG.warning("follow_ups batch failed, trying one by one", exc_info=True)
        return self._one_by_one(size)

    def _commit_batch(self, size: int) -> int:
        take = self._portions.timed(lambda work: _take_batch(work, size), int)
        count, written = self._transactions.commit(take)
        self._note_store_jobs(written)
        return count if isinstance(count, int) else 0

    def _note_store_jobs(self, written: Written | None) -> None:
        if written is not None and DATA_STORE in written.job_types:
            self._has_store_jobs = True

    def _stores(self) -> int:
        """Do the jobs of data stores that are due, each in a transaction of its own."""
        if not self._has_store_jobs or self._transactions.environment.settings.data_stores:
            return 0
        self._has_store_jobs = False
        size = self._transactions.environment.settings.batch_size
        taken, _ = self._transactions.commit(lambda work: data_store_work.take(work, size))
        references = [] if isinstance(taken, Problem) else taken
        for reference in references:
            self._do_store_job(reference)
        return len(references)

    def _do_store_job(self, reference: JobReference) -> None:
        try:
            problem, _ = self._transactions.commit(
                lambda work: data_store_work.do(work, reference)
            )
        except DatabaseUnavailableError:
            raise
        except Exception:  # noqa: BLE001 — as above; its lock ends, then it is tried again
            _LOG.exception("job=%s outcome=postponed", reference.key)
            return
        self._has_store_jobs = True  # what came after it may be one again
        if problem is not None:
            _LOG.info("job=%s outcome=dropped reason=%s", reference.key, problem.message)

    def _one_by_one(self, size: int) -> int:
        done = 0
        for _ in range(size):
            try:
                count = self._commit_batch(1)
            except DatabaseUnavailableError:
                raise
            except Exception as error:  # noqa: BLE001 — as above; it is postponed
                _LOG.exception("follow_ups outcome=postponed")
                self._postpone_first(error)
                count = 1
            if not count:
                break
            done += count
        return done

    def _postpone_first(self, error: Exception) -> None:
        def postpone(work: UnitOfWork) -> None:
            key = inbox.first_key(work.session, work.now)
            if key is not None:
                inbox.postpone(
                    work.session,
                    key,
                    until=work.now + _FIRST_PAUSE,
                    failure=f"{type(error).__name__}: {error}",
                )

        self._transactions.commit(postpone)

    def _buffered(self) -> int:
        size = self._portions.size()
        deliver = self._portions.timed(lambda work: delivery.deliver_buffered(work, size), int)
        count, _ = self._transactions.commit(deliver)
        return count if isinstance(count, int) else 0


def _awaits_message(written: Written) -> bool:
    return any(row.kind is WaitKind.MESSAGE for row in written.subscriptions)


def _take_batch(work: UnitOfWork, size: int) -> int:
    items = _alike(inbox.take(work.session, size, work.now))
    if not items:
        return 0
    first = items[0]
    match first:
        case MessagePublication():
            delivery.publish_thrown(work, first)
            inbox.remove(work.session, [first.key])
        case SignalBroadcast():
            delivery.broadcast(
                work,
                first.name,
                first.variables,
                actor=None,
                heard=(first.source_key, first.heard_until),
                business_key=first.business_key,
            )
            inbox.remove(work.session, [first.key])
        case SignalDelivery():
            inbox.hand_out(work.session, first, work.now)
        case CommandFor() | ChildStart():
            return _run_commands(work, items)
    return 1


def _alike(items: Sequence[FollowUp]) -> list[FollowUp]:
    """Return the first items that can share a transaction.

    Messages and signals find their receivers on the way, so each has a transaction of its own;
    for commands and called processes every instance is known and locked at once.
    """
    if items and isinstance(items[0], _Alone):
        return [items[0]]
    return list(takewhile(lambda item: not isinstance(item, _Alone), items))


def _run_commands(work: UnitOfWork, items: Sequence[FollowUp]) -> int:
    """Do follow-ups until the transaction's moves are spent; return how many it was done with."""
    work.lock(_targets(items))
    done: list[Key] = []
    count = 0
    for item in items:
        count += 1
        match item:
            case CommandFor():
                if _is_held(work, item.instance_key):
                    _hold(work, item.key)
                    continue
                outcome = work.apply(
                    item.instance_key, item.command, actor=item.actor, reason=item.reason
                )
                _note(item, outcome)
            case ChildStart():
                if _is_held(work, item.parent_key):
                    _hold(work, item.key)
                    continue
                _start_child(work, item)
            case MessagePublication() | SignalBroadcast() | SignalDelivery():
                continue
        done.append(item.key)
        if work.moves.are_spent:
            break
    inbox.remove(work.session, done)
    return count


def _targets(items: Sequence[FollowUp]) -> list[Key]:
    keys: list[Key] = []
    for item in items:
        match item:
            case CommandFor():
                keys.append(item.instance_key)
            case ChildStart():
                keys.append(item.parent_key)
            case MessagePublication() | SignalBroadcast() | SignalDelivery():
                pass
    return keys


def _is_held(work: UnitOfWork, key: Key) -> bool:
    row = work.row(key)
    return row is not None and row.status is InstanceStatus.SUSPENDED


def _hold(work: UnitOfWork, key: Key) -> None:
    """Leave a follow-up for later: its instance was suspended after it was taken."""
    inbox.postpone(
        work.session,
        key,
        until=work.now + _HELD_PAUSE,
        failure="Expected an active process instance, but it is suspended.",
    )


def _note(item: CommandFor, outcome: object) -> None:
    """A follow-up that does not fit any more is dropped: its wait is over."""
    if isinstance(outcome, Rejection):
        _LOG.info(
            "follow_up outcome=dropped command=%s instance=%s reason=%s",
            type(item.command).__name__,
            item.instance_key,
            outcome.message,
        )


def _start_child(work: UnitOfWork, item: ChildStart) -> None:
    parent = work.state(item.parent_key)
    if parent is None or item.parent_wait not in parent.waits:
        return
    definition = _called_definition(work, item)
    problem = definition if isinstance(definition, str) else None
    if isinstance(definition, DefinitionRow):
        command = StartInstance(
            variables=item.variables,
            business_key=item.business_key,
            initiator=item.actor,
            has_parent=True,
        )
        caller = CallingInstance(
            key=item.parent_key, wait=item.parent_wait, root_key=item.root_key
        )
        started = work.start(definition, command, actor=item.actor, caller=caller)
        problem = started.message if isinstance(started, Rejection) else None
    if problem is not None:
        failure = FailChild(wait=item.parent_wait, message=problem)
        work.apply(item.parent_key, failure, actor=item.actor)


def _called_definition(work: UnitOfWork, item: ChildStart) -> DefinitionRow | str:
    """Return the definition that a call activity means, or a sentence why there is none."""
    session, value = work.session, item.binding_value
    found: DefinitionRow | None = None
    match item.binding:
        case Binding.LATEST:
            found = definitions.find_latest(session, item.process_id)
        case Binding.DEPLOYMENT:
            found = _same_deployment(work, item)
        case Binding.VERSION:
            if value is None or not value.isdecimal():
                return f"Expected a version of {item.process_id!r} as a number, but got {value!r}."
            found = definitions.find_version(session, item.process_id, int(value))
        case Binding.VERSION_TAG:
            if value is not None:
                found = definitions.find_tagged(session, item.process_id, value)
    if found is not None:
        return found
    words = item.binding.value if value is None else f"{item.binding.value} {value}"
    return (
        f"Expected a deployed process {item.process_id!r} ({words}) to call, but there is none. "
        "Deploy it, then resolve this incident."
    )


def _same_deployment(work: UnitOfWork, item: ChildStart) -> DefinitionRow | None:
    own = definitions.find(work.session, item.parent_definition_key)
    if own is None:
        return None
    return definitions.find_in_deployment(work.session, item.process_id, own.deployment_key)
