"""Forms: the form-js schema of a task or start event, and the values it starts with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bpmn_engine.expressions.language import (
    EvaluationFailure,
    Language,
    SyntaxFailure,
    compile_expression,
    detect_language,
)
from bpmn_engine.functions import NO_FUNCTIONS, FunctionTable
from bpmn_engine.ids import Key
from bpmn_engine.model.extensions import FormDefinition, FormField, FormSource
from bpmn_engine.store import definitions
from bpmn_engine.store import forms as stored_forms
from bpmn_engine.store.database import Session
from bpmn_engine.store.json_text import load_json
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.work import FormKind, FormView

SCHEMA_VERSION: Final = 18
"""Of the form-js schemas made here."""

_NUMBERS: Final = frozenset({"long", "int", "integer", "short", "double", "float", "number"})
_WHOLE_NUMBERS: Final = frozenset({"long", "int", "integer", "short"})
_LIMITS: Final[Mapping[str, str]] = {
    "min": "min",
    "max": "max",
    "minlength": "minLength",
    "maxlength": "maxLength",
}


def form_view(
    session: Session,
    form: FormDefinition | None,
    definition_key: Key,
    variables: Variables,
    now: dt.datetime,
    functions: FunctionTable = NO_FUNCTIONS,
) -> FormView:
    """Return the schema of a form and the variables it shows; kind NONE when there is no schema.

    A form key that only another front end understands has no schema here.
    """
    if form is None:
        return _nothing(variables)
    text: str | None = None
    match form.source:
        case FormSource.FIELDS:
            return FormView(
                kind=FormKind.GENERATED,
                schema=generated_schema(form.fields),
                values={**_defaults(form.fields, variables, now, functions), **variables},
            )
        case FormSource.EMBEDDED:
            text = form.reference
        case FormSource.CAMUNDA_FORM:
            text = _stored_schema(session, form, definition_key)
        case FormSource.FORM_KEY:
            pass
    schema = None if text is None else _parsed(text)
    if schema is None:
        return _nothing(variables)
    return FormView(kind=FormKind.CAMUNDA, schema=schema, values=variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedForm:
    """A Camunda form file."""

    form_id: str
    schema: Mapping[str, JsonValue]


def parse_form(content: bytes) -> ParsedForm | str:
    """Return a Camunda form, or a sentence that says what is wrong with the file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "Expected a form as UTF-8 text, but it is not."
    schema = _parsed(text)
    if schema is None:
        return "Expected a form as a JSON object, but it is not."
    form_id = schema.get("id")
    if not isinstance(form_id, str) or not form_id:
        return "Expected the form to have an id, but it has none. Give it one in the modeler."
    components = schema.get("components")
    if not isinstance(components, Sequence) or isinstance(components, str):
        return f"Expected the form {form_id!r} to have a list of components, but it has none."
    return ParsedForm(form_id=form_id, schema=schema)


def generated_schema(fields: Sequence[FormField]) -> Mapping[str, JsonValue]:
    """Return a form-js schema for form fields that are drawn into the diagram."""
    return {
        "type": "default",
        "schemaVersion": SCHEMA_VERSION,
        "components": [_component(field) for field in fields],
    }


def _nothing(variables: Variables) -> FormView:
    return FormView(kind=FormKind.NONE, schema={}, values=variables)


def _stored_schema(session: Session, form: FormDefinition, definition_key: Key) -> str | None:
    if form.reference is None:
        return None
    row: stored_forms.FormRow | None = None
    match form.binding, form.binding_value:
        case "deployment", _:
            own = definitions.find(session, definition_key)
            key = None if own is None else own.deployment_key
            row = stored_forms.find(session, form.reference, deployment_key=key)
        case "version", str(version):
            if version.isdecimal():
                row = stored_forms.find(session, form.reference, version=int(version))
        case "versionTag", str(tag):
            row = _tagged(session, form.reference, tag)
        case _:
            row = stored_forms.find(session, form.reference)
    return None if row is None else row.content.decode("utf-8-sig")


def _tagged(session: Session, form_id: str, tag: str) -> stored_forms.FormRow | None:
    for row in stored_forms.versions(session, form_id):
        schema = _parsed(row.content.decode("utf-8-sig"))
        if schema is not None and schema.get("versionTag") == tag:
            return row
    return None


def _parsed(text: str) -> Mapping[str, JsonValue] | None:
    try:
        value = load_json(text.strip())
    except ValueError:
        return None
    return value if isinstance(value, Mapping) else None


def _component(field: FormField) -> Mapping[str, JsonValue]:
    component: dict[str, JsonValue] = {
        "id": f"Field_{field.id}",
        "key": field.id,
        "label": field.label or field.id,
        "type": "textfield",
        "validate": _validation(field),
    }
    if field.type in _NUMBERS:
        component["type"] = "number"
        if field.type in _WHOLE_NUMBERS:
            component["decimalDigits"] = 0
    elif field.type == "boolean":
        component["type"] = "checkbox"
    elif field.type == "enum":
        component["type"] = "select"
        component["values"] = [
            {"value": value, "label": label} for value, label in field.options.items()
        ]
    elif field.type == "date":
        component |= {"type": "datetime", "subtype": "date", "dateLabel": field.label or field.id}
    if "readonly" in field.constraints:
        component["readonly"] = field.constraints["readonly"] != "false"
    return component


def _validation(field: FormField) -> Mapping[str, JsonValue]:
    validation: dict[str, JsonValue] = {}
    if field.constraints.get("required", "false") != "false":
        validation["required"] = True
    for name, target in _LIMITS.items():
        number = _number(field.constraints.get(name))
        if number is not None:
            validation[target] = number
    return validation


def _number(text: str | None) -> int | float | None:
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None


def _defaults(
    fields: Sequence[FormField], variables: Variables, now: dt.datetime, functions: FunctionTable
) -> Variables:
    """Return what fields begin with; an expression that has no value leaves its field empty."""
    values: dict[str, JsonValue] = {}
    for field in fields:
        text = None if field.default is None else field.default.text
        if text is None:
            continue
        if detect_language(text, default=Language.LITERAL) is not Language.LITERAL:
            compiled = compile_expression(text, default=Language.LITERAL, functions=functions)
            if isinstance(compiled, SyntaxFailure):
                continue
            value = compiled.evaluate(variables, now)
            if not isinstance(value, EvaluationFailure):
                values[field.id] = value
        elif field.type == "boolean":
            values[field.id] = text.lower() == "true"
        elif field.type in _NUMBERS:
            values[field.id] = _number(text)
        else:
            values[field.id] = text
    return values
