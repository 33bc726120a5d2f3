"""Reading what a request carries, strictly: unknown fields and wrong types are refused."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import NoReturn

import marshmallow as ma
from flask import Request
from typing_extensions import override
from webargs.flaskparser import FlaskParser

from web.errors import FieldError, ProblemError, invalid_input
from web.json_input import JsonFailure, read_json


class StrictParser(FlaskParser):
    """Parses query strings and JSON bodies for the endpoints of the API."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 -- the base's
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "json": ma.RAISE,
        "query": ma.RAISE,
    }

    @override
    def load_json(self, req: Request, schema: ma.Schema) -> object:
        """Return the JSON value of the body; an empty body is an empty object.

        Raises:
            ProblemError: The body is not JSON (415, 400) or cannot be kept (422).
        """
        body = req.get_data()
        if not body.strip():
            return {}
        if not req.is_json:
            raise ProblemError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"Expected application/json, but got {req.mimetype or 'no content type'}.",
                headers={"Accept": "application/json"},
            )
        value = read_json(body)
        if isinstance(value, JsonFailure):
            raise _unreadable(value)
        return value

    @override
    def handle_error(
        self,
        error: ma.ValidationError,
        req: Request,
        schema: ma.Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        """Answer 422 with every field that is wrong."""
        raise invalid_input(field_errors(error)) from error


def field_errors(error: ma.ValidationError) -> list[FieldError]:
    """Return the messages of a validation as a flat list, each with the path of its field."""
    messages: dict[str, object] = error.normalized_messages()  # type: ignore[no-untyped-call]  # marshmallow's
    found: list[FieldError] = []
    for location, below in messages.items():
        if location in {"json", "query", "files", "form"}:
            _flatten(below, "", found)
        else:
            _flatten(below, str(location), found)
    return found


def _flatten(messages: object, path: str, found: list[FieldError]) -> None:
    if isinstance(messages, dict):
        for name, below in messages.items():
            step = "" if name == "_schema" else str(name)
            if step in {"key", "value"} and isinstance(below, list):
                step = ""  # marshmallow's own level inside a dictionary
            _flatten(below, ".".join(part for part in (path, step) if part), found)
    elif isinstance(messages, list):
        found.extend(FieldError(field=path, message=str(message)) for message in messages)
    else:
        found.append(FieldError(field=path, message=str(messages)))


def _unreadable(failure: JsonFailure) -> ProblemError:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if failure.path else HTTPStatus.BAD_REQUEST
    return ProblemError(
        status,
        f"{failure.path}: {failure.message}" if failure.path else failure.message,
        errors=[FieldError(field=failure.path, message=failure.message)],
    )
