"""Checking the value of one field of a Camunda form (form-js schema), as form-js itself does.

A field's own rules come in `validate`: required, min, max, minLength, maxLength, pattern,
validationType. Each may be a FEEL expression; the caller evaluates those.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from bpmn_engine.values import JsonValue

LOG = logging.getLogger("bpmn_engine.web.forms")

Component = Mapping[str, JsonValue]
"""One component of a form-js schema."""

MAX_MATCHED: Final = 10_000
"""Characters a text may have for a pattern to be tried on it."""

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE = re.compile(r"\+(?:[0-9] ?){6,14}[0-9]")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")
_TYPE_WORDS: Final = {
    "textfield": "a text",
    "textarea": "a text",
    "number": "a number",
    "checkbox": "true or false",
    "checklist": "a list of the choices",
    "taglist": "a list of the choices",
    "filepicker": "a text",
}
_SINGLE_CHOICE: Final = frozenset({"radio", "select"})
_MANY_CHOICES: Final = frozenset({"checklist", "taglist"})

KEYED_TYPES: Final = frozenset({*_TYPE_WORDS, *_SINGLE_CHOICE, "datetime", "expression"})
"""Types of components that hold a value."""


def is_empty(value: JsonValue) -> bool:
    """Whether a field with this value counts as not filled in."""
    return value is None or value in ("", [])


def objections(
    component: Component,
    value: JsonValue,
    rules: Mapping[str, JsonValue],
    options: Sequence[JsonValue] | None,
) -> list[str]:
    """Return what is wrong with a field's value, a sentence each.

    Args:
        component: The field.
        value: What was submitted; None when nothing was.
        rules: Its `validate`, expressions evaluated.
        options: The values one may choose from; None for a field without choices.
    """
    kind = str(component.get("type"))
    is_unchecked = kind == "checkbox" and value is False
    if is_empty(value) or is_unchecked:
        return ["Field is required."] if rules.get("required") else []
    wrong = _type_objection(kind, component, value)
    if wrong is not None:
        return [wrong]
    if options is not None:
        wrong = _choice_objection(kind, value, options)
        return [] if wrong is None else [wrong]
    if kind == "number":
        return [*_number_shape(component, value), *_range(rules, value)]
    if isinstance(value, str) and kind in {"textfield", "textarea"}:
        return _text_rules(rules, value)
    return []


def option_values(rows: JsonValue) -> list[JsonValue] | None:
    """Return the values of a list of options: plain ones, or {label, value} each."""
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        return None
    return [
        row.get("value", row.get("label")) if isinstance(row, Mapping) else row for row in rows
    ]


def _type_objection(kind: str, component: Component, value: JsonValue) -> str | None:
    if kind == "datetime":
        return _datetime_objection(str(component.get("subtype", "date")), value)
    is_right: Callable[[JsonValue], bool] | None = _IS_TYPE.get(kind)
    if is_right is None or is_right(value):
        return None
    if kind == "number" and component.get("serializeToString") and _decimal(value) is not None:
        return None
    return f"Expected {_TYPE_WORDS[kind]}."


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_IS_TYPE: Final[Mapping[str, Callable[[JsonValue], bool]]] = {
    "textfield": lambda value: isinstance(value, str),
    "textarea": lambda value: isinstance(value, str),
    "filepicker": lambda value: isinstance(value, str),
    "number": _is_number,
    "checkbox": lambda value: isinstance(value, bool),
    "checklist": lambda value: isinstance(value, list),
    "taglist": lambda value: isinstance(value, list),
}


def _datetime_objection(subtype: str, value: JsonValue) -> str | None:
    words = {"date": "a date", "time": "a time", "datetime": "a date and time"}.get(subtype)
    if words is None or (isinstance(value, str) and _is_temporal(subtype, value)):
        return None
    return f"Expected {words}."


def _is_temporal(subtype: str, text: str) -> bool:
    if subtype == "time":
        return _TIME.fullmatch(text) is not None
    try:
        if subtype == "date":
            dt.date.fromisoformat(text)
        else:
            dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _choice_objection(kind: str, value: JsonValue, options: Sequence[JsonValue]) -> str | None:
    chosen = value if kind in _MANY_CHOICES and isinstance(value, list) else [value]
    if all(any(_is_same(each, option) for option in options) for each in chosen):
        return None
    return (
        "Expected one of the choices." if kind in _SINGLE_CHOICE else "Expected the choices only."
    )


def _is_same(left: JsonValue, right: JsonValue) -> bool:
    """Whether two JSON values are equal; true is not 1."""
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _number_shape(component: Component, value: JsonValue) -> list[str]:
    number = _decimal(value)
    if number is None:
        return ["Expected a number."]
    found = []
    digits = component.get("decimalDigits")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(digits, int) and isinstance(exponent, int) and -exponent > digits >= 0:
        found.append(
            "Value is expected to be an integer."
            if digits == 0
            else f"Value is expected to have at most {digits} decimal digits."
        )
    increment = _decimal(component.get("increment"))
    if increment is not None and increment > 0 and number % increment != 0:
        found.append(f"Value is expected to be a multiple of {increment}.")
    return found


def _range(rules: Mapping[str, JsonValue], value: JsonValue) -> list[str]:
    number = _decimal(value)
    least, most = _decimal(rules.get("min")), _decimal(rules.get("max"))
    found = []
    if number is not None and least is not None and number < least:
        found.append(f"Field must have minimum value of {least}.")
    if number is not None and most is not None and number > most:
        found.append(f"Field must have maximum value of {most}.")
    return found


def _text_rules(rules: Mapping[str, JsonValue], value: str) -> list[str]:
    length = len(value.strip())
    shortest, longest = _decimal(rules.get("minLength")), _decimal(rules.get("maxLength"))
    found = []
    if shortest is not None and length < shortest:
        found.append(f"Field must have minimum length of {shortest}.")
    if longest is not None and length > longest:
        found.append(f"Field must have maximum length of {longest}.")
    if found:
        return found
    pattern = rules.get("pattern")
    if isinstance(pattern, str) and pattern and not _matches(pattern, value):
        words = rules.get("patternErrorMessage")
        found.append(str(words) if words else f"Field must match pattern {pattern}.")
    if rules.get("validationType") == "email" and not _EMAIL.fullmatch(value):
        found.append("Field must be a valid email.")
    if rules.get("validationType") == "phone" and not _PHONE.fullmatch(value):
        found.append("Field must be a valid international phone number. (e.g. +4930664040900)")
    return found


def _matches(pattern: str, value: str) -> bool:
    """Whether the pattern, written for JavaScript, is found in the value.

    A pattern that only JavaScript understands cannot be checked here and lets every value pass.
    """
    if len(value) > MAX_MATCHED:
        return False
    try:
        return re.search(pattern, value) is not None
    except re.error as error:
        LOG.warning("outcome=pattern_unreadable pattern=%r reason=%s", pattern, error)
        return True


def _decimal(value: JsonValue) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
