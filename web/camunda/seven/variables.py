"""Variables of one scope, of a process instance or an execution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Response, request
from marshmallow import fields

from bpmn_engine.service.views import Problem, ProblemKind
from bpmn_engine.values import JsonValue
from web.camunda.binary_values import Binary, binary_value, read_binary
from web.camunda.bodies import Body, read_body
from web.camunda.dialect import answer, no_content, unless_problem
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.seven.ids import missing, read_execution, refuse
from web.camunda.seven.queries import names_of
from web.camunda.typed_values import read_value, read_variables, write_value, write_variables
from web.context import principal, service
from web.json_input import JsonFailure, read_json

_OF_INSTANCE: Final = "/process-instance/<instance_id>/variables"
_OF_EXECUTION: Final = "/execution/<execution_id>/localVariables"


class PatchBody(Body):
    """Variables to set, and names of those to remove."""

    modifications = fields.Raw(load_default=None, allow_none=True)
    deletions = fields.List(fields.String(), load_default=None, allow_none=True)


class ValueBody(Body):
    """One typed value."""

    value = fields.Raw(load_default=None, allow_none=True)
    type = fields.String(load_default=None, allow_none=True)
    value_info = fields.Raw(load_default=None, allow_none=True)


def scope_of(instance_id: str | None = None, execution_id: str | None = None) -> tuple[int, int]:
    """Return the instance and the scope that an address means; 0 is the instance's own.

    Raises:
        ProblemError: it is no id of ours (404).
    """
    text = instance_id or execution_id or ""
    found = read_execution(text)
    if found is None or (instance_id is not None and found[1] != 0):
        kind = "Process instance" if execution_id is None else "Execution"
        raise missing(f"{kind} with id {text} does not exist")
    return found


def scope_variables(place: tuple[int, int]) -> Mapping[str, JsonValue]:
    """Return the variables of a scope of an open instance.

    Raises:
        ProblemError: there is no such open instance or visit (404).
    """
    key, scope = place
    view = service().instance(key)
    if isinstance(view, Problem) or view.summary.ended_at is not None:
        raise missing(f"execution {key} doesn't exist: execution is null")
    if scope == 0:
        return view.variables
    if scope not in {visit.key for visit in view.open_visits}:
        raise missing(f"execution {key}:{scope} doesn't exist: execution is null")
    found = unless_problem(service().instance_variables(key))
    return {each.name: each.value for each in found if each.scope_key == scope}


def change_variables(
    place: tuple[int, int], variables: Mapping[str, JsonValue], removed: tuple[str, ...] = ()
) -> Response:
    """Set and remove variables of a scope.

    Raises:
        ProblemError: there is no such open scope (404).
    """
    key, scope = place
    outcome = service().set_variables(
        key, variables, scope=scope, removed=removed, actor=principal().user_id
    )
    if isinstance(outcome, Problem) and outcome.kind is ProblemKind.NOT_FOUND and scope:
        raise missing(
            f"{outcome.message} An activity without input mappings has no variables of its own: "
            "set them in the process instance."
        )
    unless_problem(outcome)
    return no_content()


def _values(**place: str) -> Response:
    """Return all variables of a scope."""
    return answer(write_variables(scope_variables(scope_of(**place))))


def _patch(**place: str) -> Response:
    """Set and remove variables."""
    body = read_body(PatchBody)
    modifications = read_variables(body["modifications"], field="modifications")
    deletions = body["deletions"]
    removed = () if deletions is None else names_of("deletions", deletions)
    return change_variables(scope_of(**place), modifications, removed)


def _value(name: str, **place: str) -> Response:
    """Return a variable with its type."""
    return answer(write_value(_existing(name, place)))


def _put(name: str, **place: str) -> Response:
    """Set a variable."""
    body = read_body(ValueBody)
    entry: dict[str, JsonValue] = {
        "value": body["value"],
        "type": body["type"],
        "valueInfo": body["value_info"],
    }
    return change_variables(scope_of(**place), {name: read_value(entry, name)})


def _remove(name: str, **place: str) -> Response:
    """Remove a variable; one that is not there stays away."""
    return change_variables(scope_of(**place), {}, (name,))


def _data(name: str, **place: str) -> Response:
    """Return the bytes of a file, or of a variable of type Bytes."""
    return binary_answer(name, _existing(name, place))


def _upload(name: str, **place: str) -> Response:
    """Set a variable to the file of a form, or to its bytes."""
    return change_variables(scope_of(**place), {name: uploaded_value()})


def binary_answer(name: str, value: JsonValue) -> Response:
    """Return the bytes of a value.

    Raises:
        ProblemError: it has none (400).
    """
    binary = read_binary(value)
    if binary is None:
        raise refuse(f"Value of variable {name} is not a binary value.")
    response = Response(binary.content, content_type=binary.content_type)
    response.headers.set(
        "Content-Disposition", "attachment", filename=binary.filename or "data.bin"
    )
    return response


def uploaded_value() -> JsonValue:
    """Return the value that a form brings in its part `data`.

    Raises:
        ProblemError: there is no such part, or it is not usable (400).
    """
    file = request.files.get("data")
    content = file.read() if file is not None else request.form.get("data", "").encode()
    if file is None and "data" not in request.form:
        raise refuse("Expected a part 'data' in the form.")
    if request.form.get("type") or "json" in (file.mimetype if file else "").lower():
        value = read_json(content)
        if isinstance(value, JsonFailure):
            raise refuse(value.message)
        return value
    kind = request.form.get("valueType", "Bytes").lower()
    if kind not in {"bytes", "file"}:
        raise refuse(f"Unsupported value type '{request.form['valueType']}'")
    if kind == "bytes":
        return binary_value(Binary(content=content))
    if file is None or not file.filename:
        raise refuse("Expected the part 'data' to be a file with a name.")
    parameters = file.mimetype_params
    return binary_value(
        Binary(
            content=content,
            filename=file.filename,
            mime_type=file.mimetype or None,
            encoding=parameters.get("encoding") or parameters.get("charset"),
        )
    )


def _existing(name: str, place: Mapping[str, str]) -> JsonValue:
    variables = scope_variables(scope_of(**place))
    if name not in variables:
        raise missing(f"variable with name {name} does not exist")
    return variables[name]


def _offer(prefix: str, what: str) -> None:
    for rest, method, view in (
        ("", "GET", _values),
        ("", "POST", _patch),
        ("/<name>", "GET", _value),
        ("/<name>", "PUT", _put),
        ("/<name>", "DELETE", _remove),
        ("/<name>/data", "GET", _data),
        ("/<name>/data", "POST", _upload),
    ):
        endpoint = f"{what}{view.__name__}"
        ENGINE_REST.add_url_rule(f"{prefix}{rest}", endpoint, view, methods=[method])


_offer(_OF_INSTANCE, "instance_variables")
_offer(_OF_EXECUTION, "local_variables")
