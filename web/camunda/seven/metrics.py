"""Metrics of Camunda 7 that history can tell: how much began in a span of time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final

from flask import Response, request

from bpmn_engine.service.views import Caller
from bpmn_engine.service.work_search import Comparison, Condition, Search
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.notes import partly
from web.camunda.seven.failures import not_offered, unusable
from web.camunda.seven.parameters import as_moment, as_number
from web.camunda.times import written_time
from web.context import now, service

_BY_INTERVAL: Final = ("process-instances", "root-process-instance-start")
_PARAMETERS: Final = frozenset(
    {
        "name",
        "reporter",
        "startDate",
        "endDate",
        "firstResult",
        "maxResults",
        "interval",
        "aggregateByReporter",
    }
)
_MOST_INTERVALS: Final = 200
_INTERVAL: Final = 900
"""Seconds."""

_INSTANT: Final = dt.timedelta(milliseconds=1)
"""So that what began just now is counted."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EVERYBODY: Final = Caller(user_id="", sees_all=True)


@ENGINE_REST.get("/metrics/<name>/sum")
def sum_metric(name: str) -> Response:
    """Return how much of something there was between `startDate` and `endDate`."""
    unknown = sorted(request.args.keys() - {"startDate", "endDate"})
    if unknown:
        raise unusable(f"Unrecognized parameter '{unknown[0]}': expected startDate or endDate.")
    if name not in _COUNTED:
        raise not_offered(
            f"Expected one of {', '.join(sorted(_COUNTED))}, but got {name}: it is not counted."
        )
    field, count = _COUNTED[name]
    return answer({"result": count(Search(conditions=_between(field)))})


@ENGINE_REST.get("/metrics")
@partly(
    f"of {' and '.join(_BY_INTERVAL)}, which have to be named: the {_MOST_INTERVALS} intervals "
    "before endDate at most, those with none left out"
)
def list_metric_intervals() -> Response:
    """Return how many instances began in each interval, the newest first."""
    unknown = sorted(request.args.keys() - _PARAMETERS)
    if unknown:
        raise unusable(
            f"Unrecognized parameter '{unknown[0]}': expected one of "
            f"{', '.join(sorted(_PARAMETERS))}."
        )
    name = request.args.get("name")
    if name not in _BY_INTERVAL:
        raise not_offered(f"Expected {' or '.join(_BY_INTERVAL)} as name, but got {name}.")
    length = dt.timedelta(seconds=_number("interval", _INTERVAL, 1, 365 * 86_400))
    first = _number("firstResult", 0, 0, _MOST_INTERVALS)
    most = _number("maxResults", _MOST_INTERVALS, 0, _MOST_INTERVALS)
    end = (
        as_moment("endDate", request.args["endDate"])
        if "endDate" in request.args
        else now() + _INSTANT
    )
    begin = (
        as_moment("startDate", request.args["startDate"])
        if "startDate" in request.args
        else end - _MOST_INTERVALS * length
    )
    found: list[JsonValue] = []
    at = _EPOCH + (end - _EPOCH) // length * length
    for _ in range(_MOST_INTERVALS):
        if at + length <= begin:
            break
        count = _instances(Search(conditions=_inside(max(at, begin), min(at + length, end))))
        if count:
            found.append(
                {
                    "timestamp": written_time(at),
                    "name": name,
                    "reporter": None,
                    "value": count,
                }
            )
        at -= length
    return answer(found[first : first + most])


def _inside(begin: dt.datetime, end: dt.datetime) -> tuple[Condition, ...]:
    return (
        Condition(field="started_at", comparison=Comparison.AT_LEAST, value=begin),
        Condition(field="started_at", comparison=Comparison.BELOW, value=end),
    )


def _number(name: str, default: int, least: int, most: int) -> int:
    given = request.args.get(name)
    found = default if given is None else as_number(name, given)
    if not least <= found <= most:
        raise unusable(f"Expected {name} from {least} to {most}, but got {found}.")
    return found


def _between(field: str) -> tuple[Condition, ...]:
    """Return the conditions that a moment lies in the span of time that is asked for."""
    return tuple(
        Condition(field=field, comparison=comparison, value=as_moment(name, request.args[name]))
        for name, comparison in (
            ("startDate", Comparison.AT_LEAST),
            ("endDate", Comparison.BELOW),
        )
        if name in request.args
    )


def _visits(search: Search) -> int:
    return service().count_visits(search)


def _instances(search: Search) -> int:
    return service().count_instances(search, caller=_EVERYBODY)


def _decisions(search: Search) -> int:
    is_decision = Condition(
        field="reason", comparison=Comparison.LIKE, value="Decision %, version %"
    )
    return service().count_entries(search.also(is_decision))


_COUNTED: Final[Mapping[str, tuple[str, Callable[[Search], int]]]] = {
    "activity-instance-start": ("entered_at", _visits),
    "flow-node-instances": ("entered_at", _visits),
    "activity-instance-end": ("ended_at", _visits),
    "process-instances": ("started_at", _instances),
    "root-process-instance-start": ("started_at", _instances),
    "decision-instances": ("at", _decisions),
    "executed-decision-instances": ("at", _decisions),
}
"""Name of a metric -> the moment that counts, and what counts."""
