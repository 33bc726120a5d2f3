"""Keyset pagination: a cursor names the row a page begins after, so deep pages cost no more.

A cursor is opaque outside: base64url of JSON with a direction and the sort values of a row.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from bpmn_engine.store.columns import from_microseconds, to_microseconds
from bpmn_engine.store.errors import InvalidCursorError
from bpmn_engine.store.json_text import dump_json, load_json
from bpmn_engine.store.rows import AnyRow
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


def page_of(
    session: Session,
    statement: Select[*tuple[object, ...]],
    order: Sequence[SortKey],
    request: PageRequest,
    read: Callable[[Sequence[AnyRow]], Iterable[_Item]],
) -> Page[_Item]:
    """Run a statement for one page; `read` turns its rows into items.

    Raises:
        InvalidCursorError: the cursor is not one of this list.
    """
    cursor = None if request.cursor is None else _decode(request.cursor, order)
    is_backward = cursor is not None and cursor.is_backward
    limit = min(max(request.limit, 1), LIMIT)
    wanted = statement if cursor is None else statement.where(_beyond(order, cursor))
    rows: list[AnyRow] = list(
        session.execute(wanted.order_by(*_directions(order, is_backward)).limit(limit + 1))
    )
    has_more = len(rows) > limit
    del rows[limit:]
    if is_backward:
        rows.reverse()
    has_next = bool(rows) and (has_more or is_backward)
    has_previous = bool(rows) and (has_more if is_backward else cursor is not None)
    return Page(
        items=tuple(read(rows)),
        next_cursor=_encode("next", order, rows[-1]) if has_next else None,
        previous_cursor=_encode("previous", order, rows[0]) if has_previous else None,
        total=_count(session, statement) if request.has_total else None,
    )


def _count(session: Session, statement: Select[*tuple[object, ...]]) -> int:
    counted = select(func.count()).select_from(statement.order_by(None).subquery())
    return session.scalar(counted) or 0


def _directions(order: Sequence[SortKey], is_backward: bool) -> list[ColumnElement[Any]]:  # noqa: FBT001 -- of the cursor
    directions: list[ColumnElement[Any]] = []
    for key in order:
        is_descending = key.is_descending != is_backward
        direction = key.column.desc() if is_descending else key.column.asc()
        if key.type is SortType.MOMENT:
            direction = direction.nulls_first() if is_backward else direction.nulls_last()
        directions.append(direction)
    return directions


def _beyond(order: Sequence[SortKey], cursor: _Cursor) -> ColumnElement[bool]:
    """Return the condition that a row stands beyond the cursor's, in reading direction."""
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for key, value in zip(order, cursor.values, strict=True):
        alternatives.append(and_(*equal, _follows(key, value, cursor.is_backward)))
        equal.append(key.column.is_(None) if value is None else key.column == value)
    return or_(*alternatives)


def _follows(
    key: SortKey,
    value: int | str | dt.datetime | None,
    is_backward: bool,  # noqa: FBT001 -- of the cursor
) -> ColumnElement[bool]:
    if value is None:
        return key.column.is_not(None) if is_backward else false()
    if key.is_descending != is_backward:
        return key.column < value
    if key.type is SortType.MOMENT:
        return or_(key.column > value, key.column.is_(None))
    return key.column > value


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
