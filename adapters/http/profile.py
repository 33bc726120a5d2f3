"""The connection profile of the HTTP adapter: where it may go, and as whom."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from bpmn_engine.ports import Profile


class BasicAuth(Profile):
    """A user name and a password, sent with every request."""

    type: Literal["basic"]
    username: str
    password: SecretStr


class BearerAuth(Profile):
    """A token in the header Authorization."""

    type: Literal["bearer"]
    token: SecretStr


class ApiKeyAuth(Profile):
    """A key in a header or in the query."""

    type: Literal["api_key"]
    name: str
    value: SecretStr
    location: Literal["headers", "query"] = "headers"


class ClientCredentialsAuth(Profile):
    """A token fetched from `token_url` by OAuth 2.0 client credentials (RFC 6749, 4.4)."""

    type: Literal["oauth_client_credentials"]
    token_url: str
    client_id: SecretStr
    client_secret: SecretStr
    scopes: str | None = None
    audience: str | None = None
    client_authentication: Literal["basicAuthHeader", "credentialsBody"] = "basicAuthHeader"


Auth = BasicAuth | BearerAuth | ApiKeyAuth | ClientCredentialsAuth


class HttpProfile(Profile):
    """A web service, the log-in to it, and the bounds of every call."""

    base_url: str | None = None  #: relative addresses start here; below it all is allowed
    allowed_hosts: tuple[str, ...] = ()  #: `host`, `host:port`, or `*.domain` for what is below
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()  #: not public, yet allowed
    auth: Annotated[Auth, Field(discriminator="type")] | None = None
    secrets: dict[str, SecretStr] = Field(default_factory=dict)  #: for `{{secrets.NAME}}`
    verify_tls: bool = True
    ca_file: Path | None = None  #: PEM; trusted instead of the public authorities
    connect_timeout_seconds: float = Field(default=10, gt=0, le=300)
    read_timeout_seconds: float = Field(default=30, gt=0, le=3600)
    total_timeout_seconds: float = Field(default=120, gt=0, le=3600)
    max_response_bytes: int = Field(default=1_048_576, gt=0)
    honors_idempotency_key: bool = False  #: the service ignores a second call with the same key
    test_path: str = ""  #: asked with GET by the connection test, below `base_url`

    @field_validator("base_url")
    @classmethod
    def _end_with_slash(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value.startswith(("https://", "http://")):
            raise ValueError("Expected an address with https:// or http://")
        return value if value.endswith("/") else f"{value}/"
