"""Expressions: evaluated and explained for whoever asks, beside any process."""

from __future__ import annotations

from bpmn_engine.expressions.expression import SyntaxFailure
from bpmn_engine.expressions.trial import Trial, TrialRequest, try_expression
from bpmn_engine.service.use_cases import UseCases


class ExpressionUseCases(UseCases):
    """What is asked of expressions; nothing is read from the database, and nothing stored."""

    def evaluate_expression(self, request: TrialRequest) -> Trial | SyntaxFailure:
        """Evaluate an expression, bounded as every evaluation is, and explain it."""
        return try_expression(request, self.clock.now(), self.functions.table)
