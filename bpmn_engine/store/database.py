"""The database: engine options, units of work, and which errors call for another try."""

from __future__ import annotations

import datetime as dt
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import RLock
from typing import Final

import psycopg
from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from bpmn_engine.errors import CommitUnknownError, DatabaseUnavailableError, SettingError
from bpmn_engine.store import migration
from bpmn_engine.store.errors import KeyTakenError, TransientDatabaseError
from bpmn_engine.store.session import Session as Session
from bpmn_engine.store.turns import Turns

BUSY_TIMEOUT: Final = dt.timedelta(seconds=10)
_READING: Final = "bpmn_engine_reading"
_RESTS_SINCE: Final = "bpmn_engine_rests_since"
_REST_SECONDS: Final = 5.0
_SERVER_ENDED: Final = frozenset(
    {
        "57P01",  # the server was shut down by its administrator
        "57P02",  # the server crashed
    }
)
_TRANSIENT_STATES: Final = _SERVER_ENDED | {
    "40001",  # serialization failure
    "40P01",  # deadlock
    "55P03",  # lock not available
    "57P03",  # the server is starting
}
_TRANSIENT_SQLITE: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DRIVERS: Final = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_EXPECTED_URL: Final = (
    "Expected a database such as sqlite:///file.db or postgresql://user@host/name, but {but}."
)
_UNREACHABLE_SQLITE: Final = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)


class Database:
    """One database and its pool of connections. Thread-safe; one for each process.

    SQLite runs in WAL mode with `synchronous=FULL`: what was committed survives the loss of power.
    An in-memory SQLite database has one connection, so its units of work run one by one; on one in
    a file the threads of this process write in turn.

    Raises:
        SettingError: the URL names no database that is supported.
        DatabaseUnavailableError: from every method: the database does not answer.
    """

    def __init__(
        self, url: str, *, pool_size: int = 10, busy_timeout: dt.timedelta = BUSY_TIMEOUT
    ) -> None:
        parsed = _parsed(url)
        self.url: Final = parsed.render_as_string(hide_password=False)
        self.is_sqlite: Final = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            is_memory = parsed.database in {None, "", ":memory:"}
            self._engine = _sqlite_engine(self.url, busy_timeout, is_memory=is_memory)
            self._turn = RLock() if is_memory else nullcontext()
            self._writing_turn = nullcontext() if is_memory else Turns(busy_timeout)
        else:
            self._engine = create_engine(
                parsed,
                pool_size=pool_size,
                max_overflow=pool_size,
                connect_args={"options": "-c timezone=utc"},
            )
            _ask_after_rest(self._engine)
            self._turn = self._writing_turn = nullcontext()
        self._reader = _reading_engine(self._engine, is_sqlite=self.is_sqlite)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a session; commit at the end, roll back on any exception.

        On SQLite it is the only writer from its beginning (`BEGIN IMMEDIATE`).

        Raises:
            TransientDatabaseError: nothing was written; run the whole unit of work again, after a
                KeyTakenError with a generator of keys that has moved away.
            CommitUnknownError: it was written or not, and nobody can tell: do not run it again.
        """
        with self._writing_turn, self._session(self._engine) as session:
            yield session
            session.flush()  # a connection that is lost by now has written nothing for sure
            try:
                session.commit()
            except DBAPIError as error:
                if not _is_connection_lost(error):
                    raise
                raise CommitUnknownError(
                    "Expected the database to confirm what was written, but the connection was "
                    "lost. It may have been written: look before you try again."
                ) from error

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one moment of the database and cannot write.

        Raises:
            TransientDatabaseError: read again.
        """
        with self._session(self._reader) as session:
            yield session
            session.commit()  # psycopg forgets every prepared statement at a ROLLBACK

    @contextmanager
    def _session(self, engine: Engine) -> Iterator[Session]:
        with (
            _in_our_words(),
            self._turn,
            Session(engine) as session,
        ):
            yield session

    def migrate(self) -> None:
        """Bring the schema to this release's, unless it, or a later one's, is there already."""
        with _in_our_words(), self._turn, self._engine.connect() as connection:
            migration.prepare(connection)
            with connection.begin():
                migration.upgrade(connection)

    def is_migrated(self) -> bool:
        """Tell whether the schema is this release's."""
        with _in_our_words(), self._turn, self._reader.connect() as connection:
            return migration.is_current(connection)

    def is_recent(self) -> bool:
        """Tell whether the schema is this release's or a later one's, so that it can work."""
        with _in_our_words(), self._turn, self._reader.connect() as connection:
            return migration.is_recent(connection)

    def dispose(self) -> None:
        """Close every connection; an in-memory database is gone."""
        self._engine.dispose()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingError(_EXPECTED_URL.format(but="it is no URL")) from error
    if parsed.drivername in _DRIVERS:
        return parsed.set(drivername=_DRIVERS[parsed.drivername])
    raise SettingError(_EXPECTED_URL.format(but=f"it begins with {parsed.drivername}:"))


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Tell apart what may be tried again, a database that does not answer, and bugs."""
    try:
        yield
    except DBAPIError as error:
        if is_transient(error):
            kind = KeyTakenError if _is_key_taken(error) else TransientDatabaseError
            raise kind(str(error.orig)) from error
        if _is_unreachable(error):
            first, _, _ = str(error.orig).strip().partition("\n")
            raise DatabaseUnavailableError(
                f"Expected a database that answers, but: {first}"
            ) from error
        raise


def _is_connection_lost(error: DBAPIError) -> bool:
    """Tell whether the server may have done what it was asked for without our hearing of it."""
    cause = error.orig
    if isinstance(cause, psycopg.Error):
        return error.connection_invalidated or cause.sqlstate in _SERVER_ENDED
    return error.connection_invalidated


def _is_unreachable(error: DBAPIError) -> bool:
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _UNREACHABLE_SQLITE
    return isinstance(error, OperationalError)


def is_transient(error: BaseException) -> bool:
    """Tell whether running the whole unit of work again may succeed."""
    if isinstance(error, TransientDatabaseError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    if _is_key_taken(error):
        return True
    cause = error.orig
    if isinstance(cause, sqlite3.OperationalError):
        # Extended codes carry the primary one in their lowest byte.
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _TRANSIENT_SQLITE
    return isinstance(cause, psycopg.Error) and cause.sqlstate in _TRANSIENT_STATES


def _is_key_taken(error: DBAPIError) -> bool:
    """Tell whether another process has made the same key (KeyTakenError)."""
    cause = error.orig
    if isinstance(cause, sqlite3.IntegrityError):
        return str(cause).startswith("UNIQUE constraint failed:") and str(cause).endswith(".key")
    if isinstance(cause, psycopg.errors.UniqueViolation):
        return (cause.diag.message_detail or "").startswith("Key (key)=")
    return False


def _sqlite_engine(url: str, busy_timeout: dt.timedelta, *, is_memory: bool) -> Engine:
    arguments = {"timeout": busy_timeout.total_seconds(), "check_same_thread": False}
    if is_memory:
        engine = create_engine(url, connect_args=arguments, poolclass=StaticPool)
    else:
        engine = create_engine(url, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        is_reading = connection.get_execution_options().get(_READING, False)
        connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")

    return engine


def _ask_after_rest(engine: Engine) -> None:
    """Ask a connection that has rested whether it is still there, before it is used again."""

    @event.listens_for(engine, "checkin")
    def _rest(_connection: object, entry: ConnectionPoolEntry) -> None:
        entry.info[_RESTS_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
        rests_since = entry.info.get(_RESTS_SINCE)
        if rests_since is None or time.monotonic() - rests_since < _REST_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise DisconnectionError("The connection was lost while it rested.") from error


def _reading_engine(engine: Engine, *, is_sqlite: bool) -> Engine:
    if is_sqlite:
        return engine.execution_options(**{_READING: True})
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
