"""Decision definitions and their graphs: query, read, evaluate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from flask import Response
from marshmallow import fields

from bpmn_engine.service.listing import DECISIONS
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import NEVER, Comparison, Condition, Listing
from bpmn_engine.views.runtime_records import DecisionRecord
from web.camunda.bodies import Body, read_body
from web.camunda.dialect import answer, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST, definition_id
from web.camunda.seven import queries
from web.camunda.seven.definition_texts import decision_json
from web.camunda.seven.ids import definition_key_of, missing
from web.camunda.seven.queries import QueryTable, bounded, is_true, read_query
from web.camunda.typed_values import read_variables, write_variables
from web.context import service

PREFIX: Final = "/decision-definition"

View = TypeVar("View", bound=Callable[..., Response])


def _without_graph(value: JsonValue) -> Sequence[Condition]:
    if not is_true("withoutDecisionRequirementsDefinition", value):
        return ()
    keys = tuple(each.resource_key for each in service().all_decision_graphs())
    return (Condition(field="resource_key", comparison=Comparison.NONE_OF, value=keys),)


def _of_graph_key(value: JsonValue) -> Sequence[Condition]:
    keys = tuple(
        each.resource_key for each in service().all_decision_graphs() if each.graph_id == value
    )
    if not keys:
        return (NEVER,)
    return (Condition(field="resource_key", comparison=Comparison.ANY_OF, value=keys),)


_QUERIES: Final = QueryTable(
    parameters={
        "decisionDefinitionId": queries.definition("key"),
        "decisionDefinitionIdIn": queries.definitions("key"),
        "name": queries.text("name"),
        "nameLike": queries.like("name"),
        "deploymentId": queries.key("deployment_key"),
        "deployedAfter": queries.moment("deployed_at", Comparison.GREATER),
        "deployedAt": queries.moment("deployed_at", Comparison.EQUAL),
        "key": queries.text("decision_id"),
        "keyLike": queries.like("decision_id"),
        "category": queries.NOTHING,
        "categoryLike": queries.NOTHING,
        "version": queries.number("version"),
        "latestVersion": queries.flag("is_latest", value=True),
        "resourceName": queries.text("resource_name"),
        "resourceNameLike": queries.like("resource_name"),
        "decisionRequirementsDefinitionId": queries.definition("resource_key"),
        "tenantIdIn": queries.TENANTS,
        "withoutTenantId": queries.ANYTHING,
        "includeDecisionDefinitionsWithoutTenantId": queries.ANYTHING,
        "versionTag": queries.text("version_tag"),
        "versionTagLike": queries.like("version_tag"),
    },
    sorts={
        "category": "key",
        "key": "decision_id",
        "id": "key",
        "name": "name",
        "version": "version",
        "deploymentId": "deployment_key",
        "deployTime": "deployed_at",
        "tenantId": "key",
        "decisionRequirementsDefinitionKey": "resource_key",
        "versionTag": "version_tag",
    },
    special={
        "withoutDecisionRequirementsDefinition": _without_graph,
        "decisionRequirementsDefinitionKey": _of_graph_key,
    },
)


class EvaluationBody(Body):
    """What a decision is asked with."""

    variables = fields.Raw(load_default=None, allow_none=True)


def _by_decision(method: str, rest: str) -> Callable[[View], View]:
    """Offer an operation below the three addresses that a decision has."""

    def register(view: View) -> View:
        for place in ("<decision_id>", "key/<key>", "key/<key>/tenant-id/<tenant_id>"):
            ENGINE_REST.add_url_rule(
                f"{PREFIX}/{place}{rest}", view.__name__, view, methods=[method]
            )
        return view

    return register


@ENGINE_REST.get(PREFIX)
def decision_definitions() -> Response:
    """List decision definitions."""
    found = bounded(service().listed(DECISIONS, _QUERIES.listing(read_query())))
    graphs = service().decision_graphs(found)
    return answer([decision_json(each, graphs) for each in found])


@ENGINE_REST.get(f"{PREFIX}/count")
def count_decision_definitions() -> Response:
    """Count decision definitions."""
    return answer({"count": service().listed_count(DECISIONS, _QUERIES.listing(read_query()))})


@_by_decision("GET", "")
def decision_definition(**place: str) -> Response:
    """Return a decision definition."""
    found = _found(**place)
    return answer(decision_json(found, service().decision_graphs((found,))))


@_by_decision("GET", "/xml")
def decision_definition_xml(**place: str) -> Response:
    """Return the file of a decision, as it was deployed."""
    found = _found(**place)
    file = unless_problem(service().deployed_file(found.resource_key))
    return answer(
        {
            "id": definition_id(found.decision_id, found.version, found.key),
            "dmnXml": file.content.decode("utf-8-sig", "replace"),
        }
    )


@_by_decision("GET", "/diagram")
def decision_definition_diagram(**place: str) -> Response:
    """Say that there is no picture of the decision: it is drawn where it is shown."""
    _found(**place)
    return no_content()


@_by_decision("POST", "/evaluate")
def evaluate_decision(**place: str) -> Response:
    """Evaluate a decision; the answer has the outputs of each rule that holds."""
    found, body = _found(**place), read_body(EvaluationBody)
    rows = service().decision_rows(found.key, read_variables(body["variables"]))
    return answer([write_variables(row) for row in unless_problem(rows)])


def _found(
    *,
    decision_id: str | None = None,
    key: str | None = None,
    tenant_id: str | None = None,
) -> DecisionRecord:
    if tenant_id is not None:
        raise missing(
            f"No matching decision definition with key: {key} and tenant-id: {tenant_id}"
        )
    conditions: tuple[Condition, ...] = (
        Condition(field="key", value=definition_key_of(decision_id or "")),
    )
    if key is not None:
        latest = Condition(field="is_latest", value=True)
        conditions = (Condition(field="decision_id", value=key), latest)
    found = service().listed(DECISIONS, Listing(conditions=conditions))
    if found:
        return found[0]
    if key is not None:
        raise missing(f"No matching decision definition with key: {key} and no tenant-id")
    raise missing(f"No matching decision definition with id '{decision_id}'.")
