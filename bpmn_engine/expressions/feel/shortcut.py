"""The short way through simple conditions: `amount > 100 and status = "open"` in one look each.

Most conditions of a diagram compare variables with literals. When the variables hold numbers,
strings and booleans, no scope, budget or decimal is needed to decide them. Whatever is unusual, a
missing variable or another kind of value, takes the long way, which knows the words for a failure.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.values import JsonValue

Shortcut = Callable[[Mapping[str, JsonValue]], bool | None]
"""Decides a condition; None when it takes the long way."""

_Reader = Callable[[Mapping[str, JsonValue]], JsonValue]
_Sign = Callable[[float | Decimal | str, float | Decimal | str], bool]

_SIGNS: Mapping[str, _Sign] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EXACT_DIGITS = 15  # so many decimal digits tell any two floats and literals apart
_LARGEST = 1e300


def shortcut(node: syntax.Node) -> Shortcut | None:
    """Return the short way through a condition; None when it has none."""
    match node:
        case syntax.Logic():
            return _logic(node)
        case syntax.Comparison():
            return _comparison(node)
        case syntax.Membership():
            return _membership(node)
        case syntax.Call(function=syntax.Name(name="not"), arguments=(operand,)):
            return _opposite(operand)
        case _:
            return _variable(node)


def _reader(node: syntax.Node) -> _Reader | None:
    """Return what reads `name` or `name.name.…` from the variables."""
    if isinstance(node, syntax.Name):
        name = node.name
        return lambda variables: variables.get(name)
    base = _reader(node.base) if isinstance(node, syntax.Path) else None
    if base is None or not isinstance(node, syntax.Path):
        return None
    key = node.name

    def read(variables: Mapping[str, JsonValue]) -> JsonValue:
        held = base(variables)
        return held.get(key) if type(held) is dict else None

    return read


def _comparison(node: syntax.Comparison) -> Shortcut | None:
    read = _reader(node.left)
    if read is None or not isinstance(node.right, syntax.Literal):
        return None
    value = node.right.value
    if isinstance(value, Decimal):
        return _number_comparison(read, _SIGNS[node.operator], value)
    if isinstance(value, str) and node.operator in {"=", "!="}:
        return _text_comparison(read, value, wanted=node.operator == "=")
    return None


def _number_comparison(read: _Reader, sign: _Sign, number: Decimal) -> Shortcut | None:
    if len(number.as_tuple().digits) > _EXACT_DIGITS or abs(number) > _LARGEST:
        return None
    exact = int(number) if number == number.to_integral_value() else number
    rounded = float(number)

    def decide(variables: Mapping[str, JsonValue]) -> bool | None:
        value = read(variables)
        if type(value) is int:
            return sign(value, exact)
        if type(value) is float and -_LARGEST < value < _LARGEST:
            return sign(value, rounded)
        return None

    return decide


def _text_comparison(read: _Reader, text: str, *, wanted: bool) -> Shortcut:
    def decide(variables: Mapping[str, JsonValue]) -> bool | None:
        value = read(variables)
        return (value == text) is wanted if type(value) is str else None

    return decide


def _membership(node: syntax.Membership) -> Shortcut | None:
    """Return the short way through `status in ["open", "held"]`, with or without the brackets."""
    tests = node.tests
    if len(tests) == 1 and isinstance(tests[0], syntax.ListLiteral):
        tests = tests[0].items
    texts = frozenset(
        test.value
        for test in tests
        if isinstance(test, syntax.Literal) and isinstance(test.value, str)
    )
    read = _reader(node.value)
    if read is None or not texts or len(texts) != len(tests):
        return None

    def decide(variables: Mapping[str, JsonValue]) -> bool | None:
        value = read(variables)
        return value in texts if type(value) is str else None

    return decide


def _opposite(operand: syntax.Node) -> Shortcut | None:
    decided = shortcut(operand)
    if decided is None:
        return None

    def decide(variables: Mapping[str, JsonValue]) -> bool | None:
        verdict = decided(variables)
        return None if verdict is None else not verdict

    return decide


def _variable(node: syntax.Node) -> Shortcut | None:
    read = _reader(node)
    if read is None:
        return None

    def decide(variables: Mapping[str, JsonValue]) -> bool | None:
        value = read(variables)
        return value if type(value) is bool else None

    return decide


def _logic(node: syntax.Logic) -> Shortcut | None:
    operands = [shortcut(operand) for operand in node.operands]
    found = [operand for operand in operands if operand is not None]
    if len(found) != len(operands):
        return None
    decisive = node.operator == "or"
    return _pair(found, decisive=decisive) if len(found) == 2 else _many(found, decisive=decisive)  # noqa: PLR2004 - two are most


def _pair(operands: Sequence[Shortcut], *, decisive: bool) -> Shortcut:
    first, second = operands

    def decide(variables: Mapping[str, JsonValue]) -> bool | None:
        verdict = first(variables)
        return second(variables) if verdict is not None and verdict is not decisive else verdict

    return decide


def _many(operands: Sequence[Shortcut], *, decisive: bool) -> Shortcut:
    def decide(variables: Mapping[str, JsonValue]) -> bool | None:
        for operand in operands:
            verdict = operand(variables)
            if verdict is None or verdict is decisive:
                return verdict
        return not decisive

    return decide
