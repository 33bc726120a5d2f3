"""What went wrong in an evaluation, as values that say where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from typing_extensions import override

from bpmn_engine.dmn.feel import Value


class ProblemKind(Enum):
    """What kind of thing went wrong."""

    SYNTAX = "syntax"  #: a text is no FEEL; its value is null
    WARNING = "warning"  #: a part of an expression is null because it has no value
    TYPE = "type"  #: a value does not conform to the type it is declared as; it is null
    NOT_ALLOWED = "not-allowed"  #: a value is none of the allowed ones; it is null
    HIT_POLICY = "hit-policy"  #: more rules hold than the hit policy lets
    NO_RULE = "no-rule"  #: no rule holds, and there is no default output
    NO_LOGIC = "no-logic"  #: a decision without logic, and no value from outside
    UNKNOWN = "unknown"  #: what is asked for is not there
    UNSUPPORTED = "unsupported"  #: a function in Java or PMML, a cell in another language
    CYCLE = "cycle"  #: a decision requires itself
    BUDGET = "budget"  #: the evaluation took more steps, levels or memory than it may


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where in a file an expression, a cell or a type stands."""

    decision: str  #: the name of the decision or business knowledge model
    element_id: str
    file_line: int
    rule: int | None = None  #: of a decision table, from 1
    cell: str | None = None  #: `input amount`, `output 2`, `default of rate`


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that went wrong."""

    kind: ProblemKind
    message: str  #: "Expected <this>, but <that>."
    spot: Spot
    source: str | None = None  #: the text of the expression
    line: int | None = None  #: in the text, from 1
    column: int | None = None  #: in the text, from 1

    @override
    def __str__(self) -> str:
        """Return the problem on one line, for people."""
        spot = self.spot
        parts = [spot.decision]
        if spot.rule is not None:
            parts.append(f"rule {spot.rule}")
        if spot.cell is not None:
            parts.append(spot.cell)
        parts.append(f"line {spot.file_line}")
        where = ", ".join(parts)
        at = "" if self.source is None else f" In `{self.source}`, {self.line}:{self.column}."
        return f"{where}: {self.message}{at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesHit:
    """Which rules of one decision table held."""

    decision: str
    element_id: str  #: of the table
    rules: tuple[int, ...]  #: from 1, in the order of the table
    rule_ids: tuple[str, ...]
    inputs: tuple[Value, ...] = ()  #: in the order of the columns
    outputs: tuple[tuple[Value, ...], ...] = ()  #: of each of the rules, by column
