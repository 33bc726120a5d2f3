"""The methods of strings, as `java.lang.String` has them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from bpmn_engine.expressions.feel.values import Value
from bpmn_engine.expressions.juel.calls import Call, Callee, taking
from bpmn_engine.expressions.patterns.pattern import PatternError, compile_pattern


def _substring(call: Call) -> Value:
    text = call.own_text()
    begin, end = call.span(0, 1, len(text))
    return text[begin:end]


def _char_at(call: Call) -> Value:
    text, place = call.own_text(), call.whole(0)
    if not 0 <= place < len(text):
        raise call.fail(f"Expected a position below {len(text)}, but got {place}.")
    return text[place]


def _replace(call: Call) -> Value:
    text, old, new = call.own_text(), call.text(0), call.text(1)
    call.budget.check_text(len(text) + text.count(old) * (len(new) - len(old)), call.offset)
    return text.replace(old, new)


def _concat(call: Call) -> Value:
    text, more = call.own_text(), call.text(0)
    call.budget.check_text(len(text) + len(more), call.offset)
    return text + more


def _split(call: Call) -> Value:
    """Return the parts between a separator, which is plain text here and no pattern."""
    separator = call.text(0)
    text = call.own_text()
    parts: list[Value] = [*(text.split(separator) if separator else text)]
    call.budget.spend(len(parts), call.offset)
    while len(parts) > 1 and parts[-1] == "":
        parts.pop()  # as java.lang.String does
    return parts


def _matches(call: Call) -> Value:
    try:
        pattern = compile_pattern(call.text(0))
    except PatternError as error:
        raise call.fail(error.message) from error
    return pattern.full_match(call.own_text(), call.budget) is not None


def _compare(call: Call) -> Value:
    text, other = call.own_text(), call.text(0)
    return Decimal((text > other) - (text < other))


TEXT_METHODS: Mapping[str, Callee] = {
    "length": taking(0, body=lambda call: Decimal(len(call.own_text()))),
    "isEmpty": taking(0, body=lambda call: not call.own_text()),
    "isBlank": taking(0, body=lambda call: not call.own_text().strip()),
    "contains": taking(1, body=lambda call: call.text(0) in call.own_text()),
    "startsWith": taking(1, body=lambda call: call.own_text().startswith(call.text(0))),
    "endsWith": taking(1, body=lambda call: call.own_text().endswith(call.text(0))),
    "equalsIgnoreCase": taking(
        1, body=lambda call: call.own_text().casefold() == call.text(0).casefold()
    ),
    "compareTo": taking(1, body=_compare),
    "toUpperCase": taking(0, body=lambda call: call.own_text().upper()),
    "toLowerCase": taking(0, body=lambda call: call.own_text().lower()),
    "trim": taking(0, body=lambda call: call.own_text().strip()),
    "strip": taking(0, body=lambda call: call.own_text().strip()),
    "concat": taking(1, body=_concat),
    "charAt": taking(1, body=_char_at),
    "substring": taking(1, 2, body=_substring),
    "indexOf": taking(1, body=lambda call: Decimal(call.own_text().find(call.text(0)))),
    "lastIndexOf": taking(1, body=lambda call: Decimal(call.own_text().rfind(call.text(0)))),
    "replace": taking(2, body=_replace),
    "split": taking(1, body=_split),
    "matches": taking(1, body=_matches),
}
