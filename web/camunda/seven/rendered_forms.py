"""Generated forms as XHTML, with the attributes that Camunda's forms library reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from bpmn_engine.model.extensions import FormField
from bpmn_engine.values import JsonValue, Variables

XHTML: Final = "application/xhtml+xml"

_TYPES: Final[Mapping[str, str]] = {
    "string": "String",
    "long": "Long",
    "int": "Integer",
    "integer": "Integer",
    "short": "Short",
    "double": "Double",
    "float": "Double",
    "boolean": "Boolean",
    "date": "Date",
    "enum": "String",
}


def rendered(fields: Sequence[FormField], values: Variables) -> str:
    """Return a form; every field is a variable of its name."""
    parts = "".join(_field(each, values.get(each.id)) for each in fields)
    return f'<form name="generatedForm" role="form">{parts}</form>'


def _field(field: FormField, value: JsonValue) -> str:
    label = escape(field.label or field.id)
    return (
        f'<div class="form-group"><label for="{escape(field.id)}">{label}</label>'
        f"{_control(field, value)}</div>"
    )


def _control(field: FormField, value: JsonValue) -> str:
    attributes = (
        f'class="form-control" name="{escape(field.id)}" cam-variable-name="{escape(field.id)}" '
        f'cam-variable-type="{_TYPES.get(field.type, "String")}"{_constraints(field)}'
    )
    if field.type == "enum":
        options = "".join(
            f'<option value="{escape(key)}"{_selected(key, value)}>{escape(text)}</option>'
            for key, text in field.options.items()
        )
        return f'<select cam-choices="true" {attributes}>{options}</select>'
    if field.type == "boolean":
        checked = ' checked="checked"' if value is True else ""
        return f'<input type="checkbox" {attributes}{checked}/>'
    written = "" if value is None else f' value="{escape(str(value))}"'
    return f'<input type="text" {attributes}{written}/>'


def _selected(key: str, value: JsonValue) -> str:
    return ' selected="selected"' if key == value else ""


def _constraints(field: FormField) -> str:
    rules = field.constraints
    written = ' required="required"' if rules.get("required", "false") != "false" else ""
    if rules.get("readonly", "false") != "false":
        written += ' readonly="readonly"'
    for name, attribute in (("minlength", "ng-minlength"), ("maxlength", "ng-maxlength")):
        if name in rules:
            written += f' {attribute}="{escape(rules[name])}"'
    return written
