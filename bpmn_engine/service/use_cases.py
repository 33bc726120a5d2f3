"""The ground of all groups of use cases: how they commit, read and follow up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import Command, Rejection
from bpmn_engine.ports import Clock
from bpmn_engine.service.continuations import Continuations
from bpmn_engine.service.follow_ups import FollowUps
from bpmn_engine.service.group_commit import GroupCommit
from bpmn_engine.service.large_states import LargeStates
from bpmn_engine.service.new_jobs import NewJobs
from bpmn_engine.service.observing import Observer
from bpmn_engine.service.outcomes import Problem
from bpmn_engine.service.pool_file import load_pools
from bpmn_engine.service.portions import Portions
from bpmn_engine.service.queue_watch import QueueWatch
from bpmn_engine.service.transactions import (
    AbandonedError,
    Transactions,
    of_cursor,
    of_rejection,
    unavailable,
)
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.applied import AppliedStep
from bpmn_engine.store.database import Database, Session
from bpmn_engine.store.errors import InvalidCursorError
from bpmn_engine.store.instances import InstanceRow

_LOG = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Item = TypeVar("Item")
Result = TypeVar("Result")


class UseCases:
    """What every use case does: one unit of work, then the follow-ups it has left. Thread-safe."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: EngineSettings,
        *,
        observer: Observer | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.settings = settings
        self.observer = observer
        self._transactions = Transactions(database, clock, settings, observer)
        self.pools = load_pools(settings.resource_pools)
        self.queue_watch = QueueWatch(settings)
        self._graphs = self._transactions.environment.graphs
        self.functions = self._graphs.functions  #: what JUEL may call, beside its own
        self._follow_ups = FollowUps(self._transactions)
        self._continuations = Continuations(self._transactions)
        self._large_states = LargeStates(self._transactions)

    def tell_of_new_jobs(self, listener: NewJobs | None) -> None:
        """Tell somebody of the jobs that this process creates from now on; None = nobody."""
        self._transactions.environment.new_jobs = listener

    def begin_shared_reading(self) -> None:
        """Read in one transaction whatever this thread reads until `end_shared_reading`.

        All of it sees one moment of the database, unless this thread commits something meanwhile.
        """
        self._transactions.shared_reading.begin()

    def end_shared_reading(self) -> None:
        """End that transaction; without effect if none was begun."""
        self._transactions.shared_reading.end()

    def _gathered(
        self, run: Callable[[Sequence[Item]], Sequence[Answer]], portions: Portions
    ) -> GroupCommit[Item, Answer]:
        """Return what does items of many callers together, as many as a portion has.

        SQLite has one writer at a time; elsewhere one transaction is prepared while the database
        works on the last.
        """
        at_once = 1 if self.database.is_sqlite else 2
        return GroupCommit(run, most=portions.size, at_once=at_once)

    def _portions(self) -> Portions:
        """Return what divides one kind of work into transactions."""
        return Portions(self.settings.batch_duration, max(1, self.settings.batch_size))

    def _commit(
        self, work: Callable[[UnitOfWork], Result], *, of_many: bool = False
    ) -> Result | Problem:
        """Run a unit of work and what follows from it; a database that gives up is a problem.

        `of_many` as `_followed` takes it.
        """
        try:
            return self._followed(work, of_many=of_many)[0]
        except DatabaseUnavailableError as error:
            return unavailable(error)

    def _run(self, work: Callable[[UnitOfWork], Result]) -> Result | Problem:
        """Run a unit of work and what follows from it.

        Raises:
            DatabaseUnavailableError: the database gave up every time.
        """
        return self._followed(work)[0]

    def _followed(
        self, work: Callable[[UnitOfWork], Result], *, of_many: bool = False
    ) -> tuple[Result | Problem, bool]:
        """Run a unit of work and what follows from it; tell whether anything did.

        What it terminates is gone afterwards, in slices where it is much. A transaction of many
        callers (`of_many`) leaves these to whoever lets instances go on: nobody waits for others.

        Raises:
            DatabaseUnavailableError: the database gave up every time.
        """
        unit: list[UnitOfWork] = []

        def remember(opened: UnitOfWork) -> Result:
            unit[:] = [opened]
            return work(opened)

        result, written = self._transactions.commit(remember)
        has_more = bool(unit) and unit[0].has_more
        if unit and not of_many:
            has_more = self._terminated(unit[0].steps) or has_more
        return result, self._follow_ups.after(written, has_more=has_more)

    def _terminated(self, steps: Sequence[AppliedStep]) -> bool:
        """Let instances go on until what steps began to terminate is gone.

        Returns whether that has left follow-ups. What was committed stays so, whatever happens.
        """
        leaves_any = False
        try:
            for step in steps:
                if step.state.terminating:
                    key = step.instance.key
                    leaves_any = self._transactions.finish_terminating(key) or leaves_any
        except DatabaseUnavailableError as error:
            _LOG.warning("termination outcome=left_for_later reason=%r", str(error))
        return leaves_any

    def _count(self, work: Callable[[UnitOfWork], int]) -> int:
        """Run a unit of work that counts what it did.

        Raises:
            DatabaseUnavailableError: the database gave up every time.
        """
        counted = self._followed(work, of_many=True)[0]
        return counted if isinstance(counted, int) else 0

    def _read(self, query: Callable[[Session], Result]) -> Result:
        """Run a query.

        Raises:
            DatabaseUnavailableError: the database gave up every time.
        """
        return self._transactions.read(query)

    def _query(self, query: Callable[[Session], Result]) -> Result | Problem:
        """Run a query that takes a page cursor; one that is not ours is a problem.

        Raises:
            DatabaseUnavailableError: the database gave up every time.
        """
        try:
            return self._read(query)
        except InvalidCursorError as error:
            return of_cursor(error)


def apply_or_abandon(
    work: UnitOfWork, key: Key, command: Command, *, actor: str | None, reason: str | None = None
) -> InstanceRow:
    """Apply a command; if it does not fit, give up the whole transaction.

    Raises:
        AbandonedError: the rejection, as the problem that the use case answers with.
    """
    outcome = work.apply(key, command, actor=actor, reason=reason)
    if isinstance(outcome, Rejection):
        raise AbandonedError(of_rejection(outcome))
    return outcome
