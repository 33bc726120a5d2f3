"""The format as a JSON schema (draft 2020-12), with which editors complete and check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bpmn_engine.testing.cases.file_format import FILE
from bpmn_engine.testing.cases.shapes import (
    AnyShape,
    ChoiceShape,
    CountShape,
    ListShape,
    MapShape,
    NothingShape,
    RecordShape,
    Shape,
    TextShape,
    VerbShape,
    WordShape,
)
from bpmn_engine.values import JsonValue

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def file_schema() -> Mapping[str, JsonValue]:
    """Return the schema of a test file."""
    return {
        "$schema": _DIALECT,
        "title": "Process tests",
        "description": "Tests of BPMN processes, run by `bpmn-engine test` and by pytest.",
        **_schema(FILE),
    }


def _schema(shape: Shape) -> dict[str, JsonValue]:  # noqa: C901, PLR0912 — a case for each shape
    match shape:
        case TextShape():
            # Editors read `no: 1` by rules of their own; a number stands for its text.
            return {"type": ["string", "number", "boolean"]}
        case WordShape():
            return {"anyOf": [{"enum": list(shape.words)}, _PLACEHOLDER]}
        case CountShape():
            return {"anyOf": [{"type": "integer", "minimum": 0}, _PLACEHOLDER]}
        case NothingShape():
            return {"type": "null"}
        case AnyShape():
            return {}
        case MapShape():
            values: dict[str, JsonValue] = {"additionalProperties": _schema(shape.values)}
            return {"anyOf": [{"type": "object", **values}, _PLACEHOLDER]}
        case ListShape():
            least: dict[str, JsonValue] = {"minItems": shape.at_least} if shape.at_least else {}
            return {"type": "array", "items": _schema(shape.items), **least}
        case ChoiceShape():
            return {"anyOf": [_schema(one) for one in shape.choices]}
        case VerbShape():
            records: list[JsonValue] = [_schema(one) for one in shape.records]
            if shape.otherwise is not None:
                records.append(_schema(shape.otherwise))
            return {"anyOf": records}
        case RecordShape():
            return _record(shape)


_PLACEHOLDER: Final[Mapping[str, JsonValue]] = {"type": "string", "pattern": "^<.+>$"}
"""What stands for a value of an example."""


def _record(shape: RecordShape) -> dict[str, JsonValue]:
    return {
        "type": "object",
        "properties": {
            key.name: {"description": key.about, **_schema(key.shape)} for key in shape.keys
        },
        "required": [key.name for key in shape.keys if key.is_required],
        "additionalProperties": False,
    }
