"""Searches: conditions over named fields, an order, and a part of what is found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

Item = TypeVar("Item")

Scalar = str | int | float | bool | dt.datetime
"""What a field is compared with."""


class Comparison(Enum):
    """How a field is compared."""

    EQUAL = "$eq"
    NOT_EQUAL = "$neq"  #: also true of a field without value
    EXISTS = "$exists"
    GREATER = "$gt"
    GREATER_OR_EQUAL = "$gte"
    LESS = "$lt"
    LESS_OR_EQUAL = "$lte"
    LIKE = "$like"  #: `*` stands for any text, `?` for one character
    IN = "$in"
    NOT_IN = "$notIn"  #: also true of a field without value


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One comparison of one field."""

    field: str
    comparison: Comparison = Comparison.EQUAL
    value: Scalar | tuple[Scalar, ...]  #: a tuple for IN and NOT_IN, a bool for EXISTS


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """True when all conditions of one of the alternatives are."""

    alternatives: tuple[tuple[Condition, ...], ...]


Criterion = Condition | AnyOf


@dataclass(frozen=True, slots=True, kw_only=True)
class SortField:
    """One field of an order; what has no value comes last."""

    field: str
    is_descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is wanted: all criteria hold."""

    criteria: tuple[Criterion, ...] = ()
    order: tuple[SortField, ...] = ()  #: ties by key
    limit: int = 100
    offset: int = 0  #: not together with a cursor
    after: str | None = None  #: cursor of an earlier answer
    before: str | None = None  #: cursor of an earlier answer; not together with `after`

    def conditions(self, field: str) -> tuple[Condition, ...]:
        """Return the conditions on a field that hold for all that is found."""
        return tuple(
            one for one in self.criteria if isinstance(one, Condition) and one.field == field
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[Item]):
    """A part of what was found."""

    items: tuple[Item, ...]
    total: int  #: of all that match; counting ends at `MOST_COUNTED`
    has_more_total: bool = False  #: whether there are more than `total`
    start_cursor: str | None = None  #: of the first item; None without items
    end_cursor: str | None = None  #: of the last item


VARIABLE = "variable "
"""What the field of a condition on a variable of an instance begins with; its name follows."""

LOCAL_VARIABLE = "local variable "
"""The same, of the element instance's own scope."""

MOST_COUNTED = 10_000
"""Matching rows are counted up to here."""


def named_values(conditions: Sequence[Condition]) -> tuple[Scalar, ...] | None:
    """Return the values that a field is bound to, or None if it is not bound to some."""
    for one in conditions:
        if one.comparison is Comparison.EQUAL and not isinstance(one.value, tuple):
            return (one.value,)
        if one.comparison is Comparison.IN and isinstance(one.value, tuple):
            return one.value
    return None


def all_conditions(criteria: Sequence[Criterion]) -> tuple[Condition, ...]:
    """Return every condition of criteria, those of alternatives too."""
    return tuple(
        one
        for each in criteria
        for one in (
            (each,)
            if isinstance(each, Condition)
            else tuple(inner for alternative in each.alternatives for inner in alternative)
        )
    )


def fields_of(search: Search) -> frozenset[str]:
    """Return the fields that a search asks for or is ordered by."""
    asked = (one.field for one in all_conditions(search.criteria))
    return frozenset([*asked, *(one.field for one in search.order)])
