"""What a task gives to the script adapter, and what it gets back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator
from pydantic.alias_generators import to_camel


class Mode(Enum):
    """How long the worker stays with the command."""

    WAIT = "wait"  #: until it ends; for seconds
    DETACH = "detach"  #: only until it runs; for hours, asked for from time to time


class OtherExitCodes(Enum):
    """What an exit code means that no other field names."""

    RETRY = "retry"
    PERMANENT = "permanent"


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


def _words(value: object) -> object:
    parsed = _parsed(value)
    return [parsed] if isinstance(parsed, str) else parsed


Word = Annotated[str, Field(pattern=r"^[^\x00]*$")]


class ScriptInput(BaseModel):
    """One run of a command."""

    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        coerce_numbers_to_str=True,
    )

    command: str = Field(
        min_length=1,
        title="Command",
        description="A name from the profile's list of commands.",
        json_schema_extra={"group": "Command"},
    )
    arguments: Annotated[list[Word], BeforeValidator(_words)] = Field(
        default_factory=list,
        title="Arguments",
        description="Further words, given to the program as they are; no shell reads them.",
        json_schema_extra={"group": "Command", "feel": "required"},
    )
    input: JsonValue = Field(
        default=None,
        title="Standard input",
        description="Written to the program's standard input as one JSON value.",
        json_schema_extra={"group": "Command", "feel": "required"},
    )
    mode: Mode = Field(
        default=Mode.WAIT,
        title="Mode",
        description="wait for seconds of work, detach for hours of it.",
        json_schema_extra={"group": "Command"},
    )
    error_codes: Annotated[dict[int, str], BeforeValidator(_parsed)] = Field(
        default_factory=dict,
        title="Exit codes that are BPMN errors",
        description="Exit code to BPMN error code.",
        json_schema_extra={"group": "Errors", "feel": "required"},
    )
    permanent_exit_codes: Annotated[list[int], BeforeValidator(_split)] = Field(
        default_factory=list,
        title="Exit codes that must not be repeated",
        description="126 and 127 always belong to them.",
        json_schema_extra={"group": "Errors"},
    )
    other_exit_codes: OtherExitCodes = Field(
        default=OtherExitCodes.RETRY,
        title="Any other exit code",
        description="Whether the command is run again.",
        json_schema_extra={"group": "Errors"},
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, values: object) -> object:
        """Treat an unfilled field of a form as absent."""
        if not isinstance(values, Mapping):
            return values
        return {name: value for name, value in values.items() if value not in ("", None)}


class ScriptOutput(BaseModel):
    """How a command ended."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    exit_code: int = Field(description="The exit code.")
    result: JsonValue = Field(description="Standard output: its JSON value if it is one, or text.")
    stderr: str = Field(description="The last 4,096 characters of standard error.")
