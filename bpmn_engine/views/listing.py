"""A list asked for by conditions, an order and an offset, as the query APIs of other engines do.

Each list has its own table of fields in the store; a condition on another field is a bug.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from bpmn_engine.views.paging import Caller

Operand = str | int | bool | dt.datetime | tuple[str, ...] | tuple[int, ...] | None


class Comparison(Enum):
    """How a field is compared with the value of a condition."""

    EQUAL = "equal"  #: also to None
    UNEQUAL = "unequal"  #: also to None
    LIKE = "like"  #: a pattern of SQL, with `%` and `_`; a backslash before them is for themselves
    ANY_OF = "any_of"
    NONE_OF = "none_of"
    LESS = "less"
    AT_MOST = "at_most"
    GREATER = "greater"
    AT_LEAST = "at_least"
    NEVER = "never"  #: nothing meets it, whatever the field


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a row has to meet."""

    field: str  #: in the list's table of fields; empty with NEVER
    comparison: Comparison = Comparison.EQUAL
    value: Operand = None


NEVER = Condition(field="", comparison=Comparison.NEVER)
"""What no row meets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One column of an order."""

    field: str
    is_descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which rows of a list are wanted, in which order."""

    conditions: tuple[Condition, ...] = ()  #: all of them
    alternatives: tuple[tuple[Condition, ...], ...] = ()  #: and of each group at least one
    order: tuple[Order, ...] = ()  #: then by key
    offset: int = 0
    limit: int | None = None  #: None = all
    visible_to: Caller | None = None  #: only what belongs to instances that they may see
