"""Variables of user tasks: what a task sees, and those that are its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flask import Response

from bpmn_engine.service.task_views import FoundTask
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer, no_content
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.failures import missing, unless
from web.camunda.seven.queries import names_of
from web.camunda.seven.query_reading import json_object
from web.camunda.seven.tasks import open_task
from web.camunda.seven.variables import binary_answer, uploaded_value
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


@ENGINE_REST.delete(f"{_VARIABLES}/<name>")
def remove_task_variable(task_id: str, name: str) -> Response:
    """Remove a variable that a task sees from where it is; one that is not there stays away."""
    return _removed(task_id, name, is_local=False)


@ENGINE_REST.delete(f"{_LOCAL}/<name>")
def remove_local_task_variable(task_id: str, name: str) -> Response:
    """Remove one of a task's own variables; one that is not there stays away."""
    return _removed(task_id, name, is_local=True)


@ENGINE_REST.get(f"{_VARIABLES}/<name>/data")
def get_task_variable_data(task_id: str, name: str) -> Response:
    """Return the bytes of a variable that a task sees."""
    return binary_answer(name, _value(task_id, name, _seen))


@ENGINE_REST.get(f"{_LOCAL}/<name>/data")
def get_local_task_variable_data(task_id: str, name: str) -> Response:
    """Return the bytes of one of a task's own variables."""
    return binary_answer(name, _value(task_id, name, _own))


@ENGINE_REST.post(f"{_VARIABLES}/<name>/data")
def set_task_variable_data(task_id: str, name: str) -> Response:
    """Set a variable that a task sees to the file of a form, or to its bytes."""
    return _uploaded(task_id, name, is_local=False)


@ENGINE_REST.post(f"{_LOCAL}/<name>/data")
def set_local_task_variable_data(task_id: str, name: str) -> Response:
    """Set one of a task's own variables to the file of a form, or to its bytes."""
    return _uploaded(task_id, name, is_local=True)


def _seen(found: FoundTask) -> Mapping[str, JsonValue]:
    return found.variables or {}


def _own(found: FoundTask) -> Mapping[str, JsonValue]:
    return found.local_variables or {}


def _one(
    task_id: str, name: str, read: Callable[[FoundTask], Mapping[str, JsonValue]]
) -> Response:
    return answer(write_variables({name: _value(task_id, name, read)})[name])


def _value(
    task_id: str, name: str, read: Callable[[FoundTask], Mapping[str, JsonValue]]
) -> JsonValue:
    values = read(open_task(task_id))
    if name not in values:
        raise missing(f"task variable with name {name} does not exist")
    return values[name]


def _changed(task_id: str, *, is_local: bool) -> Response:
    body = json_object()
    deletions = body.get("deletions")
    return _write(
        task_id,
        read_variables(body.get("modifications"), field="modifications"),
        removed=() if deletions is None else names_of("deletions", deletions),
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


def _removed(task_id: str, name: str, *, is_local: bool) -> Response:
    doing = f"Cannot delete task variable {name}"
    return _write(task_id, {}, removed=(name,), is_local=is_local, doing=doing)


def _uploaded(task_id: str, name: str, *, is_local: bool) -> Response:
    doing = f"Cannot put task variable {name}"
    return _write(task_id, {name: uploaded_value()}, is_local=is_local, doing=doing)


def _write(
    task_id: str,
    variables: Mapping[str, JsonValue],
    *,
    removed: Sequence[str] = (),
    is_local: bool,
    doing: str,
) -> Response:
    unless(
        service().change_task_variables(
            open_task(task_id).task.key,
            variables,
            removed,
            is_local=is_local,
            caller=principal().caller,
        ),
        doing=doing,
    )
    return no_content()
