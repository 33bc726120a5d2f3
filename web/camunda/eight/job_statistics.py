"""Figures of jobs between two moments: all, by type, by worker, by error, over time."""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask import Response, request

from bpmn_engine.service.job_figures import EventCount, JobErrorFigures, JobFigures
from bpmn_engine.service.searches import AnyOf, Comparison, Search
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer, unless_problem
from web.camunda.eight.filters import Filter, Filters, Kind
from web.camunda.eight.searches import answer_found, read_moment, read_search, refuse, written
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION
from web.context import service

_EQUAL: Final = frozenset({Comparison.EQUAL})
_WHEN: Final[Filters] = {
    "from": Filter("from", Kind.MOMENT, _EQUAL, is_sortable=False),
    "to": Filter("to", Kind.MOMENT, _EQUAL, is_sortable=False),
}
_TYPES: Final[Filters] = {**_WHEN, "jobType": Filter("id", is_sortable=False)}
_OF_TYPE: Final[Filters] = {
    **_WHEN,
    "jobType": Filter("type", Kind.TEXT, _EQUAL, is_sortable=False),
}
_OVER_TIME: Final[Filters] = {
    **_OF_TYPE,
    "resolution": Filter("resolution", Kind.TEXT, _EQUAL, is_sortable=False),
}
_ERRORS: Final[Filters] = {
    **_OF_TYPE,
    "errorCode": Filter("error_code", is_sortable=False),
    "errorMessage": Filter("message", is_sortable=False),
}
_BOUND: Final = (
    "counted from the journals of at most 10,000 process instances that were open in the time "
    "asked for; more are refused, and what was archived or deleted is not counted"
)


@ORCHESTRATION.get("/jobs/statistics/global")
@partly(_BOUND)
def job_totals() -> Response:
    """Return how many jobs were created, completed and failed."""
    since, until = (_in_query(name) for name in ("from", "to"))
    figures = unless_problem(
        service().job_totals(since, until, job_type=request.args.get("jobType") or None)
    )
    return answer({**_counts(figures), "isIncomplete": False})


@ORCHESTRATION.post("/jobs/statistics/by-types")
@partly(_BOUND)
def job_types() -> Response:
    """Return what happened to the jobs of each type."""
    search = read_search(_TYPES)
    figures = unless_problem(service().job_figures_by_type(*_between(search)))
    found = service().search_named(figures, _beside(search))
    return answer_found(
        found, lambda one: {"jobType": one.id, **_counts(one), "workers": one.workers}
    )


@ORCHESTRATION.post("/jobs/statistics/by-workers")
@partly(_BOUND)
def job_workers() -> Response:
    """Return what each worker did with the jobs of a type."""
    search = read_search(_OF_TYPE)
    figures = unless_problem(
        service().job_figures_by_worker(*_between(search), job_type=_type(search))
    )
    found = service().search_named(figures, _beside(search))
    return answer_found(found, lambda one: {"worker": one.id, **_counts(one)})


@ORCHESTRATION.post("/jobs/statistics/errors")
@partly(_BOUND)
def job_errors() -> Response:
    """Return the errors that workers reported of jobs of a type."""
    search = read_search(_ERRORS)
    figures = unless_problem(service().job_errors(*_between(search), job_type=_type(search)))
    return answer_found(service().search_named(figures, _beside(search)), _error)


@ORCHESTRATION.post("/jobs/statistics/time-series")
@partly(_BOUND)
def jobs_over_time() -> Response:
    """Return what happened to jobs of a type in each stretch of time."""
    search = read_search(_OVER_TIME)
    figures = unless_problem(
        service().job_figures_over_time(
            *_between(search), job_type=_type(search), resolution=_named(search, "resolution")
        )
    )
    found = service().search_named(figures, _beside(search))
    return answer_found(found, lambda one: {"time": written(one.at), **_counts(one)})


def _in_query(name: str) -> dt.datetime:
    given = request.args.get(name)
    # A plus sign that is not encoded arrives as a space.
    moment = read_moment(None if given is None else given.replace(" ", "+"))
    if moment is None:
        refuse(f"Expected {Kind.MOMENT.value} for {name}, but got {given!r}.")
    return moment


def _between(search: Search) -> tuple[dt.datetime, dt.datetime]:
    moments: list[dt.datetime] = []
    for name in ("from", "to"):
        named = [one.value for one in search.conditions(name)]
        if len(named) != 1 or not isinstance(named[0], dt.datetime):
            refuse(f"Expected {name} in the filter, once.")
        moments.append(named[0])
    return moments[0], moments[1]


def _named(search: Search, field: str) -> str | None:
    named = [str(one.value) for one in search.conditions(field)]
    return named[0] if named else None


def _type(search: Search) -> str:
    found = _named(search, "type")
    if found is None:
        refuse("Expected a jobType in the filter.")
    return found


def _beside(search: Search) -> Search:
    """Return a search without what says which jobs are counted."""
    apart = frozenset({"from", "to", "type", "resolution"})
    return Search(
        criteria=tuple(
            one for one in search.criteria if isinstance(one, AnyOf) or one.field not in apart
        ),
        limit=search.limit,
        offset=search.offset,
        after=search.after,
        before=search.before,
    )


def _counts(figures: JobFigures) -> dict[str, JsonValue]:
    return {
        "created": _count(figures.created),
        "completed": _count(figures.completed),
        "failed": _count(figures.failed),
    }


def _count(count: EventCount) -> JsonValue:
    return {"count": count.count, "lastUpdatedAt": written(count.last_at)}


def _error(one: JobErrorFigures) -> JsonValue:
    return {"errorCode": one.error_code, "errorMessage": one.message, "workers": one.workers}
