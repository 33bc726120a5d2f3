"""The syntax tree of FEEL; every node knows which characters of the source it came from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from bpmn_engine.expressions.feel.durations import YearsMonths
from bpmn_engine.expressions.feel.far import FarDate, FarMoment

Scalar = (
    None
    | bool
    | Decimal
    | str
    | dt.date
    | dt.time
    | dt.timedelta
    | YearsMonths
    | FarDate
    | FarMoment
)
"""What a literal can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One piece of an expression."""

    start: int  #: offset of its first character in the source
    end: int  #: offset after its last character


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Node):
    """A value written down."""

    value: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing(Node):
    """A piece that can have no value, such as `@"soon"`: refused, or null with a warning."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """A variable, a local name, or an entry of the item a filter looks at."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Path(Node):
    """`base.name`."""

    base: Node
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Node):
    """`base[condition]` or `base[index]`."""

    base: Node
    condition: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """`function(arguments)`; `named` is empty unless every argument is named."""

    function: Node
    arguments: tuple[Node, ...]
    named: tuple[tuple[str, Node], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One operator and its right operand in a chain of operators of the same rank."""

    operator: str
    offset: int  #: where the operator stands
    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic(Node):
    """`first + b - c …`, evaluated from the left."""

    first: Node
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Negation(Node):
    """`-operand`."""

    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Node):
    """`left < right` and its five sisters."""

    operator: str
    offset: int  #: where the operator stands
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic(Node):
    """`a and b and …` or `a or b or …`, three-valued."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Between(Node):
    """`value between low and high`, both included."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class UnaryTest(Node):
    """`< operand`: one test of `in`, or in parentheses a range with one end."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership(Node):
    """`value in (tests)`: true when one of them holds."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeText(Node):
    """A type as it was written."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceOf(Node):
    """`value instance of type`."""

    value: Node
    type: TypeText


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeLiteral(Node):
    """`[low..high]`, with either end open or closed."""

    low: Node
    high: Node
    low_included: bool
    high_included: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLiteral(Node):
    """`[a, b, …]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextLiteral(Node):
    """`{key: value, …}`; later entries see earlier ones."""

    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional(Node):
    """`if condition then … else …`."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Iterator(Node):
    """`name in source`, or `name in source..last` counting up or down."""

    name: str
    source: Node
    last: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop(Node):
    """`for iterators return body`."""

    iterators: tuple[Iterator, ...]
    body: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantified(Node):
    """`some` or `every` iterators `satisfies` condition."""

    quantifier: str
    iterators: tuple[Iterator, ...]
    condition: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionLiteral(Node):
    """`function(parameters) body`."""

    parameters: tuple[str, ...]
    types: tuple[TypeText | None, ...]  #: one per parameter
    is_external: bool
    body: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class UnaryTests(Node):
    """An input entry: the tests of the value `?`; none of them stands for `-`, which all pass."""

    tests: tuple[Node, ...]
    is_negated: bool
