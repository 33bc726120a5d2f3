"""Cluster variables: values that every process reads as `camunda.vars.env.NAME`."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from flask import Response, request
from marshmallow import fields, validate

from bpmn_engine.service.searches import ClusterScope, ClusterVariable
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, read_body
from web.camunda.dialect import answer, done, unless_problem
from web.camunda.eight.elements import LONGEST_VALUE
from web.camunda.eight.filters import TENANT, Filter, Filters
from web.camunda.eight.searches import answer_found, read_search, refuse
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION
from web.context import principal, service
from web.errors import ProblemError

JSON_KIND: Final = "JSON"
_SECRETS: Final = "the kind SECRET_REFERENCE is refused: secrets are the workers' own"
_FILTERS: Final[Filters] = {
    "name": Filter("name"),
    "value": Filter("value"),
    "scope": Filter("scope_name"),
    "tenantId": Filter("tenant_id"),
}


class ChangeBody(Body):
    """A value, and what is noted beside it."""

    value = fields.Raw(required=True, allow_none=True)
    metadata = fields.Raw(load_default=None, allow_none=True)


class NewBody(ChangeBody):
    """A new cluster variable."""

    name = fields.String(required=True, validate=validate.Length(1))
    kind = fields.String(load_default=JSON_KIND, allow_none=True)


@ORCHESTRATION.post("/cluster-variables/search")
@partly("not by metadata, kind and isTruncated: these filters are refused by name")
def search_cluster_variables() -> Response:
    """Return cluster variables."""
    is_cut = request.args.get("truncateValues", "true").lower() != "false"
    found = service().search_cluster_variables(read_search(_FILTERS))
    return answer_found(found, lambda one: _found_json(one, is_cut=is_cut))


@ORCHESTRATION.post("/cluster-variables/global")
@partly(_SECRETS)
def create_global() -> Response:
    """Keep a new value for every process."""
    return _create(ClusterScope.GLOBAL)


@ORCHESTRATION.get("/cluster-variables/global/<name>")
def get_global(name: str) -> Response:
    """Return one."""
    return answer(_json(unless_problem(service().cluster_variable(ClusterScope.GLOBAL, name))))


@ORCHESTRATION.put("/cluster-variables/global/<name>")
def change_global(name: str) -> Response:
    """Give one another value."""
    return _change(ClusterScope.GLOBAL, name)


@ORCHESTRATION.delete("/cluster-variables/global/<name>")
def delete_global(name: str) -> Response:
    """Forget one."""
    return done(service().delete_cluster_variable(ClusterScope.GLOBAL, name))


@ORCHESTRATION.post("/cluster-variables/tenants/<tenant_id>")
@partly(f"there is one tenant; {_SECRETS}")
def create_of_tenant(tenant_id: str) -> Response:
    """Keep a new value of the tenant, which comes before the global one of its name."""
    _check(tenant_id)
    return _create(ClusterScope.TENANT)


@ORCHESTRATION.get("/cluster-variables/tenants/<tenant_id>/<name>")
@partly("there is one tenant")
def get_of_tenant(tenant_id: str, name: str) -> Response:
    """Return one of the tenant."""
    _check(tenant_id)
    return answer(_json(unless_problem(service().cluster_variable(ClusterScope.TENANT, name))))


@ORCHESTRATION.put("/cluster-variables/tenants/<tenant_id>/<name>")
@partly("there is one tenant")
def change_of_tenant(tenant_id: str, name: str) -> Response:
    """Give one of the tenant another value."""
    _check(tenant_id)
    return _change(ClusterScope.TENANT, name)


@ORCHESTRATION.delete("/cluster-variables/tenants/<tenant_id>/<name>")
@partly("there is one tenant")
def delete_of_tenant(tenant_id: str, name: str) -> Response:
    """Forget one of the tenant."""
    _check(tenant_id)
    return done(service().delete_cluster_variable(ClusterScope.TENANT, name))


def _create(scope: ClusterScope) -> Response:
    body = read_body(NewBody)
    if body["kind"] not in {None, JSON_KIND}:
        refuse(f"Expected the kind {JSON_KIND}; {_SECRETS}.")
    made = service().create_cluster_variable(
        scope,
        str(body["name"]),
        body["value"],
        metadata=_metadata(body["metadata"]) or {},
        actor=principal().user_id,
    )
    return answer(_json(unless_problem(made)))


def _change(scope: ClusterScope, name: str) -> Response:
    body = read_body(ChangeBody)
    changed = service().change_cluster_variable(
        scope,
        name,
        body["value"],
        metadata=_metadata(body["metadata"]),
        actor=principal().user_id,
    )
    return answer(_json(unless_problem(changed)))


def _metadata(given: JsonValue) -> Mapping[str, JsonValue] | None:
    if given is None:
        return None
    if not isinstance(given, Mapping) or not all(
        isinstance(value, str | int | float) and not isinstance(value, bool)
        for value in given.values()
    ):
        refuse("Expected metadata to be an object whose values are texts or numbers.")
    return given


def _check(tenant_id: str) -> None:
    if tenant_id != TENANT:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"Expected the tenant {tenant_id}, but there is {TENANT} only."
        )


def _json(one: ClusterVariable) -> dict[str, JsonValue]:
    return {
        "name": one.name,
        "value": one.value,
        "scope": one.scope.value,
        "tenantId": one.tenant_id,
        "metadata": dict(one.metadata),
        "kind": JSON_KIND,
    }


def _found_json(one: ClusterVariable, *, is_cut: bool) -> JsonValue:
    is_truncated = is_cut and len(one.value) > LONGEST_VALUE
    value = one.value[:LONGEST_VALUE] if is_truncated else one.value
    return {**_json(one), "value": value, "isTruncated": is_truncated}
