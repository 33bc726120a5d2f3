"""Users and API tokens, for administrators."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from flask import flash, render_template, request
from werkzeug.wrappers import Response

from bpmn_engine.service.views import ApiTokenView, Problem, UserView
from web.accounts import (
    AccountForm,
    all_users,
    change_account,
    create_account,
    objections,
)
from web.accounts import create_token as make_token
from web.context import now, principal, service
from web.pages.answers import argument, go, tell
from web.permissions import Role, role_named

_ROLES: Final = (
    {
        "role": Role.STAFF.word,
        "label": "Staff",
        "explanation": "works through the worklist and starts processes",
    },
    {
        "role": Role.OPERATOR.word,
        "label": "Operator",
        "explanation": "deploys, repairs instances and incidents, runs workers",
    },
    {
        "role": Role.ADMINISTRATOR.word,
        "label": "Administrator",
        "explanation": "all of it, and users and tokens",
    },
)
_EXPIRIES: Final = {"30": 30, "90": 90, "365": 365}


def users() -> str:
    """Show all accounts."""
    return _users_page({}, {})


def create_user() -> Response | tuple[str, int]:
    """Create an account."""
    form = _form(argument("user_id"), is_new=True)
    errors = dict(objections(form, is_new=True))
    if not errors:
        outcome = create_account(service(), form)
        if not isinstance(outcome, Problem):
            flash(f"{form.user_id} can log in now.", "success")
            return go("/admin/users")
        errors["user_id"] = outcome.message
    submitted = {name: argument(name) for name in ("user_id", "display_name", "email", "groups")}
    return _users_page(errors, submitted), HTTPStatus.UNPROCESSABLE_ENTITY


def change_user(user_id: str) -> Response | tuple[str, int]:
    """Change an account; an empty password keeps the present one."""
    form = _form(user_id, is_new=False)
    errors = dict(objections(form, is_new=False))
    if user_id == principal().user_id and (
        form.is_active is False or form.role is not principal().role
    ):
        errors["roles"] = "You cannot take your own rights away."
    if not errors:
        outcome = change_account(service(), form)
        tell(outcome, f"{user_id} was changed.")
        return go("/admin/users")
    return _users_page(errors, {}), HTTPStatus.UNPROCESSABLE_ENTITY


def tokens() -> str:
    """Show all API tokens."""
    return _tokens_page(None, {})


def create_token() -> str | tuple[str, int]:
    """Make a token; it is shown in this answer, once, and so there is no redirect."""
    name, user_id = argument("name"), argument("user_id")
    if not name or len(name) > 255:  # noqa: PLR2004 -- of the API
        errors = {"name": "Expected a name of 1 to 255 characters."}
        return _tokens_page(None, errors), HTTPStatus.UNPROCESSABLE_ENTITY
    days = _EXPIRIES.get(argument("expires_in_days"))
    made = make_token(
        service(),
        user_id,
        name=name,
        expires_at=None if days is None else now() + dt.timedelta(days=days),
    )
    if isinstance(made, Problem):
        return _tokens_page(None, {"user_id": made.message}), HTTPStatus.UNPROCESSABLE_ENTITY
    return _tokens_page(made.secret, {})


def revoke_token(key: int) -> Response:
    """Make a token worthless at once."""
    tell(service().revoke_api_token(key), "The token was revoked.")
    return go("/admin/tokens")


def _form(user_id: str, *, is_new: bool) -> AccountForm:
    chosen = [role for role in map(role_named, request.form.getlist("roles")) if role is not None]
    groups = {group.strip() for group in argument("groups").split(",")} - {""}
    return AccountForm(
        user_id=user_id,
        display_name=argument("display_name")[:255] or user_id,
        email=argument("email"),
        role=max(chosen, default=Role.STAFF),
        password=request.form.get("password") or None,
        is_active=True if is_new else request.form.get("is_active") == "true",
        groups=tuple(sorted(groups)),
    )


def _users_page(errors: Mapping[str, str], submitted: Mapping[str, str]) -> str:
    found = all_users(service())
    return render_template(
        "users.html",
        users=[_user(each) for each in found],
        groups=sorted({group for user in found for group in user.groups}),
        roles=_ROLES,
        errors=errors,
        submitted=submitted,
        paging=None,
    )


def _user(user: UserView) -> dict[str, object]:
    return {
        "user_id": user.user_id,
        "display_name": user.display_name,
        "email": user.email or "",
        "groups": user.groups,
        "roles": [user.role],
        "is_active": user.is_active,
        "last_seen_at": user.last_seen_at,
    }


def _tokens_page(new_token: str | None, errors: Mapping[str, str]) -> str:
    return render_template(
        "tokens.html",
        tokens=[_token(each) for each in service().api_tokens()],
        new_token=new_token,
        users=[user for user in all_users(service()) if user.is_active],
        errors=errors,
    )


def _token(token: ApiTokenView) -> dict[str, object]:
    state = "active"
    if token.expires_at is not None and token.expires_at <= now():
        state = "expired"
    if token.revoked_at is not None:
        state = "revoked"
    return {
        "token_id": str(token.token_key),
        "name": token.name,
        "user_id": token.user_id,
        "roles": [],
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "state": state,
    }
