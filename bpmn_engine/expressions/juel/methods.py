"""The methods JUEL may call, by the kind of value they are called on; every other is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

from bpmn_engine.expressions.feel.values import Value, equals, lower, text_of
from bpmn_engine.expressions.juel.calls import Call, Callee, taking
from bpmn_engine.expressions.juel.collection_methods import LIST_METHODS, MAP_METHODS
from bpmn_engine.expressions.juel.moment_methods import MOMENT_METHODS
from bpmn_engine.expressions.juel.spin_methods import SPIN_METHODS
from bpmn_engine.expressions.juel.text_methods import TEXT_METHODS


def juel_text(value: Value, call: Call) -> str:
    """Return a value as text, lists and maps as JSON."""
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return json.dumps(lower(value, call.budget), ensure_ascii=False)
    return "" if value is None else text_of(value)


def _truncated(call: Call) -> Value:
    number = call.receiver
    return Decimal(int(number)) if isinstance(number, Decimal) else None


_OF_ALL: Mapping[str, Callee] = {
    "equals": taking(
        1, body=lambda call: bool(equals(call.receiver, call.arguments[0], call.budget))
    ),
    "toString": taking(0, body=lambda call: juel_text(call.receiver, call)),
}
_OF_NUMBERS: Mapping[str, Callee] = {
    "intValue": taking(0, body=_truncated),
    "longValue": taking(0, body=_truncated),
    "doubleValue": taking(0, body=lambda call: call.receiver),
}
_OWN: Mapping[str, Mapping[str, Callee]] = {
    "string": TEXT_METHODS,
    "number": _OF_NUMBERS,
    "boolean": {},
    "list": LIST_METHODS,
    "context": MAP_METHODS,
    "date and time": MOMENT_METHODS,
}

METHODS: Mapping[str, Mapping[str, Callee]] = {
    "null": SPIN_METHODS["null"],
    **{kind: {**_OF_ALL, **SPIN_METHODS.get(kind, {}), **own} for kind, own in _OWN.items()},
}
"""Kind of value to method name to method. A JUEL map is a FEEL context."""

METHOD_NAMES = frozenset(name for methods in METHODS.values() for name in methods)
"""Every method name that some value has."""
