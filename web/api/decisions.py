"""Deployed decisions."""

from __future__ import annotations

from bpmn_engine.service.views import DecisionEvaluation, Problem
from web.api.decision_schemas import EvaluationBody, EvaluationSchema, EvaluationValues
from web.api.resource import Resource
from web.context import service

DECISIONS = Resource("decisions", "/decisions", "Deployed decisions, evaluated for variables.")


@DECISIONS.endpoint("POST /<decision_id>/evaluation", body=EvaluationBody, answer=EvaluationSchema)
def evaluate(body: EvaluationValues, decision_id: str) -> DecisionEvaluation | Problem:
    """Evaluate a decision; nothing is stored.

    The value is null where there is none; the problems say why, with rule and cell.
    """
    return service().evaluate_decision(
        decision_id,
        body["variables"],
        version=body["version"],
        version_tag=body["version_tag"],
    )
