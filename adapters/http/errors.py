"""What each answer of a web service means, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bpmn_engine.ports import ErrorSpec, FailureKind

ERRORS: Mapping[str, ErrorSpec] = MappingProxyType(
    {
        "3xx": ErrorSpec(kind=FailureKind.PERMANENT, text="Redirects are not followed."),
        "4xx": ErrorSpec(kind=FailureKind.PERMANENT, text="The service refuses the request."),
        "400": ErrorSpec(kind=FailureKind.PERMANENT, text="The request is malformed."),
        "401": ErrorSpec(kind=FailureKind.PROFILE, text="The service refuses the log-in."),
        "403": ErrorSpec(kind=FailureKind.PROFILE, text="The log-in may not do this."),
        "404": ErrorSpec(kind=FailureKind.PERMANENT, text="The resource does not exist."),
        "408": ErrorSpec(kind=FailureKind.RETRY, text="The service waited too long for us."),
        "409": ErrorSpec(
            kind=FailureKind.BUSINESS,
            text="The request conflicts with the state of the resource.",
            bpmn_error_code="HTTP_409",
        ),
        "422": ErrorSpec(
            kind=FailureKind.BUSINESS,
            text="The content of the request is against a rule.",
            bpmn_error_code="HTTP_422",
        ),
        "425": ErrorSpec(kind=FailureKind.RETRY, text="The service asks to come later."),
        "429": ErrorSpec(kind=FailureKind.RETRY, text="Too many requests."),
        "5xx": ErrorSpec(kind=FailureKind.RETRY, text="The service failed."),
        "500": ErrorSpec(kind=FailureKind.RETRY, text="The service failed."),
        "502": ErrorSpec(kind=FailureKind.RETRY, text="A gateway got no valid answer."),
        "503": ErrorSpec(kind=FailureKind.RETRY, text="The service is not available."),
        "504": ErrorSpec(kind=FailureKind.RETRY, text="A gateway got no answer in time."),
        "BUSINESS_STATUS": ErrorSpec(
            kind=FailureKind.BUSINESS,
            text="The task names this status code as a business outcome.",
            bpmn_error_code="HTTP_ERROR",
        ),
        "CONNECT_FAILED": ErrorSpec(
            kind=FailureKind.RETRY, text="No connection; nothing was sent."
        ),
        "TLS_FAILED": ErrorSpec(
            kind=FailureKind.PROFILE, text="The certificate of the service is not accepted."
        ),
        "NO_ANSWER": ErrorSpec(
            kind=FailureKind.RETRY, text="No answer to a request that may be repeated safely."
        ),
        "OUTCOME_UNKNOWN": ErrorSpec(
            kind=FailureKind.UNKNOWN, text="No answer to a request that may have been carried out."
        ),
        "RESPONSE_TOO_LARGE": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The answer exceeds the bound of the profile."
        ),
        "ADDRESS_NOT_ALLOWED": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The profile does not allow this address."
        ),
        "CREDENTIAL_IN_DIAGRAM": ErrorSpec(
            kind=FailureKind.PERMANENT, text="A credential is written out in the diagram."
        ),
        "SECRET_UNKNOWN": ErrorSpec(
            kind=FailureKind.PROFILE, text="The profile has no secret of this name."
        ),
        "REQUEST_INVALID": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The request cannot be written as HTTP."
        ),
        "TOKEN_REFUSED": ErrorSpec(
            kind=FailureKind.PROFILE, text="The token service refuses the client."
        ),
    }
)


def code_of_status(status: int) -> str:
    """Return the row for a status code that is no success."""
    exact = str(status)
    if exact in ERRORS:
        return exact
    family = f"{status // 100}xx"
    return family if family in ERRORS else "3xx"
