"""Users of Camunda 7: our accounts. Everybody sees their own, administrators see all.

A first and a last name are the display name's, divided at its last blank.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from flask import Response

from bpmn_engine.service.views import Problem, ProblemKind, UserView
from bpmn_engine.service.work_search import Value, found_in
from bpmn_engine.values import JsonValue
from web.accounts import AccountForm, all_users, change_account, create_account, objections
from web.camunda.bodies import object_or_empty, text_or_none
from web.camunda.dialect import answer, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.failures import engine_error, missing, unusable
from web.camunda.seven.parameters import Reading, as_text, like, nothing, text, texts
from web.camunda.seven.queries import bounded
from web.camunda.seven.query_reading import Query, asked, json_object
from web.context import principal, service

_PREFIX: Final = "/user"


def _member(parameter: str, value: JsonValue, _reading: Reading) -> None:
    """Keep the group that is asked for; the accounts are chosen by it afterwards."""
    as_text(parameter, value)


USERS: Final = Query(
    parameters={
        "id": text("id"),
        "idIn": texts("id"),
        "firstName": text("first"),
        "firstNameLike": like("first"),
        "lastName": text("last"),
        "lastNameLike": like("last"),
        "email": text("email"),
        "emailLike": like("email"),
        "memberOfGroup": _member,
        "memberOfTenant": nothing(),
        "potentialStarter": nothing(),
    },
    sorts={"userId": "id", "firstName": "first", "lastName": "last", "email": "email"},
)

_FIELDS: Final[Mapping[str, Callable[[UserView], Value]]] = {
    "id": lambda user: user.user_id,
    "first": lambda user: first_and_last(user)[0],
    "last": lambda user: first_and_last(user)[1],
    "email": lambda user: user.email,
}


@ENGINE_REST.get(_PREFIX)
def list_accounts() -> Response:
    """List accounts."""
    return answer([_profile(each) for each in bounded(_found(is_counted=False))])


@ENGINE_REST.get(f"{_PREFIX}/count")
def count_accounts() -> Response:
    """Count accounts."""
    return answer({"count": len(_found(is_counted=True))})


@ENGINE_REST.post(f"{_PREFIX}/create")
def create_account_of_body() -> Response:
    """Create an account, of staff."""
    body = json_object()
    profile = object_or_empty(body.get("profile"), "profile")
    credentials = object_or_empty(body.get("credentials"), "credentials")
    form = AccountForm(
        user_id=text_or_none(profile.get("id")) or "",
        display_name=_display_name(profile),
        email=text_or_none(profile.get("email")),
        password=text_or_none(credentials.get("password")),
    )
    _refuse(form, is_new=True)
    created = create_account(service(), form)
    if isinstance(created, Problem) and created.kind is ProblemKind.CONFLICT:
        raise engine_error(created.message)
    unless_problem(created)
    return no_content()


@ENGINE_REST.get(f"{_PREFIX}/<user_id>/profile")
def get_account_profile(user_id: str) -> Response:
    """Return an account's names and address."""
    return answer(_profile(_visible(user_id)))


@ENGINE_REST.put(f"{_PREFIX}/<user_id>/profile")
def update_account_profile(user_id: str) -> Response:
    """Change an account's names and address."""
    _visible(user_id)
    profile = json_object()
    form = AccountForm(
        user_id=user_id,
        display_name=_display_name(profile),
        email=text_or_none(profile.get("email")),
    )
    _refuse(form, is_new=False)
    unless_problem(change_account(service(), form))
    return no_content()


@ENGINE_REST.put(f"{_PREFIX}/<user_id>/credentials")
def update_account_credentials(user_id: str) -> Response:
    """Give an account another password; `authenticatedUserPassword` is that of whoever asks."""
    _visible(user_id)
    body = json_object()
    form = AccountForm(user_id=user_id, password=text_or_none(body.get("password")) or "")
    _refuse(form, is_new=False)
    unless_problem(change_account(service(), form))
    return no_content()


def visible_users() -> list[UserView]:
    """Return the accounts that the caller may see: their own, or as an administrator all."""
    if principal().is_administrator:
        return all_users(service())
    own = service().user(principal().user_id)
    return [] if own is None else [own]


def first_and_last(user: UserView) -> tuple[str, str]:
    """Return an account's first and last name."""
    first, _, last = user.display_name.rpartition(" ")
    return first, last


def _found(*, is_counted: bool) -> list[UserView]:
    query = asked(USERS)
    group = query.raw.get("memberOfGroup")
    users = [each for each in visible_users() if group is None or group in each.groups]
    return found_in(users, query.search.whole() if is_counted else query.search, _FIELDS)


def _visible(user_id: str) -> UserView:
    for each in visible_users():
        if each.user_id == user_id:
            return each
    raise missing(f"User with id {user_id} does not exist")


def _profile(user: UserView) -> dict[str, JsonValue]:
    first, last = first_and_last(user)
    return {"id": user.user_id, "firstName": first, "lastName": last, "email": user.email}


def _display_name(profile: Mapping[str, JsonValue]) -> str | None:
    names = (text_or_none(profile.get("firstName")), text_or_none(profile.get("lastName")))
    return " ".join(name for name in names if name) or None


def _refuse(form: AccountForm, *, is_new: bool) -> None:
    found = objections(form, is_new=is_new)
    if found:
        raise unusable(" ".join(f"{field}: {message}" for field, message in found.items()))
