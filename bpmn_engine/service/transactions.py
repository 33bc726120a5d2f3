"""One transaction, tried again when the database is busy."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.expressions.language import Strictness
from bpmn_engine.kernel.commands import Rejection, RejectionReason
from bpmn_engine.ports import Clock
from bpmn_engine.service.decision_cache import DecisionCache
from bpmn_engine.service.graphs import GraphCache
from bpmn_engine.service.outcomes import Problem, ProblemKind
from bpmn_engine.service.unit_of_work import Environment, UnitOfWork
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database, Session
from bpmn_engine.store.effects import Written
from bpmn_engine.store.errors import InvalidCursorError, TransientDatabaseError
from bpmn_engine.store.keys import KeyGenerator
from bpmn_engine.store.outside_tables import load_outside_tables

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

    def __init__(self, database: Database, clock: Clock, settings: EngineSettings) -> None:
        self.database = database
        self.clock = clock
        self.environment = Environment(
            graphs=GraphCache(
                settings.graph_cache_size,
                Strictness.STRICT if settings.strict_mappings else Strictness.LENIENT,
            ),
            decisions=DecisionCache(settings.graph_cache_size),
            keys=KeyGenerator(clock, settings.worker_number),
            settings=settings,
        )
        self.outside_tables = load_outside_tables(settings.data_stores)
        self._attempts = max(1, settings.database_attempts)

    def commit(
        self, work: Callable[[UnitOfWork], Result]
    ) -> tuple[Result | Problem, Written | None]:
        """Run `work` in a transaction; again from the start when the database gave up.

        Returns what it gave and what was written. It may run several times: it must change
        nothing but the database.

        Raises:
            DatabaseUnavailableError: it gave up every time; nothing was changed.
            CommitUnknownError: its answer was lost; it may have been changed.
        """

        def once() -> tuple[Result | Problem, Written | None]:
            with self.database.transaction() as session:
                unit = UnitOfWork(session, self.clock.now(), self.environment)
                result = work(unit)
                return result, unit.flush()

        try:
            return self._repeat(once, "take the work", "Nothing was changed; try again.")
        except AbandonedError as abandoned:
            return abandoned.problem, None

    def read(self, query: Callable[[Session], Result]) -> Result:
        """Run a query that sees one moment of the database.

        Raises:
            DatabaseUnavailableError: the database gave up every time.
        """

        def once() -> Result:
            with self.database.reading() as session:
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
