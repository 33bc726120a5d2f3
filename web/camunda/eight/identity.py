"""Users, groups, roles and the tenant, to be read; `identity_changes` changes them.

The roles are the engine's own. There are no authorizations of single resources and no mapping
rules: these lists are empty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import Response

from bpmn_engine.service.searches import Search
from bpmn_engine.service.views import UserView
from bpmn_engine.values import JsonValue
from web.accounts import all_users
from web.camunda.dialect import answer, unless_problem
from web.camunda.eight.filters import TENANT, Filter, Filters
from web.camunda.eight.searches import answer_found, listed, read_search
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION
from web.context import service
from web.errors import ProblemError
from web.permissions import Role

_DESCRIPTIONS: Final = {
    Role.STAFF: "The worklist, own tasks, starting processes.",
    Role.OPERATOR: "Deploying, jobs, messages, incidents, instances.",
    Role.ADMINISTRATOR: "Users, groups and API tokens.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A user, group, role or tenant."""

    id: str
    name: str
    text: str | None = None  #: e-mail of a user, description of another


_USERS: Final[Filters] = {
    "username": Filter("id"),
    "name": Filter("name"),
    "email": Filter("text"),
}
_GROUPS: Final[Filters] = {"groupId": Filter("id"), "name": Filter("name")}
_ROLES: Final[Filters] = {"roleId": Filter("id"), "name": Filter("name")}
_TENANTS: Final[Filters] = {"tenantId": Filter("id"), "name": Filter("name")}


@ORCHESTRATION.post("/users/search")
def search_users() -> Response:
    """Return accounts."""
    return _listed([_user(user) for user in all_users(service())], _USERS, _user_json)


@ORCHESTRATION.get("/users/<username>")
def get_user(username: str) -> Response:
    """Return one account."""
    user = service().user(username)
    if user is None:
        raise _missing("user", username)
    return answer(_user_json(_user(user)))


@ORCHESTRATION.post("/groups/search")
def search_groups() -> Response:
    """Return the groups that are described or that somebody is in."""
    return _listed(_groups(), _GROUPS, _group_json)


@ORCHESTRATION.get("/groups/<group_id>")
def get_group(group_id: str) -> Response:
    """Return one group."""
    return answer(_group_json(_found(_groups(), group_id, "group")))


@ORCHESTRATION.post("/groups/<group_id>/users/search")
def group_users(group_id: str) -> Response:
    """Return who is in a group."""
    _found(_groups(), group_id, "group")
    members = [_user(user) for user in all_users(service()) if group_id in user.groups]
    return _listed(members, _USERS, lambda one: {"username": one.id})


@ORCHESTRATION.post("/roles/search")
def search_roles() -> Response:
    """Return the three roles."""
    return _listed(_roles(), _ROLES, _role_json)


@ORCHESTRATION.get("/roles/<role_id>")
def get_role(role_id: str) -> Response:
    """Return one role."""
    return answer(_role_json(_found(_roles(), role_id, "role")))


@ORCHESTRATION.post("/roles/<role_id>/users/search")
def role_users(role_id: str) -> Response:
    """Return who has a role."""
    _found(_roles(), role_id, "role")
    holders = [_user(user) for user in all_users(service()) if user.role == role_id]
    return _listed(holders, _USERS, lambda one: {"username": one.id})


@ORCHESTRATION.post("/tenants/search")
@partly("there is one tenant")
def search_tenants() -> Response:
    """Return the tenant."""
    return _listed([_TENANT], _TENANTS, _tenant_json)


@ORCHESTRATION.get("/tenants/<tenant_id>")
@partly("there is one tenant")
def get_tenant(tenant_id: str) -> Response:
    """Return the tenant."""
    return answer(_tenant_json(_found([_TENANT], tenant_id, "tenant")))


@ORCHESTRATION.post("/tenants/<tenant_id>/users/search")
@partly("there is one tenant, and everybody is in it")
def tenant_users(tenant_id: str) -> Response:
    """Return everybody."""
    _found([_TENANT], tenant_id, "tenant")
    members = [_user(user) for user in all_users(service())]
    return _listed(members, _USERS, lambda one: {"username": one.id})


@ORCHESTRATION.post("/authorizations/search")
@partly("the list is empty: what somebody may do follows from their role")
def search_authorizations() -> Response:
    """Return no authorizations."""
    read_search(
        {name: Filter(name) for name in ("ownerId", "ownerType", "resourceIds", "resourceType")}
    )
    return listed([])


@ORCHESTRATION.post("/mapping-rules/search")
@partly("the list is empty")
def search_mapping_rules() -> Response:
    """Return no mapping rules."""
    read_search(
        {name: Filter(name) for name in ("claimName", "claimValue", "name", "mappingRuleId")}
    )
    return listed([])


@ORCHESTRATION.get("/authorizations/<key:key>")
@partly("there are none")
def get_authorization(key: int) -> Response:
    """Say that there is no such authorization."""
    raise _missing("authorization", str(key))


@ORCHESTRATION.get("/mapping-rules/<rule_id>")
@partly("there are none")
def get_mapping_rule(rule_id: str) -> Response:
    """Say that there is no such mapping rule."""
    raise _missing("mapping rule", rule_id)


@ORCHESTRATION.post("/groups/<group_id>/roles/search")
@partly("the list is empty: users have roles, groups have none")
def group_roles(group_id: str) -> Response:
    """Return no roles."""
    _found(_groups(), group_id, "group")
    return _listed([], _ROLES, _role_json)


@ORCHESTRATION.post("/groups/<group_id>/clients/search")
@partly("the list is empty: clients are API tokens of users")
def group_clients(group_id: str) -> Response:
    """Return no clients."""
    _found(_groups(), group_id, "group")
    return _listed([], _CLIENTS, lambda one: {"clientId": one.id})


@ORCHESTRATION.post("/groups/<group_id>/mapping-rules/search")
@partly("the list is empty")
def group_mapping_rules(group_id: str) -> Response:
    """Return no mapping rules."""
    _found(_groups(), group_id, "group")
    return _listed([], _RULES, lambda one: {"mappingRuleId": one.id})


@ORCHESTRATION.post("/roles/<role_id>/groups/search")
@partly("the list is empty: users have roles, groups have none")
def role_groups(role_id: str) -> Response:
    """Return no groups."""
    _found(_roles(), role_id, "role")
    return _listed([], _GROUPS, lambda one: {"groupId": one.id})


@ORCHESTRATION.post("/roles/<role_id>/clients/search")
@partly("the list is empty: clients are API tokens of users")
def role_clients(role_id: str) -> Response:
    """Return no clients."""
    _found(_roles(), role_id, "role")
    return _listed([], _CLIENTS, lambda one: {"clientId": one.id})


@ORCHESTRATION.post("/roles/<role_id>/mapping-rules/search")
@partly("the list is empty")
def role_mapping_rules(role_id: str) -> Response:
    """Return no mapping rules."""
    _found(_roles(), role_id, "role")
    return _listed([], _RULES, lambda one: {"mappingRuleId": one.id})


@ORCHESTRATION.post("/tenants/<tenant_id>/groups/search")
@partly("there is one tenant, and every group is in it")
def tenant_groups(tenant_id: str) -> Response:
    """Return every group."""
    _found([_TENANT], tenant_id, "tenant")
    return _listed(_groups(), _GROUPS, lambda one: {"groupId": one.id})


@ORCHESTRATION.post("/tenants/<tenant_id>/roles/search")
@partly("there is one tenant, and every role is in it")
def tenant_roles(tenant_id: str) -> Response:
    """Return every role."""
    _found([_TENANT], tenant_id, "tenant")
    return _listed(_roles(), _ROLES, _role_json)


@ORCHESTRATION.post("/tenants/<tenant_id>/clients/search")
@partly("the list is empty: clients are API tokens of users")
def tenant_clients(tenant_id: str) -> Response:
    """Return no clients."""
    _found([_TENANT], tenant_id, "tenant")
    return _listed([], _CLIENTS, lambda one: {"clientId": one.id})


@ORCHESTRATION.post("/tenants/<tenant_id>/mapping-rules/search")
@partly("the list is empty")
def tenant_mapping_rules(tenant_id: str) -> Response:
    """Return no mapping rules."""
    _found([_TENANT], tenant_id, "tenant")
    return _listed([], _RULES, lambda one: {"mappingRuleId": one.id})


_CLIENTS: Final[Filters] = {"clientId": Filter("id")}
_RULES: Final[Filters] = {"mappingRuleId": Filter("id"), "name": Filter("name")}
_TENANT: Final = _Named(id=TENANT, name="Default")


def _listed(
    items: list[_Named], filters: Filters, write: Callable[[_Named], JsonValue]
) -> Response:
    search: Search = read_search(filters)
    return answer_found(unless_problem(service().search_named(items, search)), write)


def _groups() -> list[_Named]:
    return [
        _Named(id=group.group_id, name=group.name or group.group_id)
        for group in service().described_groups()
    ]


def _roles() -> list[_Named]:
    return [
        _Named(id=role.word, name=role.word.title(), text=_DESCRIPTIONS[role]) for role in Role
    ]


def _found(items: list[_Named], wanted: str, kind: str) -> _Named:
    found = next((item for item in items if item.id == wanted), None)
    if found is None:
        raise _missing(kind, wanted)
    return found


def _missing(kind: str, wanted: str) -> ProblemError:
    return ProblemError(
        HTTPStatus.NOT_FOUND, f"Expected the {kind} {wanted[:64]!r}, but there is none."
    )


def _user(user: UserView) -> _Named:
    return _Named(id=user.user_id, name=user.display_name, text=user.email)


def _user_json(one: _Named) -> JsonValue:
    return {"username": one.id, "name": one.name, "email": one.text}


def _group_json(one: _Named) -> JsonValue:
    return {"groupId": one.id, "name": one.name, "description": one.text}


def _role_json(one: _Named) -> JsonValue:
    return {"roleId": one.id, "name": one.name, "description": one.text}


def _tenant_json(one: _Named) -> JsonValue:
    return {"tenantId": one.id, "name": one.name, "description": one.text}
