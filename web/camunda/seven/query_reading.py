"""Queries of Camunda 7: filters, sorting and paging, from an address or from a body.

What a query does not know is refused, in both forms: a filter that is not applied would find too
much, and whoever deletes what it finds would delete too much.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from flask import request

from bpmn_engine.service.work_search import Condition, Search, SortBy
from bpmn_engine.values import JsonValue
from web.camunda.seven.failures import unusable
from web.camunda.seven.parameters import Parameter, Raw, Reading, as_number, as_text
from web.camunda.seven.queries import MOST_ROWS
from web.context import now, principal
from web.json_input import JsonFailure, read_json

_PAGING: Final = frozenset({"firstResult", "maxResults"})
_MOST: Final = 2**31 - 1
_SORTING: Final = frozenset({"sortBy", "sortOrder"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The query of one resource."""

    parameters: Mapping[str, Parameter]
    sorts: Mapping[str, str]  #: word of `sortBy` -> field
    options: frozenset[str] = frozenset()  #: parameters that say how the answer looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query as it was asked."""

    search: Search
    raw: Raw

    @property
    def page(self) -> Search:
        """Return the search for one answer: for one row more at most than it may hold."""
        wanted = self.search.most
        most = MOST_ROWS + 1 if wanted is None else min(wanted, MOST_ROWS + 1)
        return replace(self.search, most=most)

    def is_on(self, name: str) -> bool:
        """Tell whether an option is given, and true."""
        return Reading(raw=self.raw).is_on(name)


def asked(query: Query) -> Asked:
    """Return what the request asks for: by its address (GET) or by its body (POST).

    Raises:
        SevenError: it cannot be understood (400).
    """
    given: dict[str, JsonValue] = dict(request.args.items())
    if request.method != "POST":
        return read_query(query, given)
    body = json_object()
    unknown = sorted(given.keys() - _PAGING - query.options)
    if unknown:
        raise unusable(f"Expected only paging beside a body, but got {', '.join(unknown)}.")
    return read_query(query, {**body, **given})


def read_query(query: Query, given: Raw) -> Asked:
    """Return what given parameters ask for; those that are null are not given.

    Raises:
        SevenError: they cannot be understood (400).
    """
    raw = {name: value for name, value in given.items() if value is not None}
    reading = Reading(raw=raw)
    groups: list[tuple[Condition, ...]] = []
    for name, value in raw.items():
        if name == "orQueries":
            groups += _alternatives(query, value)
        elif name not in _PAGING | _SORTING | query.options | {"sorting"}:
            _parameter(query, name)(name, value, reading)
    search = Search(
        conditions=tuple(reading.conditions),
        alternatives=tuple(groups),
        variables=tuple(reading.variables),
        order=tuple(_order(query, raw)),
        first=_paging(raw, "firstResult") or 0,
        most=_paging(raw, "maxResults"),
    )
    return Asked(search=search, raw=raw)


def json_object() -> dict[str, JsonValue]:
    """Return the body of the request, a JSON object; an empty one has no members.

    Raises:
        SevenError: it is something else (400).
    """
    content = request.get_data()
    value = read_json(content) if content.strip() else {}
    if isinstance(value, JsonFailure):
        raise unusable(f"{value.path}: {value.message}" if value.path else value.message)
    if not isinstance(value, Mapping):
        raise unusable("Expected a JSON object, but got another value.")
    return dict(value)


def _parameter(query: Query, name: str) -> Parameter:
    if name not in query.parameters:
        raise unusable(
            f"Unrecognized parameter '{name}': expected one of "
            f"{', '.join(sorted(query.parameters))}."
        )
    return query.parameters[name]


def _alternatives(query: Query, value: JsonValue) -> list[tuple[Condition, ...]]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise unusable("Expected a list of queries in orQueries.")
    groups = []
    for each in value:
        if not isinstance(each, Mapping):
            raise unusable("Expected an object in orQueries.")
        group = Reading(raw=each)
        for name, wanted in each.items():
            if wanted is not None:
                _parameter(query, name)(name, wanted, group)
        if group.variables:
            raise unusable("Expected orQueries without variables: they cannot be answered.")
        if group.conditions:
            groups.append(tuple(group.conditions))
    return groups


def _order(query: Query, raw: Raw) -> list[SortBy]:
    if ("sortBy" in raw) != ("sortOrder" in raw):
        raise unusable("Only a single sorting parameter specified. sortBy and sortOrder required")
    sorts: list[JsonValue] = [raw] if "sortBy" in raw else []
    listed = raw.get("sorting", [])
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise unusable("Expected a list in sorting.")
    return [_sort(query, each) for each in (*sorts, *listed)]


def _sort(query: Query, given: JsonValue) -> SortBy:
    if not isinstance(given, Mapping):
        raise unusable("Expected an object with sortBy and sortOrder in sorting.")
    word, direction = given.get("sortBy"), given.get("sortOrder")
    if not isinstance(word, str) or word not in query.sorts:
        raise unusable(
            f"Cannot set query parameter 'sortBy' to value '{word}': expected one of "
            f"{', '.join(sorted(query.sorts))}."
        )
    if direction not in {"asc", "desc"}:
        raise unusable(
            f"Cannot set query parameter 'sortOrder' to value '{direction}': expected asc or desc."
        )
    return SortBy(field=query.sorts[word], is_descending=direction == "desc")


def _paging(raw: Raw, name: str) -> int | None:
    if name not in raw:
        return None
    wanted = as_number(name, raw[name])
    if not 0 <= wanted <= _MOST:
        raise unusable(
            f"Cannot set query parameter '{name}' to value '{wanted}': expected 0 to {_MOST}."
        )
    return wanted


# Expressions in queries -------------------------------------------------------------------------

_EXPRESSION: Final = re.compile(r"[#$]\{\s*(\w+)\(\)((?:\.(?:plus|minus)\w+\(\d{1,6}\))*)\s*\}")
_SHIFT: Final = re.compile(r"\.(plus|minus)(\w+)\((\d+)\)")
_UNITS: Final = frozenset({"seconds", "minutes", "hours", "days", "weeks"})


def by_expression(kind: Parameter) -> Parameter:
    """Return the kind of a parameter whose value an expression gives, as filters use them.

    Known are `${currentUser()}`, `${currentUserGroups()}`, `${now()}` and `${dateTime()}`, the
    last two with `plusDays(1)` and the like.
    """

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        written = as_text(parameter, value)
        kind(parameter, _evaluated(parameter, written), reading)

    return add


def _evaluated(parameter: str, written: str) -> JsonValue:
    if "{" not in written:
        return written
    found = _EXPRESSION.fullmatch(written.strip())
    shifts = [] if found is None else _SHIFT.findall(found.group(2))
    match found.group(1) if found is not None else None:
        case "currentUser" if not shifts:
            return principal().user_id
        case "currentUserGroups" if not shifts:
            return sorted(principal().groups)
        case "now" | "dateTime" if all(unit.lower() in _UNITS for _, unit, _ in shifts):
            at = now()
            for sign, unit, count in shifts:
                step = dt.timedelta(**{unit.lower(): int(count)})
                at = at + step if sign == "plus" else at - step
            return at.isoformat()
        case _:
            raise unusable(
                f"Expected ${{currentUser()}}, ${{currentUserGroups()}}, ${{now()}} or "
                f"${{dateTime()}} in {parameter}, but got {written}."
            )
