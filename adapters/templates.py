"""Element templates: the form a modeler sees, made from an adapter's input.

One field of the input is one field of the form: an enumeration is a list to choose from, a bool a
box to tick, a number a number where the flavour has them. `json_schema_extra` of a field may say:

    group        the section of the form (default "Input")
    hidden       no field of the form; for what only other people's diagrams use
    multiline    a text of several lines
    feel         Camunda 8: "required" where only an expression makes sense
    condition    {other field: value}: shown only if the other field has the value
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from pydantic.fields import FieldInfo

from bpmn_engine.ports import Adapter
from bpmn_engine.values import JsonValue

Template = dict[str, JsonValue]

_SCHEMA = "https://unpkg.com/@camunda/{}/resources/schema.json"
_PROFILE_PATTERN: Mapping[str, JsonValue] = {
    "value": "^[A-Za-z0-9_.-]+$",
    "message": "Name of a connection profile known to the engine",
}


class _Kind(Enum):
    """How a field is filled in."""

    TEXT = "text"
    LINES = "lines"
    CHOICE = "choice"
    BOX = "box"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """A field of the input as far as a form is concerned."""

    name: str  #: as in variables, in camelCase
    title: str
    description: str
    group: str
    kind: _Kind
    is_required: bool
    default: JsonValue
    choices: tuple[str, ...]
    needs_feel: bool
    condition: tuple[str, str] | None  #: name of another field and its value


def camunda7_template(adapter: Adapter) -> Template:
    """Return the template for diagrams of the `camunda:` flavour."""
    errors = _business_errors(adapter)
    return {
        "$schema": _SCHEMA.format("element-templates-json-schema"),
        **_head(adapter),
        "appliesTo": ["bpmn:ServiceTask", "bpmn:SendTask"],
        "properties": [
            _hidden("external", {"type": "property", "name": "camunda:type"}),
            _hidden(adapter.meta.job_type, {"type": "property", "name": "camunda:topic"}),
            _profile(adapter, {"type": "camunda:inputParameter", "name": "profile"}),
            *(_camunda7_property(field) for field in _fields(adapter)),
            _entry(
                "resultVariable",
                "Result variable",
                "The whole output is stored in this variable; without it, each field by itself.",
                "Result",
                {"type": "camunda:property", "name": "resultVariable"},
            ),
            *(
                _hidden("${false}", {"type": "camunda:errorEventDefinition", "errorRef": code})
                for code in errors
            ),
            {
                **_entry(
                    "retryTimeCycle",
                    "Retries",
                    "R<tries>/<pause between them>",
                    "Retries",
                    {"type": "camunda:property", "name": "retryTimeCycle"},
                ),
                "value": "R3/PT1M",
            },
        ],
        "scopes": [
            {
                "type": "bpmn:Error",
                "id": code,
                "properties": [
                    _hidden(code, {"type": "property", "name": "errorCode"}),
                    _hidden(text, {"type": "property", "name": "name"}),
                ],
            }
            for code, text in errors.items()
        ],
    }


def camunda8_template(adapter: Adapter) -> Template:
    """Return the template for diagrams of the `zeebe:` flavour."""
    return {
        "$schema": _SCHEMA.format("zeebe-element-templates-json-schema"),
        **_head(adapter),
        "appliesTo": ["bpmn:Task"],
        "elementType": {"value": "bpmn:ServiceTask"},
        "engines": {"camunda": "^8.3"},
        "properties": [
            _hidden(adapter.meta.job_type, {"type": "zeebe:taskDefinition", "property": "type"}),
            _profile(adapter, {"type": "zeebe:input", "name": "profile"}),
            *(_camunda8_property(field) for field in _fields(adapter)),
            _entry(
                "resultVariable",
                "Result variable",
                "The whole output is stored in this variable.",
                "Result",
                {"type": "zeebe:taskHeader", "key": "resultVariable"},
            ),
            {
                **_entry(
                    "resultExpression",
                    "Result expression",
                    "A FEEL context over the output; its entries become variables.",
                    "Result",
                    {"type": "zeebe:taskHeader", "key": "resultExpression"},
                ),
                "type": "Text",
                "feel": "required",
            },
            {
                **_entry(
                    "errorExpression",
                    "Error expression",
                    f"Codes: {', '.join(adapter.errors)}.",
                    "Errors",
                    {"type": "zeebe:taskHeader", "key": "errorExpression"},
                ),
                "type": "Text",
                "feel": "required",
            },
            {
                **_entry(
                    "retries",
                    "Retries",
                    "How often the job is tried.",
                    "Retries",
                    {"type": "zeebe:taskDefinition", "property": "retries"},
                ),
                "value": "3",
            },
            {
                **_entry(
                    "retryBackoff",
                    "Pause between tries",
                    "An ISO 8601 duration.",
                    "Retries",
                    {"type": "zeebe:taskHeader", "key": "retryBackoff"},
                ),
                "value": "PT1M",
            },
        ],
    }


FLAVOURS: Mapping[str, Callable[[Adapter], Template]] = types.MappingProxyType(
    {"camunda7": camunda7_template, "camunda8": camunda8_template}
)
"""The name of a flavour to the function that makes its template."""


def _head(adapter: Adapter) -> Template:
    named = [field.group for field in _fields(adapter)]
    groups = dict.fromkeys(["Connection", *named, "Result", "Errors", "Retries"])
    prefix, _, version = adapter.meta.job_type.rpartition(":")
    return {
        "name": adapter.meta.name,
        "id": f"{prefix.replace(':', '.')}.v{version}",
        "version": int(version),
        "description": adapter.meta.description,
        "category": {"id": "bpmn-engine", "name": "Adapters"},
        "groups": [{"id": _group_id(name), "label": name} for name in groups],
    }


def _group_id(name: str) -> str:
    return name.lower().replace(" ", "-")


def _hidden(value: str, binding: Mapping[str, JsonValue]) -> Template:
    return {"type": "Hidden", "value": value, "binding": binding}


def _entry(
    name: str, label: str, description: str, group: str, binding: Mapping[str, JsonValue]
) -> Template:
    return {
        "id": name,
        "label": label,
        "description": description,
        "type": "String",
        "group": _group_id(group),
        "binding": binding,
    }


def _profile(adapter: Adapter, binding: Mapping[str, JsonValue]) -> Template:
    said = "The log-in and the bounds, kept by the operator under this name."
    entry = _entry("profile", "Connection profile", said, "Connection", binding)
    entry["constraints"] = {"notEmpty": adapter.meta.needs_profile, "pattern": _PROFILE_PATTERN}
    return entry


def _business_errors(adapter: Adapter) -> dict[str, str]:
    """Return BPMN error code to text, one per code."""
    rows = adapter.errors.values()
    return {row.bpmn_error_code: row.text for row in rows if row.bpmn_error_code is not None}


def _camunda7_property(field: _Field) -> Template:
    binding: Mapping[str, JsonValue] = {"type": "camunda:inputParameter", "name": field.name}
    template = _common(field, binding)
    match field.kind:
        case _Kind.BOX:
            # An input parameter of this flavour cannot be a box.
            words: list[JsonValue] = [{"name": word, "value": word} for word in ("false", "true")]
            value = "true" if field.default else "false"
            template |= {"type": "Dropdown", "choices": words, "value": value}
        case _Kind.CHOICE:
            template |= _choices(field)
        case _Kind.TEXT | _Kind.LINES | _Kind.NUMBER:
            template |= _written(field)
    return template


def _camunda8_property(field: _Field) -> Template:
    template = _common(field, {"type": "zeebe:input", "name": field.name})
    match field.kind:
        case _Kind.BOX:
            template |= {"type": "Boolean", "value": bool(field.default), "feel": "static"}
        case _Kind.CHOICE:
            template |= _choices(field)
        case _Kind.NUMBER:
            value = {} if field.default is None else {"value": field.default}
            template |= {"type": "Number", "feel": "static", **value}
        case _Kind.TEXT | _Kind.LINES:
            template |= _written(field)
            template["feel"] = "required" if field.needs_feel else "optional"
    if not field.is_required and "value" not in template:
        template["optional"] = True
    return template


def _common(field: _Field, binding: Mapping[str, JsonValue]) -> Template:
    template = _entry(field.name, field.title, field.description, field.group, binding)
    if field.is_required:
        template["constraints"] = {"notEmpty": True}
    if field.condition is not None:
        template["condition"] = {"property": field.condition[0], "equals": field.condition[1]}
    return template


def _choices(field: _Field) -> Template:
    value: JsonValue = field.choices[0] if field.default is None else field.default
    return {
        "type": "Dropdown",
        "choices": [{"name": choice, "value": choice} for choice in field.choices],
        "value": value,
    }


def _written(field: _Field) -> Template:
    template: Template = {"type": "Text" if field.kind is _Kind.LINES else "String"}
    if field.default not in (None, ""):
        template["value"] = str(field.default)
    return template


def _fields(adapter: Adapter) -> list[_Field]:
    known = adapter.input_type.model_fields
    return [
        _field(name, field) for name, field in known.items() if not _extra(field).get("hidden")
    ]


def _extra(field: FieldInfo) -> Mapping[str, JsonValue]:
    extra: object = field.json_schema_extra
    return extra if isinstance(extra, Mapping) else {}


def _field(name: str, field: FieldInfo) -> _Field:
    extra = _extra(field)
    choice = _enumeration(field.annotation)
    condition = extra.get("condition")
    return _Field(
        name=field.alias or name,
        title=field.title or name,
        description=field.description or "",
        group=str(extra.get("group", "Input")),
        kind=_kind(field.annotation, is_multiline=bool(extra.get("multiline"))),
        is_required=field.is_required(),
        default=_default(field),
        choices=() if choice is None else tuple(str(member.value) for member in choice),
        needs_feel=extra.get("feel") == "required",
        condition=_pair(condition) if isinstance(condition, Mapping) else None,
    )


def _pair(condition: Mapping[str, JsonValue]) -> tuple[str, str]:
    name, value = next(iter(condition.items()))
    return name, str(value)


def _without_none(annotation: object) -> object:
    """Return the type of a value that is not None, where only None is the alternative."""
    if typing.get_origin(annotation) not in {typing.Union, types.UnionType}:
        return annotation
    inner = [one for one in typing.get_args(annotation) if one is not types.NoneType]
    return inner[0] if len(inner) == 1 else annotation


def _enumeration(annotation: object) -> type[Enum] | None:
    bare = _without_none(annotation)
    return bare if isinstance(bare, type) and issubclass(bare, Enum) else None


def _kind(annotation: object, *, is_multiline: bool) -> _Kind:
    bare = _without_none(annotation)
    if _enumeration(bare) is not None:
        return _Kind.CHOICE
    if bare is bool:
        return _Kind.BOX
    if bare in {int, float}:
        return _Kind.NUMBER
    return _Kind.LINES if is_multiline else _Kind.TEXT


def _default(field: FieldInfo) -> JsonValue:
    """Return the default as a form shows it; nothing for what is empty."""
    default: object = field.default
    if isinstance(default, Enum):
        return str(default.value)
    if isinstance(default, list):
        return ",".join(map(str, default))
    return default if isinstance(default, (bool, int, float, str)) else None
