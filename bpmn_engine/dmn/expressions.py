"""Boxed expressions as the file says them (DMN 1.5, 7.2.1 and chapter 10)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the file something stands."""

    element_id: str  #: the id, or `tag@line` for an element without one
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text in an expression language: a literal expression, or a cell."""

    place: Place
    source: str
    language: str | None = None  #: None is FEEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A name with its type: a variable, a formal parameter, a component."""

    place: Place
    name: str
    type_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteralExpression:
    """A text in FEEL."""

    place: Place
    text: Text
    type_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextEntry:
    """`name: expression`; the entry without a variable is the result cell."""

    place: Place
    variable: Variable | None
    expression: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextExpression:
    """A boxed context; later entries see earlier ones."""

    place: Place
    entries: tuple[ContextEntry, ...]
    type_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListExpression:
    """A boxed list."""

    place: Place
    items: tuple[Expression | None, ...]
    type_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A boxed relation: a list of contexts, one a row."""

    place: Place
    columns: tuple[Variable, ...]
    rows: tuple[tuple[Expression | None, ...], ...]
    type_ref: str | None = None


class FunctionKind(Enum):
    """The language the body of a function is in."""

    FEEL = "FEEL"
    JAVA = "Java"  #: refused: the engine runs no Java
    PMML = "PMML"  #: refused: the engine runs no PMML


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionDefinition:
    """A boxed function."""

    place: Place
    kind: FunctionKind
    parameters: tuple[Variable, ...]
    body: Expression | None
    type_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One argument of an invocation."""

    parameter: Variable
    expression: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A boxed invocation: a function called with named arguments."""

    place: Place
    function: Expression | None
    bindings: tuple[Binding, ...]
    type_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional:
    """A boxed `if`, `then`, `else` (DMN 1.4)."""

    place: Place
    condition: Expression | None
    then: Expression | None
    otherwise: Expression | None
    type_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A boxed filter (DMN 1.4)."""

    place: Place
    source: Expression | None
    match: Expression | None
    type_ref: str | None = None


class LoopKind(Enum):
    """What a boxed iterator makes of the items it goes through."""

    FOR = "for"  #: a list of what the body returns
    EVERY = "every"  #: whether each satisfies the body
    SOME = "some"  #: whether any satisfies the body


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A boxed `for`, `every` or `some` (DMN 1.4)."""

    place: Place
    kind: LoopKind
    variable: str
    source: Expression | None
    body: Expression | None
    type_ref: str | None = None


class HitPolicy(Enum):
    """What becomes of the rules that hold (8.2.10)."""

    UNIQUE = "UNIQUE"  #: at most one rule may hold
    FIRST = "FIRST"  #: the first in the table
    PRIORITY = "PRIORITY"  #: the one whose output stands first among the output values
    ANY = "ANY"  #: several may hold if their outputs are equal
    COLLECT = "COLLECT"  #: all, in any order, or aggregated
    RULE_ORDER = "RULE ORDER"  #: all, in the order of the table
    OUTPUT_ORDER = "OUTPUT ORDER"  #: all, in the order of the output values


class Aggregation(Enum):
    """What COLLECT makes of the outputs."""

    SUM = "SUM"
    COUNT = "COUNT"
    MIN = "MIN"
    MAX = "MAX"


class Orientation(Enum):
    """How the table is drawn; without an effect."""

    RULE_AS_ROW = "Rule-as-Row"
    RULE_AS_COLUMN = "Rule-as-Column"
    CROSS_TABLE = "CrossTable"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputClause:
    """One input column."""

    place: Place
    label: str | None
    expression: Text
    type_ref: str | None
    allowed: Text | None  #: the input values
    variable: str | None = None  #: Camunda's name for the value in cells, besides `?`


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputClause:
    """One output column."""

    place: Place
    label: str | None
    name: str | None
    type_ref: str | None
    allowed: Text | None  #: the output values
    default: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a decision table."""

    place: Place
    inputs: tuple[Text, ...]
    outputs: tuple[Text, ...]
    annotations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTable:
    """A decision table (chapter 8)."""

    place: Place
    hit_policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    annotations: tuple[str, ...] = ()  #: the headings of the annotation columns
    orientation: Orientation = Orientation.RULE_AS_ROW
    output_label: str | None = None
    type_ref: str | None = None


Expression: TypeAlias = (
    LiteralExpression
    | ContextExpression
    | ListExpression
    | Relation
    | FunctionDefinition
    | Invocation
    | Conditional
    | Filter
    | Loop
    | DecisionTable
)
"""Whatever can be the logic of a decision."""
