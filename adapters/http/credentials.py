"""Puts the log-in of the profile, or the one a diagram refers to, on a request."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from adapters.http.destination import Destination, Refusal
from adapters.http.profile import (
    ApiKeyAuth,
    BasicAuth,
    BearerAuth,
    ClientCredentialsAuth,
    HttpProfile,
)
from adapters.http.schema import Authentication, HttpInput

_REFERENCE = re.compile(r"\{\{\s*secrets\.([\w.-]+)\s*\}\}|^\s*secrets\.([\w.-]+)\s*$")
_CREDENTIAL_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """What is asked of a token service before the request proper."""

    token_url: str
    client_id: str
    client_secret: str
    scopes: str
    audience: str
    in_body: bool  #: the client's credentials go into the body instead of Basic


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Headers and query parameters with their secrets filled in; never logged."""

    headers: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    token_request: TokenRequest | None = None


def apply_credentials(
    profile: HttpProfile, job_input: HttpInput, destination: Destination
) -> Credentials | Refusal:
    """Return what is sent, or why not: a credential written out, or a secret that is missing."""
    literal = _literal_credential(job_input)
    if literal is not None:
        return Refusal(
            code="CREDENTIAL_IN_DIAGRAM",
            message=f"Expected {literal} to refer to {{{{secrets.NAME}}}}, but it is written out.",
        )
    try:
        headers = _filled(profile, job_input.headers)
        query = tuple(_filled(profile, job_input.query_parameters).items())
        asked = _fill_authentication(profile, job_input.authentication)
    except KeyError as error:
        return Refusal(
            code="SECRET_UNKNOWN",
            message=f"Expected a secret {error} in the profile's table secrets, but it has none.",
        )
    if asked.type != "noAuth":
        return _with_asked(headers, query, asked)
    if destination.is_base:
        return _with_profile(headers, query, profile)
    return Credentials(headers=headers, query=query)


def redact(profile: HttpProfile, text: str) -> str:
    """Return the text without the values of the profile's secrets."""
    for secret in _secrets_of(profile):
        value = secret.get_secret_value()
        if value:
            text = text.replace(value, "***")
    return text


def basic_header(username: str, password: str) -> str:
    """Return the value of Authorization for a user and password (RFC 7617)."""
    pair = f"{username}:{password}".encode()
    return f"Basic {base64.b64encode(pair).decode('ascii')}"


def _secrets_of(profile: HttpProfile) -> tuple[SecretStr, ...]:
    named = tuple(profile.secrets.values())
    match profile.auth:
        case BasicAuth(password=secret) | BearerAuth(token=secret) | ApiKeyAuth(value=secret):
            return (*named, secret)
        case ClientCredentialsAuth(client_secret=secret):
            return (*named, secret)
        case None:
            return named


def _literal_credential(job_input: HttpInput) -> str | None:
    """Return the name of a credential that is written out in the diagram."""
    asked = job_input.authentication
    written = {
        "basic": ("password", asked.password),
        "bearer": ("token", asked.token),
        "apiKey": ("value", asked.value),
        "oauth-client-credentials-flow": ("clientSecret", asked.client_secret),
    }
    name, value = written.get(asked.type, ("", ""))
    if value and not _REFERENCE.search(value):
        return f"authentication.{name}"
    for header, text in job_input.headers.items():
        if header.lower() in _CREDENTIAL_HEADERS and not _REFERENCE.search(str(text)):
            return f"the header {header}"
    return None


def _filled(
    profile: HttpProfile, pairs: Mapping[str, str | int | float | bool | None]
) -> dict[str, str]:
    return {name: _fill(profile, _text(value)) for name, value in pairs.items() if value != ""}


def _text(value: str | float | bool | None) -> str:  # noqa: FBT001  # a value, not a switch
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _fill(profile: HttpProfile, text: str) -> str:
    """Replace references to secrets.

    Raises:
        KeyError: The profile has no secret of this name.
    """
    return _REFERENCE.sub(
        lambda found: profile.secrets[found[1] or found[2]].get_secret_value(), text
    )


def _fill_authentication(profile: HttpProfile, asked: Authentication) -> Authentication:
    names = ("username", "password", "token", "value", "client_id", "client_secret")
    filled = {name: _fill(profile, str(getattr(asked, name))) for name in names}
    return asked.model_copy(update=filled)


def _with_asked(
    headers: dict[str, str], query: tuple[tuple[str, str], ...], asked: Authentication
) -> Credentials:
    token_request: TokenRequest | None = None
    if asked.type == "basic":
        headers = {**headers, "Authorization": basic_header(asked.username, asked.password)}
    elif asked.type == "bearer":
        headers = {**headers, "Authorization": f"Bearer {asked.token}"}
    elif asked.type == "apiKey" and asked.api_key_location == "headers":
        headers = {**headers, asked.name: asked.value}
    elif asked.type == "apiKey":
        query = (*query, (asked.name, asked.value))
    else:
        token_request = TokenRequest(
            token_url=asked.oauth_token_endpoint,
            client_id=asked.client_id,
            client_secret=asked.client_secret,
            scopes=asked.scopes,
            audience=asked.audience,
            in_body=asked.client_authentication == "credentialsBody",
        )
    return Credentials(headers=headers, query=query, token_request=token_request)


def _with_profile(
    headers: dict[str, str], query: tuple[tuple[str, str], ...], profile: HttpProfile
) -> Credentials:
    match profile.auth:
        case None:
            return Credentials(headers=headers, query=query)
        case BasicAuth(username=username, password=password):
            value = basic_header(username, password.get_secret_value())
            return Credentials(headers={**headers, "Authorization": value}, query=query)
        case BearerAuth(token=token):
            value = f"Bearer {token.get_secret_value()}"
            return Credentials(headers={**headers, "Authorization": value}, query=query)
        case ApiKeyAuth(name=name, value=secret, location="headers"):
            return Credentials(headers={**headers, name: secret.get_secret_value()}, query=query)
        case ApiKeyAuth(name=name, value=secret):
            return Credentials(headers=headers, query=(*query, (name, secret.get_secret_value())))
        case ClientCredentialsAuth() as auth:
            token_request = TokenRequest(
                token_url=auth.token_url,
                client_id=auth.client_id.get_secret_value(),
                client_secret=auth.client_secret.get_secret_value(),
                scopes=auth.scopes or "",
                audience=auth.audience or "",
                in_body=auth.client_authentication == "credentialsBody",
            )
            return Credentials(headers=headers, query=query, token_request=token_request)
