"""Decision requirements definitions: the files that hold more than one decision."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from flask import Response

from bpmn_engine.service.decision_listing import DecisionGraph
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import Listing
from web.camunda.dialect import answer, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven import queries
from web.camunda.seven.definition_texts import graph_id, graph_json
from web.camunda.seven.ids import definition_key_of, missing
from web.camunda.seven.queries import (
    Query,
    QueryTable,
    bounded,
    is_true,
    names_of,
    read_query,
)
from web.context import service

PREFIX: Final = "/decision-requirements-definition"

View = TypeVar("View", bound=Callable[..., Response])

_EQUAL: Final = {
    "decisionRequirementsDefinitionId": "id",
    "name": "name",
    "deploymentId": "deploymentId",
    "key": "key",
    "version": "version",
    "resourceName": "resource",
}
_LIKE: Final = {"nameLike": "name", "keyLike": "key", "resourceNameLike": "resource"}
_QUERIES: Final = QueryTable(
    parameters={
        **dict.fromkeys((*_EQUAL, *_LIKE, "latestVersion"), queries.APART),
        "decisionRequirementsDefinitionIdIn": queries.APART,
        "category": queries.NOTHING,
        "categoryLike": queries.NOTHING,
        "tenantIdIn": queries.TENANTS,
        "withoutTenantId": queries.ANYTHING,
        "includeDecisionRequirementsDefinitionsWithoutTenantId": queries.ANYTHING,
    },
    sorts={name: name for name in ("id", "key", "name", "version", "deploymentId", "category")}
    | {"tenantId": "id"},
)


def _by_graph(rest: str) -> Callable[[View], View]:
    """Offer an operation below the three addresses that a graph has."""

    def register(view: View) -> View:
        for place in ("<graph>", "key/<key>", "key/<key>/tenant-id/<tenant_id>"):
            ENGINE_REST.add_url_rule(
                f"{PREFIX}/{place}{rest}", view.__name__, view, methods=["GET"]
            )
        return view

    return register


@ENGINE_REST.get(PREFIX)
def decision_requirements_definitions() -> Response:
    """List decision requirements definitions."""
    query = read_query()
    listing = _QUERIES.listing(query)
    found = _matching(query, listing)
    for order in reversed(listing.order):
        name = order.field
        found.sort(key=_sort_key(name), reverse=order.is_descending)
    end = None if listing.limit is None else listing.offset + listing.limit
    return answer(list(bounded(found[listing.offset : end])))


@ENGINE_REST.get(f"{PREFIX}/count")
def count_decision_requirements_definitions() -> Response:
    """Count decision requirements definitions."""
    query = read_query()
    return answer({"count": len(_matching(query, _QUERIES.listing(query)))})


@_by_graph("")
def decision_requirements_definition(**place: str) -> Response:
    """Return a decision requirements definition."""
    return answer(graph_json(found_graph(**place)))


@_by_graph("/xml")
def decision_requirements_definition_xml(**place: str) -> Response:
    """Return the file, as it was deployed."""
    found = found_graph(**place)
    file = unless_problem(service().deployed_file(found.resource_key))
    return answer({"id": graph_id(found), "dmnXml": file.content.decode("utf-8-sig", "replace")})


@_by_graph("/diagram")
def decision_requirements_definition_diagram(**place: str) -> Response:
    """Say that there is no picture of the graph: it is drawn where it is shown."""
    found_graph(**place)
    return no_content()


def _matching(query: Query, listing: Listing) -> list[dict[str, JsonValue]]:
    if listing.conditions:
        return []  # they only ask for what there is none of
    graphs = service().all_decision_graphs()
    latest = {each.graph_id: each.resource_key for each in graphs}
    is_latest = is_true("latestVersion", query.get("latestVersion", "false"))
    written = (
        graph_json(each)
        for each in graphs
        if not is_latest or latest[each.graph_id] == each.resource_key
    )
    return [each for each in written if _is_meant(each, query)]


def _is_meant(written: Mapping[str, JsonValue], query: Query) -> bool:
    ids = query.get("decisionRequirementsDefinitionIdIn")
    wanted = None if ids is None else names_of("decisionRequirementsDefinitionIdIn", ids)
    return (
        all(
            parameter not in query or str(query[parameter]) == str(written[member])
            for parameter, member in _EQUAL.items()
        )
        and all(
            parameter not in query or _like(str(query[parameter]), str(written[member]))
            for parameter, member in _LIKE.items()
        )
        and (wanted is None or written["id"] in wanted)
    )


def _like(pattern: str, value: str) -> bool:
    written = re.escape(pattern).replace("%", ".*").replace("_", ".")
    return re.fullmatch(written, value, re.DOTALL) is not None


def _sort_key(name: str) -> Callable[[Mapping[str, JsonValue]], str]:
    def read(written: Mapping[str, JsonValue]) -> str:
        value = written[name]
        return f"{value:020}" if isinstance(value, int) else str(value or "")

    return read


def found_graph(
    *, graph: str | None = None, key: str | None = None, tenant_id: str | None = None
) -> DecisionGraph:
    """Return the decision requirements definition of an address.

    Raises:
        ProblemError: there is none (404).
    """
    if tenant_id is not None:
        raise missing(
            f"No matching decision requirements definition with key: {key} and tenant-id: "
            f"{tenant_id}"
        )
    graphs = service().all_decision_graphs()
    if key is not None:
        named = [each for each in graphs if each.graph_id == key]
        if named:
            return named[-1]
        raise missing(
            f"No matching decision requirements definition with key: {key} and no tenant-id"
        )
    number = definition_key_of(graph or "")
    for each in graphs:
        if each.resource_key == number:
            return each
    raise missing(f"No matching decision requirements definition with id '{graph}'.")
