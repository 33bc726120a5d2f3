"""What the command's exit codes mean, and which failure has which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final, TypeVar

from bpmn_engine.service.outcomes import Problem, ProblemKind

Result = TypeVar("Result")


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0  #: it did what was asked
    REFUSED = 1  #: it was refused or failed
    USAGE = 2  #: the command line, a setting or the input is wrong
    NOT_FOUND = 3  #: there is no such thing
    CONFLICT = 4  #: the state does not allow it, or somebody else has it
    UNAVAILABLE = 5  #: the database or a service cannot be reached; try again


EXIT_CODES_HELP: Final = (
    "Exit codes: 0 ok, 1 refused or failed, 2 wrong usage or input, 3 not found, 4 conflict, "
    "5 unavailable."
)

_CODES: Final[Mapping[ProblemKind, ExitCode]] = MappingProxyType(
    {
        ProblemKind.NOT_FOUND: ExitCode.NOT_FOUND,
        ProblemKind.CONFLICT: ExitCode.CONFLICT,
        ProblemKind.INVALID: ExitCode.USAGE,
        ProblemKind.REFUSED: ExitCode.REFUSED,
        ProblemKind.FORBIDDEN: ExitCode.REFUSED,
        ProblemKind.UNAVAILABLE: ExitCode.UNAVAILABLE,
    }
)


class CommandFailedError(Exception):
    """Expected the command to do what was asked: one line on standard error, no traceback."""

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.REFUSED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def code_of(problem: Problem) -> ExitCode:
    """Return the exit code for a problem."""
    return _CODES[problem.kind]


def or_fail(answer: Result | Problem) -> Result:
    """Return what the engine answered.

    Raises:
        CommandFailedError: It answered with a problem.
    """
    if isinstance(answer, Problem):
        raise CommandFailedError(answer.message, code_of(answer))
    return answer
