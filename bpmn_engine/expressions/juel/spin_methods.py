"""Methods of Spin, Camunda's library of JSON values, on values that are JSON already.

A Spin node is the value itself here: `customer.prop("age").numberValue()` and `customer.age` are
the same. Methods that change a node are refused: an expression changes nothing.
Source: docs.camunda.org/manual/7.24/reference/spin/json/.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from bpmn_engine.expressions.feel.values import Value, describe, items_of, kind_of, lift
from bpmn_engine.expressions.juel.calls import Body, Call, Callee, taking

_STEP = re.compile(r"""\.([^\W\d][\w-]*)|\[(\d{1,9})\]|\['([^']*)'\]|\["([^"]*)"\]""")


def read_json(call: Call) -> Value:
    """Return what a JSON text says (`S(…)`, `JSON(…)`); any other value is one already."""
    text = call.arguments[0]
    if not isinstance(text, str):
        return text
    call.budget.spend(1 + len(text), call.offset)
    try:
        value: Value = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except ValueError as error:
        raise call.fail(f"Expected JSON in {call.name}(), but {error}.") from error
    return lift(value)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _prop(call: Call) -> Value:
    entries, name = call.own_entries(), call.text(0)
    if name not in entries:
        names = ", ".join(list(entries)[:10]) or "nothing"
        raise call.fail(f"Expected a property {name}, but there are: {names}.")
    return lift(entries[name])


def _json_path(call: Call) -> Value:
    """Return what a path of names and indexes leads to; filters and wildcards are refused."""
    path = call.text(0)
    value, place = call.receiver, 1
    if not path.startswith("$"):
        raise call.fail(f"Expected a path that begins with $, but got {path}.")
    while place < len(path):
        step = _STEP.match(path, place)
        if step is None:
            rest = path[place:]
            raise call.fail(f"Expected .name or [index] in the path, but found {rest}.")
        call.budget.spend(1, call.offset)
        value = _entered(call, value, step)
        place = step.end()
    return value


def _entered(call: Call, value: Value, step: re.Match[str]) -> Value:
    index = step[2]
    if index is not None:
        items = items_of(value)
        if items is not None and int(index) < len(items):
            return lift(items[int(index)])
    else:
        name = next(text for text in (step[1], step[3], step[4]) if text is not None)
        if isinstance(value, Mapping) and name in value:
            return lift(value[name])
    raise call.fail(f"Expected {step[0]} in {call.text(0)}, but there is {describe(value)}.")


def _is(*kinds: str) -> Body:
    return lambda call: kind_of(call.receiver) in kinds


def _itself(call: Call) -> Value:
    return call.receiver


def _fields(call: Call) -> Value:
    entries = call.own_entries()
    call.budget.spend(len(entries), call.offset)
    return list(entries)


_ASKED: Mapping[str, Callee] = {
    "isArray": taking(0, body=_is("list")),
    "isObject": taking(0, body=_is("context")),
    "isString": taking(0, body=_is("string")),
    "isNumber": taking(0, body=_is("number")),
    "isBoolean": taking(0, body=_is("boolean")),
    "isNull": taking(0, body=_is("null")),
    "isValue": taking(0, body=_is("string", "number", "boolean", "null")),
}
_ANY: Mapping[str, Callee] = {
    **_ASKED,
    "jsonPath": taking(1, body=_json_path),
    "element": taking(0, body=_itself),
}

SPIN_METHODS: Mapping[str, Mapping[str, Callee]] = {
    "null": _ASKED,
    "string": {
        **_ANY,
        "stringValue": taking(0, body=_itself),
        "value": taking(0, body=_itself),
    },
    "number": {
        **_ANY,
        "numberValue": taking(0, body=_itself),
        "value": taking(0, body=_itself),
    },
    "boolean": {
        **_ANY,
        "boolValue": taking(0, body=_itself),
        "value": taking(0, body=_itself),
    },
    "list": {
        **_ANY,
        "elements": taking(0, body=_itself),
        "elementList": taking(0, body=_itself),
    },
    "context": {
        **_ANY,
        "prop": taking(1, body=_prop),
        "hasProp": taking(1, body=lambda call: call.text(0) in call.own_entries()),
        "fieldNames": taking(0, body=_fields),
    },
}
"""Kind of value to the methods that Spin adds to it."""
