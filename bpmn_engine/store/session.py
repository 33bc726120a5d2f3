"""A unit of work's way to the database: one connection, taken when the first statement comes.

SQLAlchemy's own session is made for objects that it tracks; of those there are none here, and
they cost each transaction and each statement. What is asked again and again goes past SQLAlchemy
altogether (`prepared`), and so does what is written.

What is only written is sent to PostgreSQL together, in its pipeline mode
(https://www.postgresql.org/docs/current/libpq-pipeline-mode.html): who waits for each answer
gives up the processor, and Python's lock, so many times more.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self, TypeVar, TypeVarTuple, cast, overload

import psycopg
from sqlalchemy import Connection, Dialect, Engine, Executable, Result, ScalarResult
from sqlalchemy.engine.interfaces import DBAPICursor, DBAPIModule, IsolationLevel
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.sql.selectable import TypedReturnsRows

from bpmn_engine.store.prepared import preparations

_HAS_PIPELINES: Final = psycopg.Pipeline.is_supported()  # not before version 14 of libpq
_Value = TypeVar("_Value")
_Values = TypeVarTuple("_Values")

Values = Mapping[str, object]
"""What a statement is given for its parameters, by their names."""

DriverValues = tuple[object, ...] | list[tuple[object, ...]]
"""The values for one run in the order of the statement's parameters, or those for several."""

Parameters = Values | Sequence[Values]
"""The values for one run of a statement, or for several runs."""


class Session:
    """The statements of one transaction; what is not committed at its end is rolled back."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._preparations = preparations(engine.dialect.name)
        self._driver_error = engine.dialect.loaded_dbapi.Error
        self._connection: Connection | None = None
        self._is_watched = False  #: by somebody who asks SQLAlchemy to tell of each statement
        self._waiting: list[tuple[str, DriverValues]] = []
        self._gathers = _HAS_PIPELINES and engine.dialect.name == "postgresql"
        self.kept: Final[dict[Hashable, object]] = {}  #: what its users want to read only once

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @property
    def dialect(self) -> Dialect:
        """Which database it is, and how that one is spoken to."""
        return self._engine.dialect

    def connection(self, *, isolation: IsolationLevel | None = None) -> Connection:
        """Return the connection; the first call takes it from the pool.

        Args:
            isolation: what the database shall promise, if more than usual; before all statements.
        """
        if self._connection is None:
            self._connection = self._engine.connect()
            if isolation is not None:
                self._connection.execution_options(isolation_level=isolation)
            self._is_watched = bool(self._connection.dispatch.before_cursor_execute)
        if self._waiting:
            self.flush()
        return self._connection

    def write(self, statement: str, values: DriverValues) -> None:
        """Run a statement whose answer nobody needs, at the latest before the next other one.

        Args:
            statement: in the driver's words.
            values: of one row, or on SQLite of several.
        """
        if self._gathers:
            self._waiting.append((statement, values))
        else:
            self.change(statement, values)

    def change(self, statement: str, values: DriverValues) -> int:
        """Run a statement, as `write` takes it; return how many rows it changed."""
        connection = self.connection()
        if self._is_watched:
            return connection.exec_driver_sql(statement, values).rowcount
        with self._driver(connection) as driver:
            return _written(driver.cursor(), statement, values).rowcount

    def flush(self) -> None:
        """Run what waits to be written.

        Raises:
            DBAPIError: of the first statement that failed; none of them counts.
        """
        waiting, self._waiting = self._waiting, []
        if len(waiting) == 1:
            self.change(*waiting[0])
        elif waiting:
            with self._driver(self.connection()) as driver, driver.pipeline():
                for statement, values in waiting:
                    self.change(statement, values)

    def commit(self) -> None:
        """Make what was written last, if there was any statement."""
        self.flush()
        if self._connection is not None:
            self._connection.commit()

    @overload
    def execute(
        self, statement: TypedReturnsRows[*_Values], parameters: Parameters | None = None
    ) -> Result[*_Values]: ...

    @overload
    def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Result[*tuple[object, ...]]: ...

    def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Result[*tuple[object, ...]]:
        """Run a statement, for each of several parameters if they are a sequence."""
        connection = self.connection()
        given = cast("Values", parameters or {})  # a query is asked once only
        prepared = None if self._is_watched else self._preparations.of(statement, given)
        if prepared is None:
            answer = connection.execute(statement, parameters)
            self._preparations.note(statement, answer)
            return answer
        with self._driver(connection) as driver:
            return prepared.ask(driver.cursor(), given)

    @overload
    def scalar(
        self, statement: TypedReturnsRows[_Value], parameters: Values | None = None
    ) -> _Value | None: ...

    @overload
    def scalar(self, statement: Executable, parameters: Values | None = None) -> object: ...

    def scalar(self, statement: Executable, parameters: Values | None = None) -> object:
        """Run a statement and return the first column of its first row; None if there is none."""
        row = self.execute(statement, parameters).first()
        return None if row is None else row[0]

    @overload
    def scalars(
        self, statement: TypedReturnsRows[_Value], parameters: Parameters | None = None
    ) -> ScalarResult[_Value]: ...

    @overload
    def scalars(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> ScalarResult[object]: ...

    def scalars(self, statement: Executable, parameters: Parameters | None = None) -> object:
        """Run a statement and return the first columns of its rows."""
        return self.execute(statement, parameters).scalars()

    @contextmanager
    def _driver(self, connection: Connection) -> Iterator[Any]:
        """Give the driver's connection, in a transaction; its errors are told by SQLAlchemy's."""
        if not connection.in_transaction():
            connection.begin()
        try:
            yield connection.connection.driver_connection
        except self._driver_error as error:
            raise _told_by_sqlalchemy(error, connection) from error
        except BaseException as error:
            if not isinstance(error, Exception):
                connection.invalidate(error)  # nobody knows where an interrupted one has come to
            raise


def _written(cursor: DBAPICursor, statement: str, values: DriverValues) -> DBAPICursor:
    if not isinstance(values, list):
        cursor.execute(statement, values)
    elif len(values) == 1:
        cursor.execute(statement, values[0])
    else:
        cursor.executemany(statement, values)
    return cursor


def _told_by_sqlalchemy(error: DBAPIModule.Error, connection: Connection) -> StatementError:
    """Return a driver's error as SQLAlchemy raises those of statements."""
    dialect = connection.dialect
    wrapped = connection.connection
    is_lost = dialect.is_disconnect(error, wrapped, None)
    if is_lost:
        connection.engine.pool._invalidate(wrapped, error)  # noqa: SLF001 -- the others are older
        connection.invalidate(error)
    return DBAPIError.instance(
        None,
        None,
        error,
        dialect.loaded_dbapi.Error,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
