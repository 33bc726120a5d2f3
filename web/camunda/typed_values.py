"""Variables as Camunda 7 writes them: `{"amount": {"type": "Integer", "value": 12}}`.

Type names are read in any case: the JavaScript client sends them in small letters. A value of type
Json, or an Object serialised as JSON, is a text that holds JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from bpmn_engine.values import JsonValue, Variables
from web.errors import FieldError, ProblemError, invalid_input
from web.json_input import JsonFailure, read_json

_INTEGERS: Final = frozenset({"integer", "long", "short"})
_TEXTS: Final = frozenset({"string", "date", "xml"})
_JSON: Final = frozenset({"json", "object"})
_INT_BOUND: Final = 2**31


def read_variables(given: JsonValue, *, field: str = "variables") -> dict[str, JsonValue]:
    """Return plain variables from typed ones; None gives none.

    Raises:
        ProblemError: one is not of the type it says (422).
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise _wrong(field, "Expected an object of variables.")
    return {name: _read(value, f"{field}.{name}") for name, value in given.items()}


def _read(entry: JsonValue, field: str) -> JsonValue:
    if not isinstance(entry, Mapping):
        raise _wrong(field, 'Expected an object such as {"value": 1, "type": "Integer"}.')
    value = entry.get("value")
    kind = str(entry.get("type") or "").lower()
    if value is None or kind in {"", "null"}:
        return None if kind == "null" else value
    if kind in _JSON and isinstance(value, str):
        read = read_json(value)
        if isinstance(read, JsonFailure):
            raise _wrong(field, f"Expected JSON in a value of type {kind}: {read.message}")
        return read
    if kind in _JSON:
        return value
    if not _fits(kind, value):
        raise _wrong(field, f"Expected a value of type {kind}, but got {type(value).__name__}.")
    return float(value) if kind == "double" and isinstance(value, int) else value


def _fits(kind: str, value: JsonValue) -> bool:
    """Tell whether a value is of a type; types that hold bytes, such as File, fit nothing."""
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in _INTEGERS:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in {"double", "number"}:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return kind in _TEXTS and isinstance(value, str)


def write_variables(variables: Variables) -> dict[str, JsonValue]:
    """Return variables with their types."""
    return {name: _write(value) for name, value in variables.items()}


def _write(value: JsonValue) -> JsonValue:
    kind, written = "Json", value
    match value:
        case None:
            kind = "Null"
        case bool():
            kind = "Boolean"
        case int():
            kind = "Integer" if -_INT_BOUND <= value < _INT_BOUND else "Long"
        case float():
            kind = "Double"
        case str():
            kind = "String"
        case _:
            written = json.dumps(value, ensure_ascii=False)
    return {"type": kind, "value": written, "valueInfo": {}}


def _wrong(field: str, message: str) -> ProblemError:
    return invalid_input([FieldError(field=field, message=message)])
