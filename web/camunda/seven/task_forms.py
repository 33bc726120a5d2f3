"""The forms of user tasks: which there is, its fields as variables, and as HTML."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from flask import Response, json, request

from bpmn_engine.model.extensions import FormSource
from bpmn_engine.service.views import FormKind, Problem
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.definition_forms import DEPLOYED, deployed_file
from web.camunda.seven.definitions_found import definition_with_key
from web.camunda.seven.failures import missing, unusable
from web.camunda.seven.rendered_forms import XHTML
from web.camunda.seven.task_queries import written_form
from web.camunda.seven.tasks import open_task
from web.camunda.typed_values import write_variables
from web.context import principal, service

_PREFIX = "/task"
_SELECTED: Final = ' selected="selected"'

_INPUTS: Final[Mapping[str, str]] = {
    "number": "number",
    "checkbox": "checkbox",
    "datetime": "date",
}


@ENGINE_REST.get(f"{_PREFIX}/<task_id>/form")
def get_task_form(task_id: str) -> Response:
    """Say which form a task has."""
    found = open_task(task_id, f"Cannot get form for task {task_id}")
    written = written_form(found)
    key = written["formKey"]
    form = found.task.form
    if form is not None and form.source is FormSource.FIELDS:
        key = f"embedded:engine://engine/:engine/task/{task_id}/rendered-form"
    return answer({"key": key, "camundaFormRef": written["camundaFormRef"], "contextPath": None})


@ENGINE_REST.get(f"{_PREFIX}/<task_id>/form-variables")
def get_form_variables(task_id: str) -> Response:
    """Return what a task's form begins with, with the other variables that the task sees."""
    found = open_task(task_id)
    names = [name for name in request.args.get("variableNames", "").split(",") if name]
    values = dict(found.variables or {})
    form = service().task_form(found.task.key, caller=principal().caller)
    if not isinstance(form, Problem):
        values |= form.values
    if names:
        values = {name: values[name] for name in names if name in values}
    return answer(write_variables(values))


@ENGINE_REST.get(f"{_PREFIX}/<task_id>/deployed-form")
def get_deployed_form(task_id: str) -> Response:
    """Return the file of a task's form: a Camunda form, or what the form key names."""
    found = open_task(task_id)
    own = found.task.form
    key = None if own is None or own.source is not FormSource.FORM_KEY else own.reference
    if key is not None and key.startswith(DEPLOYED):
        deployment = definition_with_key(found.task.definition_key).deployment_key
        return Response(deployed_file(key, deployment), content_type=XHTML)
    form = service().task_form(found.task.key, caller=principal().caller)
    if isinstance(form, Problem) or form.kind is not FormKind.CAMUNDA:
        raise missing(
            f"The form with the form key or reference of task {task_id} could not be found: it "
            "has none that is deployed."
        )
    return Response(json.dumps(form.schema), content_type="application/json")


@ENGINE_REST.get(f"{_PREFIX}/<task_id>/rendered-form")
def get_rendered_form(task_id: str) -> Response:
    """Return the fields that the diagram gives a task, as HTML."""
    found = open_task(task_id)
    form = service().task_form(found.task.key, caller=principal().caller)
    if isinstance(form, Problem) or form.kind is not FormKind.GENERATED:
        raise missing(f"No matching rendered form for task with the id {task_id} found.")
    components = form.schema.get("components")
    if not isinstance(components, Sequence):
        raise unusable("Expected a form with components.")
    rows = "".join(_row(each, form.values) for each in components if isinstance(each, Mapping))
    return Response(
        f'<form name="generatedForm" role="form">{rows}</form>',
        status=HTTPStatus.OK,
        content_type=XHTML,
    )


def _row(component: Mapping[str, JsonValue], values: Mapping[str, JsonValue]) -> str:
    name = str(component["key"])
    label = html.escape(str(component.get("label") or name))
    return (
        f'<div class="form-group"><label for="{html.escape(name)}">{label}</label>'
        f"{_input(component, name, values.get(name))}</div>"
    )


def _input(component: Mapping[str, JsonValue], name: str, value: JsonValue) -> str:
    kind = str(component.get("type"))
    escaped = html.escape(name)
    named = f'id="{escaped}" name="{escaped}" cam-variable-name="{escaped}"'
    validation = component.get("validate")
    rules = validation if isinstance(validation, Mapping) else {}
    required = ' required="required"' if rules.get("required") else ""
    if kind == "select":
        return f"<select {named}{required}>{_options(component, value)}</select>"
    if kind == "checkbox":
        checked = ' checked="checked"' if value is True else ""
        return f'<input {named} type="checkbox"{checked}/>'
    shown = "" if value is None else f' value="{html.escape(str(value))}"'
    return f'<input {named} type="{_INPUTS.get(kind, "text")}"{required}{shown}/>'


def _options(component: Mapping[str, JsonValue], value: JsonValue) -> str:
    listed = component.get("values")
    options = listed if isinstance(listed, Sequence) else ()
    return "".join(
        f'<option value="{html.escape(str(each.get("value")))}"'
        f"{_SELECTED if each.get('value') == value else ''}>"
        f"{html.escape(str(each.get('label')))}</option>"
        for each in options
        if isinstance(each, Mapping)
    )
