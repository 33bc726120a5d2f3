"""The REST API of Camunda 7.24, as far as the Modeler and external task clients use it.

Sources: docs.camunda.org/rest/camunda-bpm-platform/7.24 and what the clients send.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, request

from bpmn_engine.values import JsonValue
from web.camunda.dialect import dialect
from web.camunda.seven.failures import SevenError
from web.camunda.seven.refusals import reason
from web.camunda.times import written_time as written_time
from web.errors import ProblemError

CAMUNDA_VERSION: Final = "7.24.0"
"""The release whose API this is; clients ask for it."""

_EXCEPTIONS: Final = {
    HTTPStatus.BAD_REQUEST: "InvalidRequestException",
    HTTPStatus.UNAUTHORIZED: "AuthenticationException",
    HTTPStatus.FORBIDDEN: "AuthorizationException",
    HTTPStatus.NOT_FOUND: "InvalidRequestException",
    HTTPStatus.UNPROCESSABLE_ENTITY: "InvalidRequestException",
    HTTPStatus.NOT_IMPLEMENTED: "NotImplementedException",
}
_PARSE_ERROR: Final = "ENGINE-09005 Could not parse BPMN process. Errors:"
"""What the Modeler looks for, to show the message as one about the diagram."""


def _error(error: ProblemError) -> JsonValue:
    """Write an error as Camunda 7 does: `type`, `message` and `code`."""
    if isinstance(error, SevenError):
        return error.body
    violations = error.extra.get("violations")
    if isinstance(violations, list):
        lines = "".join(f"\n* {_finding(each)}" for each in violations if isinstance(each, dict))
        return {
            "type": "ParseException",
            "message": f"{_PARSE_ERROR}{lines}",
            "code": 0,
            "details": error.extra,
        }
    kind = _EXCEPTIONS.get(error.status, "RestException")
    return {"type": kind, "message": error.detail, "code": 0}


def _finding(violation: dict[str, JsonValue]) -> str:
    place = f" | line {violation.get('line')} | {violation.get('element_id')}"
    return f"{violation.get('message')}{place}"


ENGINE_REST: Final[Blueprint] = dialect(
    "engine-rest", "/engine-rest", _error, why=lambda address: reason(request.method, address)
)


def definition_id(process_id: str, version: int, key: int) -> str:
    """Return the id of a process definition as Camunda 7 writes one."""
    return f"{process_id}:{version}:{key}"
