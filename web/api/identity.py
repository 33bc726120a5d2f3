"""Who is who: the caller, users, groups and API tokens."""

from __future__ import annotations

from collections import defaultdict
from http import HTTPStatus

from flask import Response

from bpmn_engine.service.views import Problem, UserView
from web.accounts import (
    AccountForm,
    all_users,
    change_account,
    create_account,
    objections,
    unknown_user,
)
from web.accounts import (
    create_token as make_token,
)
from web.api.operations_schemas import (
    ChangeUserBody,
    ChangeUserValues,
    CreateTokenBody,
    CreateTokenValues,
    CreateUserBody,
    CreateUserValues,
    GroupSchema,
    MeSchema,
    NewTokenSchema,
    TokenSchema,
    UserSchema,
)
from web.api.resource import Resource, no_content
from web.api.schemas import flat, list_of
from web.context import now, principal, service
from web.errors import FieldError, invalid_input
from web.permissions import role_named

ME = Resource("me", "/me", "The caller.")
USERS = Resource("users", "/users", "Accounts and their groups.")
TOKENS = Resource("tokens", "/tokens", "API tokens: each may do what its user may do.")


@ME.endpoint("GET ", answer=MeSchema)
def get_me() -> dict[str, object]:
    """Return who makes the request."""
    who = principal()
    return {
        "user_id": who.user_id,
        "display_name": who.display_name,
        "role": who.role.word,
        "groups": sorted(who.groups),
    }


@USERS.endpoint("GET ", answer=list_of(UserSchema))
def list_users() -> dict[str, object]:
    """Return all accounts."""
    return {"items": all_users(service())}


@USERS.endpoint("POST ", body=CreateUserBody, answer=UserSchema, status=HTTPStatus.CREATED)
def create_user(body: CreateUserValues) -> UserView | Problem:
    """Create an account."""
    form = _form(body["user_id"], body)
    _refuse(form, is_new=True)
    return create_account(service(), form)


@USERS.endpoint("GET /groups", answer=list_of(GroupSchema))
def list_groups() -> dict[str, object]:
    """Return the groups that somebody is in."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for user in all_users(service()):
        for group in user.groups:
            members[group].append(user.user_id)
    return {
        "items": [
            {"group_id": group, "user_ids": user_ids}
            for group, user_ids in sorted(members.items())
        ]
    }


@USERS.endpoint("GET /<user_id>", answer=UserSchema)
def get_user(user_id: str) -> UserView | Problem:
    """Return one account."""
    return service().user(user_id) or unknown_user(user_id)


@USERS.endpoint("PATCH /<user_id>", body=ChangeUserBody, answer=UserSchema)
def change_user(body: ChangeUserValues, user_id: str) -> UserView | Problem:
    """Change an account; what is not named stays. A new password ends its sessions."""
    form = _form(user_id, body)
    _refuse(form, is_new=False)
    return change_account(service(), form)


@TOKENS.endpoint("GET ", answer=list_of(TokenSchema))
def list_tokens() -> dict[str, object]:
    """Return all API tokens, without their secrets."""
    return {"items": service().api_tokens()}


@TOKENS.endpoint("POST ", body=CreateTokenBody, answer=NewTokenSchema, status=HTTPStatus.CREATED)
def create_token(body: CreateTokenValues) -> dict[str, object] | Problem:
    """Make an API token; its secret is in this answer and nowhere else."""
    expires_at = body["expires_at"]
    if expires_at is not None and expires_at <= now():
        raise invalid_input([FieldError(field="expires_at", message="Expected a time to come.")])
    made = make_token(
        service(),
        body["user_id"],
        name=body["name"],
        expires_at=expires_at,
    )
    if isinstance(made, Problem):
        return made
    return {**flat(made.token), "secret": made.secret}


@TOKENS.endpoint("DELETE /<key:key>", status=HTTPStatus.NO_CONTENT)
def revoke_token(key: int) -> Response | Problem:
    """Make a token worthless at once."""
    outcome = service().revoke_api_token(key)
    return outcome if isinstance(outcome, Problem) else no_content()


def _form(user_id: str, body: ChangeUserValues) -> AccountForm:
    role, groups = body["role"], body["groups"]
    return AccountForm(
        user_id=user_id,
        display_name=body["display_name"],
        email=body["email"],
        role=None if role is None else role_named(role),
        password=body["password"],
        is_active=body["is_active"],
        groups=None if groups is None else tuple(sorted(set(groups))),
    )


def _refuse(form: AccountForm, *, is_new: bool) -> None:
    found = objections(form, is_new=is_new)
    if found:
        raise invalid_input(
            [FieldError(field=field, message=message) for field, message in found.items()]
        )
