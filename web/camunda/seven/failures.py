"""Errors with the names that Camunda 7 gives them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TypeVar

from bpmn_engine.service.views import Problem, ProblemKind
from bpmn_engine.values import JsonValue
from web.errors import ProblemError, problem_error

Result = TypeVar("Result")


class SevenError(ProblemError):
    """Expected a request that Camunda 7 can do, but it ends with one of its exceptions."""

    def __init__(self, status: int, exception: str, message: str, code: int = 0) -> None:
        super().__init__(status, message)
        self.body: JsonValue = {"type": exception, "message": message, "code": code}


def unusable(message: str) -> SevenError:
    """Return the error that a request says something which cannot be understood."""
    return SevenError(HTTPStatus.BAD_REQUEST, "InvalidRequestException", message)


def missing(message: str) -> SevenError:
    """Return the error that what an address names does not exist."""
    return SevenError(HTTPStatus.NOT_FOUND, "InvalidRequestException", message)


def not_offered(message: str) -> SevenError:
    """Return the error that a part of a request is not offered."""
    return SevenError(HTTPStatus.NOT_IMPLEMENTED, "NotImplementedException", message)


def engine_error(
    message: str,
    exception: str = "ProcessEngineException",
    status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
) -> SevenError:
    """Return the error that the engine could not do it, as Camunda 7's engine says."""
    return SevenError(status, exception, message)


def unless(result: Result | Problem, *, doing: str, is_rest: bool = True) -> Result:
    """Return the result of a use case.

    Args:
        result: what the use case answered.
        doing: what was tried: `Cannot claim task 7`.
        is_rest: whether Camunda's REST layer words the error, and not its engine.

    Raises:
        SevenError: the state does not allow it, or there is no such thing (500, as Camunda does).
        ProblemError: the caller may not, or the input is unusable.
    """
    if not isinstance(result, Problem):
        return result
    kinds = {ProblemKind.NOT_FOUND: "NullValueException"}
    if result.kind in {ProblemKind.NOT_FOUND, ProblemKind.CONFLICT}:
        name = "RestException" if is_rest else kinds.get(result.kind, "ProcessEngineException")
        raise engine_error(f"{doing}: {result.message}", name)
    raise problem_error(result)
