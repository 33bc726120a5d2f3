"""History of decisions: those that business rule tasks evaluated, as the journal tells them.

Inputs and outputs are not kept apart: the result is in the variables of the process instance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from flask import Response, request

from bpmn_engine.service.history_views import FoundEntry
from bpmn_engine.service.listing import DECISIONS as DECISION_LIST
from bpmn_engine.service.work_search import Comparison, Condition, Search, Value, found_in
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import Condition as ListCondition
from bpmn_engine.views.listing import Listing
from web.camunda.dialect import answer
from web.camunda.engine_rest import ENGINE_REST, definition_id, written_time
from web.camunda.notes import partly
from web.camunda.seven.decision_graphs import found_graph
from web.camunda.seven.failures import missing
from web.camunda.seven.ids import key_or_none
from web.camunda.seven.parameters import (
    TENANTS,
    definition,
    key,
    moment,
    nothing,
    refused,
    switch,
    text,
    texts,
)
from web.camunda.seven.queries import MOST_ROWS, bounded
from web.camunda.seven.query_reading import Query, asked
from web.context import service

_PREFIX: Final = "/history/decision-instance"
_SAID: Final = re.compile(r"Decision (\S+), version (\d+)\..*", re.DOTALL)
_BY_KEY: Final = "decisions are found by their key and process."
_NOT_KEPT: Final = "inputs and outputs are not kept; results are variables of the instance."
_IN_DATABASE: Final = frozenset(
    {"definition_key", "process_id", "instance_key", "at", "entry_id", "element_id"}
)


class _Evaluated(NamedTuple):
    """One evaluation of a decision."""

    entry: FoundEntry
    decision_id: str
    version: int


DECISIONS: Final = Query(
    parameters={
        "decisionInstanceId": text("entry_id"),
        "decisionInstanceIdIn": texts("entry_id"),
        "decisionDefinitionId": refused(_BY_KEY),
        "decisionDefinitionIdIn": refused(_BY_KEY),
        "decisionDefinitionKey": text("decision"),
        "decisionDefinitionKeyIn": texts("decision"),
        "decisionDefinitionName": refused(_BY_KEY),
        "decisionDefinitionNameLike": refused(_BY_KEY),
        "processDefinitionId": definition("definition_key"),
        "processDefinitionKey": text("process_id"),
        "processInstanceId": key("instance_key"),
        "activityIdIn": texts("element_id"),
        "activityInstanceIdIn": refused(_BY_KEY),
        **TENANTS,
        "evaluatedBefore": moment("at", Comparison.AT_MOST),
        "evaluatedAfter": moment("at", Comparison.AT_LEAST),
        "userId": nothing(),
        "rootDecisionInstanceId": text("entry_id"),
        "rootDecisionInstancesOnly": switch(),
        "includeInputs": refused(_NOT_KEPT),
        "includeOutputs": refused(_NOT_KEPT),
        "decisionRequirementsDefinitionId": refused(_BY_KEY),
        "decisionRequirementsDefinitionKey": refused(_BY_KEY),
        **dict.fromkeys(("caseDefinitionId", "caseDefinitionKey", "caseInstanceId"), nothing()),
    },
    sorts={"evaluationTime": "at", "tenantId": "instance_key"},
    options=frozenset(
        {
            "disableBinaryFetching",
            "disableCustomObjectDeserialization",
        }
    ),
)

_FIELDS: Final[Mapping[str, Callable[[_Evaluated], Value]]] = {
    "decision": lambda each: each.decision_id,
    "at": lambda each: each.entry.at,
    "instance_key": lambda each: each.entry.instance_key,
}


@ENGINE_REST.get(_PREFIX)
def list_decision_instances() -> Response:
    """List the evaluations that a query finds."""
    return answer([_written(each) for each in bounded(_found(asked(DECISIONS).page))])


@ENGINE_REST.get(f"{_PREFIX}/count")
def count_decision_instances() -> Response:
    """Count the evaluations that a query finds."""
    search = asked(DECISIONS).search
    return answer({"count": len(_found(Search(conditions=search.conditions)))})


@ENGINE_REST.get(f"{_PREFIX}/<entry_id>")
def get_decision_instance(entry_id: str) -> Response:
    """Return one evaluation."""
    found = _found(Search(conditions=(Condition(field="entry_id", value=entry_id),)))
    if not found:
        raise missing(f"Historic decision instance with id '{entry_id}' does not exist")
    return answer(_written(found[0]))


@ENGINE_REST.get("/history/decision-requirements-definition/<graph_id>/statistics")
@partly("of the decisions that processes called; not of those that these require")
def get_decision_graph_statistics(graph_id: str) -> Response:
    """Return how often each decision of a file was evaluated, where processes called it."""
    graph = found_graph(graph=graph_id)
    wanted = ListCondition(field="resource_key", value=graph.resource_key)
    counted: dict[str, int] = {}
    instance = key_or_none(request.args.get("decisionInstanceId", "").partition(":")[0])
    of_instance = (Condition(field="instance_key", value=instance or 0),)
    for each in service().listed(DECISION_LIST, Listing(conditions=(wanted,))):
        said = Condition(
            field="reason",
            comparison=Comparison.LIKE,
            value=f"Decision {each.decision_id}, version {each.version}.%",
        )
        search = Search(conditions=(_IS_ANSWER, said))
        narrowed = search.also(*of_instance) if "decisionInstanceId" in request.args else search
        counted[each.decision_id] = service().count_entries(narrowed)
    return answer(
        [
            {"decisionDefinitionKey": decision, "evaluations": count}
            for decision, count in sorted(counted.items())
        ]
    )


def _found(search: Search) -> list[_Evaluated]:
    in_database = [each for each in search.conditions if each.field in _IN_DATABASE]
    never = [each for each in search.conditions if each.comparison is Comparison.NEVER]
    conditions = (_IS_DECISION, _IS_ANSWER, *in_database, *never)
    entries = bounded(service().find_entries(Search(conditions=conditions, most=MOST_ROWS + 1)))
    evaluated = [
        _Evaluated(entry, said.group(1), int(said.group(2)))
        for entry in entries
        if (said := _SAID.fullmatch(entry.reason or "")) is not None
    ]
    rest = tuple(
        each
        for each in search.conditions
        if each.field not in _IN_DATABASE and each.comparison is not Comparison.NEVER
    )
    wanted = Search(conditions=rest, order=search.order, first=search.first, most=search.most)
    return found_in(evaluated, wanted, _FIELDS)


_IS_DECISION: Final = Condition(
    field="reason", comparison=Comparison.LIKE, value="Decision %, version %"
)
_IS_ANSWER: Final = Condition(field="action", value="CompleteJob")


def _written(each: _Evaluated) -> dict[str, JsonValue]:
    entry = each.entry
    identity = f"{entry.instance_key}:{entry.sequence}"
    return {
        "id": identity,
        "decisionDefinitionId": None,
        "decisionDefinitionKey": each.decision_id,
        "decisionDefinitionName": None,
        "evaluationTime": written_time(entry.at),
        "removalTime": None,
        "processDefinitionId": definition_id(
            entry.process_id, entry.version, entry.definition_key
        ),
        "processDefinitionKey": entry.process_id,
        "processInstanceId": str(entry.instance_key),
        "caseDefinitionId": None,
        "caseDefinitionKey": None,
        "caseInstanceId": None,
        "activityId": entry.element_id,
        "activityInstanceId": None,
        "tenantId": None,
        "userId": None,
        "inputs": None,
        "outputs": None,
        "collectResultValue": None,
        "rootDecisionInstanceId": None,
        "rootProcessInstanceId": str(entry.root_key),
        "decisionRequirementsDefinitionId": None,
        "decisionRequirementsDefinitionKey": None,
    }
