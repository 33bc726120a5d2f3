"""What is shown of decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from bpmn_engine.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionProblemView:
    """One thing that went wrong in an evaluation."""

    kind: str  #: `type`, `no-rule` …
    message: str  #: "Expected <this>, but <that>."
    decision: str  #: name of the decision or knowledge model
    element_id: str
    file_line: int
    rule: int | None  #: of a decision table, from 1
    cell: str | None
    source: str | None  #: the text of the expression
    line: int | None  #: in the text, from 1
    column: int | None  #: in the text, from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesHitView:
    """Which rules of one decision table held."""

    decision: str
    rules: tuple[int, ...]  #: from 1, in the order of the table


class DecisionKind(Enum):
    """How a decision is made, as far as it matters to whoever reads what it gave."""

    TABLE = "decision table"
    LITERAL = "literal expression"
    OTHER = "other"  #: another boxed expression, or nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedCell:
    """What a column of a decision table held in one evaluation."""

    id: str  #: of the column
    name: str
    value: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedRule:
    """A rule that held, and what it gave."""

    id: str
    index: int  #: from 1
    outputs: tuple[EvaluatedCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedDecision:
    """One decision that was worked out, the one that was asked for or one that it requires."""

    decision_key: int
    decision_id: str
    name: str
    version: int
    kind: DecisionKind
    value: JsonValue
    inputs: tuple[EvaluatedCell, ...] = ()  #: of a decision table
    rules: tuple[MatchedRule, ...] = ()  #: of a decision table


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionEvaluation:
    """What a deployed decision gives for some variables."""

    decision_key: int
    decision_id: str
    name: str | None
    version: int
    version_tag: str | None
    value: JsonValue
    decisions: Mapping[str, JsonValue]  #: the value of each that was worked out, by name
    hits: tuple[RulesHitView, ...]
    problems: tuple[DecisionProblemView, ...]
    evaluated: tuple[EvaluatedDecision, ...]  #: the one that was asked for first


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSummary:
    """One row of a list of deployed decisions."""

    decision_key: int
    decision_id: str
    name: str | None
    version: int  #: from 1, per decision id
    version_tag: str | None
    resource_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInputView:
    """One value that a decision reads from outside."""

    name: str
    type: str  #: as FEEL writes it; `Any` where the file says none
    example: JsonValue  #: some value of the type, to begin with


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """One deployed decision, and what it has to be given."""

    summary: DecisionSummary
    inputs: tuple[DecisionInputView, ...]
