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
        case syntax.Comparison(
            left=syntax.Name(name=name), right=syntax.Literal(value=Decimal() as number)
        ):
            return _number_comparison(name, _SIGNS[node.operator], number)
        case syntax.Comparison(
            left=syntax.Name(name=name), right=syntax.Literal(value=str() as text)
        ) if node.operator in {"=", "!="}:
            return _text_comparison(name, text, wanted=node.operator == "=")
        case syntax.Name():
            return _variable(node.name)
        case _:
            return None


def _number_comparison(name: str, sign: _Sign, number: Decimal) -> Shortcut | None:
    if len(number.as_tuple().digits) > _EXACT_DIGITS or abs(number) > _LARGEST:
        return None
    exact = int(number) if number == number.to_integral_value() else number
    rounded = float(number)

    def decide(variables: Mapping[str, JsonValue]) -> bool | None:
        value = variables.get(name)
        if type(value) is int:
            return sign(value, exact)
        if type(value) is float and -_LARGEST < value < _LARGEST:
            return sign(value, rounded)
        return None

    return decide


def _text_comparison(name: str, text: str, *, wanted: bool) -> Shortcut:
    def decide(variables: Mapping[str, JsonValue]) -> bool | None:
        value = variables.get(name)
        return (value == text) is wanted if type(value) is str else None

    return decide


def _variable(name: str) -> Shortcut:
    def decide(variables: Mapping[str, JsonValue]) -> bool | None:
        value = variables.get(name)
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
