"""What becomes of the rules that hold (DMN 1.5, 8.2.10 and 8.2.11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

from bpmn_engine.dmn.expressions import Aggregation, HitPolicy
from bpmn_engine.dmn.feel import FeelProgram, Names, Value, compile_program, is_equal
from bpmn_engine.dmn.output_columns import OutputColumn
from bpmn_engine.dmn.problems import ProblemKind, Spot
from bpmn_engine.dmn.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """The outputs of the rules that hold, in the order of the table."""

    columns: Sequence[OutputColumn]
    rules: Sequence[int]  #: from 0
    rows: Sequence[tuple[Value, ...]]
    spot: Spot

    def entry(self, place: int) -> Value:
        """Return one row: the value of the only output, or a context of all."""
        return self.made_of(self.rows[place])

    def made_of(self, row: Sequence[Value]) -> Value:
        """Return a row as the value of the only output, or a context of all."""
        if len(self.columns) == 1:
            return row[0]
        return {column.name or "": value for column, value in zip(self.columns, row, strict=True)}

    def told(self) -> str:
        """Return the numbers of the rules, for a message."""
        return ", ".join(str(rule + 1) for rule in self.rules)


Choose: TypeAlias = Callable[[Outputs, Run], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One hit policy, with its aggregation."""

    choose: Choose
    without_hits: Value = None  #: when no rule holds and there is no default output


def hit_policy(policy: HitPolicy, aggregation: Aggregation | None) -> Policy:
    """Return what a table does with its hits."""
    if policy is HitPolicy.COLLECT and aggregation is not None:
        without = Decimal(0) if aggregation is Aggregation.COUNT else None
        return Policy(choose=_aggregate(aggregation), without_hits=without)
    return _POLICIES[policy]


def _unique(outputs: Outputs, run: Run) -> Value:
    if len(outputs.rules) > 1:
        message = f"Expected at most one rule to hold, but these do: {outputs.told()}."
        run.note(ProblemKind.HIT_POLICY, message, outputs.spot)
        return None
    return outputs.entry(0)


def _first(outputs: Outputs, _run: Run) -> Value:
    return outputs.entry(0)


def _any(outputs: Outputs, run: Run) -> Value:
    first = outputs.rows[0]
    for row in outputs.rows[1:]:
        pairs = zip(first, row, strict=True)
        if not all(is_equal(one, other, run.evaluation) for one, other in pairs):
            message = (
                "Expected all rules that hold to have the same output, but these differ: "
                f"{outputs.told()}."
            )
            run.note(ProblemKind.HIT_POLICY, message, outputs.spot)
            return None
    return outputs.entry(0)


def _priority(outputs: Outputs, _run: Run) -> Value:
    return outputs.made_of(min(outputs.rows, key=_priority_in(outputs)))


def _output_order(outputs: Outputs, _run: Run) -> Value:
    return [outputs.made_of(row) for row in sorted(outputs.rows, key=_priority_in(outputs))]


def _priority_in(outputs: Outputs) -> Callable[[Sequence[Value]], tuple[int, ...]]:
    """Return the key that puts rows in the order of the output values, first column first."""

    def key(row: Sequence[Value]) -> tuple[int, ...]:
        places = []
        for column, value in zip(outputs.columns, row, strict=True):
            rank = column.rank(value) if column.order else 0
            places.append(len(column.order) if rank is None else rank)
        return tuple(places)

    return key


def _all(outputs: Outputs, _run: Run) -> Value:
    return [outputs.made_of(row) for row in outputs.rows]


def _aggregate(aggregation: Aggregation) -> Choose:
    program = compile_program(
        f"{aggregation.value.lower()}(outputs)", Names(variables=frozenset({"outputs"}))
    )

    def choose(outputs: Outputs, run: Run) -> Value:
        if not isinstance(program, FeelProgram):
            return None
        columns = zip(*outputs.rows, strict=True)
        row = [run.ask(program, {"outputs": list(column)}, outputs.spot) for column in columns]
        return outputs.made_of(row)

    return choose


_POLICIES: Final[Mapping[HitPolicy, Policy]] = {
    HitPolicy.UNIQUE: Policy(choose=_unique),
    HitPolicy.FIRST: Policy(choose=_first),
    HitPolicy.PRIORITY: Policy(choose=_priority),
    HitPolicy.ANY: Policy(choose=_any),
    HitPolicy.COLLECT: Policy(choose=_all, without_hits=()),
    HitPolicy.RULE_ORDER: Policy(choose=_all),
    HitPolicy.OUTPUT_ORDER: Policy(choose=_output_order),
}
