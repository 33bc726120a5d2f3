"""Variables as Camunda 7 writes them: `{"amount": {"type": "Integer", "value": 12}}`.

A variable of the engine is plain JSON and keeps no type, so that the type of an answer is told
from the value. What JSON has no word for is kept in a form that tells: a Date as a text such as
`2013-01-23T13:42:42.000+02:00`, File and Bytes as objects of `web.camunda.binary_values`.
Type names are read in any case: the JavaScript client sends them in small letters. A value of type
Json, or an Object serialised as JSON, is a text that holds JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from bpmn_engine.values import JsonValue, Variables
from web.camunda.binary_values import Binary, binary_value, read_binary, read_content
from web.camunda.times import kept_date, written_date
from web.errors import FieldError, ProblemError, invalid_input
from web.json_input import JsonFailure, read_json

_INTEGERS: Final = {"integer": 31, "long": 63, "short": 15}
"""Whole numbers, and how many bits each holds beside its sign."""
_TEXTS: Final = frozenset({"string", "xml"})
_JSON: Final = frozenset({"json", "object"})
_BINARY: Final = frozenset({"file", "bytes"})
_JSON_FORMATS: Final = frozenset({None, "", "application/json"})
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
    return {name: read_value(value, f"{field}.{name}") for name, value in given.items()}


def read_value(entry: JsonValue, field: str) -> JsonValue:
    """Return the plain value of a typed one; without a type the value is taken as it is.

    Raises:
        ProblemError: it is not of the type it says (422).
    """
    if not isinstance(entry, Mapping):
        raise _wrong(field, 'Expected an object such as {"value": 1, "type": "Integer"}.')
    value = entry.get("value")
    kind = str(entry.get("type") or "").lower()
    if kind in _BINARY:
        return _binary(kind, value, entry.get("valueInfo"), field)
    if value is None or kind in {"", "null"}:
        return None if kind == "null" else value
    if kind in _JSON:
        return _json(kind, value, entry.get("valueInfo"), field)
    if kind == "date":
        return _date(value, field)
    if not _fits(kind, value):
        raise _wrong(field, f"Expected a value of type {kind}, but got {type(value).__name__}.")
    return float(value) if kind == "double" and isinstance(value, int) else value


def _binary(kind: str, value: JsonValue, info: JsonValue, field: str) -> JsonValue:
    content = read_content(value)
    if content is None:
        raise _wrong(field, f"Expected the bytes of a value of type {kind} in Base64.")
    told = info if isinstance(info, Mapping) else {}
    name = told.get("filename") or told.get("fileName")
    if kind == "file" and not isinstance(name, str):
        raise _wrong(field, "Expected the name of the file in valueInfo.filename.")
    return binary_value(
        Binary(
            content=content,
            filename=name if kind == "file" and isinstance(name, str) else None,
            mime_type=_text(told.get("mimeType") or told.get("mimetype")),
            encoding=_text(told.get("encoding")),
        )
    )


def _json(kind: str, value: JsonValue, info: JsonValue, field: str) -> JsonValue:
    told = info.get("serializationDataFormat") if isinstance(info, Mapping) else None
    if told not in _JSON_FORMATS:
        raise _wrong(field, f"Expected a value serialised as application/json, but got {told}.")
    if not isinstance(value, str):
        return value
    read = read_json(value)
    if isinstance(read, JsonFailure):
        raise _wrong(field, f"Expected JSON in a value of type {kind}: {read.message}")
    return read


def _date(value: JsonValue, field: str) -> JsonValue:
    kept = kept_date(value) if isinstance(value, str) else None
    if kept is None:
        raise _wrong(
            field, f"Expected a date such as 2013-01-23T13:42:42.000+0200, but got {value!r}."
        )
    return kept


def _fits(kind: str, value: JsonValue) -> bool:
    """Tell whether a value is of a type."""
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in _INTEGERS:
        bound = 2 ** _INTEGERS[kind]
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return is_whole and isinstance(value, int) and -bound <= value < bound
    if kind in {"double", "number"}:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return kind in _TEXTS and isinstance(value, str)


def write_variables(variables: Variables) -> dict[str, JsonValue]:
    """Return variables with their types."""
    return {name: write_value(value) for name, value in variables.items()}


def write_value(value: JsonValue) -> dict[str, JsonValue]:
    """Return a value with its type; of a file there is only what is known about it."""
    kind, written, info = "Json", value, dict[str, JsonValue]()
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
            date = written_date(value)
            kind, written = ("String", value) if date is None else ("Date", date)
        case _:
            binary = read_binary(value)
            if binary is not None:
                return _write_binary(binary)
            written = json.dumps(value, ensure_ascii=False)
    return {"type": kind, "value": written, "valueInfo": info}


def _write_binary(binary: Binary) -> dict[str, JsonValue]:
    if binary.filename is None:
        return {"type": "Bytes", "value": binary.text, "valueInfo": {}}
    told = {"mimeType": binary.mime_type, "encoding": binary.encoding}
    info: dict[str, JsonValue] = {name: text for name, text in told.items() if text is not None}
    return {"type": "File", "value": None, "valueInfo": {"filename": binary.filename, **info}}


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value else None


def _wrong(field: str, message: str) -> ProblemError:
    return invalid_input([FieldError(field=field, message=message)])
