"""One transaction, tried again when the database is busy."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.expressions.language import Strictness
from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import GoOn, Rejection, RejectionReason
from bpmn_engine.ports import Clock
from bpmn_engine.service import job_offers
from bpmn_engine.service.decision_cache import DecisionCache
from bpmn_engine.service.function_modules import load_functions
from bpmn_engine.service.graphs import GraphCache
from bpmn_engine.service.observing import Commit, JobEvent, Observer, job_note, tell
from bpmn_engine.service.opened_instance import TerminatingError
from bpmn_engine.service.outcomes import Problem, ProblemKind
from bpmn_engine.service.shared_reading import SharedReading
from bpmn_engine.service.state_cache import StateCache
from bpmn_engine.service.taken_keys import TakenKeys
from bpmn_engine.service.traced_jobs import traced
from bpmn_engine.service.unit_of_work import Environment, UnitOfWork
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database, Session
from bpmn_engine.store.effects import Written
from bpmn_engine.store.errors import InvalidCursorError, KeyTakenError, TransientDatabaseError
from bpmn_engine.store.jobs import JobRow
from bpmn_engine.store.keys import KeyGenerator
from bpmn_engine.store.outside_tables import load_outside_tables
from bpmn_engine.views.work import ActivatedJob

Result = TypeVar("Result")

_FIRST_PAUSE_SECONDS: Final = 0.005
_LONGEST_PAUSE_SECONDS: Final = 1.0


class AbandonedError(Exception):
    """Expected to go on, but there is a problem: nothing of this transaction is kept."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Transactions:
    """Runs units of work on one database. Thread-safe."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: EngineSettings,
        observer: Observer | None = None,
    ) -> None:
        self.database = database
        self.shared_reading = SharedReading(database)
        self.clock = clock
        self.environment = Environment(
            graphs=GraphCache(
                settings.graph_cache_size,
                Strictness.STRICT if settings.strict_mappings else Strictness.LENIENT,
                load_functions(settings.functions),
            ),
            decisions=DecisionCache(settings.graph_cache_size),
            keys=KeyGenerator(clock, settings.worker_number),
            settings=settings,
            states=StateCache(settings.state_cache_size),
            observer=observer,
        )
        self.outside_tables = load_outside_tables(settings.data_stores)
        self._taken_keys = TakenKeys(self.environment.keys, clock, settings.worker_number)
        self._attempts = max(1, settings.database_attempts)

    def commit(
        self, work: Callable[[UnitOfWork], Result]
    ) -> tuple[Result | Problem, Written | None]:
        """Run `work` in a transaction; again from the start when the database gave up.

        An instance that it changes, and of which something is being terminated in slices, is let
        go on before, in transactions of its own.

        Returns what it gave and what was written. It may run several times: it must change
        nothing but the database.

        Raises:
            DatabaseUnavailableError: it gave up every time; nothing was changed.
            CommitUnknownError: its answer was lost; it may have been changed.
        """
        while True:
            try:
                return self._commit(work)
            except TerminatingError as found:
                self.finish_terminating(found.key)

    def finish_terminating(self, key: Key) -> bool:
        """Let an instance go on, slice by slice, until nothing of it is being terminated.

        Returns whether that has left follow-ups.

        Raises:
            DatabaseUnavailableError: it is so far as it is, and goes on later.
        """

        def go_on(unit: UnitOfWork) -> bool:
            unit.lock((key,))
            state = unit.state(key)
            if state is None or not state.terminating:
                return False
            outcome = unit.apply(key, GoOn(), actor=None)
            if isinstance(outcome, Rejection):
                raise TypeError(f"Expected instance {key} to go on, but: {outcome.message}")
            return True

        leaves_any = False
        while True:
            is_done, written = self._commit(go_on)
            if is_done is not True:
                return leaves_any
            leaves_any = leaves_any or (written is not None and written.inbox_count > 0)

    def _commit(
        self, work: Callable[[UnitOfWork], Result]
    ) -> tuple[Result | Problem, Written | None]:
        observer = self.environment.observer
        units: list[UnitOfWork] = []  # of each attempt; empty when nobody watches
        began = 0.0 if observer is None else time.perf_counter()
        self.shared_reading.give_up()

        def once() -> tuple[Result | Problem, Written | None]:
            unit: UnitOfWork | None = None
            try:
                with self.database.transaction() as session:
                    unit = UnitOfWork(session, self.clock.now(), self.environment)
                    if observer is not None:
                        units.append(unit)
                    result = work(unit)
                    written = unit.flush()
                    reserved = () if written is None else written.reserved_jobs
                    jobs = _taken(unit, reserved) if reserved else ()
            except BaseException as error:
                self._leave(unit, error)
                raise
            unit.remember()
            self._tell(written, jobs)
            return result, written

        try:
            answer = self._repeat(once, "take the work", "Nothing was changed; try again.")
        except AbandonedError as abandoned:
            return abandoned.problem, None
        if observer is not None:
            done = units[-1]
            seconds = time.perf_counter() - began
            commit = Commit(
                steps=done.steps, notes=done.notes, seconds=seconds, attempts=len(units)
            )
            tell(lambda: observer.committed(commit))
        return answer

    def _leave(self, unit: UnitOfWork | None, error: BaseException) -> None:
        """See to what outlives an attempt of which nothing is kept."""
        if unit is not None:
            unit.give_back()
        if isinstance(error, KeyTakenError):
            self._taken_keys.move_away()

    def _tell(self, written: Written | None, reserved: Sequence[ActivatedJob]) -> None:
        here = self.environment.new_jobs
        if here is None:
            return
        if reserved:
            here.begin(reserved)
        if written is not None and written.free_jobs:
            here.announce(written.free_jobs)

    def read(self, query: Callable[[Session], Result]) -> Result:
        """Run a query that sees one moment of the database; within a shared reading, that one's.

        Raises:
            DatabaseUnavailableError: the database gave up every time.
        """

        def once() -> Result:
            with self.shared_reading.session() as session:
                return query(session)

        return self._repeat(once, "answer", "Try again.")

    def _repeat(self, once: Callable[[], Result], wanted: str, advice: str) -> Result:
        pause = _FIRST_PAUSE_SECONDS
        for _ in range(self._attempts - 1):
            try:
                return once()
            except TransientDatabaseError:
                # Full jitter: those who met here do not meet again.
                time.sleep(pause * random.random())  # noqa: S311 — no secret depends on it
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        try:
            return once()
        except TransientDatabaseError as error:
            raise DatabaseUnavailableError(
                f"Expected the database to {wanted}, but it gave up {self._attempts} times "
                f"({error}). {advice}"
            ) from error


def _taken(unit: UnitOfWork, rows: Sequence[JobRow]) -> Sequence[ActivatedJob]:
    """Return new jobs that were reserved, as an activation gives them."""
    if unit.observer is not None:
        unit.notes.extend(job_note(JobEvent.ACTIVATED, row, now=unit.now) for row in rows)
    return traced(unit, job_offers.offer(unit, rows, None))


def unavailable(error: DatabaseUnavailableError) -> Problem:
    """Return the problem that the database gave up."""
    return Problem(kind=ProblemKind.UNAVAILABLE, message=str(error))


def of_rejection(rejection: Rejection) -> Problem:
    """Return a rejection of the kernel as a problem."""
    kind = {
        RejectionReason.NOT_FOUND: ProblemKind.NOT_FOUND,
        RejectionReason.WRONG_STATE: ProblemKind.CONFLICT,
        RejectionReason.WRONG_KIND: ProblemKind.CONFLICT,
        RejectionReason.WRONG_VALUE: ProblemKind.INVALID,
    }[rejection.reason]
    return Problem(kind=kind, message=rejection.message)


def of_cursor(error: InvalidCursorError) -> Problem:
    """Return the problem that a page cursor is not one of ours."""
    return Problem(kind=ProblemKind.INVALID, message=str(error), field="cursor")
