"""History of activity instances: the visits of elements; and figures over a definition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from flask import Response

from bpmn_engine.service.history_views import ElementFigures, FoundVisit
from bpmn_engine.service.work_search import Comparison, Condition, Search
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer
from web.camunda.engine_rest import ENGINE_REST, definition_id, written_time
from web.camunda.seven.failures import missing
from web.camunda.seven.history_instances import written_or_none
from web.camunda.seven.identifiers import key_or_missing, text_of, visit_id
from web.camunda.seven.parameters import (
    TENANTS,
    Parameter,
    Reading,
    absent,
    as_text,
    definition,
    is_,
    key,
    keys,
    moment,
    present,
    refused,
    text,
)
from web.camunda.seven.queries import bounded
from web.camunda.seven.query_reading import Asked, Query, asked
from web.context import service

_PREFIX: Final = "/history/activity-instance"

_TYPES: Final[Mapping[str, str]] = {
    "endEvent": "noneEndEvent",
    "intermediateThrowEvent": "intermediateNoneThrowEvent",
}
"""Type of an element -> Camunda's word for it, where it is another."""
_BODY: Final = "multiInstanceBody"


def _type(parameter: str, value: JsonValue, reading: Reading) -> None:
    word = as_text(parameter, value)
    ours = {theirs: mine for mine, theirs in _TYPES.items()}.get(word, word)
    reading.conditions.append(Condition(field="element_type", value=ours))


def _complete_scope(parameter: str, value: JsonValue, reading: Reading) -> None:
    kind: Parameter = is_("element_type", "endEvent")
    kind(parameter, value, reading)


VISITS: Final = Query(
    parameters={
        "activityInstanceId": text("visit_id"),
        "processInstanceId": key("instance_key"),
        "processDefinitionId": definition("definition_key"),
        "executionId": key("instance_key"),
        "activityId": text("element_id"),
        "activityName": text("element_name"),
        "activityType": _type,
        "taskAssignee": text("assignee"),
        "finished": present("ended_at"),
        "unfinished": absent("ended_at"),
        "canceled": is_("state", "terminated"),
        "completeScope": _complete_scope,
        "startedBefore": moment("entered_at", Comparison.AT_MOST),
        "startedAfter": moment("entered_at", Comparison.AT_LEAST),
        "finishedBefore": moment("ended_at", Comparison.AT_MOST),
        "finishedAfter": moment("ended_at", Comparison.AT_LEAST),
        **TENANTS,
    },
    sorts={
        "activityInstanceId": "visit_id",
        "instanceId": "instance_key",
        "executionId": "instance_key",
        "activityId": "element_id",
        "startTime": "entered_at",
        "endTime": "ended_at",
        "definitionId": "definition_key",
        "occurrence": "occurrence",
        "tenantId": "instance_key",
    },
)

STATISTICS: Final = Query(
    parameters={
        "startedBefore": moment("started_at", Comparison.AT_MOST),
        "startedAfter": moment("started_at", Comparison.AT_LEAST),
        "finishedBefore": moment("ended_at", Comparison.AT_MOST),
        "finishedAfter": moment("ended_at", Comparison.AT_LEAST),
        "processInstanceIdIn": keys("key"),
        "completeScope": refused("which end events end a scope is not counted."),
    },
    sorts={"activityId": "key"},
    options=frozenset({"canceled", "finished", "incidents"}),
)


@ENGINE_REST.route(_PREFIX, methods=["GET", "POST"])
def list_historic_activities() -> Response:
    """List the activity instances that a query finds."""
    found = bounded(service().find_visits(asked(VISITS).page))
    return answer([_visit(each) for each in found])


@ENGINE_REST.route(f"{_PREFIX}/count", methods=["GET", "POST"])
def count_historic_activities() -> Response:
    """Count the activity instances that a query finds."""
    return answer({"count": service().count_visits(asked(VISITS).search)})


@ENGINE_REST.get(f"{_PREFIX}/<visit_id_>")
def get_historic_activity(visit_id_: str) -> Response:
    """Return one activity instance."""
    search = Search(conditions=(Condition(field="visit_id", value=visit_id_),))
    found = service().find_visits(search)
    if not found:
        raise missing(f"Historic activity instance with id '{visit_id_}' does not exist")
    return answer(_visit(found[0]))


@ENGINE_REST.get("/history/process-definition/<definition_id_>/statistics")
def get_historic_statistics(definition_id_: str) -> Response:
    """Count visits and incidents by element, over the instances of a definition."""
    query = asked(STATISTICS)
    definition_key = key_or_missing(definition_id_.rpartition(":")[2], "process definition")
    figures = service().element_figures(definition_key, query.search)
    shown = [each for each in figures if _is_shown(each, query)]
    if any(each.is_descending for each in query.search.order):
        shown.reverse()
    return answer([_statistics(each, query) for each in shown])


def _is_shown(each: ElementFigures, query: Asked) -> bool:
    counts = {
        "finished": each.completed + each.terminated,
        "canceled": each.terminated,
        "incidents": each.open_incidents + each.resolved_incidents,
    }
    return each.active > 0 or any(
        count > 0 and query.is_on(option) for option, count in counts.items()
    )


def _statistics(each: ElementFigures, query: Asked) -> dict[str, JsonValue]:
    """Return the figures of an element; those that were not asked for are 0, as Camunda's."""
    has_incidents = query.is_on("incidents")
    return {
        "id": each.element_id,
        "instances": each.active,
        "finished": each.completed + each.terminated if query.is_on("finished") else 0,
        "canceled": each.terminated if query.is_on("canceled") else 0,
        "completeScope": 0,
        "openIncidents": each.open_incidents if has_incidents else 0,
        "resolvedIncidents": each.resolved_incidents if has_incidents else 0,
        "deletedIncidents": 0,
    }


def _visit(found: FoundVisit) -> dict[str, JsonValue]:
    suffix = f"#{_BODY}" if found.is_loop_body else ""
    return {
        "id": visit_id(found.element_id, found.instance_key, found.visit),
        "parentActivityInstanceId": str(found.instance_key),
        "activityId": f"{found.element_id}{suffix}",
        "activityName": found.element_name,
        "activityType": _BODY
        if found.is_loop_body
        else _TYPES.get(found.element_type, found.element_type),
        "processDefinitionKey": found.process_id,
        "processDefinitionId": definition_id(
            found.process_id, found.version, found.definition_key
        ),
        "processInstanceId": str(found.instance_key),
        "executionId": str(found.instance_key),
        "taskId": text_of(found.task_key),
        "calledProcessInstanceId": None,
        "calledCaseInstanceId": None,
        "assignee": found.assignee,
        "startTime": written_time(found.entered_at),
        "endTime": written_or_none(found.ended_at),
        "durationInMillis": _milliseconds(found.entered_at, found.ended_at),
        "canceled": found.state == "terminated",
        "completeScope": found.element_type == "endEvent" and found.ended_at is not None,
        "tenantId": None,
        "removalTime": None,
        "rootProcessInstanceId": str(found.root_key),
    }


def _milliseconds(begun: dt.datetime, ended: dt.datetime | None) -> int | None:
    return None if ended is None else int((ended - begun).total_seconds() * 1000)
