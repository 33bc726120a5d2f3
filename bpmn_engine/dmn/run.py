"""One evaluation of decisions: what it has worked out so far, and what went wrong."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from typing import TypeAlias

from bpmn_engine.dmn.feel import Evaluation, FeelProgram, FeelType, Unfit, Value, coerce, describe
from bpmn_engine.dmn.problems import Problem, ProblemKind, RulesHit, Spot

Frame: TypeAlias = Mapping[str, Value]
"""The names in scope and their values."""

MAX_PROBLEMS = 200
"""Problems one evaluation keeps; more would say the same again."""


class Run:
    """What one evaluation needs everywhere; it lives for that evaluation only."""

    __slots__ = ("calls", "evaluation", "hits", "problems")

    def __init__(self, now: dt.datetime, *, seed: int | None = None) -> None:
        self.evaluation = Evaluation(now, seed=seed)
        self.problems: list[Problem] = []
        self.hits: list[RulesHit] = []
        self.calls = 0  # functions of boxed logic that are being called

    def note(self, kind: ProblemKind, message: str, spot: Spot) -> None:
        """Note what went wrong."""
        self._add(Problem(kind=kind, message=message, spot=spot))

    def ask(self, program: FeelProgram, frame: Frame, spot: Spot) -> Value:
        """Return the value of a program, and note its warnings as problems of this spot.

        Raises:
            FailingError: the budget is spent.
        """
        value = program.run(frame, self.evaluation)
        if self.evaluation.warnings:
            self.take_warnings(spot)
        return value

    def fit(self, value: Value, wanted: FeelType, spot: Spot, *, what: str) -> Value:
        """Return the value as one of the type; a value that is none is noted, and null."""
        fitted = coerce(value, wanted)
        if not isinstance(fitted, Unfit):
            return fitted
        message = f"Expected {what} of the type {wanted.name}, but it is {describe(value)}."
        self.note(ProblemKind.TYPE, message, spot)
        return None

    def take_warnings(self, spot: Spot) -> None:
        """Note the warnings of what FEEL has just evaluated as problems of a spot."""
        for warning in self.evaluation.warnings:
            self._add(
                Problem(
                    kind=ProblemKind.WARNING,
                    message=warning.message,
                    spot=spot,
                    source=warning.source,
                    line=warning.line,
                    column=warning.column,
                )
            )
        self.evaluation.warnings.clear()

    def _add(self, problem: Problem) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)


Code: TypeAlias = Callable[[Frame, Run], Value]
"""One compiled boxed expression."""


def at_rule(spot: Spot, rule: int, cell: str) -> Spot:
    """Return the spot of a cell of a decision table."""
    return dataclasses.replace(spot, rule=rule, cell=cell)
