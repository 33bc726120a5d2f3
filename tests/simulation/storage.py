"""One database in memory for all simulated processes, and what may happen on the way to it.

Each process has its own pool over one shared SQLite connection. Transactions come one after the
other, as SQLite's writers do; between them anybody may come first. A run begins with a copy of a
database that was migrated, and its diagrams deployed, once.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Final, Protocol

from greenlet import getcurrent
from sqlalchemy import Engine, event

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.store.database import Database
from bpmn_engine.store.errors import TransientDatabaseError
from bpmn_engine.store.session import Session

_LOG_OF_LOCKS: Final = """
CREATE TABLE simulated_lock (
    number INTEGER PRIMARY KEY, what TEXT, job INTEGER, instance INTEGER, wait INTEGER,
    token INTEGER, holder TEXT
);
CREATE TRIGGER simulated_job_made AFTER INSERT ON job BEGIN
    INSERT INTO simulated_lock (what, job, instance, wait, token, holder)
    VALUES ('made', new.key, new.instance_key, new.wait, new.lock_token, new.locked_by);
END;
CREATE TRIGGER simulated_job_locked AFTER UPDATE OF lock_token ON job
WHEN new.lock_token IS NOT old.lock_token BEGIN
    INSERT INTO simulated_lock (what, job, instance, wait, token, holder)
    VALUES ('locked', new.key, new.instance_key, new.wait, new.lock_token, new.locked_by);
END;
"""
"""Who held which job when, written by the database itself, so that no test has to be believed."""


Rows = Callable[..., list[tuple]]
"""Runs a statement, with values for its question marks, and returns what it selects."""


class Gate(Protocol):
    """What a process meets on its way to the database."""

    def before(self) -> None:
        """Wait for one's turn; raises what the database or its absence would."""

    def before_statement(self) -> None:
        """Let others come between two statements, where the database allows that."""

    def commit_fault(self) -> str | None:
        """Return what goes wrong with the commit that comes now."""

    def statement_fault(self) -> int:
        """Return before which statement from now the connection is lost; 0 = never."""

    def die(self) -> None:
        """Kill this process; does not return."""


class OpenGate:
    """Nothing goes wrong."""

    def before(self) -> None:
        """Go on at once."""

    def before_statement(self) -> None:
        """Go on at once."""

    def commit_fault(self) -> str | None:
        """Nothing does."""
        return None

    def statement_fault(self) -> int:
        """It never is."""
        return 0

    def die(self) -> None:
        """Nobody asks for it."""


class Link:
    """The connection of one process: SQLite's own, whose loss leaves the database where it is."""

    def __init__(self, shared: sqlite3.Connection, owner: HostDatabase) -> None:
        self._shared = shared
        self._owner = owner

    def __getattr__(self, name: str) -> object:
        return getattr(self._shared, name)

    @property
    def isolation_level(self) -> str | None:
        """Always None: the engine says BEGIN itself."""
        return self._shared.isolation_level

    @isolation_level.setter
    def isolation_level(self, level: str | None) -> None:
        self._shared.isolation_level = level

    def cursor(self, *arguments: object) -> sqlite3.Cursor:
        """Return a cursor for one statement."""
        self._owner.count_statement()
        return self._shared.cursor(*arguments)

    def commit(self) -> None:
        """Commit, or what happens instead."""
        fault = self._owner.commit_fault()
        if fault in {"kill_before_commit", "lost_before_commit", "full"}:
            self._shared.rollback()
        else:
            self._shared.commit()
        match fault:
            case "kill_before_commit" | "kill_after_commit":
                self._owner.gate.die()
            case "lost_before_commit" | "lost_after_commit":
                raise lost_connection()
            case "full":
                raise _full()

    def rollback(self) -> None:
        """Roll back."""
        self._shared.rollback()

    def close(self) -> None:
        """Leave the shared connection open, without this process' transaction."""
        self._shared.rollback()


def lost_connection() -> sqlite3.ProgrammingError:
    """Return the error that SQLAlchemy takes for a connection that is gone."""
    return sqlite3.ProgrammingError("Cannot operate on a closed database.")


def _full() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    error.sqlite_errorname = "SQLITE_FULL"
    return error


class GatedDatabase(Database):
    """The database as one process sees it: behind its gate."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._turn = nullcontext()  # the scheduler says whose turn it is
        self.gate: Gate = OpenGate()

    def count_statement(self) -> None:
        """Lose the connection if it is this statement's turn to."""
        state = getcurrent().__dict__
        left = state.get("statements_left", 0)
        if left:
            state["statements_left"] = left - 1
            if left == 1:
                raise lost_connection()

    def commit_fault(self) -> str | None:
        """Return what goes wrong with the commit of this thread that comes now."""
        return self.gate.commit_fault() if getcurrent().__dict__.get("is_writing") else None

    @contextmanager
    def _session(self, engine: Engine) -> Iterator[Session]:
        self.gate.before()
        state = getcurrent().__dict__
        state["is_writing"] = engine is self._engine
        state["statements_left"] = self.gate.statement_fault()
        try:
            with super()._session(engine) as session:
                yield session
        finally:
            state["statements_left"] = 0


class HostDatabase(GatedDatabase):
    """A process' way to the shared SQLite database.

    Only one task runs, and none is left inside a transaction.
    """

    def __init__(self, shared: sqlite3.Connection) -> None:
        super().__init__("sqlite://")

        @event.listens_for(self._engine, "do_connect")
        def connect(*_: object) -> Link:
            return Link(shared, self)


class Storage:
    """The shared database, put back to its beginning for each run."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", check_same_thread=False)
        self.connection.isolation_level = None
        self._beginning = b""
        self._databases: dict[str, HostDatabase] = {}

    def database(self, name: str) -> HostDatabase:
        """Return the database as the process of that name sees it, without faults."""
        if name not in self._databases:
            self._databases[name] = HostDatabase(self.connection)
        found = self._databases[name]
        found.gate = OpenGate()
        return found

    def rows(self, statement: str, *values: object) -> list[tuple]:
        """Run a statement of the test's own."""
        return self.connection.execute(statement, values).fetchall()

    def keep_beginning(self) -> None:
        """Remember what is stored now as what every run begins with."""
        self.connection.executescript(_LOG_OF_LOCKS)
        self._beginning = self.connection.serialize()

    def begin(self) -> None:
        """Put everything back."""
        self.connection.rollback()
        self.connection.deserialize(self._beginning)


def unavailable(reason: str) -> DatabaseUnavailableError:
    """Return the error of a database that cannot be reached."""
    return DatabaseUnavailableError(f"Expected a database that answers, but: {reason}")


def busy() -> TransientDatabaseError:
    """Return the error of a transaction that met another one."""
    return TransientDatabaseError("deadlock detected")


EPOCH: Final = dt.datetime(2026, 1, 5, 8, 0, tzinfo=dt.UTC)
"""When the diagrams were deployed."""
