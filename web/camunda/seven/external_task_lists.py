"""External tasks for operators: found, counted, given retries and priorities."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from flask import Response

from bpmn_engine.service.task_views import FoundJob
from bpmn_engine.service.views import Problem, ProblemKind
from bpmn_engine.service.work_search import Comparison, Condition, Search
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.external_task_queries import (
    EXTERNAL_TASKS,
    TOPICS,
    written_external_task,
)
from web.camunda.seven.failures import SevenError, missing, not_offered, unusable
from web.camunda.seven.identifiers import key_or_missing
from web.camunda.seven.parameters import as_number, as_texts
from web.camunda.seven.queries import bounded
from web.camunda.seven.query_reading import asked, json_object, read_query
from web.context import principal, service
from web.keys import read_key

_PREFIX: Final = "/external-task"
_LARGEST: Final = 2**31 - 1


@ENGINE_REST.route(_PREFIX, methods=["GET", "POST"])
def list_external_tasks() -> Response:
    """List the external tasks that a query finds."""
    found = bounded(service().find_external_tasks(asked(EXTERNAL_TASKS).page))
    return answer([written_external_task(each) for each in found])


@ENGINE_REST.route(f"{_PREFIX}/count", methods=["GET", "POST"])
def count_external_tasks() -> Response:
    """Count the external tasks that a query finds."""
    return answer({"count": service().count_external_tasks(asked(EXTERNAL_TASKS).search)})


@ENGINE_REST.get(f"{_PREFIX}/topic-names")
def list_topic_names() -> Response:
    """List the topics of open external tasks."""
    return answer(list(service().external_task_topics(asked(TOPICS).search)))


@ENGINE_REST.get(f"{_PREFIX}/<task_id>")
def get_external_task(task_id: str) -> Response:
    """Return one external task."""
    return answer(written_external_task(_found(task_id)))


@ENGINE_REST.get(f"{_PREFIX}/<task_id>/errorDetails")
def get_external_task_error_details(task_id: str) -> Response:
    """Return what was told of the last failed attempt, as plain text."""
    return Response(_found(task_id).details or "", content_type="text/plain")


@ENGINE_REST.put(f"{_PREFIX}/<task_id>/retries")
def set_external_task_retries(task_id: str) -> Response:
    """Give a task retries; none makes an incident."""
    _set_retries(_found(task_id).job.key, _retries(json_object()))
    return no_content()


@ENGINE_REST.put(f"{_PREFIX}/retries")
def set_retries_of_external_tasks() -> Response:
    """Give many tasks retries: those named, of instances, and that a query finds."""
    give_many_retries(json_object())
    return no_content()


def give_many_retries(body: Mapping[str, JsonValue]) -> int:
    """Give tasks retries: those named, of instances, and that a query finds; tell how many.

    Raises:
        SevenError: what is given is not usable (400).
    """
    retries, keys = _retries(body), list(_named(body))
    for key in keys:
        _set_retries(key, retries)
    return len(keys)


@ENGINE_REST.put(f"{_PREFIX}/<task_id>/priority")
def set_external_task_priority(task_id: str) -> Response:
    """Change the priority of a task."""
    given = json_object().get("priority")
    if given is None:
        raise unusable("Expected a priority.")
    key = _found(task_id).job.key
    priority = as_number("priority", given)
    if abs(priority) > _LARGEST:
        raise unusable(f"Expected a priority of at most {_LARGEST}, but got {priority}.")
    problem = service().set_external_task_priority(key, priority)
    if problem is not None:
        unless_problem(problem)
    return no_content()


def _found(task_id: str) -> FoundJob:
    found = service().find_external_task(key_or_missing(task_id, "external task"))
    if isinstance(found, Problem):
        raise missing(f"External task with id {task_id} does not exist")
    return found


def _retries(body: Mapping[str, JsonValue]) -> int:
    given = body.get("retries")
    if given is None:
        raise unusable("The number of retries cannot be null.")
    retries = as_number("retries", given)
    if retries < 0:
        raise unusable("The number of retries cannot be negative")
    if retries > _LARGEST:
        raise unusable(f"Expected at most {_LARGEST} retries, but got {retries}.")
    return retries


def _set_retries(key: int, retries: int) -> None:
    problem = service().set_external_task_retries(key, retries, actor=principal().user_id)
    if problem is not None and problem.kind is ProblemKind.NOT_FOUND:
        raise SevenError(
            HTTPStatus.NOT_FOUND,
            "RestException",
            f"External task with id {key} does not exist",
        )
    if problem is not None:
        unless_problem(problem)


def _named(body: Mapping[str, JsonValue]) -> list[int]:
    """Return the keys of the tasks that a body names in some way.

    Raises:
        SevenError: it names none, or in a way that is not offered.
    """
    for name in ("processInstanceQuery", "historicProcessInstanceQuery"):
        if body.get(name) is not None:
            raise not_offered(f"Expected no {name}: name the process instances instead.")
    found: dict[int, None] = {}
    for text in as_texts("externalTaskIds", body.get("externalTaskIds") or ()):
        found[read_key(text) or 0] = None
    instances = [
        read_key(text) or 0
        for text in as_texts("processInstanceIds", body.get("processInstanceIds") or ())
    ]
    searches: list[Search] = []
    if instances:
        of_instances = Condition(
            field="instance_key", comparison=Comparison.IN, values=tuple(instances)
        )
        searches.append(Search(conditions=(of_instances,)))
    query = body.get("externalTaskQuery")
    if isinstance(query, Mapping):
        searches.append(read_query(EXTERNAL_TASKS, query).search)
    for search in searches:
        found |= {each.job.key: None for each in service().find_external_tasks(search)}
    if not found and not searches:
        raise unusable(
            "externalTaskIds are empty: expected external tasks, process instances or a query."
        )
    return list(found)
