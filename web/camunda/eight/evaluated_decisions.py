"""Decisions that were made, as the API writes them: by evaluations and in history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from bpmn_engine.service.decision_views import DecisionKind, EvaluatedCell, EvaluatedDecision
from bpmn_engine.values import JsonValue

_KINDS: Final = {
    DecisionKind.TABLE: "DECISION_TABLE",
    DecisionKind.LITERAL: "LITERAL_EXPRESSION",
    DecisionKind.OTHER: "UNKNOWN",
}


def decision_type(kind: DecisionKind) -> str:
    """Return how a decision is made, in Camunda's word."""
    return _KINDS[kind]


def inputs_json(decision: EvaluatedDecision) -> JsonValue:
    """Return what the input columns of a decision table held; values are JSON as text."""
    return [
        {"inputId": cell.id, "inputName": cell.name, "inputValue": json.dumps(cell.value)}
        for cell in decision.inputs
    ]


def rules_json(decision: EvaluatedDecision) -> JsonValue:
    """Return the rules of a decision table that held, and what each gave."""
    return [
        {
            "ruleId": rule.id,
            "ruleIndex": rule.index,
            "evaluatedOutputs": _outputs(rule.outputs, rule.id, rule.index),
        }
        for rule in decision.rules
    ]


def _outputs(cells: Sequence[EvaluatedCell], rule_id: str, index: int) -> list[JsonValue]:
    return [
        {
            "outputId": cell.id,
            "outputName": cell.name,
            "outputValue": json.dumps(cell.value),
            "ruleId": rule_id,
            "ruleIndex": index,
        }
        for cell in cells
    ]
