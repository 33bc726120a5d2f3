"""What is looked for, how it is sorted, and which part is wanted: for lists with many filters.

A search names fields; which there are, each list says. The store answers one in the database where
it can; `found_in` answers one in memory, for lists that are short or not kept as rows.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, TypeVar

from bpmn_engine.values import JsonValue, Variables

Item = TypeVar("Item")

Value = str | int | bool | dt.datetime | None
"""What a field holds."""


class Comparison(Enum):
    """How a field is compared."""

    EQUAL = "equal"
    NOT_EQUAL = "not_equal"
    IN = "in"
    NOT_IN = "not_in"
    LIKE = "like"  #: `%` stands for any text, `_` for one character
    NOT_LIKE = "not_like"
    BELOW = "below"
    AT_MOST = "at_most"
    ABOVE = "above"
    AT_LEAST = "at_least"
    ABSENT = "absent"  #: has no value; needs none
    PRESENT = "present"  #: has a value; needs none
    NEVER = "never"  #: holds of nothing, whatever the field is


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that holds of everything found; a field without value meets only ABSENT."""

    field: str
    comparison: Comparison = Comparison.EQUAL
    value: Value = None
    values: tuple[Value, ...] = ()  #: of IN and NOT_IN
    ignores_case: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableCondition:
    """A variable that everything found has, with a value that compares like this."""

    name: str
    comparison: Comparison
    value: JsonValue
    is_local: bool = False  #: of the task or element itself, not of the process instance
    ignores_name_case: bool = False
    ignores_value_case: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SortBy:
    """One field that a list is sorted by."""

    field: str
    is_descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for: all conditions hold, and one of each group of alternatives."""

    conditions: tuple[Condition, ...] = ()
    alternatives: tuple[tuple[Condition, ...], ...] = ()
    variables: tuple[VariableCondition, ...] = ()
    order: tuple[SortBy, ...] = ()
    first: int = 0  #: how many are left out at the beginning
    most: int | None = None  #: how many are wanted; None = all

    def also(self, *conditions: Condition) -> Search:
        """Return the search with more conditions."""
        return replace(self, conditions=(*self.conditions, *conditions))

    def whole(self) -> Search:
        """Return the search for everything that this one finds a part of, unsorted."""
        return replace(self, order=(), first=0, most=None)


EVERYTHING: Final = Search()
"""All there is, in the order of its keys."""

NEVER: Final = Condition(field="", comparison=Comparison.NEVER)
"""Holds of nothing."""


def found_in(
    items: Iterable[Item], search: Search, fields: Mapping[str, Callable[[Item], Value]]
) -> list[Item]:
    """Return the items that a search finds, sorted, the wanted part; variables are not looked at.

    Raises:
        KeyError: the search names a field that this list does not have; a bug of the caller.
    """
    found = [item for item in items if _holds(search, item, fields)]
    for key in reversed(search.order):
        read = fields[key.field]
        found.sort(key=lambda item, read=read: _sortable(read(item)), reverse=key.is_descending)  # type: ignore[misc]  # a lambda with a default
    return part_of(found, search)


def part_of(found: list[Item], search: Search) -> list[Item]:
    """Return the wanted part of what was found."""
    end = None if search.most is None else search.first + search.most
    return found[search.first : end]


def variables_hold(
    conditions: Iterable[VariableCondition], shared: Variables, local: Variables
) -> bool:
    """Tell whether the variables of an instance, and those of a task in it, are as wanted."""
    return all(_variable_holds(each, local if each.is_local else shared) for each in conditions)


def _variable_holds(condition: VariableCondition, variables: Variables) -> bool:
    wanted = condition.name
    names = [wanted] if wanted in variables else []
    if condition.ignores_name_case:
        names = [name for name in variables if name.lower() == wanted.lower()]
    return any(
        compares(
            variables[name],
            condition.comparison,
            condition.value,
            ignores_case=condition.ignores_value_case,
        )
        for name in names
    )


def compares(
    held: JsonValue | dt.datetime,
    comparison: Comparison,
    wanted: JsonValue | dt.datetime,
    *,
    ignores_case: bool = False,
) -> bool:
    """Tell whether a value compares with another; values of different kinds only differ."""
    if ignores_case and isinstance(held, str) and isinstance(wanted, str):
        held, wanted = held.lower(), wanted.lower()
    if comparison in _ORDERED:
        return _ordered(held, comparison, wanted)
    match comparison:
        case Comparison.EQUAL:
            return _same(held, wanted)
        case Comparison.NOT_EQUAL:
            return not _same(held, wanted)
        case Comparison.LIKE | Comparison.NOT_LIKE:
            if not (isinstance(held, str) and isinstance(wanted, str)):
                return False
            return _is_like(held, wanted) == (comparison is Comparison.LIKE)
        case _:
            return (held is not None) == (comparison is Comparison.PRESENT)


_ORDERED: Final = frozenset(
    {Comparison.BELOW, Comparison.AT_MOST, Comparison.ABOVE, Comparison.AT_LEAST}
)


def like_pattern(pattern: str) -> str:
    r"""Return the regular expression of a LIKE pattern; `\` takes the meaning of what follows."""
    parts: list[str] = []
    rest = iter(pattern)
    for letter in rest:
        if letter == "\\":
            parts.append(re.escape(next(rest, letter)))
        else:
            parts.append({"%": ".*", "_": "."}.get(letter) or re.escape(letter))
    return "".join(parts)


def _is_like(text: str, pattern: str) -> bool:
    return re.fullmatch(like_pattern(pattern), text, re.DOTALL) is not None


def _same(held: object, wanted: object) -> bool:
    if isinstance(held, bool) != isinstance(wanted, bool):
        return False
    return held == wanted


def _ordered(held: object, comparison: Comparison, wanted: object) -> bool:
    pairs: tuple[type | tuple[type, ...], ...] = ((int, float), str, dt.datetime)
    for kind in pairs:
        if isinstance(held, kind) and isinstance(wanted, kind):
            break
    else:
        return False
    if isinstance(held, bool) or isinstance(wanted, bool):
        return False
    left, right = _rank(held), _rank(wanted)
    return {
        Comparison.BELOW: left < right,
        Comparison.AT_MOST: left <= right,
        Comparison.ABOVE: left > right,
        Comparison.AT_LEAST: left >= right,
    }[comparison]


def _rank(value: object) -> tuple[float, str]:
    match value:
        case dt.datetime():
            return value.timestamp(), ""
        case int() | float():
            return value, ""
        case _:
            return 0, str(value)


def _holds(search: Search, item: Item, fields: Mapping[str, Callable[[Item], Value]]) -> bool:
    return all(_meets(each, item, fields) for each in search.conditions) and all(
        any(_meets(each, item, fields) for each in group) for group in search.alternatives
    )


def _meets(
    condition: Condition, item: Item, fields: Mapping[str, Callable[[Item], Value]]
) -> bool:
    if condition.comparison is Comparison.NEVER:
        return False
    held = fields[condition.field](item)
    match condition.comparison:
        case Comparison.ABSENT:
            return held is None
        case Comparison.IN:
            return held is not None and any(_same(held, value) for value in condition.values)
        case Comparison.NOT_IN:
            return held is not None and not any(_same(held, value) for value in condition.values)
        case comparison:
            return held is not None and compares(
                held, comparison, condition.value, ignores_case=condition.ignores_case
            )


def _sortable(value: Value) -> tuple[bool, tuple[float, str]]:
    """Return what a value is sorted by; without a value it comes last."""
    return value is None, _rank(value)
