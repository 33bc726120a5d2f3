"""The literal: a text that stands for itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from bpmn_engine.expressions.expression import EvaluationFailure, Language
from bpmn_engine.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteralExpression:
    """A text without an expression in it."""

    source: str
    language: Language = Language.LITERAL
    names: frozenset[str] = frozenset()

    def evaluate(
        self,
        variables: Mapping[str, JsonValue],  # noqa: ARG002 - the port's signature
        now: dt.datetime,  # noqa: ARG002
    ) -> JsonValue | EvaluationFailure:
        """Return the text."""
        return self.source
