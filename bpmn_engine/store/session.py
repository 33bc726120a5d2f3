"""A unit of work's way to the database: one connection, taken when the first statement comes.

SQLAlchemy's own session is made for objects that it tracks; of those there are none here, and
they cost each transaction and each statement.

What is only written is sent to PostgreSQL together, in its pipeline mode
(https://www.postgresql.org/docs/current/libpq-pipeline-mode.html): who waits for each answer
gives up the processor, and Python's lock, so many times more.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from types import TracebackType
from typing import Final, Self, TypeVar, TypeVarTuple, cast, overload

import psycopg
from sqlalchemy import Connection, CursorResult, Dialect, Engine, Executable, ScalarResult
from sqlalchemy.engine.interfaces import DBAPIModule, IsolationLevel
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.sql.selectable import TypedReturnsRows

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
        self._connection: Connection | None = None
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
            self.connection().exec_driver_sql(statement, values)

    def flush(self) -> None:
        """Run what waits to be written.

        Raises:
            DBAPIError: of the first statement that failed; none of them counts.
        """
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        connection = self.connection()
        if len(waiting) == 1:
            connection.exec_driver_sql(*waiting[0])
            return
        try:
            with cast("psycopg.Connection", connection.connection.driver_connection).pipeline():
                for statement, values in waiting:
                    connection.exec_driver_sql(statement, values)
        except psycopg.Error as error:
            raise _told_by_sqlalchemy(error, connection) from error

    def commit(self) -> None:
        """Make what was written last, if there was any statement."""
        self.flush()
        if self._connection is not None:
            self._connection.commit()

    @overload
    def execute(
        self, statement: TypedReturnsRows[*_Values], parameters: Parameters | None = None
    ) -> CursorResult[*_Values]: ...

    @overload
    def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> CursorResult[*tuple[object, ...]]: ...

    def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> CursorResult[*tuple[object, ...]]:
        """Run a statement, for each of several parameters if they are a sequence."""
        return self.connection().execute(statement, parameters)

    @overload
    def scalar(
        self, statement: TypedReturnsRows[_Value], parameters: Values | None = None
    ) -> _Value | None: ...

    @overload
    def scalar(self, statement: Executable, parameters: Values | None = None) -> object: ...

    def scalar(self, statement: Executable, parameters: Values | None = None) -> object:
        """Run a statement and return the first column of its first row; None if there is none."""
        return cast("object", self.connection().scalar(statement, parameters))

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
        return self.connection().scalars(statement, parameters)


def _told_by_sqlalchemy(error: psycopg.Error, connection: Connection) -> StatementError:
    """Return an error of a pipeline as SQLAlchemy raises those of statements."""
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(cast("DBAPIModule.Error", error), connection.connection, None)
    if is_lost:
        connection.invalidate(error)
    return DBAPIError.instance(
        None, None, error, psycopg.Error, connection_invalidated=is_lost, dialect=dialect
    )
