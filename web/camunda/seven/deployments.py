"""Deployments: create, query, read their files, deploy once more."""

from __future__ import annotations

from typing import Final

from flask import Response, request
from marshmallow import fields

from bpmn_engine.service.listing import DECISIONS, DEFINITIONS, DEPLOYMENTS, RESOURCES
from bpmn_engine.service.views import DeploymentResult, Problem, ProblemKind
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import Comparison, Condition, Listing, Order
from bpmn_engine.views.runtime_records import DeploymentRecord, ResourceRecord
from web.api.uploads import read_files
from web.camunda.bodies import Body, read_body, text_or_none
from web.camunda.dialect import answer, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven import queries
from web.camunda.seven.definition_texts import (
    decision_json,
    definition_json,
    graph_id,
    graph_json,
)
from web.camunda.seven.ids import key_or_none, missing, refuse
from web.camunda.seven.queries import MOST_ROWS, QueryTable, bounded, read_query
from web.camunda.times import written_time
from web.context import principal, service

_PREFIX: Final = "/deployment"
_EXECUTED: Final = (".bpmn", ".bpmn20.xml", ".dmn", ".form")
"""What the names of files end with that are executed; others are only kept."""
_REFUSED: Final = {
    ".cmmn": "cases are not executed",
    ".cmmn10.xml": "cases are not executed",
    ".cmmn11.xml": "cases are not executed",
    ".dmn11.xml": "give a decision's file a name that ends with .dmn",
}
"""What Camunda 7 executes and we do not, and why."""

_QUERIES: Final = QueryTable(
    parameters={
        "id": queries.key("key"),
        "name": queries.text("name"),
        "nameLike": queries.like("name"),
        "source": queries.text("source"),
        "withoutSource": queries.flag("source", None),
        "tenantIdIn": queries.TENANTS,
        "withoutTenantId": queries.ANYTHING,
        "includeDeploymentsWithoutTenantId": queries.ANYTHING,
        "after": queries.moment("deployed_at", Comparison.GREATER),
        "before": queries.moment("deployed_at", Comparison.LESS),
    },
    sorts={"id": "key", "name": "name", "deploymentTime": "deployed_at", "tenantId": "key"},
)


class RedeployBody(Body):
    """Which files are deployed once more."""

    resource_ids = fields.List(fields.String(), load_default=None, allow_none=True)
    resource_names = fields.List(fields.String(), load_default=None, allow_none=True)
    source = fields.String(load_default=None, allow_none=True)


@ENGINE_REST.get(_PREFIX)
def deployments() -> Response:
    """List deployments; with `maxResults=0` the Modeler only asks whether anybody is here."""
    found = bounded(service().listed(DEPLOYMENTS, _QUERIES.listing(read_query())))
    return answer([_deployment(each) for each in found])


@ENGINE_REST.get(f"{_PREFIX}/count")
def count_deployments() -> Response:
    """Count deployments."""
    counted = service().listed_count(DEPLOYMENTS, _QUERIES.listing(read_query()))
    return answer({"count": counted})


@ENGINE_REST.get(f"{_PREFIX}/registered")
def registered_deployments() -> Response:
    """List the ids of all deployments: the engine works on each."""
    listing = Listing(limit=MOST_ROWS + 1)
    return answer([str(each.key) for each in bounded(service().listed(DEPLOYMENTS, listing))])


@ENGINE_REST.get(f"{_PREFIX}/<deployment_id>")
def deployment(deployment_id: str) -> Response:
    """Return a deployment."""
    return answer(_deployment(_found(deployment_id)))


@ENGINE_REST.post(f"{_PREFIX}/create")
def deploy() -> Response:
    """Deploy the files of a form; what the analysis warns of is in `warnings`."""
    if request.form.get("tenant-id"):
        raise refuse("Expected no tenant-id: an engine has one tenant, which has no id.")
    if request.form.get("deployment-activation-time"):
        raise refuse("Expected no deployment-activation-time: what is deployed is active at once.")
    is_changed_only = _is_true("deploy-changed-only")
    files = read_files([part for _field, part in request.files.items(multi=True)])
    result = unless_problem(
        service().deploy(
            [file for file in files if _is_executed(file.name)],
            attachments=[file for file in files if not _is_executed(file.name)],
            name=request.form.get("deployment-name") or None,
            source=request.form.get("deployment-source") or None,
            actor=principal().user_id,
            only_if_changed=is_changed_only or _is_true("enable-duplicate-filtering"),
            leaves_out_unchanged=is_changed_only,
        )
    )
    return answer(_with_definitions(result))


@ENGINE_REST.post(f"{_PREFIX}/<deployment_id>/redeploy")
def redeploy(deployment_id: str) -> Response:
    """Deploy the files of a deployment, or some of them, as new versions."""
    found, body = _found(deployment_id), read_body(RedeployBody)
    ids, names = body["resource_ids"], body["resource_names"]
    keys = [key_or_none(str(each)) for each in (ids if isinstance(ids, list) else ())]
    if None in keys:
        raise refuse("Expected the ids of resources, but one is none.")
    result = service().redeploy(
        found.key,
        resource_keys=frozenset(key for key in keys if key is not None),
        resource_names=frozenset(map(str, names if isinstance(names, list) else ())),
        name=found.name,
        source=text_or_none(body["source"]),
        actor=principal().user_id,
    )
    if isinstance(result, Problem) and result.kind is ProblemKind.INVALID:
        raise missing(result.message)
    return answer(_with_definitions(unless_problem(result)))


@ENGINE_REST.get(f"{_PREFIX}/<deployment_id>/resources")
def resources(deployment_id: str) -> Response:
    """List the files of a deployment."""
    found = _resources(deployment_id)
    if not found:
        raise missing(f"Deployment resources for deployment id '{deployment_id}' do not exist.")
    return answer([_resource(each) for each in found])


@ENGINE_REST.get(f"{_PREFIX}/<deployment_id>/resources/<resource_id>")
def resource(deployment_id: str, resource_id: str) -> Response:
    """Return one file of a deployment, without its content."""
    return answer(_resource(_found_resource(deployment_id, resource_id)))


@ENGINE_REST.get(f"{_PREFIX}/<deployment_id>/resources/<resource_id>/data")
def resource_data(deployment_id: str, resource_id: str) -> Response:
    """Return the content of a file, byte for byte."""
    found = _found_resource(deployment_id, resource_id)
    file = unless_problem(service().deployed_file(found.key))
    response = Response(file.content, content_type="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=file.name)
    return response


def _is_executed(name: str) -> bool:
    for ending, reason in _REFUSED.items():
        if name.lower().endswith(ending):
            raise refuse(f"Expected no file {name}: {reason}.")
    return name.lower().endswith(_EXECUTED)


def _is_true(name: str) -> bool:
    return request.form.get(name, "").strip().lower() == "true"


def _found(deployment_id: str) -> DeploymentRecord:
    wanted = Condition(field="key", value=key_or_none(deployment_id))
    found = service().listed(DEPLOYMENTS, Listing(conditions=(wanted,)))
    if not found:
        raise missing(f"Deployment with id '{deployment_id}' does not exist")
    return found[0]


def _resources(deployment_id: str) -> tuple[ResourceRecord, ...]:
    wanted = Condition(field="deployment_key", value=key_or_none(deployment_id))
    return service().listed(RESOURCES, Listing(conditions=(wanted,), order=(Order(field="name"),)))


def _found_resource(deployment_id: str, resource_id: str) -> ResourceRecord:
    key = key_or_none(resource_id)
    for each in _resources(deployment_id):
        if each.key == key:
            return each
    raise missing(
        f"Deployment resource with resource id '{resource_id}' for deployment id "
        f"'{deployment_id}' does not exist."
    )


def _resource(record: ResourceRecord) -> JsonValue:
    return {
        "id": str(record.key),
        "name": record.name,
        "deploymentId": str(record.deployment_key),
    }


def _deployment(record: DeploymentRecord) -> dict[str, JsonValue]:
    return {
        "links": [],
        "id": str(record.key),
        "name": record.name,
        "source": record.source,
        "deploymentTime": written_time(record.deployed_at),
        "tenantId": None,
    }


def _with_definitions(result: DeploymentResult) -> JsonValue:
    """Write a deployment and what is new with it; nothing new is null, as the Modeler expects."""
    wanted = Condition(field="deployment_key", value=result.deployment_key)
    of_deployment = Listing(conditions=(wanted,))
    definitions: dict[str, JsonValue] = {}
    decisions: dict[str, JsonValue] = {}
    requirements: dict[str, JsonValue] = {}
    if result.is_new:
        for each in service().listed(DEFINITIONS, of_deployment):
            written = definition_json(each)
            definitions[str(written["id"])] = written
        found = service().listed(DECISIONS, of_deployment)
        graphs = service().decision_graphs(found)
        for one in found:
            decided = decision_json(one, graphs)
            decisions[str(decided["id"])] = decided
        for graph in graphs.values():
            requirements[graph_id(graph)] = graph_json(graph)
    return {
        **_deployment(_found(str(result.deployment_key))),
        "deployedProcessDefinitions": definitions or None,
        "deployedCaseDefinitions": None,
        "deployedDecisionDefinitions": decisions or None,
        "deployedDecisionRequirementsDefinitions": requirements or None,
        "warnings": [
            {"message": each.message, "elementId": each.element_id, "line": each.line}
            for each in result.warnings
        ],
    }
