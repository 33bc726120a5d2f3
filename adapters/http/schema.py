"""What a task gives to the HTTP adapter, and what it gets back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator
from pydantic.alias_generators import to_camel


class Method(Enum):
    """The methods a task may use."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"
    HEAD = "HEAD"

    @property
    def is_idempotent(self) -> bool:
        """Whether a second equal request changes nothing more (RFC 9110, 9.2.2)."""
        return self not in {Method.POST, Method.PATCH}


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _parsed(value: object) -> object:
    """Read the JSON text that a form without FEEL delivers for a table or a list."""
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        try:
            parsed: object = json.loads(value)
        except ValueError:
            return value
        return parsed
    return value


def _split(value: object) -> object:
    parsed = _parsed(value)
    return parsed.split(",") if isinstance(parsed, str) else parsed


Pairs = Annotated[dict[str, str | int | float | bool | None], BeforeValidator(_parsed)]


class Authentication(BaseModel):
    """How a diagram asks to log in; each credential is `{{secrets.NAME}}`, never written out.

    The names are those of Camunda's HTTP connector.
    """

    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True
    )

    type: Literal["noAuth", "basic", "bearer", "apiKey", "oauth-client-credentials-flow"] = (
        "noAuth"
    )
    username: str = ""
    password: str = ""
    token: str = ""
    name: str = ""
    value: str = ""
    api_key_location: Literal["headers", "query"] = "headers"
    oauth_token_endpoint: str = ""
    client_id: str = ""
    client_secret: str = ""
    audience: str = ""
    scopes: str = ""
    client_authentication: Literal["basicAuthHeader", "credentialsBody"] = "basicAuthHeader"


class HttpInput(BaseModel):
    """One request."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True
    )

    method: Annotated[Method, BeforeValidator(_upper)] = Field(
        default=Method.GET,
        title="Method",
        description="What is done with the resource.",
        json_schema_extra={"group": "Request"},
    )
    url: str = Field(
        min_length=1,
        title="Address",
        description="Below the profile's base address, or absolute on an allowed host.",
        json_schema_extra={"group": "Request"},
    )
    query_parameters: Pairs = Field(
        default_factory=dict,
        title="Query parameters",
        description="Names and values added to the address.",
        json_schema_extra={"group": "Request", "feel": "required"},
    )
    headers: Pairs = Field(
        default_factory=dict,
        title="Headers",
        description="Further headers. Credentials only as {{secrets.NAME}}.",
        json_schema_extra={"group": "Request", "feel": "required"},
    )
    body: JsonValue = Field(
        default=None,
        title="Body",
        description="Sent as JSON; a text is sent as it is.",
        json_schema_extra={"group": "Request"},
    )
    authentication: Authentication = Field(
        default_factory=Authentication,
        title="Authentication",
        description="Only where the profile's own log-in does not serve.",
        json_schema_extra={"hidden": True},
    )
    connection_timeout_in_seconds: float | None = Field(
        default=None,
        gt=0,
        title="Connect within (seconds)",
        description="Shortens the profile's limit, never lengthens it.",
        json_schema_extra={"group": "Limits"},
    )
    read_timeout_in_seconds: float | None = Field(
        default=None,
        gt=0,
        title="Answer within (seconds)",
        description="Shortens the profile's limit, never lengthens it.",
        json_schema_extra={"group": "Limits"},
    )
    business_status_codes: Annotated[list[int], BeforeValidator(_split)] = Field(
        default=[409, 422],
        title="Status codes that are BPMN errors",
        description="Each becomes the BPMN error HTTP_<status>. Only codes from 400 to 499.",
        json_schema_extra={"group": "Errors"},
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, values: object) -> object:
        """Treat an unfilled field of a form as absent; Camunda's 0 seconds means no limit."""
        if not isinstance(values, Mapping):
            return values
        timeouts = {"connectionTimeoutInSeconds", "readTimeoutInSeconds"}
        return {
            name: value
            for name, value in values.items()
            if value not in ("", None) and not (name in timeouts and value in (0, "0"))
        }


class HttpOutput(BaseModel):
    """One answer."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    status: int = Field(description="The status code.")
    reason: str = Field(description="The words beside the status code.")
    headers: dict[str, str] = Field(description="Names in lower case; cookies are left out.")
    body: JsonValue = Field(description="JSON value, text, or base64 of other content.")
    body_encoding: Literal["json", "text", "base64", "none"] = Field(
        description="How `body` is to be read."
    )
