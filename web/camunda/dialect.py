"""What the two APIs of Camunda have in common as blueprints: origins, errors, and 501."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, NoReturn, TypeVar

from flask import Blueprint, Response, json, request
from werkzeug.exceptions import HTTPException

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.service.views import Problem
from bpmn_engine.values import JsonValue
from web.context import web_context
from web.errors import ProblemError, as_problem_error, problem_error

_JSON: Final = "application/json"
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")

Result = TypeVar("Result")
_STATUS: Final = {
    HTTPStatus.UNPROCESSABLE_ENTITY: HTTPStatus.BAD_REQUEST,
}
"""Our status to Camunda's, where it is another."""

WriteError = Callable[[ProblemError], JsonValue]


def dialect(
    name: str,
    prefix: str,
    write_error: WriteError,
    *,
    error_type: str = _JSON,
    why: Callable[[str], str | None] = lambda _: None,
) -> Blueprint:
    """Return the blueprint of one API: its errors in its words, and 501 for what is missing.

    `why` says for an address below `prefix` why nothing is there.
    """
    blueprint = Blueprint(name, __name__, url_prefix=prefix)

    def answer_error(error: Exception) -> Response:
        if isinstance(error, HTTPException) and (error.code or 0) < HTTPStatus.BAD_REQUEST:
            return error.get_response()  # type: ignore[return-value]  # a redirect of the router
        problem = as_problem_error(error)
        status = _STATUS.get(problem.status, problem.status)
        response = answer(write_error(problem), status=status, headers=problem.headers)
        response.content_type = error_type
        return response

    for kind in (ProblemError, HTTPException, DatabaseUnavailableError, Exception):
        blueprint.register_error_handler(kind, answer_error)

    def not_implemented(rest: str) -> NoReturn:
        _not_implemented(rest, why(rest))

    blueprint.add_url_rule(
        "/<path:rest>", "not_implemented", not_implemented, methods=list(_METHODS)
    )
    blueprint.after_request(allow_origin)
    return blueprint


def answer(
    value: JsonValue, *, status: int = HTTPStatus.OK, headers: dict[str, str] | None = None
) -> Response:
    """Return a JSON answer; its content type has no parameters, as one client compares it."""
    return Response(json.dumps(value), status=status, headers=headers, content_type=_JSON)


def no_content() -> Response:
    """Return the empty answer 204."""
    return Response(status=HTTPStatus.NO_CONTENT)


def done(problem: Problem | None) -> Response:
    """Return 204, or raise what the service says.

    Raises:
        ProblemError: there is a problem.
    """
    if problem is not None:
        raise problem_error(problem)
    return no_content()


def unless_problem(result: Result | Problem) -> Result:
    """Return the result of a use case.

    Raises:
        ProblemError: there is a problem instead.
    """
    if isinstance(result, Problem):
        raise problem_error(result)
    return result


def _not_implemented(rest: str, reason: str | None) -> NoReturn:
    because = " yet" if reason is None else f": {reason}"
    raise ProblemError(
        HTTPStatus.NOT_IMPLEMENTED,
        f"Expected an operation that is offered, but {request.method} /{rest} is not{because}. "
        "docs/camunda-compatibility.md lists every operation with its state; our own API under "
        "/api/v1 does more.",
    )


def allow_origin(response: Response) -> Response:
    """Let programs of the configured origins call: the desktop Modeler is one (`file://`)."""
    origin = request.headers.get("Origin")
    if origin is not None and origin in web_context().settings.modeler_origins:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Headers"] = "authorization, content-type"
        response.headers["Access-Control-Allow-Methods"] = ", ".join(_METHODS)
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.vary.add("Origin")
    return response
