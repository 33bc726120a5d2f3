"""How much the steps of one transaction may do before the rest has its turn in another one."""

from __future__ import annotations

from typing import Final

from bpmn_engine.graph.nodes import DECISION_WEIGHT
from bpmn_engine.kernel.step import Step

_STEPS: Final = 2
"""Long steps that one transaction has room for."""

_FACTS_OF_A_MOVE: Final = 4
"""Facts that a token leaves behind which goes through an element."""

_FACTS_OF_AN_EFFECT: Final = 2
"""A row of its own, as that of a job, takes as long to write as so many facts."""


class MovesLeft:
    """What is left of a transaction's moves.

    It counts what was done, never how long that took: the same commands make the same steps.
    """

    def __init__(self, of_step: int) -> None:
        """Begin a transaction; `of_step` are the moves of one step, 0 = as many as there are."""
        self.of_step: Final = of_step or None  #: None = no limit
        self._left = _STEPS * of_step

    @property
    def of_answer(self) -> int | None:
        """The moves of an answer that the transaction finds itself; None = no limit."""
        return None if self.of_step is None else max(0, min(self.of_step, self._left))

    @property
    def are_spent(self) -> bool:
        """Whether commands that have not begun should wait for another transaction."""
        return self.of_step is not None and self._left <= 0

    def spend(self, done: Step) -> None:
        """Count a step."""
        worth = len(done.facts) + _FACTS_OF_AN_EFFECT * len(done.effects)
        self._left -= worth // _FACTS_OF_A_MOVE

    def spend_decisions(self, count: int) -> None:
        """Count decisions that are asked for: nobody else answers them."""
        self._left -= count * DECISION_WEIGHT
