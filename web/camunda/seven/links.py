"""What the caller may do with a resource: the answer to OPTIONS, as links.

A link is told only for an operation that is offered, to those who may call it. A browser that asks
before it calls (a preflight) is answered as everywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException

from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer
from web.camunda.engine_rest import ENGINE_REST
from web.context import Principal, principal_or_none
from web.errors import ProblemError
from web.permissions import MINIMUM_ROLE

_LIST: Final = (("GET", "", "list"), ("GET", "/count", "count"), ("POST", "/create", "create"))
_ONE: Final = (("GET", "", "self"), ("PUT", "", "update"), ("DELETE", "", "delete"))
_MEMBERS: Final = (("PUT", "/x", "create"), ("DELETE", "/x", "delete"))
_FILTER: Final = (
    ("GET", "", "self"),
    ("GET", "/singleResult", "singleResult"),
    ("POST", "/singleResult", "singleResult"),
    ("GET", "/list", "list"),
    ("POST", "/list", "list"),
    ("GET", "/count", "count"),
    ("POST", "/count", "count"),
    ("DELETE", "", "delete"),
    ("PUT", "", "update"),
)
LINKS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "/authorization": _LIST,
    "/authorization/<id>": _ONE,
    "/filter": _LIST,
    "/filter/<id>": _FILTER,
    "/group": _LIST,
    "/group/<id>": _ONE,
    "/group/<id>/members": _MEMBERS,
    "/tenant": _LIST,
    "/tenant/<id>": _ONE,
    "/tenant/<id>/group-members": _MEMBERS,
    "/tenant/<id>/user-members": _MEMBERS,
    "/user": _LIST,
    "/user/<id>": (
        ("GET", "/profile", "self"),
        ("DELETE", "", "delete"),
        ("PUT", "/profile", "update"),
    ),
}
"""Address -> method, the rest of the address, and what Camunda calls the link.

The rest `/x` stands for a member, whose name whoever follows the link adds.
"""

_PATTERNS: Final = tuple(
    (re.compile(path.replace("<id>", "[^/]+")), links) for path, links in LINKS.items()
)
_PREFIX: Final = "/engine-rest"


@ENGINE_REST.before_request
def answer_links() -> Response | None:
    """Answer a request for the links of a resource; leave every other request alone.

    Raises:
        ProblemError: nobody is logged in (401).
    """
    if request.method != "OPTIONS" or "Access-Control-Request-Method" in request.headers:
        return None
    path = request.path.removeprefix(_PREFIX)
    found = next((links for pattern, links in _PATTERNS if pattern.fullmatch(path)), None)
    if found is None:
        return None
    caller = principal_or_none()
    if caller is None:
        raise ProblemError(HTTPStatus.UNAUTHORIZED, "Expected a log-in, but there is none.")
    links: list[JsonValue] = [
        {"method": method, "href": _href(rest), "rel": name}
        for method, rest, name in found
        if _may(caller, method, f"{request.path}{rest}")
    ]
    return answer({"links": links})


def _href(rest: str) -> str:
    return f"{request.host_url.rstrip('/')}{request.path}{'' if rest == '/x' else rest}"


def _may(caller: Principal, method: str, path: str) -> bool:
    """Tell whether an operation is offered, and to the caller."""
    adapter = current_app.url_map.bind(request.host)
    try:
        endpoint, _ = adapter.match(path, method=method)
    except HTTPException:
        return False
    needed = MINIMUM_ROLE.get(endpoint)
    is_offered = not endpoint.endswith(".not_implemented")
    return is_offered and needed is not None and caller.role >= needed
