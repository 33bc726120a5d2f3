"""One transaction for all that a thread reads one after another, such as for one page."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import local

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.store.database import Database, Session
from bpmn_engine.store.errors import TransientDatabaseError

_LOG = logging.getLogger(__name__)


class _Here(local):
    """What one thread has open."""

    is_shared: bool = False
    reading: AbstractContextManager[Session] | None = None
    session: Session | None = None


class SharedReading:
    """Gives sessions to read with: one to each query, or between `begin` and `end` one to all.

    A shared one sees one moment of the database. It is opened for the first query, and given up
    when a query fails or before its thread commits something: what is read later sees that.
    Thread-safe; what one thread begins, others do not notice.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._here = _Here()

    def begin(self) -> None:
        """Share from now on what this thread reads with."""
        self._here.is_shared = True

    def end(self) -> None:
        """Share no longer; without effect if nothing is shared."""
        self._here.is_shared = False
        try:
            self.give_up()
        except (TransientDatabaseError, DatabaseUnavailableError) as error:
            # All that was wanted has been read.
            _LOG.warning("outcome=connection_lost after=reading error=%s", error)

    def give_up(self, error: BaseException | None = None) -> None:
        """Close what is open; the next query opens another.

        Raises:
            TransientDatabaseError: `error` in the words of `Database.reading`.
            DatabaseUnavailableError: the same.
        """
        reading, self._here.reading, self._here.session = self._here.reading, None, None
        if reading is not None:
            kind, trace = (None, None) if error is None else (type(error), error.__traceback__)
            reading.__exit__(kind, error, trace)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session to one query.

        Raises:
            TransientDatabaseError: read again.
        """
        if not self._here.is_shared:
            with self._database.reading() as session:
                yield session
            return
        try:
            yield self._opened()
        except BaseException as error:
            self.give_up(error)
            raise

    def _opened(self) -> Session:
        session = self._here.session
        if session is None:
            reading = self._database.reading()
            session = reading.__enter__()
            self._here.reading, self._here.session = reading, session
        return session
