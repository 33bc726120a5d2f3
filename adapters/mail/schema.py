"""What a task gives to the mail adapter, and what it gets back."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel


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
    """Read one address, several with commas between, or a list."""
    parsed = _parsed(value)
    if isinstance(parsed, str):
        return [one.strip() for one in parsed.split(",") if one.strip()]
    return parsed


Address = Annotated[str, Field(pattern=r"^[^@\s<>,;\x00-\x1f\x7f]+@[A-Za-z0-9.-]+$")]
Addresses = Annotated[list[Address], BeforeValidator(_split)]
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]


class Attachment(BaseModel):
    """A file sent with the message: its content as text or as base64."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True
    )

    name: Annotated[Line, Field(min_length=1)]
    content_type: str = Field(default="application/octet-stream", pattern=r"^[\w.+-]+/[\w.+-]+$")
    text: str | None = None
    base64: str | None = None

    @model_validator(mode="after")
    def _hold_one_content(self) -> Self:
        if (self.text is None) == (self.base64 is None):
            raise ValueError("Expected either text or base64, but both or neither are given")
        try:
            self.content()
        except binascii.Error as error:
            raise ValueError(f"Expected base64, but {error}") from error
        return self

    def content(self) -> bytes:
        """Return the bytes of the file; a text as UTF-8."""
        if self.text is not None:
            return self.text.encode()
        return base64.b64decode(self.base64 or "", validate=True)


class MailInput(BaseModel):
    """One message."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True
    )

    to: Addresses = Field(
        min_length=1,
        title="To",
        description="Addresses with commas between them, or a list.",
        json_schema_extra={"group": "Message"},
    )
    cc: Addresses = Field(
        default_factory=list,
        title="Copy",
        description="Addresses that all recipients see.",
        json_schema_extra={"group": "Message"},
    )
    bcc: Addresses = Field(
        default_factory=list,
        title="Blind copy",
        description="Addresses that no other recipient sees.",
        json_schema_extra={"group": "Message"},
    )
    reply_to: Addresses = Field(
        default_factory=list,
        title="Reply to",
        description="Where answers go instead of the sender.",
        json_schema_extra={"group": "Message"},
    )
    subject: Line = Field(
        min_length=1,
        title="Subject",
        description="One line.",
        json_schema_extra={"group": "Message"},
    )
    text: str = Field(
        default="",
        title="Text",
        description="The message as plain text.",
        json_schema_extra={"group": "Message", "multiline": True},
    )
    html: str = Field(
        default="",
        title="HTML",
        description="The same message as HTML; sent beside the text.",
        json_schema_extra={"group": "Message", "multiline": True},
    )
    attachments: Annotated[list[Attachment], BeforeValidator(_parsed)] = Field(
        default_factory=list,
        title="Attachments",
        description="A list of {name, contentType, text or base64}.",
        json_schema_extra={"group": "Message", "feel": "required"},
    )
    file_names: Annotated[list[str], BeforeValidator(_split)] = Field(
        default_factory=list,
        max_length=0,
        title="File names",
        description="Files of another server, of Camunda 7's mail-send: use attachments.",
        json_schema_extra={"hidden": True},
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, values: object) -> object:
        """Treat an unfilled field of a form as absent."""
        if not isinstance(values, Mapping):
            return values
        return {name: value for name, value in values.items() if value not in ("", None)}


class MailOutput(BaseModel):
    """What the server said."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    message_id: str = Field(description="The Message-ID, the same for every try of one job.")
    recipients: list[str] = Field(description="Everyone it was sent to, blind copies included.")
    reply: str = Field(description="The server's last words, often with its queue number.")
