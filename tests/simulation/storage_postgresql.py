"""Simulated processes on a real PostgreSQL: between any two statements others may come first.

Still one thread draws who goes on, so that nobody may wait for a lock inside the server: whoever
would have to is refused at once, as by a lock that is not available, and tries again later.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from typing import Final

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import PoolProxiedConnection

from bpmn_engine.store.tables import METADATA
from tests import databases
from tests.simulation.storage import GatedDatabase, OpenGate

_LOG_OF_LOCKS: Final = """
CREATE TABLE simulated_lock (
    number BIGSERIAL PRIMARY KEY, what TEXT, job BIGINT, instance BIGINT, wait INTEGER,
    token BIGINT, holder TEXT
);
CREATE FUNCTION simulated_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO simulated_lock (what, job, instance, wait, token, holder)
        VALUES ('made', new.key, new.instance_key, new.wait, new.lock_token, new.locked_by);
    ELSIF new.lock_token IS DISTINCT FROM old.lock_token THEN
        INSERT INTO simulated_lock (what, job, instance, wait, token, holder)
        VALUES ('locked', new.key, new.instance_key, new.wait, new.lock_token, new.locked_by);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER simulated_noted AFTER INSERT OR UPDATE ON job
FOR EACH ROW EXECUTE FUNCTION simulated_note();
"""


class PostgresHostDatabase(GatedDatabase):
    """A process' way to the shared PostgreSQL database, with connections of its own."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._do_commit = self._engine.dialect.do_commit
        self._engine.dialect.do_commit = self._commit  # type: ignore[method-assign]

        @event.listens_for(self._engine, "connect")
        def set_up(connection: DBAPIConnection, _: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '3ms'")
                cursor.execute("SET synchronous_commit = off")
            connection.commit()

        @event.listens_for(self._engine, "before_cursor_execute")
        def before_statement(connection: sa.Connection, *_: object) -> None:
            self.gate.before_statement()
            try:
                self.count_statement()
            except Exception as error:
                raise _lost(connection.connection.dbapi_connection) from error

    def _commit(self, connection: PoolProxiedConnection) -> None:
        fault = self.commit_fault()
        if fault in {"kill_before_commit", "lost_before_commit", "full"}:
            connection.rollback()
        else:
            self._do_commit(connection)
        match fault:
            case "kill_before_commit" | "kill_after_commit":
                self.gate.die()
            case "lost_before_commit" | "lost_after_commit":
                raise _lost(connection.dbapi_connection)
            case "full":
                raise psycopg.errors.DiskFull("could not extend file: No space left on device")


def _lost(connection: DBAPIConnection | None) -> psycopg.OperationalError:
    """Lose a connection; the server has heard of its end, so that it holds no locks."""
    if connection is not None:
        connection.rollback()
        connection.close()
    return psycopg.OperationalError("server closed the connection unexpectedly")


class PostgresStorage(AbstractContextManager["PostgresStorage"]):
    """The shared database, put back to its beginning for each run."""

    def __init__(self, server: sa.URL | None = None) -> None:
        """Make a database.

        Args:
            server: that has a migrated template; None = one of its own.
        """
        self._stack = ExitStack()
        if server is None:
            server = self._stack.enter_context(databases.postgres_server())
            databases.make_template(server)
        self._url: str = self._stack.enter_context(databases.postgres_database(server))
        plain = self._url.replace("postgresql+psycopg://", "postgresql://")
        self._connection = psycopg.connect(plain, autocommit=True)
        self._databases: dict[str, PostgresHostDatabase] = {}
        self._emptying = ""

    def __exit__(self, *_: object) -> None:
        """Leave the server."""
        for one in self._databases.values():
            one.dispose()
        self._connection.close()
        self._stack.close()

    def database(self, name: str) -> PostgresHostDatabase:
        """Return the database as the process of that name sees it, without faults."""
        if name not in self._databases:
            self._databases[name] = PostgresHostDatabase(self._url)
        found = self._databases[name]
        found.gate = OpenGate()
        return found

    def rows(self, statement: str, *values: object) -> list[tuple]:
        """Run a statement of the test's own."""
        return self._connection.execute(statement.replace("?", "%s"), values or None).fetchall()

    def keep_beginning(self) -> None:
        """Remember what is stored now as what every run begins with."""
        self._connection.execute(_LOG_OF_LOCKS)
        tables = [table.name for table in METADATA.sorted_tables]
        kept = [name for name in tables if self.rows(f"SELECT 1 FROM {name} LIMIT 1")]  # noqa: S608
        for name in kept:
            self._connection.execute(f"CREATE TABLE beginning_{name} AS TABLE {name}")
        self._emptying = "; ".join(
            [
                "DELETE FROM simulated_lock",
                *(f"DELETE FROM {name}" for name in reversed(tables)),  # noqa: S608 -- our names
                *(f"INSERT INTO {name} TABLE beginning_{name}" for name in kept),
            ]
        )

    def begin(self) -> None:
        """Put everything back."""
        self._connection.execute(self._emptying)
