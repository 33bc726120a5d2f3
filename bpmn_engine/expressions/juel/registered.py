"""The call of a registered Python function: `${rates.discount(amount)}`.

It gets copies of JSON values and gives a JSON value, both within the budget of the evaluation, so
that it can neither change a variable nor make one that is too large. What it raises is a failure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

from lark import Token, Tree

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.expression import MAX_DEPTH, FailingError
from bpmn_engine.expressions.feel.values import ARITHMETIC, Value, lift, lower
from bpmn_engine.expressions.juel.reading import Code, Reading
from bpmn_engine.expressions.misread import MisreadError
from bpmn_engine.functions import FunctionTable, RegisteredFunction

STEPS_OF_A_CALL: Final = 1_000
"""Steps of the budget that one call costs: at most 250 calls an evaluation."""

HOW_TO_REGISTER: Final = (
    "Register a Python function of this name in a module that the setting `functions` names, or "
    "let a worker do it: a service task that calls it is a job of that type."
)
_MAX_MESSAGE: Final = 300
_SHOWN_NAMES: Final = 20
_MAX_BITS: Final = 1_000

_Run = Callable[[Reading], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCall:
    """A call at the beginning of a value, by names alone: `rates.discount(…)`."""

    name: str  #: with its bean
    method: str  #: the last part of it
    length: int  #: suffixes that belong to it
    offset: int  #: of the name, in the text between the braces


def named_call(children: Sequence[Tree[Token]]) -> NamedCall | None:
    """Return the call that a value with its suffixes begins with; None if it begins otherwise."""
    first, *suffixes = children
    if first.data != "name":
        return None
    names = [str(first.children[0])]
    for length, suffix in enumerate(suffixes, start=1):
        if suffix.data not in {"dot", "method"}:
            return None
        names.append(str(suffix.children[0]))
        if suffix.data == "method":
            name = ".".join(names)
            offset = first.meta.start_pos
            return NamedCall(name=name, method=names[-1], length=length, offset=offset)
    return None


def compile_call(function: RegisteredFunction, arguments: Sequence[Code], offset: int) -> _Run:
    """Return the closure of a call.

    Raises:
        MisreadError: the function does not take so many arguments.
    """
    problem = function.misfit(len(arguments))
    if problem is not None:
        raise MisreadError(problem, offset)

    def call(reading: Reading) -> Value:
        values = [argument.run(reading) for argument in arguments]
        return call_registered(function, values, reading.budget, offset)

    return call


def compile_missing(name: str, offset: int) -> _Run:
    """Return the closure of a call that was accepted elsewhere, and is not possible here."""

    def call(_reading: Reading) -> Value:
        message = (
            f"Expected the function {name}() to be registered in this process, but it is not. "
            "Give it the same setting `functions` as the others, and retry."
        )
        raise FailingError(message, offset)

    return call


def not_registered(name: str, table: FunctionTable) -> str:
    """Say that nothing is registered under a name, what is, and how it could be."""
    names = sorted(table.functions)
    near = get_close_matches(name, names, n=1, cutoff=0.8)
    hint = f" Did you mean {near[0]}()?" if near else ""
    shown = ", ".join(f"{each}()" for each in names[:_SHOWN_NAMES]) or "there are none"
    return f"No function {name} is registered ({shown}).{hint} {HOW_TO_REGISTER}"


def call_registered(
    function: RegisteredFunction, values: Sequence[Value], budget: Budget, offset: int
) -> Value:
    """Call a function with copies of values, and return a copy of its value.

    Raises:
        FailingError: it raised something, returned no JSON value, or the budget is spent.
    """
    budget.spend(STEPS_OF_A_CALL, offset)
    given = [lower(value, budget) for value in values]
    try:
        result = function.call(*given)
    except Exception as error:  # an edge: whatever it raises is its failure
        text = str(error)[:_MAX_MESSAGE]
        message = (
            f"Expected {function.name}() to return a value, but it raised "
            f"{type(error).__name__}{': ' if text else ''}{text}"
        )
        raise FailingError(message, offset) from error
    return lift(_Taking(function.name, budget, offset).taken(result))


class _Taking:
    """Takes over what a function returned, copied, and no more of it than the budget allows."""

    def __init__(self, name: str, budget: Budget, offset: int) -> None:
        self._name = name
        self._budget = budget
        self._offset = offset

    def taken(self, value: object, level: int = 0) -> Value:
        self._budget.spend(1, self._offset)
        match value:
            case None | bool():
                return value
            case str():
                self._budget.check_text(len(value), self._offset)
                self._budget.spend_text(len(value), self._offset)
                return str(value)
            case int() | float() | Decimal():
                return self._number(value)
            case Mapping() if level < MAX_DEPTH:
                return {
                    self._key(key): self.taken(entry, level + 1) for key, entry in value.items()
                }
            case list() | tuple() if level < MAX_DEPTH:
                return [self.taken(item, level + 1) for item in value]
        raise self._useless(f"a {type(value).__name__}", level)

    def _key(self, key: object) -> str:
        if isinstance(key, str):
            return key
        raise self._useless(f"a key that is a {type(key).__name__}", 0)

    def _number(self, value: float | Decimal) -> Value:
        if isinstance(value, int):
            if value.bit_length() > _MAX_BITS:
                raise self._useless(f"a whole number of more than {_MAX_BITS} bits", 0)
            return value
        is_finite = value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)
        if not is_finite:
            raise self._useless(str(value), 0)
        return ARITHMETIC.create_decimal(value) if isinstance(value, Decimal) else value

    def _useless(self, what: str, level: int) -> FailingError:
        if level >= MAX_DEPTH:
            what = f"more than {MAX_DEPTH} levels"
        message = f"Expected a JSON value from {self._name}(), but it returned {what}."
        return FailingError(message, self._offset)
