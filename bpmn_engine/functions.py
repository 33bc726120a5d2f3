"""Python functions that expressions in JUEL call by the names of beans: `${rates.discount(x)}`.

::

    functions = Functions()

    @functions.function("rates.discount")
    def discount(amount: float, customer: dict[str, JsonValue]) -> float:
        return 0.1 if amount > 1000 else 0.0

The setting `functions` names the modules that hold such a registry, for every process of an
installation. A function gets JSON values and returns one. It is called in the middle of a step and
again when a decision is explained: it must depend on its arguments alone and change nothing.
"""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

RESERVED: Final = frozenset({"execution", "task", "now", "dateTime", "S", "JSON"})
"""What JUEL itself means by a name that a function's name may not begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredFunction:
    """One function under the name that expressions call it by."""

    name: str  #: with its bean: `rates.discount`
    call: Callable[..., object]
    signature: inspect.Signature | None  #: None for a function of C that does not tell

    def misfit(self, count: int) -> str | None:
        """Return why it cannot be called with so many arguments, or None."""
        if self.signature is None:
            return None
        try:
            self.signature.bind(*range(count))
        except TypeError:
            plain = [one.replace(annotation=inspect.Parameter.empty) for one in self._parameters()]
            shown = ", ".join(map(str, plain))
            return f"Expected the arguments of {self.name}({shown}), but got {count} argument(s)."
        return None

    def _parameters(self) -> tuple[inspect.Parameter, ...]:
        return () if self.signature is None else tuple(self.signature.parameters.values())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FunctionTable:
    """The functions that were registered at one moment; compared by identity."""

    functions: Mapping[str, RegisteredFunction] = field(default_factory=dict)
    is_complete: bool = True
    """Whether a name that is missing is refused; else its call fails, when it comes to it."""

    def find(self, name: str) -> RegisteredFunction | None:
        """Return the function of a name; None if there is none."""
        return self.functions.get(name)


NO_FUNCTIONS: Final = FunctionTable()
"""Of an installation without any."""


class Functions:
    """Which function a name of JUEL calls. Fill it before diagrams that call them are deployed."""

    def __init__(self) -> None:
        self._tables = (NO_FUNCTIONS, replace(NO_FUNCTIONS, is_complete=False))

    @property
    def table(self) -> FunctionTable:
        """The functions as a deployment sees them: a name that is missing is refused."""
        return self._tables[0]

    @property
    def table_of_deployed(self) -> FunctionTable:
        """The functions as deployed diagrams see them: the call of a missing one is a failure.

        What one process knows another may lack; an incident says so, and can be retried.
        """
        return self._tables[1]

    def add(self, name: str, function: Callable[..., object]) -> None:
        """Register a function.

        Args:
            name: As expressions write it: `rates.discount`, or without a bean `discount`.
            function: Takes positional arguments that are JSON values, and returns one.

        Raises:
            ValueError: There is a function of that name, or it can be none.
        """
        problem = _problem(name, function) or self._conflict(name)
        if problem is not None:
            raise ValueError(problem)
        try:
            signature = inspect.signature(function)
        except ValueError:  # a function of C may not tell
            signature = None
        added = RegisteredFunction(name=name, call=function, signature=signature)
        self._tables = _tables({**self.table.functions, name: added})

    def function(self, name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Return the decorator that registers a function under a name."""

        def register(function: Callable[P, R]) -> Callable[P, R]:
            self.add(name, function)
            return function

        return register

    def include(self, other: Functions) -> None:
        """Register all functions of another registry.

        Raises:
            ValueError: There is a function of one of their names; none was registered.
        """
        for name in other.table.functions:
            problem = self._conflict(name)
            if problem is not None:
                raise ValueError(problem)
        self._tables = _tables({**self.table.functions, **other.table.functions})

    def _conflict(self, name: str) -> str | None:
        if self.table.find(name) is None:
            return None
        return f"Expected one function {name!r}, but there is one already."


def _tables(functions: Mapping[str, RegisteredFunction]) -> tuple[FunctionTable, FunctionTable]:
    return (
        FunctionTable(functions=functions),
        FunctionTable(functions=functions, is_complete=False),
    )


def _problem(name: str, function: Callable[..., object]) -> str | None:
    parts = name.split(".")
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in parts):
        return f"Expected names with dots between them, as rates.discount, but found {name!r}."
    if parts[0] in RESERVED:
        return f"Expected a name that JUEL leaves free, but {parts[0]!r} is its own."
    if inspect.iscoroutinefunction(function):
        return f"Expected a function that returns its value, but {name!r} is a coroutine function."
    return None
