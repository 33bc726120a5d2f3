"""Reading what Camunda's clients send: known members are checked, others are left alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from http import HTTPStatus

import marshmallow as ma
from flask import request
from typing_extensions import override

from bpmn_engine.values import JsonValue
from web.api.parsing import field_errors
from web.errors import FieldError, ProblemError, invalid_input
from web.json_input import JsonFailure, read_json


class Body(ma.Schema):
    """A JSON body in camelCase whose unknown members are ignored, as Camunda ignores them."""

    class Meta:
        """Clients of later releases send more than this."""

        unknown = ma.EXCLUDE

    @override
    def on_bind_field(self, field_name: str, field_obj: ma.fields.Field[object]) -> None:
        """Read the field `max_tasks` from the member `maxTasks`."""
        first, *others = field_name.split("_")
        field_obj.data_key = field_obj.data_key or first + "".join(map(str.title, others))


def read_body(schema: type[ma.Schema]) -> Mapping[str, JsonValue]:
    """Return the body of the request, as `schema` reads it; an empty one is an empty object.

    The content type is not looked at: some clients send none.

    Raises:
        ProblemError: it is not JSON (400), or a member has no usable value (422).
    """
    raw = request.get_data()
    value = read_json(raw) if raw.strip() else {}
    if isinstance(value, JsonFailure):
        place = f"{value.path}: " if value.path else ""
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"{place}{value.message}")
    if not isinstance(value, Mapping):
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, "Expected a JSON object, but got another value."
        )
    try:
        loaded: Mapping[str, JsonValue] = schema().load(value)
    except ma.ValidationError as error:
        raise invalid_input(field_errors(error)) from error
    return loaded


def text_or_none(value: JsonValue) -> str | None:
    """Return a text; None for anything else."""
    return value if isinstance(value, str) else None


def milliseconds(value: JsonValue) -> dt.timedelta:
    """Return a duration that is given in milliseconds; none for anything that is no number."""
    return dt.timedelta(milliseconds=value if isinstance(value, int) else 0)


def object_or_empty(value: JsonValue, field: str) -> dict[str, JsonValue]:
    """Return an object; None gives an empty one.

    Raises:
        ProblemError: it is something else (422).
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise invalid_input([FieldError(field=field, message="Expected an object.")])
    return dict(value)
