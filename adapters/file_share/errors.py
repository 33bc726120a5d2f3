"""What each refusal of a share means, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bpmn_engine.ports import ErrorSpec, FailureKind

ERRORS: Mapping[str, ErrorSpec] = MappingProxyType(
    {
        "FILE_EXISTS": ErrorSpec(
            kind=FailureKind.BUSINESS,
            text="A file with other content has this path.",
            bpmn_error_code="FILE_EXISTS",
        ),
        "FILE_NOT_FOUND": ErrorSpec(
            kind=FailureKind.BUSINESS,
            text="No file has this path.",
            bpmn_error_code="FILE_NOT_FOUND",
        ),
        "PATH_NOT_ALLOWED": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The path leaves the root, or is none."
        ),
        "OPERATION_NOT_ALLOWED": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The profile does not allow the operation."
        ),
        "CONTENT_INVALID": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The content is not of the encoding."
        ),
        "FILE_TOO_LARGE": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The file exceeds the bound of the profile."
        ),
        "TOO_MANY_ENTRIES": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The folder exceeds the bound of the profile."
        ),
        "ACCESS_REFUSED": ErrorSpec(
            kind=FailureKind.PROFILE, text="The share refuses the log-in or the right."
        ),
        "SHARE_FULL": ErrorSpec(kind=FailureKind.RETRY, text="The share has no space left."),
        "SHARE_UNAVAILABLE": ErrorSpec(
            kind=FailureKind.RETRY,
            text="The share does not answer; every operation may be repeated.",
        ),
        "SHARE_FAILED": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The share refuses the operation."
        ),
    }
)
