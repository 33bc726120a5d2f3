"""Authorizations of Camunda 7, as the engine's roles are: what a role may do stands in a table.

They are read only; who may do what changes with the role of an account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from flask import Response, request

from bpmn_engine.service.work_search import Search, Value, found_in
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.failures import missing, unusable
from web.camunda.seven.parameters import as_number, nothing, number, text, texts
from web.camunda.seven.queries import bounded
from web.camunda.seven.query_reading import Query, asked
from web.camunda.seven.users import visible_users
from web.context import principal
from web.permissions import Role, role_named

_PREFIX: Final = "/authorization"
_GRANT: Final = 1
_ALL: Final = "ALL"

_RESOURCES: Final[Mapping[str, int]] = {
    "Application": 0,
    "User": 1,
    "Group": 2,
    "Group membership": 3,
    "Authorization": 4,
    "Filter": 5,
    "Process Definition": 6,
    "Task": 7,
    "Process Instance": 8,
    "Deployment": 9,
    "Decision Definition": 10,
    "Tenant": 11,
    "Tenant membership": 12,
    "Batch": 13,
    "Decision Requirements Definition": 14,
    "Report": 15,
    "Dashboard": 16,
    "User Operation Log Category": 17,
    "Optimize": 18,
    "Historic Task": 19,
    "Historic Process Instance": 20,
    "System": 21,
}
"""Name of a resource -> its number."""

_ADMINISTERED: Final = frozenset({1, 2, 3, 4, 11, 12, 21})
"""Resources that administrators alone may do anything with."""

_OF_STAFF: Final[Mapping[int, frozenset[str]]] = {
    0: frozenset({"ACCESS"}),
    5: frozenset({"READ", "CREATE"}),
    6: frozenset({"READ", "CREATE_INSTANCE"}),
    7: frozenset({"READ", "UPDATE", "TASK_WORK", "TASK_ASSIGN"}),
    8: frozenset({"CREATE"}),
    10: frozenset({"READ", "CREATE_INSTANCE"}),
    14: frozenset({"READ"}),
}
"""What staff may do, as far as their worklist goes."""


class _Grant(NamedTuple):
    """What one account may do with one kind of resource."""

    user_id: str
    resource: int
    permissions: tuple[str, ...]

    @property
    def id(self) -> str:
        """Return the id of the authorization."""
        return f"{self.user_id}:{self.resource}"


AUTHORIZATIONS: Final = Query(
    parameters={
        "id": text("id"),
        "type": number("type"),
        "userIdIn": texts("user"),
        "groupIdIn": nothing(),
        "resourceType": number("resource"),
        "resourceId": text("resource_id"),
    },
    sorts={"resourceType": "resource", "resourceId": "resource_id"},
)
_FIELDS: Final[Mapping[str, Callable[[_Grant], Value]]] = {
    "id": lambda grant: grant.id,
    "type": lambda _: _GRANT,
    "user": lambda grant: grant.user_id,
    "resource": lambda grant: grant.resource,
    "resource_id": lambda _: "*",
}


@ENGINE_REST.get(_PREFIX)
def list_authorizations() -> Response:
    """List what the accounts that the caller sees may do."""
    return answer([_written(each) for each in bounded(found_in(_grants(), _search(), _FIELDS))])


@ENGINE_REST.get(f"{_PREFIX}/count")
def count_authorizations() -> Response:
    """Count what the accounts that the caller sees may do."""
    return answer({"count": len(found_in(_grants(), _search().whole(), _FIELDS))})


@ENGINE_REST.get(f"{_PREFIX}/check")
def check_authorization() -> Response:
    """Tell whether somebody may do something; about others only administrators are told."""
    permission = request.args.get("permissionName")
    name, kind = request.args.get("resourceName"), request.args.get("resourceType")
    if permission is None or name is None or kind is None:
        raise unusable("Expected permissionName, resourceName and resourceType.")
    user_id = request.args.get("userId") or principal().user_id
    user = next((each for each in visible_users() if each.user_id == user_id), None)
    role = None if user is None else role_named(user.role)
    resource = as_number("resourceType", kind)
    if resource not in _RESOURCES.values():
        raise unusable(f"Expected a resourceType from 0 to 21, but got {resource}.")
    allowed = () if role is None else _permissions(role, resource)
    return answer(
        {
            "permissionName": permission,
            "resourceName": name,
            "resourceId": request.args.get("resourceId"),
            "authorized": _ALL in allowed or permission.upper() in allowed,
        }
    )


@ENGINE_REST.get(f"{_PREFIX}/<authorization_id>")
def get_authorization(authorization_id: str) -> Response:
    """Return one authorization."""
    for each in _grants():
        if each.id == authorization_id:
            return answer(_written(each))
    raise missing(f"Authorization with id {authorization_id} does not exist.")


def _search() -> Search:
    return asked(AUTHORIZATIONS).search


def _grants() -> list[_Grant]:
    return [
        _Grant(user.user_id, resource, permissions)
        for user in visible_users()
        for resource in _RESOURCES.values()
        if (permissions := _permissions(role_named(user.role) or Role.STAFF, resource))
    ]


def _permissions(role: Role, resource: int) -> tuple[str, ...]:
    if role >= Role.ADMINISTRATOR or (role >= Role.OPERATOR and resource not in _ADMINISTERED):
        return (_ALL,)
    return tuple(sorted(_OF_STAFF.get(resource, frozenset())))


def _written(grant: _Grant) -> dict[str, JsonValue]:
    return {
        "id": grant.id,
        "type": _GRANT,
        "permissions": list(grant.permissions),
        "userId": grant.user_id,
        "groupId": None,
        "resourceType": grant.resource,
        "resourceId": "*",
        "removalTime": None,
        "rootProcessInstanceId": None,
    }
