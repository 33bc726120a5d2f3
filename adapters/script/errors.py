"""What each end of a command means, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bpmn_engine.ports import ErrorSpec, FailureKind

ERRORS: Mapping[str, ErrorSpec] = MappingProxyType(
    {
        "EXIT_BUSINESS": ErrorSpec(
            kind=FailureKind.BUSINESS,
            text="The task names this exit code as a BPMN error.",
            bpmn_error_code="SCRIPT_ERROR",
        ),
        "EXIT_RETRY": ErrorSpec(
            kind=FailureKind.RETRY, text="The command failed and may be run again."
        ),
        "EXIT_PERMANENT": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The command failed and is not to be run again."
        ),
        "NOT_RUNNABLE": ErrorSpec(
            kind=FailureKind.PERMANENT,
            text="The program is missing or not executable (126, 127).",
        ),
        "COMMAND_UNKNOWN": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The profile does not allow a command of this name."
        ),
        "TIMED_OUT": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The command ran too long and was killed."
        ),
        "OUTPUT_TOO_LARGE": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The command wrote too much and was killed."
        ),
        "KILLED": ErrorSpec(
            kind=FailureKind.PERMANENT,
            text="A signal ended the command, such as that of its CPU limit.",
        ),
        "CANCELLED": ErrorSpec(
            kind=FailureKind.PERMANENT, text="The command was stopped on request."
        ),
        "LOST": ErrorSpec(
            kind=FailureKind.UNKNOWN,
            text="The command was started, but nothing says how it ended.",
        ),
        "FOLDER_UNUSABLE": ErrorSpec(
            kind=FailureKind.PROFILE, text="The profile's folders cannot be used."
        ),
    }
)
