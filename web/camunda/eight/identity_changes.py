"""Accounts and groups, made and changed by administrators."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from flask import Response
from marshmallow import fields, validate

from bpmn_engine.service.views import GroupView, UserView
from bpmn_engine.values import JsonValue
from web.accounts import AccountForm, change_account, create_account, objections
from web.camunda.bodies import Body, read_body, text_or_none
from web.camunda.dialect import answer, done, unless_problem
from web.camunda.eight.searches import refuse
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION
from web.context import service
from web.errors import ProblemError


class UserBody(Body):
    """An account."""

    username = fields.String(load_default=None, allow_none=True)
    name = fields.String(load_default=None, allow_none=True)
    email = fields.String(load_default=None, allow_none=True)
    password = fields.String(load_default=None, allow_none=True)


class GroupBody(Body):
    """A group."""

    group_id = fields.String(load_default=None, allow_none=True)
    name = fields.String(required=True, validate=validate.Length(1))
    description = fields.String(load_default=None, allow_none=True)


@ORCHESTRATION.post("/users")
def create_user() -> Response:
    """Make an account, of staff."""
    body = read_body(UserBody)
    form = _form(text_or_none(body["username"]) or "", body)
    _refuse(form, is_new=True)
    created = unless_problem(create_account(service(), form))
    return answer(_user_json(created), status=HTTPStatus.CREATED)


@ORCHESTRATION.put("/users/<username>")
def update_user(username: str) -> Response:
    """Change an account's name, address and, when it is given, password."""
    if service().user(username) is None:
        raise _missing("user", username)
    form = _form(username, read_body(UserBody))
    _refuse(form, is_new=False)
    return answer(_user_json(unless_problem(change_account(service(), form))))


@ORCHESTRATION.post("/groups")
@partly("a description is refused")
def create_group() -> Response:
    """Describe a new group."""
    group = _group(read_body(GroupBody), None)
    unless_problem(service().save_group(group, is_new=True))
    return answer(_group_json(group), status=HTTPStatus.CREATED)


@ORCHESTRATION.put("/groups/<group_id>")
@partly("a description is refused")
def update_group(group_id: str) -> Response:
    """Give a group another name; its id stays."""
    group = _group(read_body(GroupBody), group_id)
    unless_problem(service().save_group(group, is_new=False))
    return answer(_group_json(group))


@ORCHESTRATION.delete("/groups/<group_id>")
def delete_group(group_id: str) -> Response:
    """Forget a group; nobody is in it any more."""
    _known(group_id)
    return done(service().delete_group(group_id))


@ORCHESTRATION.put("/groups/<group_id>/users/<username>")
def add_to_group(group_id: str, username: str) -> Response:
    """Make a user a member of a group; again is fine."""
    _known(group_id)
    return done(service().add_member(username, group_id))


@ORCHESTRATION.delete("/groups/<group_id>/users/<username>")
def remove_from_group(group_id: str, username: str) -> Response:
    """Make a user no member of a group; again is fine."""
    _known(group_id)
    return done(service().remove_member(username, group_id))


def _form(user_id: str, body: Mapping[str, JsonValue]) -> AccountForm:
    return AccountForm(
        user_id=user_id,
        display_name=text_or_none(body["name"]) or None,
        email=text_or_none(body["email"]),
        password=text_or_none(body["password"]) or None,
    )


def _group(body: Mapping[str, JsonValue], group_id: str | None) -> GroupView:
    if body["description"]:
        refuse("Expected no description: a group has an id and a name.")
    named = group_id or text_or_none(body["group_id"]) or ""
    wrong = objections(AccountForm(user_id="anybody", groups=(named,)), is_new=False)
    if wrong:
        refuse(" ".join(wrong.values()))
    return GroupView(group_id=named, name=text_or_none(body["name"]), kind=None)


def _known(group_id: str) -> None:
    if group_id not in {group.group_id for group in service().described_groups()}:
        raise _missing("group", group_id)


def _refuse(form: AccountForm, *, is_new: bool) -> None:
    wrong = objections(form, is_new=is_new)
    if wrong:
        refuse(" ".join(f"{field}: {message}" for field, message in wrong.items()))


def _missing(kind: str, wanted: str) -> ProblemError:
    return ProblemError(
        HTTPStatus.NOT_FOUND, f"Expected the {kind} {wanted[:64]!r}, but there is none."
    )


def _user_json(user: UserView) -> JsonValue:
    return {"username": user.user_id, "name": user.display_name, "email": user.email}


def _group_json(group: GroupView) -> JsonValue:
    return {"groupId": group.group_id, "name": group.name, "description": ""}
