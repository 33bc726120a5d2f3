"""Decisions: found and evaluated. Camunda's decision requirements are our DMN files."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Final

from flask import Response
from marshmallow import fields

from bpmn_engine.service.searches import Comparison, Condition, DecisionRecord, Search
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, object_or_empty, read_body, text_or_none
from web.camunda.dialect import answer, unless_problem
from web.camunda.eight.definitions import requirements_of
from web.camunda.eight.evaluated_decisions import decision_type, inputs_json, rules_json
from web.camunda.eight.filters import TENANT, TENANTS, Filter, Filters, flag, integer, key
from web.camunda.eight.instances import check_tenant
from web.camunda.eight.searches import answer_found, narrowed, read_search, refuse
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION, definition_key
from web.context import service
from web.errors import ProblemError

_DECISIONS: Final[Filters] = {
    "decisionDefinitionKey": key("key"),
    "decisionDefinitionId": Filter("decision_id"),
    "name": Filter("name"),
    "version": integer("version"),
    "isLatestVersion": flag("is_latest"),
    "decisionRequirementsId": Filter("resource_name"),
    "decisionRequirementsName": Filter("resource_name"),
    "decisionRequirementsKey": key("requirements_key"),
    "decisionRequirementsVersion": integer("version"),
    **TENANTS,
}
_REQUIREMENTS: Final[Filters] = {
    "decisionRequirementsKey": key("key"),
    "decisionRequirementsId": Filter("name"),
    "decisionRequirementsName": Filter("name"),
    "resourceName": Filter("name"),
    **TENANTS,
}
_NO_KEY: Final = "0"


class EvaluationBody(Body):
    """Which decision, for which variables."""

    decision_definition_id = fields.String(load_default=None, allow_none=True)
    decision_definition_key = fields.Raw(load_default=None, allow_none=True)
    variables = fields.Raw(load_default=None, allow_none=True)
    tenant_id = fields.String(load_default=None, allow_none=True)


@ORCHESTRATION.post("/decision-definitions/search")
def search_decisions() -> Response:
    """Return decisions, all versions."""
    return answer_found(service().search_decisions(read_search(_DECISIONS)), _decision)


@ORCHESTRATION.get("/decision-definitions/<key:key>")
def get_decision(key: int) -> Response:
    """Return one decision."""
    return answer(_decision(_one(key)))


@ORCHESTRATION.get("/decision-definitions/<key:key>/xml")
def decision_xml(key: int) -> Response:
    """Return the file of a decision, byte for byte."""
    content = service().resource_content(_one(key).requirements_key)
    return Response(content, content_type="text/xml")


@ORCHESTRATION.post("/decision-definitions/evaluation")
def evaluate_decision() -> Response:
    """Evaluate a decision, the latest version unless its key is given; nothing is stored."""
    body = read_body(EvaluationBody)
    check_tenant(body["tenant_id"])
    wanted = definition_key(body["decision_definition_key"])
    decision_id = text_or_none(body["decision_definition_id"])
    if wanted is None and not decision_id:
        refuse("Expected a decisionDefinitionId or a decisionDefinitionKey, but got neither.")
    record = _one(wanted) if wanted is not None else _latest(str(decision_id))
    found = unless_problem(
        service().evaluate_decision(
            record.decision_id,
            object_or_empty(body["variables"], "variables"),
            version=record.version,
        )
    )
    failures = [each for each in found.problems if each.kind not in {"warning", "no-rule"}]
    requirements = requirements_of(record)
    evaluated: list[JsonValue] = [
        {
            "decisionDefinitionId": one.decision_id,
            "decisionDefinitionKey": str(one.decision_key),
            "decisionDefinitionName": one.name,
            "decisionDefinitionVersion": one.version,
            "decisionDefinitionType": decision_type(one.kind),
            "decisionEvaluationInstanceKey": f"{_NO_KEY}-{place}",
            "output": json.dumps(one.value),
            "tenantId": TENANT,
            "matchedRules": rules_json(one),
            "evaluatedInputs": inputs_json(one),
        }
        for place, one in enumerate(found.evaluated, 1)
    ]
    return answer(
        {
            "decisionDefinitionId": record.decision_id,
            "decisionDefinitionKey": str(record.key),
            "decisionDefinitionName": record.name or record.decision_id,
            "decisionDefinitionVersion": record.version,
            "decisionEvaluationKey": _NO_KEY,
            "decisionInstanceKey": _NO_KEY,
            "decisionRequirementsId": requirements["decisionRequirementsId"],
            "decisionRequirementsKey": requirements["decisionRequirementsKey"],
            "failedDecisionDefinitionId": record.decision_id if failures else None,
            "failureMessage": failures[0].message if failures else None,
            "output": json.dumps(found.value),
            "tenantId": TENANT,
            "evaluatedDecisions": evaluated,
        }
    )


@ORCHESTRATION.post("/decision-requirements/search")
@partly("a file is known by its name; each deployment of it is one, in version 1")
def search_requirements() -> Response:
    """Return deployed DMN files."""
    search = narrowed(read_search(_REQUIREMENTS), Condition(field="kind", value="dmn"))
    return answer_found(
        service().search_resources(search),
        lambda record: _requirements(record.key, record.name),
    )


@ORCHESTRATION.get("/decision-requirements/<key:key>")
def get_requirements(key: int) -> Response:
    """Return what is known of a DMN file."""
    return answer(_requirements(key, _file_name(key)))


@ORCHESTRATION.get("/decision-requirements/<key:key>/xml")
def requirements_xml(key: int) -> Response:
    """Return a DMN file, byte for byte."""
    _file_name(key)
    return Response(service().resource_content(key), content_type="text/xml")


def _file_name(key: int) -> str:
    criteria = (Condition(field="key", value=key), Condition(field="kind", value="dmn"))
    found = unless_problem(service().search_resources(Search(criteria=criteria))).items
    if not found:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"Expected the decision requirements {key}, but there are none."
        )
    return found[0].name


def _one(key: int) -> DecisionRecord:
    search = Search(criteria=(Condition(field="key", value=key),), limit=1)
    return _first(search, str(key))


def _latest(decision_id: str) -> DecisionRecord:
    is_latest = Condition(field="is_latest", comparison=Comparison.EQUAL, value=True)
    by_id = Condition(field="decision_id", value=decision_id)
    return _first(Search(criteria=(by_id, is_latest), limit=1), decision_id)


def _first(search: Search, named: str) -> DecisionRecord:
    found = unless_problem(service().search_decisions(search)).items
    if not found:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"Expected the decision {named}, but there is none."
        )
    return found[0]


def _decision(record: DecisionRecord) -> JsonValue:
    return {
        "decisionDefinitionKey": str(record.key),
        "decisionDefinitionId": record.decision_id,
        "name": record.name or record.decision_id,
        "version": record.version,
        "tenantId": TENANT,
        **requirements_of(record),
    }


def _requirements(key: int, name: str) -> JsonValue:
    return {
        "decisionRequirementsKey": str(key),
        "decisionRequirementsId": name,
        "decisionRequirementsName": name,
        "resourceName": name,
        "version": 1,
        "tenantId": TENANT,
    }
