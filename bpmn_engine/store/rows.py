"""From result rows to dataclasses: the few conversions that all modules share."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final, Self, TypeVar, cast

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    ColumnElement,
    CursorResult,
    Result,
    Row,
    any_,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.sql.visitors import InternalTraversal
from typing_extensions import override

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.store.session import Session

_Item = TypeVar("_Item")
_Value = TypeVar("_Value")

AnyRow = Row[*tuple[object, ...]]
"""A row of any statement; its columns are attributes."""

IN_LIMIT: Final = 500
"""How many values one IN list holds; longer lists are asked for in parts."""


def optional_key(value: int | None) -> Key | None:
    """Return a key that may be absent."""
    return None if value is None else Key(value)


def optional_element_key(value: int | None) -> ElementKey | None:
    """Return an element key that may be absent."""
    return None if value is None else ElementKey(value)


def changed_count(result: Result[*tuple[object, ...]]) -> int:
    """Return how many rows a statement changed."""
    return cast("CursorResult[*tuple[object, ...]]", result).rowcount


def in_parts(items: Iterable[_Item]) -> Iterable[list[_Item]]:
    """Return items in lists short enough for one statement."""
    rest = iter(items)
    while part := list(islice(rest, IN_LIMIT)):
        yield part


class _Among(ColumnElement[bool]):
    """A condition whose values come when the statement is run."""

    inherit_cache = True
    type = Boolean()
    _traverse_internals = [  # noqa: RUF012 -- as SQLAlchemy declares it
        ("column", InternalTraversal.dp_clauseelement),
        ("name", InternalTraversal.dp_string),
    ]

    def __init__(self, column: ColumnElement[_Value], name: str) -> None:
        self.column = column
        self.name = name

    @override
    def self_group(self, against: OperatorType | None = None) -> Self:
        """Stand as it is: compared with true, a list would find no index."""
        return self


@compiles(_Among)
def _in_list(element: _Among, compiler: SQLCompiler, **_: object) -> str:
    values: BindParameter[object] = bindparam(element.name, expanding=True)
    return compiler.process(element.column.in_(values))


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **_: object) -> str:
    values = bindparam(element.name, type_=ARRAY(element.column.type))
    return compiler.process(element.column == any_(values))


def among(column: ColumnElement[_Value], name: str) -> ColumnElement[bool]:
    """Return the condition that a column has one of the values given for a parameter.

    At most IN_LIMIT of them. PostgreSQL is given them as one array: a statement of one text,
    whatever their number.
    """
    return _Among(column, name)


def is_postgresql(session: Session) -> bool:
    """Tell whether the session's database is PostgreSQL."""
    return session.dialect.name == "postgresql"
