"""What a search of Camunda 8 can filter by: fields, what they hold, how they are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bpmn_engine.service.searches import VARIABLE, Comparison

TENANT: Final = "<default>"
"""The only tenant, by Camunda's name for it."""


class Kind(Enum):
    """What a filter compares with."""

    TEXT = "a text"
    KEY = "a key, as a text of decimal digits"
    EVALUATION = "a key of a decision evaluation, such as 2251799813685249-1"
    INTEGER = "a whole number"
    MOMENT = "a date and time with its offset, such as 2026-01-05T09:00:00Z"
    FLAG = "true or false"
    TENANT = "the id of a tenant"
    TAGS = "a list of tags, each a text; all of them are meant"
    VARIABLES = "a list of variables, each with name and value as JSON"


_ALL: Final = frozenset(Comparison)
COMPARED_VARIABLES: Final = frozenset(
    {
        Comparison.EQUAL,
        Comparison.NOT_EQUAL,
        Comparison.EXISTS,
        Comparison.IN,
        Comparison.NOT_IN,
        Comparison.LIKE,
    }
)
_EXACT: Final = frozenset({Comparison.EQUAL, Comparison.IN})
_YES_OR_NO: Final = frozenset({Comparison.EQUAL, Comparison.NOT_EQUAL})


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of a search."""

    field: str  #: of the record
    kind: Kind = Kind.TEXT
    comparisons: frozenset[Comparison] = _ALL
    is_sortable: bool = True


def key(field: str) -> Filter:
    """Return a filter by key."""
    return Filter(field, Kind.KEY)


def integer(field: str) -> Filter:
    """Return a filter by number."""
    return Filter(field, Kind.INTEGER)


def moment(field: str) -> Filter:
    """Return a filter by time."""
    return Filter(field, Kind.MOMENT)


def flag(field: str) -> Filter:
    """Return a filter by yes or no."""
    return Filter(field, Kind.FLAG, _YES_OR_NO)


def unsorted(field: str, kind: Kind = Kind.TEXT) -> Filter:
    """Return a filter that nothing can be sorted by."""
    return Filter(field, kind, _ALL, is_sortable=False)


def exact(field: str, kind: Kind = Kind.TEXT) -> Filter:
    """Return a filter that compares with values that are named, and sorts nothing."""
    return Filter(field, kind, _EXACT, is_sortable=False)


def tags() -> Filter:
    """Return a filter by tags of the instance."""
    return Filter("tag", Kind.TAGS, is_sortable=False)


def variables(prefix: str = VARIABLE) -> Filter:
    """Return a filter by variables: of the instance, or of the element instance alone."""
    return Filter(prefix, Kind.VARIABLES, is_sortable=False)


Filters = Mapping[str, Filter]

TENANTS: Final[Filters] = {"tenantId": Filter("", Kind.TENANT)}
"""The filter that every resource of a tenant has."""
