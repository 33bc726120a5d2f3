"""What a built-in function is, and the checked way it reads its arguments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bpmn_engine.expressions.budget import Budget
from bpmn_engine.expressions.expression import MisfitError
from bpmn_engine.expressions.feel import tree as syntax
from bpmn_engine.expressions.feel.far import FarDate, FarMoment
from bpmn_engine.expressions.feel.scope import Scope
from bpmn_engine.expressions.feel.values import Function, Value, describe, equals, items_of, lift
from bpmn_engine.expressions.feel.wording import words_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One way to call a built-in function."""

    parameters: tuple[str, ...]  #: in order, as named arguments call them
    required: int  #: how many of them must be given
    is_variadic: bool  #: takes any number of arguments, the last parameter repeats

    def takes(self, count: int) -> bool:
        """Tell whether it can be called with so many arguments."""
        return self.required <= count and (self.is_variadic or count <= len(self.parameters))

    def takes_named(self, names: Collection[str]) -> bool:
        """Tell whether it can be called with arguments of these names."""
        return all(name in self.parameters for name in names) and all(
            name in names for name in self.parameters[: self.required]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Builtin:
    """One built-in function."""

    name: str
    signatures: tuple[Signature, ...]  #: the first is the one that messages and pages show
    body: Callable[[Arguments], Value]
    doc: str  #: one sentence
    is_random: bool  #: needs a seed, which conditions and mappings of diagrams do not have

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters of the first signature."""
        return self.signatures[0].parameters


def builtin(
    signature: str, body: Callable[[Arguments], Value], doc: str, *, is_random: bool = False
) -> Builtin:
    """Return the built-in of a signature such as `substring(string, start position, length?)`.

    A question mark makes a parameter optional, three dots after the last make it repeat. Further
    ways to call it stand after bars: `date(from | year, month, day)`.
    """
    name, _, rest = signature.rstrip(")").partition("(")
    return Builtin(
        name=name,
        signatures=tuple([_signature(part) for part in rest.split("|")]),
        body=body,
        doc=doc,
        is_random=is_random,
    )


def _signature(text: str) -> Signature:
    parameters = tuple(part.strip() for part in text.split(",") if part.strip())
    return Signature(
        parameters=tuple(parameter.rstrip("?.") for parameter in parameters),
        required=sum(not parameter.endswith("?") for parameter in parameters),
        is_variadic=text.strip().endswith("..."),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSite:
    """Where a built-in is called."""

    source: str
    start: int  #: offset of the call in the source
    function: Builtin
    parameters: tuple[str, ...]  #: of the signature it is called with
    operands: tuple[syntax.Node | None, ...]  #: one per value; None where none was given
    is_strict: bool  #: a list of one item does not stand for the item


class Arguments:
    """The values of one call; every reader checks the type and fails with words that help."""

    __slots__ = ("_scope", "_site", "values")

    def __init__(self, values: Sequence[Value], site: CallSite, scope: Scope) -> None:
        self.values = values
        self._site = site
        self._scope = scope

    def __len__(self) -> int:
        return len(self.values)

    @property
    def budget(self) -> Budget:
        """The budget of this evaluation."""
        return self._scope.evaluation.budget

    @property
    def is_strict(self) -> bool:
        """Whether what the standard gives null for, or takes leniently, has to fail."""
        return self._site.is_strict

    def draw(self) -> int:
        """Return 256 bits of the next random number, which follow from the seed.

        Raises:
            MisfitError: the evaluation has no seed.
        """
        drawn = self._scope.evaluation.draw()
        if drawn is None:
            message = f"Expected {self._site.function.name}() where randomness is given."
            raise self.fail(message)
        return drawn

    @property
    def now(self) -> dt.datetime:
        """The time of this evaluation."""
        return self._scope.evaluation.now

    def fail(self, message: str, index: int = 0) -> MisfitError:
        """Return the failure to raise about the argument at `index`."""
        node = self._operand(index)
        return MisfitError(message, self._site.start if node is None else node.start)

    def misfit(self, expected: str, index: int) -> MisfitError:
        """Return the failure that the argument at `index` is not what was expected."""
        parameters = self._site.parameters or ("argument",)
        name = parameters[min(index, len(parameters) - 1)]
        value, node = self.get(index), self._operand(index)
        held = words_for(self._site.source, node, value, self._scope) if node else "it is missing"
        article = "an" if expected[0] in "aeiou" else "a"
        message = (
            f"Expected {article} {expected} as {name} of {self._site.function.name}(), but {held}."
        )
        return self.fail(message, index)

    def _operand(self, index: int) -> syntax.Node | None:
        return self._site.operands[index] if index < len(self._site.operands) else None

    def get(self, index: int) -> Value:
        """Return the argument whatever it is; null when it was not given."""
        return self.values[index] if index < len(self.values) else None

    def single(self, index: int) -> Value:
        """Return the argument; the only item when a list of one stands for an item."""
        value = self.get(index)
        if self._site.is_strict or not isinstance(value, Sequence) or isinstance(value, str):
            return value
        return lift(value[0]) if len(value) == 1 else value

    def has(self, index: int) -> bool:
        """Tell whether the argument was given and is not null."""
        return self.get(index) is not None

    def is_named(self, name: str) -> bool:
        """Tell whether the call has a parameter of that name."""
        return name in self._site.parameters

    def text(self, index: int) -> str:
        """Return a string."""
        value = self.single(index)
        if isinstance(value, str):
            self.budget.spend_text(len(value), self._site.start)
            return value
        raise self.misfit("string", index)

    def number(self, index: int) -> Decimal:
        """Return a number."""
        value = self.single(index)
        if isinstance(value, Decimal):
            return value
        raise self.misfit("number", index)

    def integer(self, index: int) -> int:
        """Return a whole number; the standard drops the digits after the point."""
        value = self.number(index)
        if value == value.to_integral_value() or not self._site.is_strict:
            return int(value)
        raise self.misfit("whole number", index)

    def boolean(self, index: int) -> bool:
        """Return a boolean."""
        value = self.single(index)
        if isinstance(value, bool):
            return value
        raise self.misfit("boolean", index)

    def date(self, index: int) -> dt.date | FarDate | FarMoment:
        """Return a date, or a date and time, which is one too."""
        value = self.single(index)
        if isinstance(value, dt.date | FarDate | FarMoment):
            return value
        raise self.misfit("date", index)

    def context(self, index: int) -> Mapping[str, Value]:
        """Return a context."""
        value = self.single(index)
        if isinstance(value, Mapping):
            return value
        raise self.misfit("context", index)

    def function(self, index: int) -> Function:
        """Return a function."""
        value = self.get(index)
        if isinstance(value, Function):
            return value
        raise self.misfit("function", index)

    def items(self, index: int) -> list[Value]:
        """Return the items of a list, numbers lifted; a lone value makes a list of one."""
        value = self.get(index)
        if value is None:
            raise self.misfit("list", index)
        items = items_of(value)
        if items is None:
            return [value]
        self.budget.spend(len(items), self._site.start)
        return [lift(item) for item in items]

    def spread(self) -> list[Value]:
        """Return the items of the only argument when it is a list, else all arguments."""
        if len(self) != 1:
            return [lift(value) for value in self.values]
        if self.values[0] is None:
            raise self.misfit("list", 0)
        return self.items(0)

    def numbers(self) -> list[Decimal]:
        """Return the spread arguments, all of them numbers."""
        numbers = []
        for item in self.spread():
            if not isinstance(item, Decimal):
                name = self._site.function.name
                message = f"Expected numbers in {name}(), but found {describe(item)}."
                raise self.fail(message)
            numbers.append(item)
        return numbers

    def joined(self, pieces: Iterable[str]) -> str:
        """Return one string of the pieces, refusing one that is too long."""
        parts, length = [], 0
        for piece in pieces:
            length += len(piece)
            self.budget.spend(1, self._site.start)
            self.budget.check_text(length, self._site.start)
            parts.append(piece)
        self.budget.spend_text(length, self._site.start)
        return "".join(parts)

    def are_equal(self, left: Value, right: Value) -> bool:
        """Tell whether two values are of one kind and equal."""
        self.budget.spend(1, self._site.start)
        return bool(equals(left, right, self.budget))
