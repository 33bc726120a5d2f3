"""The scopes of one evaluation: variables outside, local names inside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.expression import FailingError, position
from bpmn_engine.expressions.feel.trace import Tracing
from bpmn_engine.expressions.feel.values import Value, lift

MAX_CALL_DEPTH = 600
"""Levels of syntax that nested calls of function literals may add up to."""

_SHOWN_NAMES = 10


MAX_WARNINGS = 100
"""Warnings one evaluation keeps; more would say the same again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeelWarning:
    """Why a part of an expression is null."""

    message: str  #: "Expected <this>, but <that>."
    source: str  #: the whole text
    line: int  #: from 1
    column: int  #: from 1


class Filtered:
    """The items that one filter looks at, and which entries some of them have."""

    __slots__ = ("_found", "_items")

    def __init__(self, items: Sequence[Value]) -> None:
        self._items = items
        self._found: dict[str, bool] = {}

    def has(self, name: str, budget: Budget) -> bool:
        """Tell whether an item has an entry; the items are looked through once for each name."""
        if name not in self._found:
            budget.spend(1 + len(self._items) // 8)
            self._found[name] = any(
                isinstance(item, Mapping) and name in item for item in self._items
            )
        return self._found[name]


class Evaluation:
    """What one evaluation needs everywhere; it lives for that evaluation only.

    `seed` is what `random number()` and `uuid()` are made from; without one they are refused.
    """

    __slots__ = (
        "budget",
        "call_depth",
        "drawn",
        "filtered",
        "missing",
        "now",
        "seed",
        "tracing",
        "warnings",
    )

    def __init__(self, now: dt.datetime, *, seed: int | None = None) -> None:
        self.now = now
        self.seed = seed
        self.tracing: Tracing | None = None
        self.budget = Budget()
        self.warnings: list[FeelWarning] = []
        self.missing: set[str] = set()  # names that were read and are not defined
        self.filtered: list[Filtered] = []  # what the filters around look at
        self.call_depth = 0
        self.drawn = 0

    def draw(self) -> int | None:
        """Return 256 bits of the next random number; None without a seed."""
        if self.seed is None:
            return None
        self.drawn += 1
        return int.from_bytes(sha256(f"{self.seed}/{self.drawn}".encode()).digest())

    def has_filtered(self, name: str) -> bool:
        """Tell whether an item that a filter looks at has an entry, so that others may lack it."""
        return any(filtered.has(name, self.budget) for filtered in self.filtered)

    @property
    def is_silent(self) -> bool:
        """Whether there are so many warnings that another one is not kept."""
        return len(self.warnings) >= MAX_WARNINGS

    def warn(self, message: str, source: str, offset: int) -> None:
        """Keep a warning."""
        if not self.is_silent:
            line, column = position(source, offset)
            self.warnings.append(
                FeelWarning(message=message, source=source, line=line, column=column)
            )


class Scope:
    """Names and their values, and the scope around them."""

    __slots__ = ("evaluation", "names", "parent")

    def __init__(
        self, names: Mapping[str, Value], parent: Scope | None, evaluation: Evaluation
    ) -> None:
        self.names = names
        self.parent = parent
        self.evaluation = evaluation

    def inner(self, names: Mapping[str, Value]) -> Scope:
        """Return a scope inside this one."""
        return Scope(names, self, self.evaluation)

    def around_item(self, item: Value) -> Scope:
        """Return the scope of a filter: `item`, and its entries when it is a context."""
        scope = Scope({"item": item}, self, self.evaluation)
        return Scope(item, scope, self.evaluation) if isinstance(item, Mapping) else scope

    def read(self, name: str) -> Value:
        """Return the value of the nearest `name`; else note that and return null."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return lift(scope.names[name])
            scope = scope.parent
        self.evaluation.missing.add(name)
        return None

    def defines(self, name: str) -> bool:
        """Tell whether `name` is defined, be it as null."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return True
            scope = scope.parent
        return False

    def known_names(self) -> str:
        """Return at most ten names in scope, for a message."""
        names = list(islice(self._all_names(), _SHOWN_NAMES))
        return ", ".join(names) if names else "nothing"

    def _all_names(self) -> Iterator[str]:
        scope: Scope | None = self
        while scope is not None:
            yield from scope.names
            scope = scope.parent


def enter_call(evaluation: Evaluation, depth: int, offset: int) -> None:
    """Note that a function literal of `depth` levels is entered.

    Raises:
        FailingError: calls are nested too deep.
    """
    evaluation.call_depth += depth
    if evaluation.call_depth > MAX_CALL_DEPTH:
        raise FailingError("Expected calls that end, but they nest too deep.", offset)
