"""One call of a method or a function, and what the allow-lists say of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.expression import FailingError
from bpmn_engine.expressions.feel.values import Value, describe, items_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call at run time."""

    name: str
    receiver: Value  #: what stands left of the dot; null for a function
    arguments: Sequence[Value]
    budget: Budget
    now: dt.datetime
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

    def span(self, first: int, last: int, length: int) -> tuple[int, int]:
        """Return the part of a string or list that two arguments name; `last` may be left out.

        Raises:
            FailingError: it is not within `length`.
        """
        begin = self.whole(first)
        end = self.whole(last) if len(self.arguments) > last else length
        if not 0 <= begin <= end <= length:
            message = f"Expected positions from 0 to {length}, but got {begin} and {end}."
            raise self.fail(message)
        return begin, end


Body = Callable[[Call], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """One method or function of an allow-list."""

    counts: tuple[int, ...]  #: how many arguments it may have
    body: Body


def taking(*counts: int, body: Body) -> Callee:
    """Return what may be called with so many arguments."""
    return Callee(counts=counts, body=body)
