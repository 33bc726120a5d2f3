"""OAuth 2.0 client credentials (RFC 6749, section 4.4): short-lived tokens for API tokens.

Clients of Camunda send an id and a secret to an address for tokens. Here the secret is an API
token that an administrator has made, and the id its name, its key or its user.
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, json, request

from web.accounts import TokenOwner, owner_by_hash, token_hash
from web.bearer import LIFETIME, new_bearer
from web.context import now, service, web_context
from web.gate import login_counter, too_many

OAUTH: Final = Blueprint("oauth", __name__)


@OAUTH.post("/oauth/token")
def token() -> Response:
    """Give a short-lived token to whoever has an API token.

    Wrong secrets count as failed log-ins. Audience and scope are not looked at: there is one
    engine, and a token may do what its user may.
    """
    if request.form.get("grant_type") != "client_credentials":
        return _refusal(
            HTTPStatus.BAD_REQUEST,
            "unsupported_grant_type",
            "Expected the grant type client_credentials.",
        )
    client_id, secret = _credentials()
    limit, counted = web_context().login_limit, login_counter(client_id)
    wait = limit.wait(counted, now())
    if wait is not None:
        raise too_many(wait)
    owner = owner_by_hash(service(), token_hash(secret), now())
    if owner is None or not _is_named(owner, client_id):
        limit.spend(counted, now())
        return _refusal(
            HTTPStatus.UNAUTHORIZED,
            "invalid_client",
            "Expected the name of an API token (or its user) as the client id, and the token "
            "as the client secret.",
        )
    limit.forget(counted)
    return _answer(
        HTTPStatus.OK,
        {
            "access_token": new_bearer(owner),
            "token_type": "Bearer",
            "expires_in": int(LIFETIME.total_seconds()),
            "scope": request.form.get("scope", ""),
        },
    )


def _credentials() -> tuple[str, str]:
    """Return id and secret: in the form, or as HTTP Basic."""
    given = request.authorization
    if given is not None and given.type == "basic":
        return str(given.username or ""), str(given.password or "")
    return request.form.get("client_id", ""), request.form.get("client_secret", "")


def _is_named(owner: TokenOwner, client_id: str) -> bool:
    names = (owner.token.name, owner.user.user_id, str(owner.token.token_key))
    given = client_id.encode()
    return any(secrets.compare_digest(name.encode(), given) for name in names)


def _refusal(status: HTTPStatus, error: str, message: str) -> Response:
    response = _answer(status, {"error": error, "error_description": message})
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Basic"
    return response


def _answer(status: HTTPStatus, body: dict[str, str | int]) -> Response:
    response = Response(json.dumps(body), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
