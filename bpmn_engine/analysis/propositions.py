"""Conditions as propositions: what they compare stays text, how they combine it is understood.

FEEL and JUEL write `and`, `or`, `not` and comparisons nearly alike. Conditions cover every case
when no outcome of the comparisons leaves all of them false; what is compared with true or false
counts as one of the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Final

MOST_CASES: Final = 4096
"""How many combinations of outcomes are tried."""

_DEEPEST: Final = 40
_TOKEN = re.compile(
    r"\"[^\"]*\"|'[^']*'|&&|\|\||<=|>=|==|!=|[\w$]+(?:\s*\.\s*[\w$]+)*|[^\s\w]", re.DOTALL
)
_WORDS: Final = {"||": "or", "&&": "and", "!": "not", "==": "=", "eq": "=", "ne": "!="} | {
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}
_NOT_UNDERSTOOD: Final = frozenset({"between", "if", "some", "every", "for", "?", "function"})
_LESS, _EQUAL, _GREATER = range(3)
_COMPARED: Final[Mapping[str, frozenset[int]]] = {
    "=": frozenset({_EQUAL}),
    "!=": frozenset({_LESS, _GREATER}),
    "<": frozenset({_LESS}),
    "<=": frozenset({_LESS, _EQUAL}),
    ">": frozenset({_GREATER}),
    ">=": frozenset({_GREATER, _EQUAL}),
}
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")

_Case = Mapping[str, int]
_Proposition = Callable[[_Case], bool]
_Tokens = Sequence[str]


def cover_every_case(conditions: Sequence[str]) -> bool:
    """Tell whether at least one of the conditions is true, whatever the data."""
    outcomes: dict[str, int] = {}
    propositions = [_read(_tokens(text), outcomes, 0) for text in conditions]
    if prod(outcomes.values()) > MOST_CASES:
        return False
    cases = (
        dict(zip(outcomes, values, strict=True))
        for values in product(*(range(count) for count in outcomes.values()))
    )
    return all(any(holds(case) for holds in propositions) for case in cases)


def _tokens(text: str) -> list[str]:
    plain = text.strip()
    if plain[:2] in {"${", "#{"} and plain.endswith("}"):
        plain = plain[2:-1]
    found = _TOKEN.findall(plain.removeprefix("="))
    return [_WORDS.get(token, "".join(token.split())) for token in found]


def _read(tokens: _Tokens, outcomes: dict[str, int], depth: int) -> _Proposition:
    """Return the proposition of an expression; notes what it compares in `outcomes`."""
    if depth > _DEEPEST or _NOT_UNDERSTOOD & set(tokens):
        return _atom(tokens, outcomes)
    either = _split(tokens, "or")
    if len(either) > 1:
        ways = [_read(part, outcomes, depth + 1) for part in either]
        return lambda case: any(way(case) for way in ways)
    both = _split(tokens, "and")
    if len(both) > 1:
        needs = [_read(part, outcomes, depth + 1) for part in both]
        return lambda case: all(need(case) for need in needs)
    if tokens and tokens[0] == "not":
        negated = _read(tokens[1:], outcomes, depth + 1)
        return lambda case: not negated(case)
    if _is_wrapped(tokens):
        return _read(tokens[1:-1], outcomes, depth + 1)
    return _atom(tokens, outcomes)


def _split(tokens: _Tokens, word: str) -> list[_Tokens]:
    parts: list[_Tokens] = []
    depth = begin = 0
    for place, token in enumerate(tokens):
        depth += (token in _OPENING) - (token in _CLOSING)
        if token == word and depth == 0:
            parts.append(tokens[begin:place])
            begin = place + 1
    return [*parts, tokens[begin:]]


def _is_wrapped(tokens: _Tokens) -> bool:
    """Tell whether the first and the last token are the two parentheses around all."""
    if len(tokens) < 2 or tokens[0] != "(" or tokens[-1] != ")":  # noqa: PLR2004 - a pair
        return False
    depth = 0
    for token in tokens[:-1]:
        depth += (token in _OPENING) - (token in _CLOSING)
        if depth == 0:
            return False
    return True


def _atom(tokens: _Tokens, outcomes: dict[str, int]) -> _Proposition:
    for operator in _COMPARED:
        sides = _split(tokens, operator)
        if len(sides) == 2:  # noqa: PLR2004 - left and right
            return _comparison(" ".join(sides[0]), operator, " ".join(sides[1]), outcomes)
    text = " ".join(tokens)
    if text in {"true", "false"}:
        return lambda _case: text == "true"
    outcomes[text] = 2
    return lambda case: bool(case[text])


def _comparison(left: str, operator: str, right: str, outcomes: dict[str, int]) -> _Proposition:
    if operator in {"=", "!="} and right in {"true", "false"}:
        wanted = (right == "true") == (operator == "=")
        outcomes[left] = 2
        return lambda case: bool(case[left]) == wanted
    values = _COMPARED[operator]
    both = f"{left} ? {right}"
    outcomes[both] = 3
    return lambda case: case[both] in values
