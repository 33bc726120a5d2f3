"""Metrics of Camunda 7 that history can tell: how much began in a span of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from flask import Response, request

from bpmn_engine.service.views import Caller
from bpmn_engine.service.work_search import Comparison, Condition, Search
from web.camunda.dialect import answer
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.failures import not_offered, unusable
from web.camunda.seven.parameters import as_moment
from web.context import service

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
