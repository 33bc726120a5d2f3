"""Decision instances: the decisions that business rule tasks called, as the journal tells them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from flask import Response

from bpmn_engine.service.decision_views import DecisionKind, EvaluatedDecision
from bpmn_engine.service.searches import DecisionInstanceRecord
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer
from web.camunda.eight.evaluated_decisions import decision_type, inputs_json, rules_json
from web.camunda.eight.filters import (
    TENANT,
    TENANTS,
    Filter,
    Filters,
    Kind,
    exact,
    integer,
    key,
    moment,
)
from web.camunda.eight.searches import answer_found, read_search, written
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION
from web.context import service
from web.errors import ProblemError
from web.keys import read_key

_INSTANCES: Final[Filters] = {
    "decisionEvaluationInstanceKey": Filter("key", Kind.EVALUATION),
    "decisionEvaluationKey": key("key"),
    "state": Filter("state"),
    "evaluationDate": moment("at"),
    "decisionDefinitionId": Filter("decision_id"),
    "decisionDefinitionKey": key("decision_key"),
    "rootDecisionDefinitionKey": key("decision_key"),
    "decisionDefinitionName": Filter("name"),
    "decisionDefinitionVersion": integer("version"),
    "decisionRequirementsKey": key("requirements_key"),
    "processDefinitionKey": key("definition_key"),
    "processInstanceKey": key("instance_key"),
    "elementInstanceKey": exact("element_key", Kind.KEY),
    "businessId": Filter("business_key"),
    **TENANTS,
}


@ORCHESTRATION.post("/decision-instances/search")
@partly(
    "decisions that business rule tasks called. A decision that another requires is found by the "
    "key of that one with -2, -3 …, not listed. The filters decisionDefinitionType and "
    "evaluationFailure are refused by name, and nothing is sorted by the element instance"
)
def search_decision_instances() -> Response:
    """Return decisions that were made."""
    return answer_found(service().search_decision_instances(read_search(_INSTANCES)), _listed)


@ORCHESTRATION.get("/decision-instances/<evaluation>")
def get_decision_instance(evaluation: str) -> Response:
    """Return a decision that was made, with its inputs and the rules that held."""
    number, _, place = evaluation.partition("-")
    key_, index = read_key(number), read_key(place)
    found = None if key_ is None or index is None else service().decision_instance(key_)
    if found is None or index is None or not 1 <= index <= max(1, len(found[1])):
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            f"Expected the decision instance {evaluation}, but there is none.",
        )
    record, evaluated = found
    if not evaluated:
        return answer({**_listed(record), "evaluatedInputs": [], "matchedRules": []})
    return answer(_told(record, evaluated[index - 1], index))


def _told(record: DecisionInstanceRecord, one: EvaluatedDecision, index: int) -> JsonValue:
    return {
        **_listed(record),
        "decisionEvaluationInstanceKey": f"{record.key}-{index}",
        "decisionDefinitionId": one.decision_id,
        "decisionDefinitionKey": str(one.decision_key),
        "decisionDefinitionName": one.name,
        "decisionDefinitionVersion": one.version,
        "decisionDefinitionType": decision_type(one.kind),
        "result": json.dumps(one.value),
        "evaluatedInputs": inputs_json(one),
        "matchedRules": rules_json(one),
    }


def _listed(record: DecisionInstanceRecord) -> dict[str, JsonValue]:
    return {
        "decisionEvaluationInstanceKey": f"{record.key}-1",
        "decisionEvaluationKey": str(record.key),
        "state": record.state,
        "evaluationDate": written(record.at),
        "evaluationFailure": _failure(record),
        "decisionDefinitionId": record.decision_id,
        "decisionDefinitionKey": str(record.decision_key),
        "decisionDefinitionName": record.name,
        "decisionDefinitionVersion": record.version,
        "decisionDefinitionType": decision_type(DecisionKind(record.kind)),
        "rootDecisionDefinitionKey": str(record.decision_key),
        "result": json.dumps(_result(record)),
        "tenantId": TENANT,
        "processDefinitionKey": str(record.definition_key),
        "processInstanceKey": str(record.instance_key),
        "rootProcessInstanceKey": str(record.root_key),
        "businessId": record.business_key,
        "elementInstanceKey": None if record.element_key is None else str(record.element_key),
    }


def _failure(record: DecisionInstanceRecord) -> str | None:
    message = record.detail.get("message")
    return message if isinstance(message, str) else None


def _result(record: DecisionInstanceRecord) -> JsonValue:
    """Return what the task got: the only variable that the answer to it sets."""
    variables = record.detail.get("variables")
    values = list(variables.values()) if isinstance(variables, Mapping) else []
    return values[0] if values else None
