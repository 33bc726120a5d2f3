"""What each refusal of a mail server means, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bpmn_engine.ports import ErrorSpec, FailureKind

ERRORS: Mapping[str, ErrorSpec] = MappingProxyType(
    {
        "CONNECT_FAILED": ErrorSpec(
            kind=FailureKind.RETRY, text="No connection, or it broke before the message was sent."
        ),
        "TLS_FAILED": ErrorSpec(
            kind=FailureKind.PROFILE, text="The server offers no encryption that is accepted."
        ),
        "LOGIN_REFUSED": ErrorSpec(
            kind=FailureKind.PROFILE, text="The server refuses the user or the password."
        ),
        "SMTP_4XX": ErrorSpec(
            kind=FailureKind.RETRY, text="The server cannot take the message now."
        ),
        "SMTP_5XX": ErrorSpec(kind=FailureKind.PERMANENT, text="The server refuses the message."),
        "RECIPIENT_REFUSED": ErrorSpec(
            kind=FailureKind.PERMANENT,
            text="The server refuses a recipient; the message went to nobody.",
        ),
        "RECIPIENT_NOT_ALLOWED": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The profile does not allow this recipient's domain."
        ),
        "MESSAGE_TOO_LARGE": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The message exceeds the bound of the profile."
        ),
        "OUTCOME_UNKNOWN": ErrorSpec(
            kind=FailureKind.UNKNOWN,
            text="The connection broke while the message was handed over.",
        ),
    }
)
