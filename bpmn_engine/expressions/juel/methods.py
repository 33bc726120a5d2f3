"""The methods JUEL may call, by the kind of value they are called on; every other is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.expression import FailingError
from bpmn_engine.expressions.feel.values import Value, describe, equals, items_of, lift
from bpmn_engine.expressions.patterns.pattern import PatternError, compile_pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodCall:
    """One call at run time."""

    name: str
    receiver: Value
    arguments: Sequence[Value]
    budget: Budget
    offset: int

    def fail(self, message: str) -> FailingError:
        """Return the failure to raise about this call."""
        return FailingError(message, self.offset)

    def own_text(self) -> str:
        """Return the string the method is called on."""
        text = self.receiver if isinstance(self.receiver, str) else ""
        self.budget.spend_text(len(text), self.offset)
        return text

    def own_items(self) -> Sequence[Value]:
        """Return the list the method is called on."""
        items = items_of(self.receiver) or ()
        self.budget.spend(len(items), self.offset)
        return items

    def own_entries(self) -> Mapping[str, Value]:
        """Return the map the method is called on."""
        return self.receiver if isinstance(self.receiver, Mapping) else {}

    def text(self, index: int) -> str:
        """Return an argument that must be a string."""
        value = self.arguments[index]
        if isinstance(value, str):
            return value
        raise self.fail(f"Expected a string in {self.name}(), but got {describe(value)}.")

    def whole(self, index: int) -> int:
        """Return an argument that must be a whole number."""
        value = self.arguments[index]
        if isinstance(value, Decimal) and value == value.to_integral_value():
            return int(value)
        raise self.fail(f"Expected a whole number in {self.name}(), but got {describe(value)}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of the allow-list."""

    counts: tuple[int, ...]  #: how many arguments it may have
    body: Callable[[MethodCall], Value]


def _substring(call: MethodCall) -> Value:
    text, begin = call.own_text(), call.whole(0)
    end = call.whole(1) if len(call.arguments) > 1 else len(text)
    if not 0 <= begin <= end <= len(text):
        message = f"Expected positions from 0 to {len(text)}, but got {begin} and {end}."
        raise call.fail(message)
    return text[begin:end]


def _replace(call: MethodCall) -> Value:
    text, old, new = call.own_text(), call.text(0), call.text(1)
    call.budget.check_text(len(text) + text.count(old) * (len(new) - len(old)), call.offset)
    return text.replace(old, new)


def _matches(call: MethodCall) -> Value:
    try:
        pattern = compile_pattern(call.text(0))
    except PatternError as error:
        raise call.fail(error.message) from error
    return pattern.full_match(call.own_text(), call.budget) is not None


def _list_get(call: MethodCall) -> Value:
    items, index = call.own_items(), call.whole(0)
    if not 0 <= index < len(items):
        message = f"Expected an index below {len(items)}, but got {index}."
        raise call.fail(message)
    return lift(items[index])


def _list_contains(call: MethodCall) -> Value:
    return any(equals(item, call.arguments[0], call.budget) for item in call.own_items())


METHODS: Mapping[str, Mapping[str, Method]] = {
    "string": {
        "length": Method(counts=(0,), body=lambda call: Decimal(len(call.own_text()))),
        "isEmpty": Method(counts=(0,), body=lambda call: not call.own_text()),
        "contains": Method(counts=(1,), body=lambda call: call.text(0) in call.own_text()),
        "startsWith": Method(
            counts=(1,), body=lambda call: call.own_text().startswith(call.text(0))
        ),
        "endsWith": Method(counts=(1,), body=lambda call: call.own_text().endswith(call.text(0))),
        "equals": Method(counts=(1,), body=lambda call: call.own_text() == call.arguments[0]),
        "equalsIgnoreCase": Method(
            counts=(1,),
            body=lambda call: call.own_text().casefold() == call.text(0).casefold(),
        ),
        "toUpperCase": Method(counts=(0,), body=lambda call: call.own_text().upper()),
        "toLowerCase": Method(counts=(0,), body=lambda call: call.own_text().lower()),
        "trim": Method(counts=(0,), body=lambda call: call.own_text().strip()),
        "substring": Method(counts=(1, 2), body=_substring),
        "indexOf": Method(
            counts=(1,), body=lambda call: Decimal(call.own_text().find(call.text(0)))
        ),
        "replace": Method(counts=(2,), body=_replace),
        "matches": Method(counts=(1,), body=_matches),
    },
    "list": {
        "size": Method(counts=(0,), body=lambda call: Decimal(len(call.own_items()))),
        "isEmpty": Method(counts=(0,), body=lambda call: not call.own_items()),
        "get": Method(counts=(1,), body=_list_get),
        "contains": Method(counts=(1,), body=_list_contains),
    },
    "context": {
        "size": Method(counts=(0,), body=lambda call: Decimal(len(call.own_entries()))),
        "isEmpty": Method(counts=(0,), body=lambda call: not call.own_entries()),
        "get": Method(counts=(1,), body=lambda call: lift(call.own_entries().get(call.text(0)))),
        "containsKey": Method(counts=(1,), body=lambda call: call.text(0) in call.own_entries()),
    },
}
"""Kind of value to method name to method. A JUEL map is a FEEL context."""

METHOD_NAMES = frozenset(name for methods in METHODS.values() for name in methods)
"""Every method name that some value has."""
