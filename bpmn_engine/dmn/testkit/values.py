"""Values of test cases: made of what the file writes, and compared as the kit compares them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, assert_never

from bpmn_engine.dmn.feel import Evaluation, Value, is_equal, items_of, kind_of, lift
from bpmn_engine.dmn.testkit.cases import Components, Items, TypedText, Written
from bpmn_engine.dmn.texts import value_of

TOLERANCE: Final = Decimal("0.00000001")
"""How far apart two numbers may be: the kit's own."""

_KINDS: Final = {
    "decimal": "number",
    "double": "number",
    "float": "number",
    "integer": "number",
    "int": "number",
    "long": "number",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "dateTime": "date and time",
    "duration": "days and time duration",
}
"""XML Schema type and the kind of FEEL; any other type is a string."""

_GUESSES: Final = (
    "number",
    "boolean",
    "date and time",
    "date",
    "time",
    "days and time duration",
)
_EVALUATION_TIME = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def read_value(written: Written) -> Value:
    """Return the value that a file writes; a text without a type is what it looks like."""
    match written:
        case None:
            return None
        case TypedText():
            return _read_text(written)
        case Components():
            return {name: read_value(entry) for name, entry in written.entries}
        case Items():
            return [read_value(item) for item in written.items]
        case _:
            assert_never(written)


def _read_text(written: TypedText) -> Value:
    if written.type is not None:
        kind = _KINDS.get(written.type)
        return written.text if kind is None else value_of(written.text, kind)
    for kind in _GUESSES:
        if kind == "date and time" and "T" not in written.text:
            continue  # a date alone is one too, at midnight
        value = value_of(written.text, kind)
        if value is not None:
            return value
    return written.text


def is_same(expected: Value, actual: Value) -> bool:
    """Tell whether the kit takes two values as equal: numbers nearly, all else exactly."""
    expected, actual = lift(expected), lift(actual)
    if isinstance(expected, Decimal) and isinstance(actual, Decimal):
        return abs(expected - actual) < TOLERANCE
    if expected is None or actual is None:
        return expected is actual
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return expected.keys() == actual.keys() and all(
            is_same(entry, actual[name]) for name, entry in expected.items()
        )
    lefts, rights = items_of(expected), items_of(actual)
    if lefts is not None and rights is not None:
        return len(lefts) == len(rights) and all(
            is_same(left, right) for left, right in zip(lefts, rights, strict=True)
        )
    if kind_of(expected) != kind_of(actual):
        return False
    return is_equal(expected, actual, Evaluation(_EVALUATION_TIME))
