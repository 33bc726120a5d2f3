"""Saved filters of a Tasklist: kept as they were given, executed as queries of tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from flask import Response, request

from bpmn_engine.service.task_views import FoundTask, SavedFilter
from bpmn_engine.service.views import Problem
from bpmn_engine.service.work_search import Value, found_in
from bpmn_engine.values import JsonValue
from web.camunda.bodies import object_or_empty, text_or_none
from web.camunda.dialect import answer, done, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.failures import engine_error, missing, unusable
from web.camunda.seven.identifiers import key_or_missing
from web.camunda.seven.parameters import key, like, text
from web.camunda.seven.queries import bounded
from web.camunda.seven.query_reading import Asked, Query, asked, json_object, read_query
from web.camunda.seven.task_queries import TASKS, written_task
from web.context import principal, service

_PREFIX: Final = "/filter"
_ONE: Final = f"{_PREFIX}/<filter_id>"
_TASK: Final = "Task"

FILTERS: Final = Query(
    parameters={
        "filterId": key("key"),
        "resourceType": text("type"),
        "name": text("name"),
        "nameLike": like("name"),
        "owner": text("owner"),
    },
    sorts={"filterId": "key", "resourceType": "type", "name": "name", "owner": "owner"},
    options=frozenset({"itemCount"}),
)
_FIELDS: Final[Mapping[str, Callable[[SavedFilter], Value]]] = {
    "key": lambda saved: saved.key,
    "type": lambda saved: saved.resource_type,
    "name": lambda saved: saved.name,
    "owner": lambda saved: saved.owner,
}


@ENGINE_REST.get(_PREFIX)
def list_filters() -> Response:
    """List the filters that are everybody's, and the caller's own."""
    query = asked(FILTERS)
    saved = found_in(service().filters(caller=principal().caller), query.search, _FIELDS)
    is_counted = query.is_on("itemCount")
    return answer([_written(each, is_counted=is_counted) for each in bounded(saved)])


@ENGINE_REST.get(f"{_PREFIX}/count")
def count_filters() -> Response:
    """Count the filters that are everybody's, and the caller's own."""
    saved = service().filters(caller=principal().caller)
    return answer({"count": len(found_in(saved, asked(FILTERS).search.whole(), _FIELDS))})


@ENGINE_REST.post(f"{_PREFIX}/create")
def create_filter() -> Response:
    """Keep a query of tasks; its owner is the caller unless the body says otherwise."""
    body = json_object()
    if body.get("resourceType") != _TASK:
        raise unusable(f"Expected the resourceType {_TASK}, but got {body.get('resourceType')!r}.")
    owner = body.get("owner", principal().user_id)
    saved = unless_problem(
        service().create_filter(
            name=_name(body),
            resource_type=_TASK,
            query=_query(body),
            properties=object_or_empty(body.get("properties"), "properties"),
            owner=text_or_none(owner),
            caller=principal().caller,
        )
    )
    return answer(_written(saved, is_counted=False))


@ENGINE_REST.get(_ONE)
def get_filter(filter_id: str) -> Response:
    """Return one filter."""
    is_counted = request.args.get("itemCount") == "true"
    return answer(_written(_saved(filter_id), is_counted=is_counted))


@ENGINE_REST.put(_ONE)
def update_filter(filter_id: str) -> Response:
    """Keep another query under a filter."""
    saved, body = _saved(filter_id), json_object()
    return done(
        service().change_filter(
            saved.key,
            name=_name(body),
            query=_query(body),
            properties=object_or_empty(body.get("properties"), "properties"),
            owner=text_or_none(body.get("owner")),
            caller=principal().caller,
        )
    )


@ENGINE_REST.delete(_ONE)
def delete_filter(filter_id: str) -> Response:
    """Forget a filter."""
    return done(service().delete_filter(_saved(filter_id).key, caller=principal().caller))


@ENGINE_REST.route(f"{_ONE}/list", methods=["GET", "POST"])
def execute_filter_list(filter_id: str) -> Response:
    """List the tasks that a filter finds, narrowed by the query of the body."""
    found = bounded(_tasks(_executed(filter_id)))
    return answer([written_task(each) for each in found])


@ENGINE_REST.route(f"{_ONE}/count", methods=["GET", "POST"])
def execute_filter_count(filter_id: str) -> Response:
    """Count the tasks that a filter finds, narrowed by the query of the body."""
    search = _executed(filter_id).search
    return answer({"count": service().count_tasks(search, caller=principal().caller)})


@ENGINE_REST.route(f"{_ONE}/singleResult", methods=["GET", "POST"])
def execute_filter_single(filter_id: str) -> Response:
    """Return the task that a filter finds; several are an error, none is no content."""
    found = _tasks(_executed(filter_id))
    if len(found) > 1:
        raise unusable(f"Filter with id '{filter_id}' does not returns a single result")
    return answer(written_task(found[0])) if found else Response(status=204)


def _tasks(query: Asked) -> tuple[FoundTask, ...]:
    return service().find_tasks(query.page, caller=principal().caller)


def _executed(filter_id: str) -> Asked:
    """Return the query of a filter with what the request adds to it."""
    saved = _saved(filter_id)
    more = json_object() if request.method == "POST" else {}
    return read_query(TASKS, {**saved.query, **more, **request.args.to_dict()})


def _saved(filter_id: str) -> SavedFilter:
    found = service().filter(key_or_missing(filter_id, "filter"), caller=principal().caller)
    if isinstance(found, Problem):
        raise missing(f"Filter with id '{filter_id}' does not exist.")
    return found


def _name(body: Mapping[str, JsonValue]) -> str:
    name = text_or_none(body.get("name"))
    if not name:
        raise engine_error("Expected a name of the filter: name is null", status=400)
    return name


def _query(body: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the query of a filter, which has to be one of tasks."""
    query = object_or_empty(body.get("query"), "query")
    read_query(TASKS, query)
    return query


def _written(saved: SavedFilter, *, is_counted: bool) -> dict[str, JsonValue]:
    written: dict[str, JsonValue] = {
        "id": str(saved.key),
        "resourceType": saved.resource_type,
        "name": saved.name,
        "owner": saved.owner,
        "query": dict(saved.query),
        "properties": dict(saved.properties),
        "itemCount": None,
    }
    if is_counted:
        search = read_query(TASKS, saved.query).search
        written["itemCount"] = service().count_tasks(search, caller=principal().caller)
    return written
