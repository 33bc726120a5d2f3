"""Variables of user tasks: what a task sees, and those that are its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Response

from bpmn_engine.service.task_views import FoundTask
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer, no_content
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.failures import missing, not_offered, unless
from web.camunda.seven.query_reading import json_object
from web.camunda.seven.tasks import open_task
from web.camunda.typed_values import read_variables, write_variables
from web.context import principal, service

_VARIABLES = "/task/<task_id>/variables"
_LOCAL = "/task/<task_id>/localVariables"


@ENGINE_REST.get(_VARIABLES)
def list_task_variables(task_id: str) -> Response:
    """Return what a task sees."""
    return answer(write_variables(_seen(open_task(task_id))))


@ENGINE_REST.post(_VARIABLES)
def change_task_variables(task_id: str) -> Response:
    """Set variables that a task sees."""
    return _changed(task_id, is_local=False)


@ENGINE_REST.get(f"{_VARIABLES}/<name>")
def get_task_variable(task_id: str, name: str) -> Response:
    """Return one variable that a task sees."""
    return _one(task_id, name, _seen)


@ENGINE_REST.put(f"{_VARIABLES}/<name>")
def set_task_variable(task_id: str, name: str) -> Response:
    """Set one variable that a task sees."""
    return _set(task_id, name, is_local=False)


@ENGINE_REST.get(_LOCAL)
def list_local_task_variables(task_id: str) -> Response:
    """Return a task's own variables."""
    return answer(write_variables(_own(open_task(task_id))))


@ENGINE_REST.post(_LOCAL)
def change_local_task_variables(task_id: str) -> Response:
    """Set a task's own variables."""
    return _changed(task_id, is_local=True)


@ENGINE_REST.get(f"{_LOCAL}/<name>")
def get_local_task_variable(task_id: str, name: str) -> Response:
    """Return one of a task's own variables."""
    return _one(task_id, name, _own)


@ENGINE_REST.put(f"{_LOCAL}/<name>")
def set_local_task_variable(task_id: str, name: str) -> Response:
    """Set one of a task's own variables."""
    return _set(task_id, name, is_local=True)


def _seen(found: FoundTask) -> Mapping[str, JsonValue]:
    return found.variables or {}


def _own(found: FoundTask) -> Mapping[str, JsonValue]:
    return found.local_variables or {}


def _one(
    task_id: str, name: str, read: Callable[[FoundTask], Mapping[str, JsonValue]]
) -> Response:
    values = read(open_task(task_id))
    if name not in values:
        raise missing(f"task variable with name {name} does not exist")
    return answer(write_variables({name: values[name]})[name])


def _changed(task_id: str, *, is_local: bool) -> Response:
    body = json_object()
    if body.get("deletions"):
        raise not_offered("Expected no deletions: variables of a task are not removed one by one.")
    return _write(
        task_id,
        read_variables(body.get("modifications"), field="modifications"),
        is_local=is_local,
        doing=f"Cannot modify variables for task {task_id}",
    )


def _set(task_id: str, name: str, *, is_local: bool) -> Response:
    return _write(
        task_id,
        read_variables({name: json_object()}, field="variable"),
        is_local=is_local,
        doing=f"Cannot put task variable {name}",
    )


def _write(
    task_id: str, variables: Mapping[str, JsonValue], *, is_local: bool, doing: str
) -> Response:
    unless(
        service().set_task_variables(
            open_task(task_id).task.key,
            variables,
            is_local=is_local,
            caller=principal().caller,
        ),
        doing=doing,
    )
    return no_content()
