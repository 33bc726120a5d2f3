"""JSON as compact text: orjson where it is exact, the standard library where it is not.

orjson refuses integers beyond 64 bits and lone surrogates, and would read such integers as floats.
A text written by the standard library starts with a space, legal in JSON, and is read by it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import orjson

from bpmn_engine.values import JsonValue


def dump_json(value: object) -> str:
    """Return `value` as compact JSON. Mappings and sequences of any class are accepted.

    Raises:
        TypeError: something in `value` is not a JSON value; a bug of the caller.
    """
    try:
        return orjson.dumps(value, default=_plain).decode()
    except TypeError:
        text = json.dumps(value, default=_plain, separators=(",", ":"), allow_nan=False)
        return " " + text


def canonical_json(value: object) -> str:
    """Return `value` as JSON that is the same for equal values, whatever the order of members.

    Raises:
        TypeError: something in `value` is not a JSON value; a bug of the caller.
    """
    return json.dumps(value, default=_plain, separators=(",", ":"), sort_keys=True)


def load_json(text: str) -> JsonValue:
    """Return what `dump_json` was given.

    Raises:
        ValueError: `text` is not JSON.
    """
    value: JsonValue = json.loads(text) if text.startswith(" ") else orjson.loads(text)
    return value


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"Expected a JSON value, but got {type(value).__name__}.")
