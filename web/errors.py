"""What goes wrong, as HTTP: the one place that knows status codes.

Every error of the API is a problem document (RFC 9457, application/problem+json) with `type`,
`title`, `status`, `detail`, `request_id` and, where the input is at fault, `errors`: a list of
`{"field", "message"}`. Pages show the same facts.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, json, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.service.views import (
    EvaluationFailure,
    Problem,
    ProblemKind,
    SyntaxFailure,
    Violation,
)
from bpmn_engine.values import JsonValue
from web.assets import MISSING_BUNDLE_PAGE, BundleMissingError
from web.context import request_id

LOG = logging.getLogger("bpmn_engine.web")

PROBLEM_TYPE = "application/problem+json"

STATUS: Final[Mapping[ProblemKind, HTTPStatus]] = {
    ProblemKind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ProblemKind.GONE: HTTPStatus.GONE,
    ProblemKind.CONFLICT: HTTPStatus.CONFLICT,
    ProblemKind.STALE: HTTPStatus.PRECONDITION_FAILED,
    ProblemKind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemKind.REFUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemKind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ProblemKind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of each kind of problem that the service answers with."""

_WORDS: Final[Mapping[int, str]] = {
    HTTPStatus.BAD_REQUEST: "The request could not be read.",
    HTTPStatus.UNAUTHORIZED: "Log in, or send a valid API token.",
    HTTPStatus.FORBIDDEN: "You may not do this.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not know that method.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is larger than this server accepts.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "This address does not accept that content type.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests; try again later.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something is wrong with the server. Nothing was changed "
    "unless you were told so.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """What is wrong with one field of the input."""

    field: str  #: path such as `variables.amount`; empty for the input as a whole
    message: str


class ProblemError(Exception):
    """Expected a request that can be done, but this one ends with a problem document.

    Raised by request handlers and turned into a response at the edge.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, JsonValue] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = HTTPStatus(status)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


def problem_error(problem: Problem) -> ProblemError:
    """Return the error that tells the client about a problem of the service."""
    status = STATUS[problem.kind]
    errors: list[FieldError] = []
    if problem.kind is ProblemKind.INVALID:
        errors.append(FieldError(field=problem.field or "", message=problem.message))
    extra: dict[str, JsonValue] = {}
    if problem.holder is not None:
        extra["holder"] = problem.holder
    if problem.instance_key is not None:
        extra["instance_key"] = str(problem.instance_key)
    if problem.kind is ProblemKind.REFUSED:
        extra["violations"] = [violation_json(each) for each in problem.violations]
        extra["certificate"] = [
            {
                "element_id": entry.element_id,
                "element_type": entry.element_type,
                "line": entry.line,
                "coverage": entry.coverage.value,
                "reason": entry.reason,
            }
            for entry in (problem.certificate.entries if problem.certificate else ())
        ]
    headers = {"Retry-After": "1"} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
    return ProblemError(status, problem.message, errors=errors, headers=headers, extra=extra)


def violation_json(violation: Violation) -> dict[str, JsonValue]:
    """Return a violation as the API writes it."""
    return {
        "rule": violation.rule,
        "message": violation.message,
        "element_id": violation.element_id,
        "line": violation.line,
        "column": violation.column,
        "severity": violation.severity.value,
        "section": violation.section,
    }


def invalid_input(errors: Sequence[FieldError]) -> ProblemError:
    """Return the error that names every field that is wrong."""
    named = [
        f"{error.field}: {error.message}" if error.field else error.message for error in errors
    ]
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        " ".join(named) or "The input is not usable.",
        errors=errors,
    )


def expression_error(
    failure: SyntaxFailure | EvaluationFailure, more: Mapping[str, JsonValue] | None = None
) -> ProblemError:
    """Return the error that an expression has no value, and where."""
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        failure.message,
        errors=(
            FieldError(
                field="expression",
                message=f"{failure.line}:{failure.column}: {failure.message}",
            ),
        ),
        extra={
            "kind": "syntax" if isinstance(failure, SyntaxFailure) else "evaluation",
            "line": failure.line,
            "column": failure.column,
            **(more or {}),
        },
    )


def register_errors(app: Flask) -> None:
    """Make `app` answer every error as a problem document, or as a page for a browser."""
    app.register_error_handler(BundleMissingError, _answer_missing_bundle)
    for kind in (ProblemError, HTTPException, DatabaseUnavailableError, Exception):
        app.register_error_handler(kind, _answer_any)


def is_for_machines(path: str) -> bool:
    """Whether the answer at `path` is JSON and not a page."""
    return not path.startswith(_PAGE_PREFIXES) and path != "/"


_PAGE_PREFIXES = (
    "/login",
    "/logout",
    "/worklist",
    "/tasks",
    "/processes",
    "/deploy",
    "/playground",
    "/instances",
    "/migrations",
    "/incidents",
    "/dashboard",
    "/admin",
    "/camunda/app",
    "/app/cockpit/",
    "/decisions",
)


def as_problem_error(error: Exception) -> ProblemError:
    """Return what the client is told of an error; a bug is logged, and nothing of it told."""
    match error:
        case ProblemError():
            return error
        case HTTPException(code=int(code)) if code >= HTTPStatus.BAD_REQUEST:
            status = HTTPStatus(code)
            headers = {
                name: value
                for name, value in error.get_headers()
                if name.lower() not in {"content-type", "content-length"}
            }
            return ProblemError(status, _WORDS.get(status, status.description), headers=headers)
        case DatabaseUnavailableError():
            LOG.error("outcome=database_unavailable request_id=%s", request_id(), exc_info=error)
            return ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "The database did not answer in time; try again.",
                headers={"Retry-After": "1"},
            )
        case _:
            # An exception that nothing expected: the edge where bugs end.
            LOG.error("outcome=bug request_id=%s", request_id(), exc_info=error)
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            return ProblemError(status, _WORDS[status])


def _answer_any(error: Exception) -> Response:
    if isinstance(error, HTTPException) and (error.code or 0) < HTTPStatus.BAD_REQUEST:
        return error.get_response()  # type: ignore[return-value]  # a redirect of the router
    return _answer(as_problem_error(error))


def _answer_missing_bundle(error: BundleMissingError) -> Response:
    LOG.error("outcome=bundle_missing manifest=%s", error.manifest)
    return Response(
        MISSING_BUNDLE_PAGE, status=HTTPStatus.SERVICE_UNAVAILABLE, content_type="text/html"
    )


def _answer(error: ProblemError) -> Response:
    if is_for_machines(request.path) and not _wants_page():
        return _problem_document(error)
    is_htmx = request.headers.get("HX-Request") == "true"
    if error.status is HTTPStatus.UNAUTHORIZED and not is_htmx:
        target = request.full_path.rstrip("?") if request.method == "GET" else "/"
        login = url_for("pages.login", next=target if target != "/" else None)
        return redirect(login, code=HTTPStatus.SEE_OTHER)  # type: ignore[return-value]  # Flask's
    if is_htmx:
        return Response(
            error.detail, status=error.status, headers=error.headers, content_type="text/plain"
        )
    return _page(error)


def _wants_page() -> bool:
    """Whether a browser asked for an address that does not exist."""
    best = request.accept_mimetypes.best
    return best == "text/html" and not request.path.startswith(("/api/", "/live", "/static/"))


def _page(error: ProblemError) -> Response:
    headers = {name: value for name, value in error.headers.items() if name != "WWW-Authenticate"}
    try:
        text = render_template(
            "error.html",
            status=int(error.status),
            title=error.status.phrase,
            detail=error.detail,
            request_id=request_id(),
        )
    except BundleMissingError as missing:
        return _answer_missing_bundle(missing)
    return Response(text, status=error.status, headers=headers, content_type="text/html")


def problem_body(error: ProblemError) -> dict[str, JsonValue]:
    """Return the members of an error's problem document."""
    slug = error.status.phrase.lower().replace(" ", "-").replace("'", "")
    return {
        "type": f"urn:bpmn-engine:problem:{slug}",
        "title": error.status.phrase,
        "status": int(error.status),
        "detail": error.detail,
        "errors": [{"field": each.field, "message": each.message} for each in error.errors],
        "request_id": request_id(),
        **error.extra,
    }


def _problem_document(error: ProblemError) -> Response:
    return Response(
        json.dumps(problem_body(error)),
        status=error.status,
        headers=error.headers,
        content_type=PROBLEM_TYPE,
    )
