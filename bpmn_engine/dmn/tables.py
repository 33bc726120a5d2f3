"""From decision tables to closures (DMN 1.5, chapter 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bpmn_engine.dmn import expressions as boxed
from bpmn_engine.dmn.cells import constant_of
from bpmn_engine.dmn.feel import FeelProgram, Value, describe
from bpmn_engine.dmn.hit_policies import Outputs, hit_policy
from bpmn_engine.dmn.output_columns import OutputColumn, output_column
from bpmn_engine.dmn.problems import ProblemKind, RulesHit, Spot
from bpmn_engine.dmn.rule_search import RuleSearch
from bpmn_engine.dmn.run import Code, Frame, Run, at_rule
from bpmn_engine.dmn.unit import Unit, fitting


def compile_table(table: boxed.DecisionTable, unit: Unit) -> Code:
    """Return the code of a decision table; what is wrong with its cells is noted in the unit."""
    return _Table(table, unit).decide


@dataclass(frozen=True, slots=True, kw_only=True)
class _Input:
    """One input column."""

    name: str
    code: Code
    spot: Spot
    allowed: FeelProgram | None

    def value(self, frame: Frame, run: Run) -> tuple[Value, bool]:
        """Return the input, and whether the table takes it; one it does not take is noted."""
        value = self.code(frame, run)
        if self.allowed is None or value is None:
            return value, True
        if run.ask(self.allowed, {**frame, "?": value}, self.spot) is True:
            return value, True
        message = (
            f"Expected {self.name} to be one of {self.allowed.source.strip()}, but it is "
            f"{describe(value)}."
        )
        run.note(ProblemKind.NOT_ALLOWED, message, self.spot)
        return value, False


class _Table:
    """A compiled table; immutable but for the index, which its first look-up makes."""

    def __init__(self, table: boxed.DecisionTable, unit: Unit) -> None:
        self._spot = unit.spot(table.place)
        self._unit = unit
        self._inputs = [_input(clause, unit) for clause in table.inputs]
        self._search = RuleSearch(table, unit)
        self._columns = [output_column(clause, unit) for clause in table.outputs]
        self._rules = table.rules
        self._outputs = [self._row_codes(rule, number) for number, rule in enumerate(table.rules)]
        self._defaults = [
            self._default(clause, column)
            for clause, column in zip(table.outputs, self._columns, strict=True)
        ]
        self._policy = hit_policy(table.hit_policy, table.aggregation)
        self._is_first = table.hit_policy is boxed.HitPolicy.FIRST

    def decide(self, frame: Frame, run: Run) -> Value:
        """Return the output for the inputs; what cannot be decided is noted, and null."""
        values: list[Value] = []
        for column in self._inputs:
            value, is_taken = column.value(frame, run)
            if not is_taken:
                return None
            values.append(value)
        found = self._search.hits(values, frame, run)
        hits = next(([rule] for rule in found), []) if self._is_first else list(found)
        place = len(run.hits)
        rows = [tuple([code(frame, run) for code in self._outputs[rule]]) for rule in hits]
        run.hits.insert(place, self._told(values, hits, rows))
        if not hits:
            return self._no_hit(frame, run)
        outputs = Outputs(columns=self._columns, rules=hits, rows=rows, spot=self._spot)
        return self._policy.choose(outputs, run)

    def _told(
        self, values: Sequence[Value], hits: Sequence[int], rows: Sequence[tuple[Value, ...]]
    ) -> RulesHit:
        return RulesHit(
            decision=self._spot.decision,
            element_id=self._spot.element_id,
            rules=tuple([rule + 1 for rule in hits]),
            rule_ids=tuple([self._rules[rule].place.element_id for rule in hits]),
            inputs=tuple(values),
            outputs=tuple(rows),
        )

    def _no_hit(self, frame: Frame, run: Run) -> Value:
        if any(code is not None for code in self._defaults):
            row = tuple([None if one is None else one(frame, run) for one in self._defaults])
            return Outputs(columns=self._columns, rules=[], rows=[row], spot=self._spot).entry(0)
        if self._policy.without_hits is None:
            message = "Expected a rule that holds, or a default output, but there is none."
            run.note(ProblemKind.NO_RULE, message, self._spot)
        return self._policy.without_hits

    def _row_codes(self, rule: boxed.Rule, number: int) -> list[Code]:
        codes = []
        for column, text in zip(self._columns, rule.outputs, strict=True):
            constant = constant_of(text.source)
            if constant is not None and column.takes(constant[1]):
                codes.append(_constant(constant[1]))
                continue
            spot = at_rule(self._unit.spot(text.place), number + 1, f"output {column.label}")
            codes.append(self._code(text, column, spot))
        return codes

    def _default(self, clause: boxed.OutputClause, column: OutputColumn) -> Code | None:
        if clause.default is None:
            return None
        return self._code(clause.default, column, self._unit.spot(clause.default.place))

    def _code(self, text: boxed.Text, column: OutputColumn, spot: Spot) -> Code:
        if text.source.strip() in {"", "-"}:
            return _null
        code = fitting(self._unit.code(text, spot), column.type, spot, what="an output")
        if not column.tests:
            return code

        def checked(frame: Frame, run: Run) -> Value:
            value = code(frame, run)
            if value is None or column.rank(value) is not None:
                return value
            message = (
                f"Expected {column.label} to be one of the output values, but it is "
                f"{describe(value)}."
            )
            run.note(ProblemKind.NOT_ALLOWED, message, spot)
            return None

        return checked


def _input(clause: boxed.InputClause, unit: Unit) -> _Input:
    spot = unit.spot(clause.expression.place)
    name = clause.label or " ".join(clause.expression.source.split())
    wanted = unit.type_of(clause.type_ref, clause.place)
    allowed = None
    if clause.allowed is not None:
        tests = unit.inside("?").tests(clause.allowed, unit.spot(clause.allowed.place))
        allowed = tests if isinstance(tests, FeelProgram) else None
    return _Input(
        name=name,
        code=fitting(unit.code(clause.expression, spot), wanted, spot, what=name),
        spot=spot,
        allowed=allowed,
    )


def _null(_frame: Frame, _run: Run) -> Value:
    return None


def _constant(value: Value) -> Code:
    return lambda _frame, _run: value
