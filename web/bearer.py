"""Short-lived bearer tokens: signed, for an API token, and worth nothing once that is revoked.

They are JSON Web Tokens (RFC 7519) signed with HMAC-SHA-256, as clients look into them for the
time when they end. What they hold is trusted only because of the signature.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import Final

from bpmn_engine.values import JsonValue
from web.accounts import TokenOwner
from web.context import now, service, web_context
from web.json_input import read_json

LIFETIME: Final = dt.timedelta(hours=1)

_PURPOSE: Final = b"bearer-token"


def _written(value: JsonValue) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


_HEADER: Final = _written({"alg": "HS256", "typ": "JWT"})
"""What every token begins with; another header is none of ours, whatever algorithm it names."""


def is_bearer(text: str) -> bool:
    """Tell whether a text looks like one of these tokens."""
    return text.startswith(f"{_HEADER}.")


def new_bearer(owner: TokenOwner) -> str:
    """Return a token that speaks for an API token for an hour."""
    made = int(now().timestamp())
    payload: JsonValue = {
        "sub": owner.user.user_id,
        "iat": made,
        "exp": made + int(LIFETIME.total_seconds()),
        "api_token": owner.token.token_hash,
    }
    signed = f"{_HEADER}.{_written(payload)}"
    return f"{signed}.{_signature(signed, web_context().settings.secret_key)}"


def bearer_owner(bearer: str) -> TokenOwner | None:
    """Return for whom a token was made; None when it is over or its API token is not valid."""
    signed, _, signature = bearer.rpartition(".")
    settings = web_context().settings
    keys = (settings.secret_key, *settings.secret_key_fallbacks)
    if not any(_is_equal(_signature(signed, key), signature) for key in keys):
        return None
    text = signed.partition(".")[2].encode()
    payload = read_json(base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4)))
    if not isinstance(payload, dict):
        return None
    until, kept = payload.get("exp"), payload.get("api_token")
    if not isinstance(until, int) or now().timestamp() >= until:
        return None
    return web_context().tokens.owner(service(), str(kept), now())


def _signature(signed: str, secret_key: str) -> str:
    key = hmac.digest(secret_key.encode(), _PURPOSE, hashlib.sha256)
    return _encoded(hmac.digest(key, signed.encode(), hashlib.sha256))


def _is_equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
