"""How JUEL reads a value as a number or a boolean (JSR 245, 1.18), and how one is asked for.

Strings that spell a number or a boolean are taken as one, as the standard says. Null is not taken
as 0 or false: it is a failure, so that a forgotten variable is found.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.expression import FailingError
from bpmn_engine.expressions.feel.values import ARITHMETIC, Value, describe
from bpmn_engine.values import JsonValue

_NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,3})?", re.ASCII)
_SHOWN = 60
_SHOWN_NAMES = 10


class Reading:
    """One evaluation: the variables, the time, and what is left of the budget."""

    __slots__ = ("budget", "now", "variables")

    def __init__(self, variables: Mapping[str, JsonValue], now: dt.datetime) -> None:
        self.variables = variables
        self.now = now
        self.budget = Budget()

    def undefined(self, name: str, offset: int) -> FailingError:
        """Return the failure that a variable is not defined."""
        names = ", ".join(islice(self.variables, _SHOWN_NAMES)) or "nothing"
        return FailingError(f"`{name}` is not defined; in scope: {names}.", offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One compiled piece: how to run it, and where and how it was written."""

    run: Callable[[Reading], Value]
    text: str
    offset: int
    is_literal: bool = False

    def misfit(self, value: Value, expected: str) -> FailingError:
        """Return the failure that this piece is not what was expected."""
        article = "an" if expected[0] in "aeiou" else "a"
        shown = self.text if len(self.text) <= _SHOWN else self.text[:_SHOWN] + "…"
        what = "it" if self.is_literal else shown
        message = f"Expected {article} {expected}, but {what} is {describe(value)}."
        return FailingError(message, self.offset)

    def number(self, reading: Reading, place: str) -> Decimal:
        """Return the value as a number; `place` says where it stands: `left of +`."""
        value = self.run(reading)
        number = as_number(value)
        if number is None:
            raise self.misfit(value, f"number {place}")
        return number

    def boolean(self, reading: Reading, place: str) -> bool:
        """Return the value as a boolean; `place` says where it stands."""
        value = self.run(reading)
        boolean = as_boolean(value)
        if boolean is None:
            raise self.misfit(value, f"boolean {place}")
        return boolean


def as_number(value: Value) -> Decimal | None:
    """Return the number a value is or spells."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return ARITHMETIC.create_decimal(value.strip())
    return None


def as_boolean(value: Value) -> bool | None:
    """Return the boolean a value is or spells."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return None
