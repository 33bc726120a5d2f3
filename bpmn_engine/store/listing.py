"""Lists by conditions, order and offset: from a `Listing` to a statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    and_,
    false,
    func,
    or_,
    select,
    true,
)

from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.session import Session
from bpmn_engine.views.listing import Comparison, Condition, Listing
from bpmn_engine.views.paging import Caller

Item = TypeVar("Item")
AnyColumn = ColumnElement[Any]
"""A column of any type: only compared with values of its own."""
Related = Callable[[Callable[[AnyColumn], ColumnElement[bool]]], ColumnElement[bool]]
"""A field of related rows: is given how a column is compared, returns whether there is such a
row."""

_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[Item]):
    """One list: where its rows come from, and what they can be found and sorted by."""

    statement: Select[*tuple[object, ...]]
    keys: tuple[AnyColumn, ...]  #: together unique; the last columns of every order
    fields: Mapping[str, AnyColumn]
    related: Mapping[str, Related]
    read: Callable[[AnyRow], Item]
    visible: Callable[[Session, Caller], ColumnElement[bool]] | None = None
    """Which rows a person sees, where not all are for everybody."""

    def rows(self, session: Session, listing: Listing) -> tuple[Item, ...]:
        """Return the rows that are wanted."""
        wanted = self.statement.where(*self._conditions(session, listing))
        for each in listing.order:
            column = self.fields[each.field]
            direction = column.desc().nulls_last() if each.is_descending else column.asc()
            wanted = wanted.order_by(direction if each.is_descending else direction.nulls_first())
        is_descending = bool(listing.order) and listing.order[-1].is_descending
        for key in self.keys:
            wanted = wanted.order_by(key.desc() if is_descending else key.asc())
        wanted = wanted.offset(min(listing.offset, _LARGEST))
        if listing.limit is not None:
            wanted = wanted.limit(min(listing.limit, _LARGEST))
        elif listing.offset:
            wanted = wanted.limit(_LARGEST)  # SQLite has no offset without a limit
        return tuple(self.read(row) for row in session.execute(wanted))

    def count(self, session: Session, listing: Listing) -> int:
        """Return how many rows match, whatever the offset and the limit."""
        wanted = self.statement.where(*self._conditions(session, listing)).with_only_columns(
            *self.keys
        )
        return session.scalar(select(func.count()).select_from(wanted.subquery())) or 0

    def _conditions(self, session: Session, listing: Listing) -> list[ColumnElement[bool]]:
        every = [self._condition(each) for each in listing.conditions]
        some = [or_(*(self._condition(each) for each in group)) for group in listing.alternatives]
        caller = listing.visible_to
        if self.visible is not None and caller is not None and not caller.sees_all:
            every.append(self.visible(session, caller))
        return [*every, *some]

    def _condition(self, condition: Condition) -> ColumnElement[bool]:
        if condition.comparison is Comparison.NEVER:
            return false()
        related = self.related.get(condition.field)
        if related is not None:
            return related(lambda column: _compared(column, condition))
        return _compared(self.fields[condition.field], condition)


def _compared(  # noqa: C901, PLR0912 -- a case for each comparison
    column: AnyColumn, condition: Condition
) -> ColumnElement[bool]:
    value = condition.value
    if _is_narrow(column) and _is_large(value):
        return _with_large(condition)
    match condition.comparison:
        case Comparison.EQUAL:
            return column.is_(None) if value is None else column == value
        case Comparison.UNEQUAL:
            return column.is_not(None) if value is None else column != value
        case Comparison.LIKE:
            return column.like(_pattern(str(value)), escape="\\")
        case Comparison.ANY_OF:
            return column.in_(_several(value))
        case Comparison.NONE_OF:
            return column.not_in(_several(value))
        case Comparison.LESS:
            return column < value
        case Comparison.AT_MOST:
            return column <= value
        case Comparison.GREATER:
            return column > value
        case Comparison.AT_LEAST:
            return column >= value
        case Comparison.NEVER:
            return and_(false())


def _pattern(text: str) -> str:
    """Return a pattern; a last backslash, which PostgreSQL refuses, stands for itself."""
    backslashes = len(text) - len(text.rstrip("\\"))
    return text + "\\" * (backslashes % 2)


_NARROW: Final = 2**31
"""PostgreSQL refuses to compare a column of 32 bits with more."""


def _is_narrow(column: AnyColumn) -> bool:
    return isinstance(column.type, Integer) and not isinstance(column.type, BigInteger)


def _is_large(value: object) -> bool:
    return isinstance(value, int) and not -_NARROW <= value < _NARROW


def _with_large(condition: Condition) -> ColumnElement[bool]:
    """Return what comparing with a number gives that the column cannot hold."""
    is_above = isinstance(condition.value, int) and condition.value > 0
    match condition.comparison:
        case Comparison.LESS | Comparison.AT_MOST:
            return true() if is_above else false()
        case Comparison.GREATER | Comparison.AT_LEAST:
            return false() if is_above else true()
        case Comparison.UNEQUAL | Comparison.NONE_OF:
            return true()
        case _:
            return false()


def _several(value: object) -> Sequence[object]:
    return value if isinstance(value, tuple) else (value,)
