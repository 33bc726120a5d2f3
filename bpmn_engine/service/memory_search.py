"""Searches among values that are at hand, by the same rules as those that the database does."""

from __future__ import annotations

import base64
import datetime as dt
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from bpmn_engine.store.errors import InvalidCursorError
from bpmn_engine.views.searching import (
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
Value = Scalar | None
Read = Callable[[Item, str], Value]

_ORDERED: Final[Mapping[Comparison, Callable[[Any, Any], bool]]] = {
    Comparison.GREATER: operator.gt,
    Comparison.GREATER_OR_EQUAL: operator.ge,
    Comparison.LESS: operator.lt,
    Comparison.LESS_OR_EQUAL: operator.le,
}


def member(item: object, name: str) -> Value:
    """Return a member of a dataclass that can be compared; anything else is no value."""
    value = getattr(item, name)
    return value if isinstance(value, str | int | float | bool | dt.datetime) else None


def search_among(
    items: Sequence[Item], search: Search, *, key: str, read: Read[Item] = member
) -> Found[Item]:
    """Return the part of `items` that is wanted; `key` is a member that is unique.

    Raises:
        InvalidCursorError: a cursor is not one of this search.
    """
    found = [item for item in items if _meets(item, search.criteria, read)]
    found.sort(key=lambda item: _ordered(read(item, key)))
    for one in reversed(search.order):
        found = _sorted(found, one, read)
    first = _first(found, search, key, read)
    shown = tuple(found[first : first + search.limit])
    return Found(
        items=shown,
        total=len(found),
        start_cursor=_cursor(read(shown[0], key)) if shown else None,
        end_cursor=_cursor(read(shown[-1], key)) if shown else None,
    )


def is_like(value: str, pattern: str) -> bool:
    """Tell whether a text fits a pattern with `*` and `?`; a backslash makes them plain."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"*": ".*", "?": "."}
    written = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    return re.fullmatch(written, value, re.DOTALL) is not None


def _meets(item: Item, criteria: Sequence[Criterion], read: Read[Item]) -> bool:
    for one in criteria:
        if isinstance(one, AnyOf):
            if not any(_meets(item, alternative, read) for alternative in one.alternatives):
                return False
        elif not is_met(one, read(item, one.field)):
            return False
    return True


def is_met(condition: Condition, value: Value) -> bool:
    """Tell whether a value meets a condition."""
    wanted = condition.value
    match condition.comparison:
        case Comparison.EXISTS:
            return (value is not None) is wanted
        case Comparison.EQUAL:
            return value == wanted
        case Comparison.NOT_EQUAL:
            return value != wanted
        case Comparison.IN:
            return isinstance(wanted, tuple) and value in wanted
        case Comparison.NOT_IN:
            return isinstance(wanted, tuple) and value not in wanted
        case Comparison.LIKE:
            return isinstance(value, str) and is_like(value, str(wanted))
        case _:
            return value is not None and _ORDERED[condition.comparison](value, wanted)


def _sorted(items: list[Item], one: SortField, read: Read[Item]) -> list[Item]:
    with_value = [item for item in items if read(item, one.field) is not None]
    without = [item for item in items if read(item, one.field) is None]
    with_value.sort(key=lambda item: _ordered(read(item, one.field)), reverse=one.is_descending)
    return [*with_value, *without]


def _ordered(value: Value) -> Any:  # noqa: ANN401 -- one type in one field
    return "" if value is None else value


def _first(found: Sequence[Item], search: Search, key: str, read: Read[Item]) -> int:
    cursor = search.before if search.after is None else search.after
    if cursor is None:
        return search.offset
    place = next(
        (place for place, item in enumerate(found) if _cursor(read(item, key)) == cursor), None
    )
    if place is None:
        raise InvalidCursorError(
            "Expected a cursor of an earlier answer to this search, but got something else."
        )
    return place + 1 if search.after is not None else max(0, place - search.limit)


def _cursor(value: Value) -> str:
    return base64.b64encode(str(value).encode()).decode()
