"""The kinds of values that commands take."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click
from typing_extensions import override

from bpmn_engine.expressions.durations import parse_duration
from bpmn_engine.expressions.expression import EvaluationFailure
from bpmn_engine.values import JsonValue


class _KeyType(click.ParamType[int]):
    """A 64-bit key, written as a decimal string."""

    name = "key"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        text = str(value)
        if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 2**63:
            self.fail(f"Expected a key of digits, but got {text!r}.", param, ctx)
        return int(text)


class _VariablesType(click.ParamType[Mapping[str, JsonValue]]):
    """A JSON object: as text, in a file (`@file.json`) or on standard input (`@-`)."""

    name = "json"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Mapping[str, JsonValue]:
        if isinstance(value, Mapping):
            return value
        try:
            parsed: object = json.loads(_text_of(str(value)), parse_constant=_refuse_constant)
        except (ValueError, OSError, RecursionError) as error:
            self.fail(f"Expected a JSON object, but: {error}", param, ctx)
        if not isinstance(parsed, dict):
            self.fail("Expected a JSON object, but got another value.", param, ctx)
        return parsed


class _DurationType(click.ParamType[dt.timedelta]):
    """An ISO 8601 duration without months."""

    name = "duration"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.timedelta:
        if isinstance(value, dt.timedelta):
            return value
        duration = parse_duration(str(value))
        if isinstance(duration, EvaluationFailure):
            self.fail(duration.message, param, ctx)
        if duration.months:
            self.fail("Expected a duration without months and years.", param, ctx)
        return duration.span


KEY: Final = _KeyType()
VARIABLES: Final = _VariablesType()
DURATION: Final = _DurationType()


def _text_of(value: str) -> str:
    if value == "@-":
        return sys.stdin.read()
    return Path(value[1:]).read_text(encoding="utf-8") if value.startswith("@") else value


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON value")
