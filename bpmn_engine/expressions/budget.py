"""The budget of one evaluation, which keeps every expression short of hanging a worker."""

from __future__ import annotations

from bpmn_engine.expressions.expression import MAX_STEPS, MAX_STRING, FailingError

CHARACTERS_PER_STEP = 512
"""Characters that going through them, or making them, once counts as one step.

So all the strings that one evaluation makes have at most 128 million characters together.
"""


class Budget:
    """Counts the steps of one evaluation down; it lives for that evaluation only."""

    __slots__ = ("steps",)

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.steps = steps

    def spend(self, steps: int, offset: int = 0) -> None:
        """Take `steps` from the budget.

        Raises:
            FailingError: the budget is spent; the border turns it into a failure value.
        """
        self.steps -= steps
        if self.steps < 0:
            message = f"Expected at most {MAX_STEPS} steps, but the expression needs more."
            raise FailingError(message, offset)

    def spend_text(self, length: int, offset: int = 0) -> None:
        """Take the steps that going through `length` characters counts as.

        Raises:
            FailingError: the budget is spent.
        """
        self.spend(length // CHARACTERS_PER_STEP, offset)

    def check_text(self, length: int, offset: int = 0) -> None:
        """Refuse to make a string of `length` characters when that is too long.

        Raises:
            FailingError: the string would be too long.
        """
        if length > MAX_STRING:
            message = f"Expected a string of at most {MAX_STRING} characters, but got {length}."
            raise FailingError(message, offset)
