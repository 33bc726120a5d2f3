"""Short-lived bearer tokens: signed, for an API token, and worth nothing once that is revoked."""

from __future__ import annotations

import datetime as dt
from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer

from web.accounts import TokenOwner, owner_by_hash
from web.context import now, service, web_context

BEARER_PREFIX: Final = "bpb_"
"""What every short-lived token begins with."""

LIFETIME: Final = dt.timedelta(hours=1)


def new_bearer(owner: TokenOwner) -> str:
    """Return a token that speaks for an API token for an hour."""
    until = int((now() + LIFETIME).timestamp())
    signed = _serializer().dumps([owner.token.token_hash, until])
    return BEARER_PREFIX + str(signed)


def bearer_owner(bearer: str) -> TokenOwner | None:
    """Return for whom a token was made; None when it is over or its API token is not valid."""
    try:
        token_hash, until = _serializer().loads(bearer.removeprefix(BEARER_PREFIX))
    except (BadSignature, ValueError, TypeError):
        return None
    if now().timestamp() >= until:
        return None
    return owner_by_hash(service(), token_hash, now())


def _serializer() -> URLSafeSerializer:
    settings = web_context().settings
    keys = [*reversed(settings.secret_key_fallbacks), settings.secret_key]
    return URLSafeSerializer(keys, salt="bearer-token")
