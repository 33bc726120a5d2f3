"""Reports over history: durations by month or quarter, counts of tasks; the cleanup's state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final

from flask import Response, request

from bpmn_engine.service.history_views import PeriodFigures
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer
from web.camunda.engine_rest import ENGINE_REST, definition_id
from web.camunda.seven.failures import unusable
from web.camunda.seven.parameters import as_moment, as_texts
from web.context import service
from web.keys import read_key

_UNITS: Final[Mapping[str, bool]] = {"month": False, "quarter": True}
"""Unit of a period -> whether it is a quarter."""


@ENGINE_REST.get("/history/process-instance/report")
def report_historic_instances() -> Response:
    """Return how long ended instances took, by the month or quarter they started in."""
    known = frozenset(
        {
            "reportType",
            "periodUnit",
            "processDefinitionIdIn",
            "processDefinitionKeyIn",
            "startedBefore",
            "startedAfter",
        }
    )
    _refuse_others(known)
    if request.args.get("reportType") != "duration":
        raise unusable(f"Unknown report type {request.args.get('reportType')}: expected duration.")
    unit = _unit()
    keys = (read_key(each.rpartition(":")[2]) for each in _texts("processDefinitionIdIn"))
    figures = service().instance_durations(
        process_ids=_texts("processDefinitionKeyIn"),
        definition_keys=[0 if each is None else each for each in keys],
        started_after=_moment("startedAfter"),
        started_before=_moment("startedBefore"),
        by_quarter=_UNITS[unit],
    )
    return answer([_period(each, unit) for each in figures])


@ENGINE_REST.get("/history/task/report")
def report_historic_tasks() -> Response:
    """Return how long completed tasks took, or how many there were."""
    _refuse_others(
        frozenset({"reportType", "periodUnit", "completedBefore", "completedAfter", "groupBy"})
    )
    kind = request.args.get("reportType")
    if kind is None or kind not in _REPORTS:
        raise unusable(f"Unknown report type {kind}: expected duration or count.")
    return answer(_REPORTS[kind](_moment("completedAfter"), _moment("completedBefore")))


@ENGINE_REST.get("/history/cleanup/configuration")
def get_cleanup_configuration() -> Response:
    """Say that there is no window in which history is cleaned up."""
    return answer({"batchWindowStartTime": None, "batchWindowEndTime": None, "enabled": False})


def _durations(after: dt.datetime | None, before: dt.datetime | None) -> JsonValue:
    unit = _unit()
    figures = service().task_durations(after=after, before=before, by_quarter=_UNITS[unit])
    return [_period(each, unit) for each in figures]


def _counts(after: dt.datetime | None, before: dt.datetime | None) -> JsonValue:
    by = request.args.get("groupBy")
    if by not in {"taskName", "processDefinition"}:
        raise unusable(f"Expected taskName or processDefinition as groupBy, but got {by!r}.")
    figures = service().completed_task_counts(after=after, before=before, by_name=by == "taskName")
    return [
        {
            "taskName": each.name,
            "count": each.count,
            "processDefinitionKey": each.process_id,
            "processDefinitionId": definition_id(
                each.process_id, each.version, each.definition_key
            ),
            "processDefinitionName": each.process_name,
            "tenantId": None,
        }
        for each in figures
    ]


_REPORTS: Final[Mapping[str, Callable[[dt.datetime | None, dt.datetime | None], JsonValue]]] = {
    "duration": _durations,
    "count": _counts,
}


def _period(each: PeriodFigures, unit: str) -> dict[str, JsonValue]:
    return {
        "period": each.period,
        "periodUnit": unit.upper(),
        "minimum": each.shortest,
        "maximum": each.longest,
        "average": each.average,
    }


def _unit() -> str:
    unit = request.args.get("periodUnit", "").lower()
    if unit not in _UNITS:
        raise unusable(f"Expected month or quarter as periodUnit, but got {unit!r}.")
    return unit


def _texts(name: str) -> tuple[str, ...]:
    return as_texts(name, request.args.get(name, ""))


def _moment(name: str) -> dt.datetime | None:
    given = request.args.get(name)
    return None if given is None else as_moment(name, given)


def _refuse_others(known: frozenset[str]) -> None:
    unknown = sorted(request.args.keys() - known)
    if unknown:
        raise unusable(
            f"Unrecognized parameter '{unknown[0]}': expected one of {', '.join(sorted(known))}."
        )
