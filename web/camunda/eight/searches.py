"""Searches as clients of Camunda 8 write them: `filter`, `sort` and `page`.

A filter that is not known is refused by its name; none is ignored.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Final, NoReturn, TypeVar

from flask import Response
from marshmallow import fields

from bpmn_engine.service.searches import (
    LOCAL_VARIABLE,
    VARIABLE,
    AnyOf,
    Comparison,
    Condition,
    Criterion,
    Found,
    Scalar,
    Search,
    SortField,
)
from bpmn_engine.service.views import Problem
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, read_body
from web.camunda.dialect import answer, unless_problem
from web.camunda.eight.filters import COMPARED_VARIABLES, TENANT, Filter, Filters, Kind
from web.errors import ProblemError
from web.json_input import JsonFailure, read_json
from web.keys import read_key

MOST: Final = 10_000
"""Items of one page."""
_DEFAULT: Final = 100
_NOTHING: Final = AnyOf(alternatives=())
"""A criterion that nothing meets."""

Item = TypeVar("Item")


class SearchBody(Body):
    """A search."""

    filter = fields.Raw(load_default=None, allow_none=True)
    sort = fields.Raw(load_default=None, allow_none=True)
    page = fields.Raw(load_default=None, allow_none=True)


def read_search(filters: Filters) -> Search:
    """Return the search in the body of the request; an empty one is for everything.

    Raises:
        ProblemError: a filter, an order or a page that is not known or not usable (400).
    """
    body = read_body(SearchBody)
    limit, offset, after, before = _page(_object(body["page"], "page"))
    return Search(
        criteria=read_criteria(body["filter"], filters),
        order=_order(body["sort"], filters),
        limit=limit,
        offset=offset,
        after=after,
        before=before,
    )


def read_criteria(given: JsonValue, filters: Filters) -> tuple[Criterion, ...]:
    """Return the conditions of a filter.

    Raises:
        ProblemError: one that is not known or not usable (400).
    """
    criteria: list[Criterion] = []
    for name, value in _object(given, "filter").items():
        if value is None:
            continue
        if name == "$or":
            criteria.append(_any_of(value, filters))
        else:
            criteria += _conditions(name, value, filters)
    return tuple(criteria)


def narrowed(search: Search, *criteria: Criterion) -> Search:
    """Return a search with further conditions."""
    return Search(
        criteria=(*search.criteria, *criteria),
        order=search.order,
        limit=search.limit,
        offset=search.offset,
        after=search.after,
        before=search.before,
    )


def answer_found(found: Found[Item] | Problem, write: Callable[[Item], JsonValue]) -> Response:
    """Answer a part of what was found."""
    told = unless_problem(found)
    return answer({"items": [write(item) for item in told.items], "page": page_of(told)})


def page_of(found: Found[Item]) -> JsonValue:
    """Return what an answer says about its part of what was found."""
    return {
        "totalItems": found.total,
        "hasMoreTotalItems": found.has_more_total,
        "startCursor": found.start_cursor,
        "endCursor": found.end_cursor,
    }


def listed(items: Sequence[JsonValue]) -> Response:
    """Answer a search whose items are all there."""
    total: JsonValue = {
        "totalItems": len(items),
        "hasMoreTotalItems": False,
        "startCursor": None,
        "endCursor": None,
    }
    return answer({"items": list(items), "page": total})


def written(at: dt.datetime | None) -> str | None:
    """Return a time as Camunda 8 writes it: `2026-01-05T09:00:00.000Z`."""
    if at is None:
        return None
    utc = at.astimezone(dt.UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z"


def read_moment(value: JsonValue) -> dt.datetime | None:
    """Return the time that a text says, or None if it says none; it needs an offset."""
    if not isinstance(value, str):
        return None
    try:
        at = dt.datetime.fromisoformat(value)
        return at.astimezone(dt.UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def refuse(message: str) -> NoReturn:
    """Answer 400.

    Raises:
        ProblemError: always.
    """
    raise ProblemError(HTTPStatus.BAD_REQUEST, message)


def _any_of(value: JsonValue, filters: Filters) -> Criterion:
    if not isinstance(value, Sequence) or isinstance(value, str):
        refuse("Expected a list of filters for $or.")
    alternatives: list[tuple[Condition, ...]] = []
    for one in value:
        criteria = read_criteria(one, filters)
        if any(each == _NOTHING for each in criteria):
            continue
        conditions = tuple(each for each in criteria if isinstance(each, Condition))
        if len(conditions) != len(criteria):
            refuse("Expected no $or below $or.")
        if any(each.field.startswith((VARIABLE, LOCAL_VARIABLE)) for each in conditions):
            refuse("Expected no variables below $or.")
        alternatives.append(conditions)
    return AnyOf(alternatives=tuple(alternatives))


def _conditions(name: str, value: JsonValue, filters: Filters) -> list[Criterion]:
    one = filters.get(name)
    if one is not None and one.kind is Kind.VARIABLES:
        return _variables(name, one, value)
    if one is not None and one.kind is Kind.TAGS:
        return _tags(name, one, value)
    if one is None:
        refuse(
            f"Expected a filter that is known, but got {name}. There are: "
            f"{', '.join(sorted(filters)) or 'none'}."
        )
    compared = dict(value) if isinstance(value, Mapping) else {Comparison.EQUAL.value: value}
    criteria: list[Criterion] = []
    for sign, operand in compared.items():
        comparison = next((each for each in Comparison if each.value == sign), None)
        if comparison is None or comparison not in one.comparisons:
            signs = ", ".join(sorted(each.value for each in one.comparisons))
            refuse(f"Expected one of {signs} for the filter {name}, but got {sign}.")
        condition = None if operand is None else _condition(name, one, comparison, operand)
        if condition is not None and one.kind is not Kind.TENANT:
            criteria.append(condition)
        elif condition is not None and not _is_our_tenant(condition):
            criteria.append(_NOTHING)
    return criteria


def _tags(name: str, one: Filter, given: JsonValue) -> list[Criterion]:
    """Return a condition on each tag of a list: all of them are meant."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        refuse(f"Expected {one.kind.value} for the filter {name}.")
    return [Condition(field=one.field, value=_scalar(name, Kind.TEXT, each)) for each in given]


def _variables(name: str, one: Filter, given: JsonValue) -> list[Criterion]:
    """Return conditions on variables: `[{"name": "x", "value": "1"}]`, values as JSON."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        refuse(f"Expected {one.kind.value} for the filter {name}.")
    criteria: list[Criterion] = []
    for each in given:
        variable = each.get("name") if isinstance(each, Mapping) else None
        if not isinstance(each, Mapping) or not isinstance(variable, str):
            refuse(f"Expected {one.kind.value} for the filter {name}.")
        value = each.get("value")
        compared = dict(value) if isinstance(value, Mapping) else {"$eq": value}
        compact = {sign: _as_json(operand) for sign, operand in compared.items()}
        field_ = Filter(one.field + variable, Kind.TEXT, COMPARED_VARIABLES)
        criteria += _conditions(f"{name}.{variable}", compact, {f"{name}.{variable}": field_})
    return criteria


def _as_json(value: JsonValue) -> JsonValue:
    """Return JSON text as the engine writes it, so that equal values are equal texts."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_as_json(each) for each in value]
    read = read_json(value) if isinstance(value, str) else value
    if isinstance(value, bool) or isinstance(read, JsonFailure):
        return value
    return json.dumps(read, ensure_ascii=False, separators=(",", ":"))


def _condition(name: str, one: Filter, comparison: Comparison, operand: JsonValue) -> Condition:
    value: Scalar | tuple[Scalar, ...]
    if comparison is Comparison.EXISTS:
        value = _scalar(name, Kind.FLAG, operand)
    elif comparison in {Comparison.IN, Comparison.NOT_IN}:
        if not isinstance(operand, Sequence) or isinstance(operand, str):
            refuse(f"Expected a list for {comparison.value} of the filter {name}.")
        value = tuple(_scalar(name, one.kind, each) for each in operand)
    elif comparison is Comparison.LIKE and one.kind not in {Kind.TEXT, Kind.TENANT}:
        refuse(f"Expected a filter by a text for $like, but {name} is {one.kind.value}.")
    else:
        value = _scalar(name, one.kind, operand)
    return Condition(field=one.field, comparison=comparison, value=value)


def _is_our_tenant(condition: Condition) -> bool:
    value = condition.value
    match condition.comparison:
        case Comparison.EQUAL:
            return value == TENANT
        case Comparison.NOT_EQUAL:
            return value != TENANT
        case Comparison.IN:
            return isinstance(value, tuple) and TENANT in value
        case Comparison.NOT_IN:
            return isinstance(value, tuple) and TENANT not in value
        case Comparison.EXISTS:
            return value is True
        case _:
            return refuse("Expected $eq, $neq, $in, $notIn or $exists for tenantId.")


def _scalar(name: str, kind: Kind, value: JsonValue) -> Scalar:
    read: Scalar | None = None
    match kind:
        case Kind.TEXT | Kind.TENANT:
            read = value if isinstance(value, str) else None
        case Kind.KEY | Kind.EVALUATION:
            read = _read_key(kind, value)
        case Kind.INTEGER:
            is_number = isinstance(value, int) and not isinstance(value, bool)
            read = value if is_number and isinstance(value, int) else None
        case Kind.MOMENT:
            read = read_moment(value)
        case Kind.VARIABLES | Kind.TAGS:
            read = None
        case Kind.FLAG:
            read = value if isinstance(value, bool) else None
    if read is None:
        refuse(f"Expected {kind.value} for the filter {name}, but got {value!r}.")
    return read


def _read_key(kind: Kind, value: JsonValue) -> int | None:
    """Return a key; that of a decision evaluation is written `2251799813685249-1`."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    number, dash, place = str(value).partition("-")
    if kind is Kind.KEY:
        return None if dash else read_key(number)
    return read_key(number) if place == "1" else None


def _order(given: JsonValue, filters: Filters) -> tuple[SortField, ...]:
    if given is None:
        return ()
    if not isinstance(given, Sequence) or isinstance(given, str):
        refuse("Expected a list of fields for sort.")
    order: list[SortField] = []
    for one in given:
        named = _object(one, "sort")
        name = str(named.get("field"))
        known = filters.get(name)
        if known is None or not known.is_sortable:
            names = sorted(each for each, one in filters.items() if one.is_sortable)
            refuse(f"Expected one of {', '.join(names)} to sort by, but got {name}.")
        direction = str(named.get("order") or "ASC").upper()
        if direction not in {"ASC", "DESC"}:
            refuse(f"Expected ASC or DESC as the order of {name}, but got {direction}.")
        if known.kind is Kind.TENANT:
            continue  # there is one
        order.append(SortField(field=known.field, is_descending=direction == "DESC"))
    return tuple(order)


def _page(given: Mapping[str, JsonValue]) -> tuple[int, int, str | None, str | None]:
    limit = _count(given.get("limit"), "page.limit", _DEFAULT)
    offset = _count(given.get("from"), "page.from", 0)
    after, before = (_cursor(given.get(name), name) for name in ("after", "before"))
    if limit > MOST:
        refuse(f"Expected a page.limit of at most {MOST}, but got {limit}.")
    if sum((offset > 0, after is not None, before is not None)) > 1:
        refuse("Expected one of page.from, page.after and page.before.")
    return limit, offset, after, before


def _count(value: JsonValue, name: str, default: int) -> int:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        refuse(f"Expected a whole number from 0 for {name}, but got {value!r}.")
    return value


def _cursor(value: JsonValue, name: str) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        refuse(f"Expected a cursor of an earlier answer for page.{name}.")
    return value


def _object(value: JsonValue, name: str) -> Mapping[str, JsonValue]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        refuse(f"Expected an object for {name}.")
    return value
