"""Reading JSON that came from outside: strictly, and only what the engine can store.

RFC 8259 text in UTF-8. Refused beyond that: NaN and infinities, numbers that do not fit 64 bits,
text that is not valid Unicode, the character U+0000, and nesting deeper than `MAX_DEPTH`.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from bpmn_engine.values import JsonValue

MAX_DEPTH = 100
"""Levels lists and objects may nest."""

_MIN_INTEGER = -(2**63)
_MAX_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFailure:
    """A text that is no JSON, or holds a value the engine cannot keep."""

    message: str  #: "Expected <this>, but <that>."
    path: str = ""  #: `variables.items.3`; empty for the whole text


class _RefusedError(ValueError):
    """Expected a storable value, but the text holds another; caught in `read_json`."""


def read_json(text: bytes | str) -> JsonValue | JsonFailure:
    """Return the value of a JSON text, or why it has none; never raises for what it says."""
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        return JsonFailure(message=f"Expected UTF-8, but byte {error.start} is not.")
    try:
        value: JsonValue = json.loads(decoded, parse_constant=_refuse_constant, parse_int=_integer)
    except json.JSONDecodeError as error:
        return JsonFailure(
            message=f"Expected JSON, but line {error.lineno}, column {error.colno}: {error.msg}."
        )
    except _RefusedError as error:
        return JsonFailure(message=str(error))
    except RecursionError:
        return JsonFailure(message=f"Expected at most {MAX_DEPTH} levels, but there are more.")
    return check_value(value) or value


def check_value(value: JsonValue) -> JsonFailure | None:
    """Return what makes `value` impossible to keep, or None."""
    agenda: list[tuple[JsonValue, str, int]] = [(value, "", 0)]
    while agenda:
        current, path, depth = agenda.pop()
        message = _objection(current, depth)
        if message is not None:
            return JsonFailure(message=message, path=path)
        if isinstance(current, dict):
            for name, member in current.items():
                objection = _objection(name, depth)
                if objection is not None:
                    return JsonFailure(message=objection, path=path)
                agenda.append((member, f"{path}.{name}" if path else name, depth + 1))
        elif isinstance(current, list):
            agenda += [
                (member, f"{path}.{index}" if path else str(index), depth + 1)
                for index, member in enumerate(current)
            ]
    return None


def _objection(value: JsonValue, depth: int) -> str | None:
    if depth > MAX_DEPTH:
        return f"Expected at most {MAX_DEPTH} levels, but there are more."
    if isinstance(value, bool):
        return None
    if isinstance(value, int) and not _MIN_INTEGER <= value <= _MAX_INTEGER:
        return "Expected a whole number of at most 64 bits, but it is larger."
    if isinstance(value, float) and not math.isfinite(value):
        return "Expected a finite number, but it is not."
    if isinstance(value, str):
        return _text_objection(value)
    return None


def _text_objection(text: str) -> str | None:
    if "\x00" in text:
        return "Expected text without the character U+0000, but it holds one."
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "Expected valid Unicode, but the text holds half of a surrogate pair."
    return None


def _refuse_constant(name: str) -> JsonValue:
    raise _RefusedError(f"Expected a finite number, but got {name}.")


def _integer(digits: str) -> int:
    if len(digits) > 20:  # noqa: PLR2004 -- longer than any 64-bit number; int() would take long
        raise _RefusedError("Expected a whole number of at most 64 bits, but it is larger.")
    return int(digits)
