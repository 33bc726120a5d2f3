"""Deployed decisions."""

from __future__ import annotations

from bpmn_engine.service.views import DecisionEvaluation, DecisionSummary, Page, Problem
from web.api.decision_schemas import (
    DecisionQuery,
    DecisionQueryValues,
    DecisionSchema,
    DecisionSummarySchema,
    EvaluationBody,
    EvaluationSchema,
    EvaluationValues,
)
from web.api.resource import Resource
from web.api.schemas import PageQuery, PageValues, flat, page_of, page_request
from web.context import service

DECISIONS = Resource("decisions", "/decisions", "Deployed decisions, evaluated for variables.")


@DECISIONS.endpoint("GET ", query=PageQuery, answer=page_of(DecisionSummarySchema))
def list_decisions(query: PageValues) -> Page[DecisionSummary] | Problem:
    """List the latest version of each decision."""
    return service().decisions(page=page_request(query))


@DECISIONS.endpoint("GET /<decision_id>", query=DecisionQuery, answer=DecisionSchema)
def get_decision(query: DecisionQueryValues, decision_id: str) -> dict[str, object] | Problem:
    """Return a decision, by default its latest version, and what it has to be given."""
    view = service().decision(decision_id, version=query["version"])
    return view if isinstance(view, Problem) else flat(view, "summary")


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
