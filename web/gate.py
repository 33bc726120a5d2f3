"""What every request passes before its handler: number, encoding, caller, rate, origin, role.

A session proves a person at a browser, so its posts must carry the CSRF token. An API token is
sent deliberately, so no CSRF token is asked for; such a request never reads the session.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import secrets
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

from flask import Flask, g, request

from bpmn_engine.service.views import UserView
from web.accounts import TOKEN_PREFIX, token_hash
from web.bearer import bearer_owner, is_bearer
from web.context import Principal, now, principal_or_none, service, web_context
from web.errors import ProblemError
from web.permissions import MINIMUM_ROLE, Role, role_named
from web.sessions import (
    COOKIE,
    Session,
    belongs_to,
    end_session,
    is_csrf_token,
    read_session,
    touch_session,
)

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

CSRF_HEADER: Final = "X-CSRF-Token"
CSRF_FIELD: Final = "csrf_token"

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_UNKNOWN_CALLERS: Final = frozenset(
    {"static", "health.live", "health.ready", "health.whole", "metrics.show"}
)
"""Endpoints that do not ask who calls, so that they work while the database is away."""
_PASSWORD_APIS: Final = frozenset({"engine-rest", "orchestration", "cluster"})
"""Blueprints whose clients may send a password with each request; they know nothing better."""


def register_gate(app: Flask) -> None:
    """Put the checks before every request of `app`, in this order."""
    for check in (_number, _check_encoding, _identify, _limit_rate, _check_origin, _authorise):
        app.before_request(check)


def principal_of(user: UserView, token_key: int | None = None) -> Principal:
    """Return the principal of an account; an unknown role counts as staff."""
    return Principal(
        user_id=user.user_id,
        display_name=user.display_name or user.user_id,
        role=role_named(user.role) or Role.STAFF,
        groups=frozenset(user.groups),
        token_key=token_key,
    )


def client_address() -> str:
    """Return the client's network address, as far as proxies are trusted."""
    return request.remote_addr or "unknown"


def current_session() -> Session | None:
    """Return the session of the request, if its account may still use it."""
    found = g.get("login_session")
    return found if isinstance(found, Session) else None


def _number() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    g.began_at = now()


def _check_encoding() -> None:
    """Refuse addresses that are not UTF-8 or hold U+0000, before anything reads them."""
    raw = str(request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or "")
    query = request.query_string
    for part in (unquote_to_bytes(raw), unquote_to_bytes(query.replace(b"+", b" "))):
        try:
            text = part.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ProblemError(
                HTTPStatus.BAD_REQUEST, "Expected UTF-8 in the address, but it is not."
            ) from error
        if "\x00" in text:
            raise ProblemError(
                HTTPStatus.BAD_REQUEST, "Expected an address without U+0000, but it has one."
            )


def _identify() -> None:
    g.principal = None
    g.login_session = None
    g.is_session_request = "Authorization" not in request.headers
    if request.endpoint in _UNKNOWN_CALLERS:
        return
    if _brings_no_login():
        g.is_session_request = False
        g.principal = _configured_principal()
    elif g.is_session_request:
        _identify_by_session()
    elif request.authorization is not None and request.authorization.type == "basic":
        g.principal = _password_principal()
    else:
        g.principal = _token_principal()


def _identify_by_session() -> None:
    found = read_session(web_context().settings, now())
    if found is None:
        return
    user = service().session_user(found.user_id, found.serial)
    if user is None or not belongs_to(found, user):
        end_session()
        return
    g.login_session = found
    g.principal = principal_of(user)
    if request.endpoint != "live.stream" and touch_session(found, now()):
        service().record_seen(user.user_id)


def _token_principal() -> Principal | None:
    authorization = request.authorization
    if authorization is None or authorization.type != "bearer" or not authorization.token:
        return None
    if is_bearer(authorization.token):
        owner = bearer_owner(authorization.token)
    elif authorization.token.startswith(TOKEN_PREFIX):
        kept = token_hash(authorization.token)
        owner = web_context().tokens.owner(service(), kept, now())
    else:
        return None
    return None if owner is None else principal_of(owner.user, owner.token.token_key)


def _brings_no_login() -> bool:
    """Whether a request to Camunda's APIs has neither a session nor a log-in of its own.

    Camunda's own client sends an empty header then.
    """
    has_header = bool(request.headers.get("Authorization", "").strip())
    is_for_clients = request.blueprint in _PASSWORD_APIS
    return is_for_clients and not has_header and COOKIE not in request.cookies


def _configured_principal() -> Principal | None:
    """Return who calls without a log-in, where that is configured; nobody for a strange page."""
    settings, origin = web_context().settings, request.headers.get("Origin")
    if settings.camunda_user is None or origin not in {None, *settings.modeler_origins}:
        return None
    user = service().user(settings.camunda_user)
    return principal_of(user) if user is not None and user.is_active else None


def _password_principal() -> Principal | None:
    """Return who sends name and password with the request, which only Camunda's APIs accept.

    Wrong ones count as failed log-ins.
    """
    given = request.authorization
    if given is None or request.blueprint not in _PASSWORD_APIS:
        return None
    limit, name = web_context().login_limit, str(given.username or "")
    counted = login_counter(name)
    wait = limit.wait(counted, now())
    if wait is not None:
        raise too_many(wait)
    user = web_context().passwords.verified_user(service(), name, str(given.password or ""), now())
    if user is None:
        limit.spend(counted, now())
        return None
    limit.forget(counted)
    return principal_of(user)


def login_counter(name: str) -> str:
    """Return under which name the failed log-ins of a user from this address are counted."""
    return f"login:{name[:64]}:{client_address()}"


def _limit_rate() -> None:
    limit = web_context().request_limit
    if limit is None or request.endpoint in _UNKNOWN_CALLERS:
        return
    who = principal_or_none()
    wait = limit.spend(f"user:{who.user_id}" if who else f"address:{client_address()}", now())
    if wait is not None:
        raise too_many(wait)


def too_many(wait: dt.timedelta) -> ProblemError:
    """Return the error that asks the client to come back after `wait`."""
    seconds = max(1, math.ceil(wait.total_seconds()))
    return ProblemError(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"Too many requests; try again in {seconds} s.",
        headers={"Retry-After": str(seconds)},
    )


def _check_origin() -> None:
    """Refuse a session's changing request that may not come from our own pages."""
    if request.method in SAFE_METHODS or not g.get("is_session_request", True):
        return
    if principal_or_none() is None and request.endpoint != "pages.login_post":
        return
    origin = request.headers.get("Origin")
    if origin is not None and not _is_own_origin(origin):
        raise ProblemError(HTTPStatus.FORBIDDEN, "Expected a request from our own pages.")
    token = request.headers.get(CSRF_HEADER) or _form_token()
    if not is_csrf_token(token):
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "Expected this session's CSRF token, but it is missing or old. Reload the page.",
        )


def _form_token() -> str:
    if request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return request.form.get(CSRF_FIELD, "")
    return ""


def _is_own_origin(origin: str) -> bool:
    if origin in web_context().settings.allowed_origins:
        return True
    return urlsplit(origin).netloc == request.host


def _authorise() -> None:
    if request.endpoint is None:
        return  # no such address, or not with this method: the router answers
    if request.method == "OPTIONS":
        return  # says which methods there are, and to whom: browsers ask before they log in
    if request.endpoint not in MINIMUM_ROLE:
        raise ProblemError(HTTPStatus.FORBIDDEN, "Expected a row in the table of roles.")
    least = MINIMUM_ROLE[request.endpoint]
    if least is None:
        return
    who = principal_or_none()
    if who is None:
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "Log in, or send a valid API token.",
            headers={"WWW-Authenticate": 'Bearer realm="bpmn-engine"'},
        )
    if who.role < least:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            f"Expected the role {least.word}, but {who.user_id} has {who.role.word}.",
        )
