"""What a task gives to the file-share adapter, and what it gets back."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator
from pydantic.alias_generators import to_camel


class Operation(Enum):
    """What is done on the share."""

    WRITE = "write"
    READ = "read"
    LIST = "list"
    EXISTS = "exists"
    DELETE = "delete"


class Encoding(Enum):
    """How a file's bytes are shown as a variable."""

    TEXT = "text"  #: UTF-8
    JSON = "json"
    BASE64 = "base64"


class FileShareInput(BaseModel):
    """One operation."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True
    )

    operation: Operation = Field(
        title="Operation",
        description="What is done on the share.",
        json_schema_extra={"group": "File"},
    )
    path: str = Field(
        default="",
        title="Path",
        description="Below the profile's root, with / between the names. Empty is the root.",
        json_schema_extra={"group": "File"},
    )
    content: JsonValue = Field(
        default=None,
        title="Content",
        description="What is written.",
        json_schema_extra={"group": "File", "condition": {"operation": "write"}},
    )
    encoding: Encoding = Field(
        default=Encoding.TEXT,
        title="Encoding",
        description="How the content is to be read.",
        json_schema_extra={"group": "File"},
    )
    overwrite: bool = Field(
        default=False,
        title="Overwrite",
        description="Replace a file that exists; the profile must allow it.",
        json_schema_extra={"group": "File", "condition": {"operation": "write"}},
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, values: object) -> object:
        """Treat an unfilled field of a form as absent; an empty content is one."""
        if not isinstance(values, Mapping):
            return values
        return {
            name: value
            for name, value in values.items()
            if name == "content" or value not in ("", None)
        }


class FileShareOutput(BaseModel):
    """What the share answered; which fields are there depends on the operation."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    path: str = Field(description="The path as it was given.")
    size: int | None = Field(default=None, description="write, read: bytes.")
    sha256: str | None = Field(default=None, description="write, read: of the content, in hex.")
    content: JsonValue = Field(default=None, description="read: the content.")
    entries: list[str] | None = Field(
        default=None, description="list: names in order; those of folders end with /."
    )
    exists: bool | None = Field(default=None, description="exists: whether the file is there.")
