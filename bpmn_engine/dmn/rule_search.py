"""The rules of a decision table that hold for some inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bpmn_engine.dmn import expressions as boxed
from bpmn_engine.dmn.cells import Cell, NotSimple, read_cell
from bpmn_engine.dmn.feel import FeelProgram, Value
from bpmn_engine.dmn.problems import ProblemKind, Spot
from bpmn_engine.dmn.run import Frame, Run, at_rule
from bpmn_engine.dmn.table_index import ColumnIndex, bits_of, rules_of
from bpmn_engine.dmn.unit import Unit, is_feel

_CELL_INPUT: Final = "cellInput"


class RuleSearch:
    """Finds the rules that hold: simple cells by an index, the others by asking FEEL.

    A simple cell is compiled only if an input comes that the index cannot tell, such as a list.
    """

    def __init__(self, table: boxed.DecisionTable, unit: Unit) -> None:
        self._variables = [_variable(table, column) for column in range(len(table.inputs))]
        self._unit = unit.inside("?", *(name for name in self._variables if name))
        self._texts = [rule.inputs for rule in table.rules]
        self._names = [_name(clause) for clause in table.inputs]
        self._cells: list[list[Cell | NotSimple]] = [
            [_cell(text) for text in rule.inputs] for rule in table.rules
        ]
        self._tests: dict[tuple[int, int], FeelProgram | None] = {}
        self._programs: dict[str, FeelProgram] = {}  # cells often say the same
        self._indexes: list[ColumnIndex] | None = None
        for rule, cells in enumerate(self._cells):
            for column, cell in enumerate(cells):
                if isinstance(cell, NotSimple):
                    self._test(rule, column)

    def hits(self, values: Sequence[Value], frame: Frame, run: Run) -> Iterator[int]:
        """Yield the rules that hold, from 0, in the order of the table.

        Raises:
            FailingError: the budget is spent.
        """
        possible = (1 << len(self._cells)) - 1
        decided: list[bool] = []
        for index, value in zip(self._index(), values, strict=True):
            found = index.rules_for(value)
            decided.append(found is not None and found.is_certain)
            if found is not None:
                possible &= found.rules
        frames = self._frames(values, frame) if possible else []
        for rule in rules_of(possible):
            if self._holds(rule, decided, frames, run):
                yield rule

    def _frames(self, values: Sequence[Value], frame: Frame) -> list[Frame]:
        """Return what the cells of each column see."""
        return [
            {**frame, "?": value} if name is None else {**frame, name: value, "?": value}
            for name, value in zip(self._variables, values, strict=True)
        ]

    def _holds(
        self, rule: int, decided: Sequence[bool], frames: Sequence[Frame], run: Run
    ) -> bool:
        for column, cell in enumerate(self._cells[rule]):
            if cell is None or (decided[column] and not isinstance(cell, NotSimple)):
                continue
            test = self._test(rule, column)
            if test is None:
                message = "The cell is no FEEL test, so its rule does not hold."
                run.note(ProblemKind.SYNTAX, message, self._spot(rule, column))
                return False
            verdict = test.run(frames[column], run.evaluation)
            if run.evaluation.warnings:
                run.take_warnings(self._spot(rule, column))
            if verdict is not True:
                return False
        return True

    def _index(self) -> Sequence[ColumnIndex]:
        if self._indexes is None:
            self._indexes = [
                ColumnIndex(
                    [cells[column] for cells in self._cells],
                    negated=bits_of(
                        rule
                        for rule, texts in enumerate(self._texts)
                        if texts[column].source.lstrip().startswith("not")
                    ),
                )
                for column in range(len(self._names))
            ]
        return self._indexes

    def _test(self, rule: int, column: int) -> FeelProgram | None:
        if (rule, column) not in self._tests:
            self._tests[rule, column] = self._made(rule, column)
        return self._tests[rule, column]

    def _made(self, rule: int, column: int) -> FeelProgram | None:
        text = self._texts[rule][column]
        if text.source in self._programs:
            return self._programs[text.source]
        made = self._unit.tests(text, self._spot(rule, column))
        if not isinstance(made, FeelProgram):
            return None
        self._programs[text.source] = made
        return made

    def _spot(self, rule: int, column: int) -> Spot:
        spot = self._unit.spot(self._texts[rule][column].place)
        return at_rule(spot, rule + 1, f"input {self._names[column]}")


def _variable(table: boxed.DecisionTable, column: int) -> str | None:
    """Return Camunda's name of an input in its cells: the given one, or `cellInput` if used."""
    given = table.inputs[column].variable
    if given is not None:
        return given
    is_used = any(_CELL_INPUT in rule.inputs[column].source for rule in table.rules)
    return _CELL_INPUT if is_used else None


def _name(clause: boxed.InputClause) -> str:
    return clause.label or " ".join(clause.expression.source.split())


def _cell(text: boxed.Text) -> Cell | NotSimple:
    return read_cell(text.source) if is_feel(text.language) else NotSimple()
