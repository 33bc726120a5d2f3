"""One page of a list, found by key and not by offset."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which part of a list is wanted."""

    cursor: str | None = None  #: opaque, from an earlier page; None = the first page
    limit: int = 50  #: at most 200
    has_total: bool = False  #: whether all matching rows are to be counted
    total_limit: int | None = None  #: count no further than one more than this; None = to the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """Some rows of a list, and how to get at those around them."""

    items: tuple[Item, ...]
    next_cursor: str | None = None  #: None on the last page
    previous_cursor: str | None = None  #: None on the first page
    total: int | None = None  #: of all matching rows, when asked for; see `total_limit`


COUNT_LIMIT: Final = 1000
"""Counts beside lists go no further: one more than this means "more than this"."""

FIRST_PAGE = PageRequest()
"""The first 50 rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """For whom something is read or done; decides which user tasks are visible."""

    user_id: str
    groups: frozenset[str] = field(default_factory=frozenset)
    sees_all: bool = False  #: operators and administrators
