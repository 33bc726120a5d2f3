"""How long history is kept, what could go, and the cleanup that removes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final

from flask import Response, request
from marshmallow import fields, validate

from bpmn_engine.service.views import CleanableView
from bpmn_engine.service.work_search import Comparison, Condition, Value, found_in
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, read_body
from web.camunda.dialect import answer, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST, definition_id
from web.camunda.notes import partly
from web.camunda.seven.definitions_found import by_definition, found_definition
from web.camunda.seven.parameters import TENANTS, definitions, holds, texts
from web.camunda.seven.queries import is_true
from web.camunda.seven.query_reading import Query, asked
from web.camunda.times import written_time
from web.context import now, principal, service

_REPORT: Final = "/history/process-definition/cleanable-process-instance-report"
_DAY: Final = dt.timedelta(days=1)
_PART: Final = 200
"""Instances removed in one transaction."""

_MOST: Final = 2_000
"""Instances that one request removes; a worker goes on."""

_LONGEST: Final = 365_000


CLEANABLE: Final = Query(
    parameters={
        **TENANTS,
        "processDefinitionIdIn": definitions("definition"),
        "processDefinitionKeyIn": texts("process"),
        "compact": holds(Condition(field="cleanable", comparison=Comparison.ABOVE, value=0)),
    },
    sorts={"finished": "finished"},
)
"""The query of the report on what could go."""

_FIELDS: Final[Mapping[str, Callable[[CleanableView], Value]]] = {
    "definition": lambda each: each.definition_key,
    "process": lambda each: each.process_id,
    "finished": lambda each: each.finished_count,
    "cleanable": lambda each: each.cleanable_count,
}


class TimeToLiveBody(Body):
    """How many days ended instances are kept; null is for good."""

    history_time_to_live = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(0, _LONGEST)
    )


@by_definition("PUT", "/history-time-to-live")
@partly("of every version of the process: it becomes the retention policy")
def set_history_time_to_live(**place: str) -> Response:
    """Say how many days the ended instances of a process are kept."""
    found, body = found_definition(**place), read_body(TimeToLiveBody)
    days = body["history_time_to_live"]
    before = {each.process_id: each for each in service().retention_policies()}
    unless_problem(
        service().set_retention(
            found.process_id,
            days * _DAY if isinstance(days, int) else None,
            is_archived=before[found.process_id].is_archived,
            actor=principal().user_id,
        )
    )
    return no_content()


@ENGINE_REST.get(_REPORT)
def report_cleanable_instances() -> Response:
    """List how many ended instances definitions have, and how many are not kept any longer."""
    found = found_in(service().cleanable_instances(), asked(CLEANABLE).search, _FIELDS)
    return answer([_cleanable(each) for each in found])


@ENGINE_REST.get(f"{_REPORT}/count")
def count_cleanable_reports() -> Response:
    """Count the definitions of the report."""
    search = asked(CLEANABLE).search.whole()
    return answer({"count": len(found_in(service().cleanable_instances(), search, _FIELDS))})


@ENGINE_REST.post("/history/cleanup")
@partly(f"removes up to {_MOST} instances before it answers; a worker goes on, once a minute")
def clean_history_up() -> Response:
    """Remove what is not kept any longer, archived before where that is the policy."""
    if not is_true("immediatelyDue", request.args.get("immediatelyDue", "true")):
        return answer(_job())
    removed = 0
    while removed < _MOST:
        count = service().remove_old_history(_PART)
        removed += count
        if not count:
            break
    return answer(_job())


@ENGINE_REST.get("/history/cleanup/job")
def get_cleanup_job() -> Response:
    """Return what stands for the thread of the workers that removes history."""
    return answer(_job())


@ENGINE_REST.get("/history/cleanup/jobs")
def list_cleanup_jobs() -> Response:
    """List what stands for the thread of the workers that removes history."""
    return answer([_job()])


def _cleanable(view: CleanableView) -> JsonValue:
    return {
        "processDefinitionId": definition_id(view.process_id, view.version, view.definition_key),
        "processDefinitionKey": view.process_id,
        "processDefinitionName": view.name,
        "processDefinitionVersion": view.version,
        "historyTimeToLive": None if view.keep is None else view.keep // _DAY,
        "finishedProcessInstanceCount": view.finished_count,
        "cleanableProcessInstanceCount": view.cleanable_count,
        "tenantId": None,
    }


def _job() -> JsonValue:
    at = written_time(now())
    return {
        "id": "history-cleanup",
        "jobDefinitionId": None,
        "processInstanceId": None,
        "processDefinitionId": None,
        "processDefinitionKey": None,
        "executionId": None,
        "exceptionMessage": None,
        "failedActivityId": None,
        "retries": 3,
        "dueDate": at,
        "suspended": False,
        "priority": 0,
        "tenantId": None,
        "createTime": at,
        "batchId": None,
    }
