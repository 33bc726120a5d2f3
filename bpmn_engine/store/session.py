"""A unit of work's way to the database: one connection, taken when the first statement comes.

SQLAlchemy's own session is made for objects that it tracks; of those there are none here, and
they cost each transaction and each statement.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from types import TracebackType
from typing import Final, Self, TypeVar, TypeVarTuple, cast, overload

from sqlalchemy import Connection, CursorResult, Dialect, Engine, Executable, ScalarResult
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.sql.selectable import TypedReturnsRows

_Value = TypeVar("_Value")
_Values = TypeVarTuple("_Values")

Values = Mapping[str, object]
"""What a statement is given for its parameters, by their names."""

Parameters = Values | Sequence[Values]
"""The values for one run of a statement, or for several runs."""


class Session:
    """The statements of one transaction; what is not committed at its end is rolled back."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
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
        return self._connection

    def commit(self) -> None:
        """Make what was written last, if there was any statement."""
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
