"""The values that variables hold: exactly what JSON can say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
"""A variable's value. Numbers are int or finite float; temporal values are ISO 8601 strings."""

Variables = Mapping[str, JsonValue]
"""Variables by name."""
