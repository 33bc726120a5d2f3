"""How pages answer: redirects after a post, messages, addresses of further pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlencode

from flask import flash, redirect, request
from werkzeug.wrappers import Response

from bpmn_engine.service.views import Page, PageRequest, Problem
from bpmn_engine.values import JsonValue
from web.context import service
from web.errors import FieldError, invalid_input, problem_error
from web.json_input import JsonFailure, read_json

Item = TypeVar("Item")

MAX_FIELD = 4000
"""Characters a field of a filter may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Where the pages before and after a list's page are."""

    previous_url: str | None
    next_url: str | None
    shown: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A process, as a filter offers it."""

    process_id: str
    name: str


def good(answer: Item | Problem) -> Item:
    """Return the answer of the service.

    Raises:
        ProblemError: It is a problem; the error page shows it.
    """
    if isinstance(answer, Problem):
        raise problem_error(answer)
    return answer


def is_htmx() -> bool:
    """Whether a script asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def go(url: str) -> Response:
    """Send the browser on after a post."""
    return redirect(url, code=HTTPStatus.SEE_OTHER)


def next_url(default: str) -> str:
    """Return where the form wants to go on: a path of this site, else `default`."""
    wanted = request.form.get("next", "")
    return wanted if is_own_path(wanted) else default


def is_own_path(url: str) -> bool:
    """Whether an address is a path of this site and not another site's."""
    return (
        url.startswith("/")
        and not url.startswith(("//", "/\\"))
        and all(sign.isprintable() for sign in url)
    )


def tell(outcome: object, words: str) -> bool:
    """Flash what became of a post; return whether it was done."""
    if isinstance(outcome, Problem):
        flash(outcome.message, "error")
        return False
    flash(words, "success")
    return True


def argument(name: str, default: str = "") -> str:
    """Return a filter's field, from the form of a post or from the address."""
    value = request.values.get(name, default).strip()
    if len(value) > MAX_FIELD:
        raise invalid_input(
            [FieldError(field=name, message=f"Expected at most {MAX_FIELD} characters.")]
        )
    return value


def reason() -> str | None:
    """Return the reason given in a dialog."""
    return argument("reason")[:500] or None


def page_request(limit: int = 50, *, has_total: bool = False) -> PageRequest:
    """Return which page of a list the address asks for."""
    return PageRequest(cursor=argument("cursor") or None, limit=limit, has_total=has_total)


def paging(page: Page[Item], path: str, filters: Mapping[str, str]) -> Paging:
    """Return the addresses around a page of a list."""

    def address(cursor: str | None) -> str | None:
        if cursor is None:
            return None
        return f"{path}?{urlencode({**_given(filters), 'cursor': cursor})}"

    return Paging(
        previous_url=address(page.previous_cursor),
        next_url=address(page.next_cursor),
        shown=len(page.items),
        total=page.total,
    )


def process_choices() -> list[Choice]:
    """Return the deployed processes, at most 200."""
    return [
        Choice(process_id=each.process_id, name=each.name or each.process_id)
        for each in service().process_names()
    ]


def display_names(user_ids: Iterable[str | None]) -> Mapping[str, str]:
    """Return the display names of users; those without an account, and None, are left out."""
    named = {user_id for user_id in user_ids if user_id is not None}
    return service().display_names(named) if named else {}


def json_field(name: str, text: str) -> JsonValue:
    """Return the JSON value of a form's field.

    Raises:
        ProblemError: The text is no JSON (422).
    """
    value = read_json(text)
    if isinstance(value, JsonFailure):
        raise invalid_input([FieldError(field=name, message=value.message)])
    return value


def variables_field(name: str = "variables") -> dict[str, JsonValue]:
    """Return the variables given as JSON text in a form's field; empty text is no variables.

    Raises:
        ProblemError: The text is no JSON object (422).
    """
    value = json_field(name, request.form.get(name, "").strip() or "{}")
    if not isinstance(value, dict):
        raise invalid_input([FieldError(field=name, message="Expected a JSON object.")])
    return value


def day(name: str) -> dt.datetime | None:
    """Return the begin, UTC, of the day in a filter's field.

    Raises:
        ProblemError: It is no day such as 2026-11-21 (422).
    """
    text = argument(name)
    if not text:
        return None
    try:
        found = dt.date.fromisoformat(text)
    except ValueError as error:
        raise invalid_input(
            [FieldError(field=name, message="Expected a day such as 2026-11-21.")]
        ) from error
    return dt.datetime(found.year, found.month, found.day, tzinfo=dt.UTC)


def whole_number(name: str, default: int, *, least: int, most: int) -> int:
    """Return the whole number in a form's field.

    Raises:
        ProblemError: It is none, or out of range (422).
    """
    text = argument(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) <= 9):  # noqa: PLR2004 -- fits 32 bits
        raise invalid_input([FieldError(field=name, message="Expected a whole number.")])
    if not least <= int(text) <= most:
        raise invalid_input(
            [FieldError(field=name, message=f"Expected a number from {least} to {most}.")]
        )
    return int(text)


def _given(filters: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in filters.items() if value}
