"""Searches over read models: any field compared and sorted by, keyset cursors, bounded counts.

A read model is a statement whose columns are named as the members of a dataclass. Conditions stand
around it as around a view, which both databases push down to the tables.
"""

from __future__ import annotations

import base64
import datetime as dt
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Generic, TypeVar, cast

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.sql.expression import SelectBase
from sqlalchemy.types import TypeEngine

from bpmn_engine.store.columns import (
    BigKey,
    FreeText,
    IndexedText,
    UtcDateTime,
    from_microseconds,
    to_microseconds,
)
from bpmn_engine.store.errors import InvalidCursorError
from bpmn_engine.store.json_text import dump_json, load_json
from bpmn_engine.store.rows import AnyRow, is_postgresql
from bpmn_engine.store.session import Session
from bpmn_engine.values import JsonValue
from bpmn_engine.views.element_keys import millisecond_of
from bpmn_engine.views.searching import (
    MOST_COUNTED,
    AnyOf,
    Comparison,
    Condition,
    Criterion,
    Found,
    Scalar,
    Search,
    SortField,
)

Item = TypeVar("Item")

LIMIT: Final = 10_000
"""Most items of one answer, as Camunda's."""

_MOMENT: Final = "at"
_OPERATORS: Final[Mapping[Comparison, Callable[[Any, Any], ColumnElement[bool]]]] = {
    Comparison.EQUAL: operator.eq,
    Comparison.GREATER: operator.gt,
    Comparison.GREATER_OR_EQUAL: operator.ge,
    Comparison.LESS: operator.lt,
    Comparison.LESS_OR_EQUAL: operator.le,
}
_Value = str | int | float | bool | dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Searchable(Generic[Item]):
    """A read model that can be searched."""

    item: type[Item]  #: a dataclass; its members are columns of the statement
    statement: SelectBase  #: also of several selects together
    key: tuple[str, ...] = ("key",)  #: columns that are unique together
    newest_first: bool = False  #: the order where none is asked for
    within: Mapping[str, str] = field(default_factory=dict)
    """Computed keys -> the column of the key whose millisecond they share."""
    special: Mapping[str, Callable[[Subquery, Condition], ColumnElement[bool]]] = field(
        default_factory=dict
    )
    """Fields that are no columns -> what a condition on one means."""
    together: frozenset[str] = frozenset()
    """Fields whose conditions are about one and the same related row."""
    related: Callable[[Subquery, Sequence[Condition]], ColumnElement[bool]] | None = None
    """What conditions on the fields of `together` mean."""

    def search(
        self,
        session: Session,
        search: Search,
        also: Callable[[Subquery], ColumnElement[bool]] | None = None,
    ) -> Found[Item]:
        """Return the part of the read model that is wanted, and for which `also` holds.

        Raises:
            InvalidCursorError: a cursor is not one of this search.
        """
        view = self.statement.subquery()
        wanted = select(view).where(*self._conditions(session, view, search.criteria))
        if also is not None:
            wanted = wanted.where(also(view))
        order = self._order(search.order)
        rows = self._rows(session, view, wanted, order, search)
        total = _count(session, wanted)
        return Found(
            items=tuple(self._item(row) for row in rows),
            total=min(total, MOST_COUNTED),
            has_more_total=total > MOST_COUNTED,
            start_cursor=_encode(order, rows[0]) if rows else None,
            end_cursor=_encode(order, rows[-1]) if rows else None,
        )

    def find(self, session: Session, *criteria: Criterion) -> Item | None:
        """Return the first that meets the criteria."""
        found = self.all(session, *criteria, limit=1)
        return found[0] if found else None

    def all(self, session: Session, *criteria: Criterion, limit: int = LIMIT) -> tuple[Item, ...]:
        """Return those that meet the criteria, by key, without counting them."""
        view = self.statement.subquery()
        wanted = select(view).where(*self._conditions(session, view, criteria))
        directions = [view.c[name].asc() for name in self.key]
        rows = session.execute(wanted.order_by(*directions).limit(limit))
        return tuple(self._item(cast("AnyRow", row)) for row in rows)

    def keys(
        self, session: Session, criteria: Sequence[Criterion], column: str, *, limit: int
    ) -> list[int]:
        """Return the values of a column of all that meet the criteria, ascending."""
        view = self.statement.subquery()
        wanted = select(view.c[column]).where(*self._conditions(session, view, criteria))
        return list(session.scalars(wanted.distinct().order_by(view.c[column]).limit(limit)))

    def selected(
        self, session: Session, criteria: Sequence[Criterion], column: str
    ) -> Select[*tuple[Any, ...]]:
        """Return the statement for a column of all that meet the criteria."""
        view = self.statement.subquery()
        return select(view.c[column]).where(*self._conditions(session, view, criteria))

    def _rows(
        self,
        session: Session,
        view: Subquery,
        wanted: Select[*tuple[object, ...]],
        order: tuple[SortField, ...],
        search: Search,
    ) -> list[AnyRow]:
        is_backward = search.before is not None
        cursor = search.before if is_backward else search.after
        if cursor is not None:
            values = _decode(cursor, [view.c[one.field] for one in order])
            wanted = wanted.where(_beyond(view, order, values, is_backward=is_backward))
        directions = [
            each for one in order for each in _direction(view.c[one.field], one, is_backward)
        ]
        limited = wanted.order_by(*directions).limit(min(search.limit, LIMIT))
        rows: list[AnyRow] = list(session.execute(limited.offset(search.offset)))
        return rows[::-1] if is_backward else rows

    def _order(self, asked: tuple[SortField, ...]) -> tuple[SortField, ...]:
        named = {one.field for one in asked}
        descends = asked[0].is_descending if asked else self.newest_first
        rest = tuple(
            SortField(field=name, is_descending=descends) for name in self.key if name not in named
        )
        return (*asked, *rest)

    def _item(self, row: AnyRow) -> Item:
        values = row._mapping  # noqa: SLF001 -- the public name, despite its underscore
        names = [one.name for one in fields(cast("Any", self.item)) if one.init]
        return self.item(**{name: values[name] for name in names if name in values})

    def _conditions(
        self, session: Session, view: Subquery, criteria: Sequence[Criterion]
    ) -> list[ColumnElement[bool]]:
        joint = [
            one for one in criteria if isinstance(one, Condition) and one.field in self.together
        ]
        found = [self._criterion(session, view, one) for one in criteria if one not in joint]
        if joint and self.related is not None:
            found.append(self.related(view, joint))
        return found

    def _criterion(
        self, session: Session, view: Subquery, criterion: Criterion
    ) -> ColumnElement[bool]:
        if isinstance(criterion, AnyOf):
            return or_(
                false(),
                *(
                    and_(true(), *self._conditions(session, view, alternative))
                    for alternative in criterion.alternatives
                ),
            )
        special = self.special.get(criterion.field)
        if special is not None:
            return special(view, criterion)
        compared = compare(session, view.c[criterion.field], criterion)
        beside = self.within.get(criterion.field)
        if beside is None:
            return compared
        return and_(compared, _of_millisecond(view.c[beside], criterion))


def compare(
    session: Session, column: ColumnElement[Any], condition: Condition
) -> ColumnElement[bool]:
    """Return a condition on a column as SQL."""
    value: Any = condition.value  # of the column's type: the caller has read it as that
    compared: ColumnElement[bool]
    if condition.comparison is Comparison.EXISTS:
        compared = column.is_not(None) if value else column.is_(None)
    elif condition.comparison is Comparison.IN:
        compared = column.in_(value) if value else false()
    elif condition.comparison is Comparison.NOT_IN:
        compared = or_(column.not_in(value), column.is_(None)) if value else true()
    elif condition.comparison is Comparison.NOT_EQUAL:
        compared = or_(column != value, column.is_(None))
    elif condition.comparison is Comparison.LIKE:
        compared = _like(session, column, str(value))
    else:
        compared = _OPERATORS[condition.comparison](column, value)
    return compared


def exists_where(condition: Condition, found: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return what a condition on a yes-or-no field means, `found` being when it is yes."""
    is_wanted = condition.value is True
    if condition.comparison is Comparison.NOT_EQUAL:
        is_wanted = not is_wanted
    return found if is_wanted else not_(found)


def _like(session: Session, column: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    """Compare with wildcards and with regard to case, which LIKE of SQLite has not."""
    if is_postgresql(session):
        return column.like(literal(_translated(pattern, any_="%", one="_")), escape="\\")
    return column.op("GLOB", return_type=Boolean())(
        literal(_translated(pattern, any_="*", one="?"))
    )


def _translated(pattern: str, *, any_: str, one: str) -> str:
    is_glob = any_ == "*"
    written: list[str] = []
    letters = iter(pattern)
    for letter in letters:
        if letter in "*?":
            written.append(any_ if letter == "*" else one)
            continue
        plain = next(letters, "\\") if letter == "\\" else letter
        if is_glob:
            written.append(f"[{plain}]" if plain in "*?[" else plain)
        else:
            written.append(f"\\{plain}" if plain in "%_\\" else plain)
    return "".join(written)


def _of_millisecond(column: ColumnElement[Any], condition: Condition) -> ColumnElement[bool]:
    """Bound a stored key by the computed ones, so that its index is used."""
    match condition.comparison, condition.value:
        case Comparison.EQUAL, int(value):
            return column.between(*millisecond_of(value))
        case Comparison.IN, tuple(values):
            spans = (column.between(*millisecond_of(each)) for each in _integers(values))
            return or_(false(), *spans)
        case _:
            return true()


def _integers(values: Sequence[Scalar]) -> list[int]:
    return [each for each in values if isinstance(each, int)]


def _count(session: Session, wanted: Select[*tuple[object, ...]]) -> int:
    limited = wanted.order_by(None).limit(MOST_COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(limited)) or 0


def _direction(
    column: ColumnElement[Any],
    one: SortField,
    is_backward: bool,  # noqa: FBT001 -- of the cursor
) -> list[ColumnElement[Any]]:
    without_value: ColumnElement[bool] = column.is_(None)
    is_descending = one.is_descending != is_backward
    return [
        without_value.desc() if is_backward else without_value.asc(),
        column.desc() if is_descending else column.asc(),
    ]


def _beyond(
    view: Subquery,
    order: Sequence[SortField],
    values: Sequence[_Value],
    *,
    is_backward: bool,
) -> ColumnElement[bool]:
    """Return the condition that a row stands beyond the cursor's, in reading direction."""
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for one, value in zip(order, values, strict=True):
        column = view.c[one.field]
        follows = _follows(column, value, one, is_backward=is_backward)
        alternatives.append(and_(*equal, follows))
        equal.append(column.is_(None) if value is None else column == value)
    return or_(*alternatives)


def _follows(
    column: ColumnElement[Any], value: _Value, one: SortField, *, is_backward: bool
) -> ColumnElement[bool]:
    if value is None:
        return column.is_not(None) if is_backward else false()
    beyond: ColumnElement[bool] = (
        column < value if one.is_descending != is_backward else column > value
    )
    return beyond if is_backward else or_(beyond, column.is_(None))


def _encode(order: Sequence[SortField], row: AnyRow) -> str:
    values: list[JsonValue] = []
    for one in order:
        value = row._mapping[one.field]  # noqa: SLF001 -- the public name
        is_moment = isinstance(value, dt.datetime)
        values.append({_MOMENT: to_microseconds(value)} if is_moment else value)
    names = [one.field for one in order]
    return base64.b64encode(dump_json([names, values]).encode()).decode()


def _decode(cursor: str, columns: Sequence[ColumnElement[Any]]) -> list[_Value]:
    message = "Expected a cursor of an earlier answer to this search, but got something else."
    try:
        text = base64.b64decode(cursor.encode("ascii"), validate=True).decode()
        record: Any = load_json(text)  # whatever somebody has sent
        names, values = record
        if names != [column.key for column in columns]:
            raise InvalidCursorError(message)
        return [_cursor_value(*pair) for pair in zip(columns, values, strict=True)]
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidCursorError(message) from error


def _cursor_value(column: ColumnElement[Any], value: JsonValue) -> _Value:
    if value is None:
        return None
    is_moment = isinstance(column.type, UtcDateTime)
    moment = value.get(_MOMENT) if is_moment and isinstance(value, Mapping) else None
    if isinstance(moment, int):
        return from_microseconds(moment)
    known = (type_ for kind, type_ in _PYTHON_TYPES if isinstance(column.type, kind))
    if isinstance(value, str | int | bool) and type(value) is next(known, None):
        return value
    raise TypeError(value)


_PYTHON_TYPES: Final[tuple[tuple[type[TypeEngine[Any]], type], ...]] = (
    (BigKey, int),
    (Integer, int),
    (Boolean, bool),
    (IndexedText, str),
    (FreeText, str),
    (String, str),
)
"""Type of a column -> that of its values in a cursor."""
