"""Keyset pagination: a cursor names the row a page begins after, so deep pages cost no more.

A cursor is opaque outside: base64url of JSON with a direction and the sort values of a row.
"""

from __future__ import annotations

import base64
import datetime as dt
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Select, and_, func, select, union

from bpmn_engine.store.columns import from_microseconds, to_microseconds
from bpmn_engine.store.errors import InvalidCursorError
from bpmn_engine.store.json_text import dump_json, load_json
from bpmn_engine.store.rows import AnyRow
from bpmn_engine.store.session import Session
from bpmn_engine.values import JsonValue
from bpmn_engine.views.paging import Page, PageRequest

LIMIT: Final = 200
"""Most rows of one page."""

_Item = TypeVar("_Item")


class SortType(Enum):
    """What a column of an order holds."""

    NUMBER = "number"
    TEXT = "text"
    MOMENT = "moment"  #: may be null; rows without come last


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column of an order; together they are unique. The statement must select it."""

    column: ColumnElement[Any]  # a column of any type: only compared with its own values
    type: SortType = SortType.NUMBER
    is_descending: bool = False  #: not for a column that may be null


@dataclass(frozen=True, slots=True)
class _Cursor:
    is_backward: bool
    values: tuple[int | str | dt.datetime | None, ...]


Listed = Select[*tuple[object, ...]]
"""A statement for the rows of a list."""

_NO_VALUES: Final[Mapping[str, object]] = {}


def page_of(
    session: Session,
    statement: Listed | Sequence[Listed],
    order: Sequence[SortKey],
    request: PageRequest,
    read: Callable[[Sequence[AnyRow]], Iterable[_Item]],
    *,
    values: Mapping[str, object] = _NO_VALUES,
) -> Page[_Item]:
    """Run a statement for one page; `read` turns its rows into items.

    Several statements are one list: each is asked for a page, as an index of its own may carry
    it, and what they give is merged. The last column of the order tells rows apart. `values` are
    those of the parameters that the statements name.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    statements = (statement,) if isinstance(statement, Select) else tuple(statement)
    cursor = None if request.cursor is None else _decode(request.cursor, order)
    is_backward = cursor is not None and cursor.is_backward
    limit = min(max(request.limit, 1), LIMIT)
    rows = _merged(
        [_seek(session, each, order, cursor, limit + 1, values) for each in statements],
        order,
        is_backward,
    )
    has_more = len(rows) > limit
    del rows[limit:]
    if is_backward:
        rows.reverse()
    has_next = bool(rows) and (has_more or is_backward)
    has_previous = bool(rows) and (has_more if is_backward else cursor is not None)
    total = None
    if request.has_total:
        total = count_of(session, statements, order, most=request.total_limit, values=values)
    return Page(
        items=tuple(read(rows)),
        next_cursor=_encode("next", order, rows[-1]) if has_next else None,
        previous_cursor=_encode("previous", order, rows[0]) if has_previous else None,
        total=total,
    )


def count_of(
    session: Session,
    statements: Sequence[Listed],
    order: Sequence[SortKey],
    *,
    most: int | None = None,
    values: Mapping[str, object] = _NO_VALUES,
) -> int:
    """Return how many rows statements give together, told apart by the last column of the order.

    No more than `most` and one more are looked at.
    """
    limit = None if most is None else most + 1
    count = session.scalar(counting(statements, order, limit=limit), values) or 0
    return count if limit is None else min(count, limit)


def counting(
    statements: Sequence[Listed],
    order: Sequence[SortKey],
    *,
    limit: int | BindParameter[int] | None,
) -> Select[int]:
    """Return a statement that counts the rows that statements give together.

    They are told apart by the last column of the order. No more than `limit` of each are looked
    at, in the order, so that a count costs no more than that: without an order a database may
    look for them where there are none.
    """
    identity = order[-1].column.label("identity")
    columns = [key.column for key in order[:-1]]
    each = [
        one.with_only_columns(identity, *columns)
        .order_by(None)
        .order_by(*([] if limit is None else _directions(order, is_backward=False)))
        .limit(limit)
        .subquery()
        for one in statements
    ]
    rows = union(*(select(one.c.identity) for one in each)).subquery()
    return select(func.count()).select_from(rows if len(each) > 1 else each[0])


def _seek(
    session: Session,
    statement: Listed,
    order: Sequence[SortKey],
    cursor: _Cursor | None,
    count: int,
    values: Mapping[str, object],
) -> list[AnyRow]:
    """Return the rows after a cursor, in reading direction."""
    is_backward = cursor is not None and cursor.is_backward
    ordered = statement.order_by(*_directions(order, is_backward))
    if cursor is None:
        return list(session.execute(ordered.limit(count), values))
    rows: list[AnyRow] = []
    for stretch in _stretches(order, cursor):
        if len(rows) < count:
            rows += session.execute(ordered.where(stretch).limit(count - len(rows)), values)
    return rows


def _merged(
    lists: Sequence[list[AnyRow]],
    order: Sequence[SortKey],
    is_backward: bool,  # noqa: FBT001 -- of the cursor
) -> list[AnyRow]:
    """Return the rows of ordered lists in that order, each once; not for an order by texts."""
    if len(lists) == 1:
        return lists[0]

    def place(row: AnyRow) -> tuple[float, ...]:
        return tuple(_rank(key, row, is_backward) for key in order)

    identity = order[-1].column
    rows = {row._mapping[identity]: row for each in lists for row in each}  # noqa: SLF001 -- public
    return sorted(rows.values(), key=place)


def _rank(
    key: SortKey,
    row: AnyRow,
    is_backward: bool,  # noqa: FBT001 -- of the cursor
) -> int | float:
    value = row._mapping[key.column]  # noqa: SLF001 -- the public name, despite its underscore
    sign = -1 if key.is_descending != is_backward else 1
    if value is None:
        return sign * math.inf
    if isinstance(value, dt.datetime):
        return sign * to_microseconds(value)
    if isinstance(value, int):
        return sign * value
    raise TypeError(f"Expected an order by numbers and moments, but {key.column} is none.")


def _directions(order: Sequence[SortKey], is_backward: bool) -> list[ColumnElement[Any]]:  # noqa: FBT001 -- of the cursor
    directions: list[ColumnElement[Any]] = []
    for key in order:
        is_descending = key.is_descending != is_backward
        direction = key.column.desc() if is_descending else key.column.asc()
        if key.type is SortType.MOMENT and not key.is_descending:
            direction = direction.nulls_first() if is_backward else direction.nulls_last()
        directions.append(direction)
    return directions


def _stretches(order: Sequence[SortKey], cursor: _Cursor) -> Iterator[ColumnElement[bool]]:
    """Yield conditions of the rows beyond a cursor, nearest first; each is a range of an index.

    One condition for all of them would be an OR, which no database finds by an index.
    """
    for last in range(len(order) - 1, -1, -1):
        equal = [
            key.column.is_(None) if value is None else key.column == value
            for key, value in zip(order[:last], cursor.values[:last], strict=True)
        ]
        for beyond in _follows(order[last], cursor.values[last], cursor.is_backward):
            yield and_(*equal, beyond)


def _follows(
    key: SortKey,
    value: int | str | dt.datetime | None,
    is_backward: bool,  # noqa: FBT001 -- of the cursor
) -> tuple[ColumnElement[bool], ...]:
    if value is None:
        return (key.column.is_not(None),) if is_backward else ()
    if key.is_descending != is_backward:
        return (key.column < value,)
    if key.type is SortType.MOMENT and not key.is_descending:
        return (key.column > value, key.column.is_(None))
    return (key.column > value,)


def _encode(direction: str, order: Sequence[SortKey], row: AnyRow) -> str:
    values: list[JsonValue] = []
    for key in order:
        value = row._mapping[key.column]  # noqa: SLF001 -- the public name, despite its underscore
        values.append(to_microseconds(value) if isinstance(value, dt.datetime) else value)
    text = dump_json([direction, *values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, order: Sequence[SortKey]) -> _Cursor:
    message = "Expected a cursor taken from an earlier page of this list, but got something else."
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        record = load_json(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
        if not isinstance(record, list) or record[0] not in {"next", "previous"}:
            raise InvalidCursorError(message)
        values = tuple(
            _value(key.type, value) for key, value in zip(order, record[1:], strict=True)
        )
    except (ValueError, IndexError, TypeError, OverflowError) as error:
        raise InvalidCursorError(message) from error
    return _Cursor(is_backward=record[0] == "previous", values=values)


def _value(sort_type: SortType, value: JsonValue) -> int | str | dt.datetime | None:
    match sort_type, value:
        case SortType.TEXT, str():
            return value
        case SortType.NUMBER, int() if abs(value) < _INTEGER_BOUND:
            return value
        case SortType.MOMENT, int():
            return from_microseconds(value)
        case SortType.MOMENT, None:
            return None
        case _:
            raise ValueError(value)


_INTEGER_BOUND: Final = 2**63
"""What both databases can compare."""
