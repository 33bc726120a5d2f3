"""Queries of Camunda 7: from parameters, of a GET or a POST, to a listing of the service.

Each resource has a table of the parameters that it knows. One that is in no table is an error and
not ignored as in Camunda 7: a filter that has no effect would give wrong results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Final, TypeVar

from flask import request

from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import NEVER, Comparison, Condition, Listing, Operand, Order
from bpmn_engine.views.paging import Caller
from web.camunda.seven.ids import definition_key_of, refuse
from web.camunda.times import read_time
from web.errors import ProblemError
from web.json_input import JsonFailure, read_json
from web.keys import read_key

Query = Mapping[str, JsonValue]
"""The parameters of a query by name, without those that are null; of a GET all are texts."""

PAGING: Final = frozenset({"firstResult", "maxResults"})
ORDERING: Final = frozenset({"sortBy", "sortOrder", "sorting"})
_ANY_VALUES: Final = frozenset({"deserializeValues", "deserializeValue"})


MOST_ROWS: Final = 50_000
"""Rows that one answer may hold; Camunda 7 has such a limit too, where it is configured."""

Item = TypeVar("Item")


class Kind(Enum):
    """How the value of a parameter is read."""

    TEXT = "text"
    TEXTS = "texts"  #: comma-separated, or a list
    KEY = "key"
    KEYS = "keys"
    DEFINITION = "definition"  #: the id of a process or decision definition
    DEFINITIONS = "definitions"
    NUMBER = "number"
    MOMENT = "moment"
    FLAG = "flag"  #: the condition holds when it is true; false asks for nothing
    CHOICE = "choice"  #: true or false, compared with the field
    TENANTS = "tenants"  #: there is one tenant, which has no id: nothing is found
    NOTHING = "nothing"  #: of what there is none here, such as cases
    ANYTHING = "anything"  #: what everything here meets
    APART = "apart"  #: read by the resource itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What a parameter asks for."""

    kind: Kind
    field: str = ""
    comparison: Comparison = Comparison.EQUAL
    value: Operand = None  #: of a flag


def text(name: str) -> Parameter:
    """Return a parameter that is equal to a text."""
    return Parameter(kind=Kind.TEXT, field=name)


def like(name: str) -> Parameter:
    """Return a parameter that is a pattern of SQL."""
    return Parameter(kind=Kind.TEXT, field=name, comparison=Comparison.LIKE)


def texts(name: str, comparison: Comparison = Comparison.ANY_OF) -> Parameter:
    """Return a parameter that lists texts."""
    return Parameter(kind=Kind.TEXTS, field=name, comparison=comparison)


def key(name: str) -> Parameter:
    """Return a parameter that is a key."""
    return Parameter(kind=Kind.KEY, field=name)


def keys(name: str) -> Parameter:
    """Return a parameter that lists keys."""
    return Parameter(kind=Kind.KEYS, field=name, comparison=Comparison.ANY_OF)


def definition(name: str) -> Parameter:
    """Return a parameter that is the id of a definition."""
    return Parameter(kind=Kind.DEFINITION, field=name)


def definitions(name: str) -> Parameter:
    """Return a parameter that lists ids of definitions."""
    return Parameter(kind=Kind.DEFINITIONS, field=name, comparison=Comparison.ANY_OF)


def moment(name: str, comparison: Comparison) -> Parameter:
    """Return a parameter that is a time."""
    return Parameter(kind=Kind.MOMENT, field=name, comparison=comparison)


def number(name: str, comparison: Comparison = Comparison.EQUAL) -> Parameter:
    """Return a parameter that is a number."""
    return Parameter(kind=Kind.NUMBER, field=name, comparison=comparison)


def flag(name: str, value: Operand, comparison: Comparison = Comparison.EQUAL) -> Parameter:
    """Return a parameter that asks for something when it is true."""
    return Parameter(kind=Kind.FLAG, field=name, value=value, comparison=comparison)


TENANTS: Final = Parameter(kind=Kind.TENANTS)
NOTHING: Final = Parameter(kind=Kind.NOTHING)
ANYTHING: Final = Parameter(kind=Kind.ANYTHING)
APART: Final = Parameter(kind=Kind.APART)

Special = Callable[[JsonValue], Sequence[Condition]]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryTable:
    """What a list can be asked for."""

    parameters: Mapping[str, Parameter]
    sorts: Mapping[str, str]  #: Camunda's name of an order -> the field
    special: Mapping[str, Special] = field(default_factory=dict)

    def listing(self, query: Query, *, visible_to: Caller | None = None) -> Listing:
        """Return the listing that a query means.

        Raises:
            ProblemError: a parameter is not known, or its value is not usable (400).
        """
        return Listing(
            conditions=tuple(self.conditions(query)),
            alternatives=tuple(self._alternatives(query)),
            order=self._order(query),
            offset=_whole(query, "firstResult") or 0,
            limit=_limit(query),
            visible_to=visible_to,
        )

    def conditions(self, query: Query) -> Iterator[Condition]:
        """Return what a query asks for, but for order and paging.

        Raises:
            ProblemError: a parameter is not known, or its value is not usable (400).
        """
        for name, value in query.items():
            if name in self.special:
                yield from self.special[name](value)
            elif name in self.parameters:
                yield from _conditions(name, self.parameters[name], value, query)
            elif name == "orQueries":
                continue
            elif name not in PAGING | ORDERING | _ANY_VALUES:
                known = ", ".join(sorted({*self.parameters, *self.special}))
                raise refuse(
                    f"Expected a parameter that is known here, but got {name!r}. It would have no "
                    f"effect. Known are {known}."
                )

    def _alternatives(self, query: Query) -> Iterator[tuple[Condition, ...]]:
        for each in _list(query.get("orQueries"), "orQueries"):
            if not isinstance(each, Mapping):
                raise refuse("Expected an object in orQueries.")
            given = {name: value for name, value in each.items() if value is not None}
            apart = [name for name in given if self.parameters.get(name) is APART]
            if apart or "orQueries" in given:
                raise refuse(
                    f"Expected orQueries without {', '.join(apart) or 'orQueries'} in them."
                )
            group = tuple(self.conditions(given))
            if group:
                yield group

    def _order(self, query: Query) -> tuple[Order, ...]:
        sorting = [
            (each.get("sortBy"), each.get("sortOrder"))
            for each in _list(query.get("sorting"), "sorting")
            if isinstance(each, Mapping)
        ]
        if "sortBy" in query or "sortOrder" in query:
            sorting.insert(0, (query.get("sortBy"), query.get("sortOrder")))
        orders = []
        for by, order in sorting:
            if by is None or order is None:
                raise refuse(
                    "Only a single sorting parameter specified. sortBy and sortOrder required"
                )
            if not isinstance(by, str) or by not in self.sorts:
                raise refuse(
                    f"Cannot set query parameter 'sortBy' to value '{by}': expected one of "
                    f"{', '.join(self.sorts)}."
                )
            if order not in ("asc", "desc"):
                raise refuse(
                    f"Cannot set query parameter 'sortOrder' to value '{order}': expected asc or "
                    "desc."
                )
            orders.append(Order(field=self.sorts[by], is_descending=order == "desc"))
        return tuple(orders)


def bounded(found: Sequence[Item]) -> Sequence[Item]:
    """Return what was found, if one answer may hold it.

    Raises:
        ProblemError: it is too much (400).
    """
    if len(found) > MOST_ROWS:
        raise refuse(
            "An unbound number of results is forbidden! Expected maxResults of at most "
            f"{MOST_ROWS}, or more conditions."
        )
    return found


def read_query() -> Query:
    """Return the parameters of the request: of its address, and with POST those of its body.

    Raises:
        ProblemError: the body is no JSON object (400).
    """
    given: dict[str, JsonValue] = {
        name: value for name, value in request.args.items() if value != ""
    }
    raw = request.get_data() if request.method == "POST" else b""
    if not raw.strip():
        return given
    body = read_json(raw)
    if isinstance(body, JsonFailure):
        raise refuse(body.message)
    return {**given, **members(body, "the body")}


def members(value: JsonValue, what: str) -> dict[str, JsonValue]:
    """Return the members of an object that are not null; None has none.

    Raises:
        ProblemError: it is something else (400).
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise refuse(f"Expected a JSON object in {what}.")
    return {name: member for name, member in value.items() if member is not None}


def is_true(name: str, value: JsonValue) -> bool:
    """Return the truth value of a parameter.

    Raises:
        ProblemError: it is none (400).
    """
    if not (isinstance(value, bool) or value in ("true", "false")):
        raise refuse(
            f"Cannot set query parameter '{name}' to value '{value}': expected true or false."
        )
    return value is True or value == "true"


def names_of(name: str, value: JsonValue) -> tuple[str, ...]:
    """Return the texts of a list, or of a text with commas.

    Raises:
        ProblemError: it is something else (400).
    """
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(","))
    return tuple(str(each) for each in _list(value, name))


def _conditions(
    name: str, parameter: Parameter, value: JsonValue, query: Query
) -> Iterator[Condition]:
    match parameter.kind:
        case Kind.APART | Kind.ANYTHING:
            return
        case Kind.NOTHING:
            yield NEVER
        case Kind.TENANTS:
            names_of(name, value)
            if not any(
                each.startswith("include") and each.endswith("WithoutTenantId") for each in query
            ):
                yield NEVER
        case Kind.FLAG:
            if is_true(name, value):
                yield _condition(parameter, parameter.value)
        case _:
            yield _found(parameter, _operand(name, parameter.kind, value))


def _found(parameter: Parameter, operand: Operand) -> Condition:
    """Return the condition; what is no key of ours is nowhere."""
    if operand is None or (operand == () and parameter.comparison is Comparison.ANY_OF):
        return NEVER
    return _condition(parameter, operand)


def _condition(parameter: Parameter, value: Operand) -> Condition:
    return Condition(field=parameter.field, comparison=parameter.comparison, value=value)


def _operand(  # noqa: C901, PLR0912 -- a case for each kind
    name: str, kind: Kind, value: JsonValue
) -> Operand:
    match kind:
        case Kind.TEXT:
            return str(value)
        case Kind.TEXTS:
            return names_of(name, value)
        case Kind.KEY:
            return read_key(str(value))
        case Kind.KEYS:
            found = (read_key(each) for each in names_of(name, value))
            return tuple(each for each in found if each is not None)
        case Kind.DEFINITION:
            return definition_key_of(str(value))
        case Kind.DEFINITIONS:
            found = (definition_key_of(each) for each in names_of(name, value))
            return tuple(each for each in found if each is not None)
        case Kind.NUMBER:
            return _number(name, value)
        case Kind.MOMENT:
            at = read_time(str(value))
            if at is None:
                raise refuse(
                    f"Cannot set query parameter '{name}' to value '{value}': expected a date "
                    "such as 2013-01-23T14:42:45.000+0200."
                )
            return at
        case Kind.CHOICE:
            return is_true(name, value)
        case _:
            raise AssertionError(kind)


def _number(name: str, value: JsonValue) -> int:
    digits = str(value)
    if isinstance(value, bool) or not digits.lstrip("-").isdecimal() or len(digits) > 18:  # noqa: PLR2004 -- 64 bits
        raise refuse(f"Cannot set query parameter '{name}' to value '{value}': expected a number.")
    return int(digits)


def _whole(query: Query, name: str) -> int | None:
    value = query.get(name)
    if value is None:
        return None
    counted = _number(name, value)
    if counted < 0:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST,
            f"Cannot set query parameter '{name}' to value '{value}': expected 0 or more.",
        )
    return counted


def _limit(query: Query) -> int:
    """Return how many rows are wanted, at most one more than an answer may hold."""
    wanted = _whole(query, "maxResults")
    return MOST_ROWS + 1 if wanted is None else min(wanted, MOST_ROWS + 1)


def _list(value: JsonValue, name: str) -> Sequence[JsonValue]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise refuse(f"Expected a list in {name}.")
    return value
