"""Groups, tenants and who is in them. Everybody sees their own groups, administrators all.

There are no tenants: lists of them are empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from flask import Response, request

from bpmn_engine.service.views import GroupView, Problem, ProblemKind
from bpmn_engine.service.work_search import Value, found_in
from bpmn_engine.values import JsonValue
from web.accounts import MIN_PASSWORD_CHARACTERS, is_password
from web.camunda.bodies import text_or_none
from web.camunda.dialect import answer, done
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.notes import partly
from web.camunda.seven.failures import engine_error, missing, unusable
from web.camunda.seven.parameters import Reading, as_text, like, nothing, switch, text, texts
from web.camunda.seven.queries import bounded
from web.camunda.seven.query_reading import Query, asked, json_object
from web.camunda.seven.users import first_and_last, visible_users
from web.context import principal, service

_PREFIX: Final = "/group"
_MEMBER: Final = f"{_PREFIX}/<group_id>/members/<user_id>"
_RULE: Final = "PASSWORD_POLICY_LENGTH"


def _member(parameter: str, value: JsonValue, _reading: Reading) -> None:
    """Keep the member that is asked for; the groups are chosen by it afterwards."""
    as_text(parameter, value)


GROUPS: Final = Query(
    parameters={
        "id": text("id"),
        "idIn": texts("id"),
        "name": text("name"),
        "nameLike": like("name"),
        "type": text("type"),
        "member": _member,
        "memberOfTenant": nothing(),
    },
    sorts={"id": "id", "name": "name", "type": "type"},
)
TENANTS: Final = Query(
    parameters={
        **dict.fromkeys(("id", "name", "nameLike", "userMember", "groupMember"), nothing()),
        "includingGroupsOfUser": switch(),
    },
    sorts={"id": "id", "name": "id"},
)

_FIELDS: Final[Mapping[str, Callable[[GroupView], Value]]] = {
    "id": lambda group: group.group_id,
    "name": lambda group: group.name or group.group_id,
    "type": lambda group: group.kind,
}


@ENGINE_REST.route(_PREFIX, methods=["GET", "POST"])
def list_described_groups() -> Response:
    """List groups."""
    return answer([_group(each) for each in bounded(_found(is_counted=False))])


@ENGINE_REST.route(f"{_PREFIX}/count", methods=["GET", "POST"])
def count_described_groups() -> Response:
    """Count groups."""
    return answer({"count": len(_found(is_counted=True))})


@ENGINE_REST.post(f"{_PREFIX}/create")
def create_group() -> Response:
    """Describe a new group."""
    problem = service().save_group(_given(json_object()), is_new=True)
    if isinstance(problem, Problem) and problem.kind is ProblemKind.CONFLICT:
        raise engine_error(problem.message)
    return done(problem)


@ENGINE_REST.get(f"{_PREFIX}/<group_id>")
def get_group(group_id: str) -> Response:
    """Return one group."""
    for each in _visible():
        if each.group_id == group_id:
            return answer(_group(each))
    raise missing(f"Group with id {group_id} does not exist")


@ENGINE_REST.put(f"{_PREFIX}/<group_id>")
def update_group(group_id: str) -> Response:
    """Describe a group in other words; its id stays."""
    given = _given({**json_object(), "id": group_id})
    problem = service().save_group(given, is_new=False)
    if isinstance(problem, Problem) and problem.kind is ProblemKind.NOT_FOUND:
        raise missing(f"Group with id {group_id} does not exist")
    return done(problem)


@ENGINE_REST.delete(f"{_PREFIX}/<group_id>")
def delete_group(group_id: str) -> Response:
    """Forget a group; nobody is in it any more."""
    return done(service().delete_group(group_id))


@ENGINE_REST.put(_MEMBER)
def add_group_member(group_id: str, user_id: str) -> Response:
    """Make a user a member of a group."""
    return done(service().add_member(user_id, group_id))


@ENGINE_REST.delete(_MEMBER)
def delete_group_member(group_id: str, user_id: str) -> Response:
    """Make a user no member of a group."""
    return done(service().remove_member(user_id, group_id))


@ENGINE_REST.get("/tenant")
def list_tenants() -> Response:
    """List tenants: there are none."""
    asked(TENANTS)
    return answer([])


@ENGINE_REST.get("/tenant/count")
def count_tenants() -> Response:
    """Count tenants: there are none."""
    asked(TENANTS)
    return answer({"count": 0})


@ENGINE_REST.get("/tenant/<tenant_id>")
@partly("there is one tenant, without an id: always 404")
def get_tenant(tenant_id: str) -> Response:
    """Return one tenant: there is none."""
    raise missing(f"Tenant with id {tenant_id} does not exist")


@ENGINE_REST.get("/identity/groups")
def list_groups_of_user() -> Response:
    """Return the groups of a user, and who is in them with the user."""
    user_id = request.args.get("userId")
    if user_id is None:
        raise unusable("No user id was supplied")
    visible = visible_users()
    own = next((each for each in visible if each.user_id == user_id), None)
    groups = () if own is None else own.groups
    described = {each.group_id: each for each in service().described_groups()}
    others = [
        each for each in visible if each.user_id != user_id and set(each.groups) & set(groups)
    ]
    return answer(
        {
            "groups": [
                {"id": group, "name": described[group].name or group}
                for group in groups
                if group in described
            ],
            "groupUsers": [
                {
                    "id": each.user_id,
                    "firstName": first_and_last(each)[0],
                    "lastName": first_and_last(each)[1],
                    "displayName": each.display_name,
                }
                for each in others
            ],
        }
    )


@ENGINE_REST.post("/identity/verify")
def verify_credentials() -> Response:
    """Tell whether the caller's own name and password belong together.

    Those of others are not looked at: guessing would not count as a failed log-in.
    """
    body = json_object()
    name, password = text_or_none(body.get("username")), text_or_none(body.get("password"))
    if not name or not password:
        raise unusable("Username and password are required")
    own = service().user(name) if name == principal().user_id else None
    is_right = own is not None and is_password(password, own.password_hash)
    return answer(
        {
            "authenticatedUser": name,
            "authenticated": is_right,
            "tenants": [],
            "groups": list(own.groups) if own is not None and is_right else [],
        }
    )


@ENGINE_REST.get("/identity/password-policy")
def get_password_policy() -> Response:
    """Return the rules for passwords."""
    return answer({"rules": [_rule()]})


@ENGINE_REST.post("/identity/password-policy")
def check_password_policy() -> Response:
    """Tell whether a password keeps the rules."""
    password = text_or_none(json_object().get("password")) or ""
    is_valid = len(password) >= MIN_PASSWORD_CHARACTERS
    return answer({"rules": [{**_rule(), "valid": is_valid}], "valid": is_valid})


def _visible() -> list[GroupView]:
    groups = service().described_groups()
    if principal().is_administrator:
        return list(groups)
    return [each for each in groups if each.group_id in principal().groups]


def _found(*, is_counted: bool) -> list[GroupView]:
    query = asked(GROUPS)
    groups = _visible()
    member = query.raw.get("member")
    if member is not None:
        theirs = {
            group for each in visible_users() if each.user_id == member for group in each.groups
        }
        groups = [each for each in groups if each.group_id in theirs]
    return found_in(groups, query.search.whole() if is_counted else query.search, _FIELDS)


def _given(body: Mapping[str, JsonValue]) -> GroupView:
    group_id = text_or_none(body.get("id"))
    if not group_id:
        raise unusable("Expected an id of the group.")
    return GroupView(
        group_id=group_id,
        name=text_or_none(body.get("name")),
        kind=text_or_none(body.get("type")),
    )


def _group(group: GroupView) -> dict[str, JsonValue]:
    return {
        "id": group.group_id,
        "name": group.name or group.group_id,
        "type": group.kind,
    }


def _rule() -> dict[str, JsonValue]:
    return {"placeholder": _RULE, "parameter": {"minLength": str(MIN_PASSWORD_CHARACTERS)}}
