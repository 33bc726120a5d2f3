"""A search as conditions of a statement: the fields of a list are columns, or ask for rows."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select

from bpmn_engine.store.session import Session
from bpmn_engine.views.work_search import Comparison, Condition, Search

Asked = Callable[[Condition], ColumnElement[bool]]
"""What a condition about related rows means: Which tasks are offered to a group?"""

Fields = Mapping[str, ColumnElement[Any] | Asked]  # a column of any type
"""The fields of a list."""


def searched(
    statement: Select[*tuple[object, ...]], fields: Fields, search: Search
) -> Select[*tuple[object, ...]]:
    """Return a statement with the conditions of a search; variables are the caller's."""
    wanted = [_meets(fields, each) for each in search.conditions]
    wanted += [
        or_(*(_meets(fields, each) for each in group)) if group else false()
        for group in search.alternatives
    ]
    return statement.where(*wanted) if wanted else statement


def sorted_by(
    statement: Select[*tuple[object, ...]],
    fields: Fields,
    search: Search,
    key: ColumnElement[Any],  # of any type: ties are told apart by it
) -> Select[*tuple[object, ...]]:
    """Return a statement in the order of a search; without a value last, ties by key."""
    order = []
    for sort in search.order:
        column = fields[sort.field]
        if not isinstance(column, ColumnElement):
            raise KeyError(sort.field)
        direction = column.desc() if sort.is_descending else column.asc()
        order.append(direction.nulls_last())
    return statement.order_by(*order, key)


def cut(statement: Select[*tuple[object, ...]], search: Search) -> Select[*tuple[object, ...]]:
    """Return a statement for the wanted part of a search."""
    if search.first:
        statement = statement.offset(search.first)
        if search.most is None:
            return statement.limit(_ALL)
    return statement if search.most is None else statement.limit(search.most)


_ALL = 2**62
"""SQLite needs a limit beside an offset."""


def counted(session: Session, statement: Select[*tuple[object, ...]]) -> int:
    """Return how many rows a statement has."""
    return session.scalar(select(func.count()).select_from(statement.subquery())) or 0


def compared(
    column: ColumnElement[Any],  # of any type: compared with values of its own
    condition: Condition,
) -> ColumnElement[bool]:
    """Return what a condition means of a column."""
    value: Any = condition.value  # of the column's type
    if condition.comparison in {Comparison.IN, Comparison.NOT_IN}:
        value = condition.values
    elif condition.ignores_case:
        column, value = func.lower(column), str(value).lower()
    return _COMPARED[condition.comparison](column, value)


_COMPARED: Final[Mapping[Comparison, Callable[[ColumnElement[Any], Any], ColumnElement[bool]]]] = {
    Comparison.EQUAL: operator.eq,
    Comparison.NOT_EQUAL: operator.ne,
    Comparison.IN: lambda column, values: column.in_(values),
    Comparison.NOT_IN: lambda column, values: column.not_in(values),
    Comparison.LIKE: lambda column, value: column.like(value, escape="\\"),
    Comparison.NOT_LIKE: lambda column, value: column.not_like(value, escape="\\"),
    Comparison.BELOW: operator.lt,
    Comparison.AT_MOST: operator.le,
    Comparison.ABOVE: operator.gt,
    Comparison.AT_LEAST: operator.ge,
    Comparison.ABSENT: lambda column, _: column.is_(None),
    Comparison.PRESENT: lambda column, _: column.is_not(None),
    Comparison.NEVER: lambda _column, _value: false(),
}


def related(rows: Select[*tuple[object, ...]], column: ColumnElement[Any] | None = None) -> Asked:
    """Return a field that holds where related rows exist, with a column as the condition says.

    ABSENT holds where there are none at all.
    """

    def ask(condition: Condition) -> ColumnElement[bool]:
        if column is None or condition.comparison is Comparison.PRESENT:
            return rows.exists()
        if condition.comparison is Comparison.ABSENT:
            return not_(rows.exists())
        return rows.where(compared(column, condition)).exists()

    return ask


def _meets(fields: Fields, condition: Condition) -> ColumnElement[bool]:
    if condition.comparison is Comparison.NEVER:
        return false()
    field = fields[condition.field]
    if isinstance(field, ColumnElement):
        return and_(compared(field, condition))
    return field(condition)
