"""What `bpmn_engine.Engine` raises; inside the engine the same outcomes are values.

::

    BpmnEngineError
    ├── DeploymentRefusedError      a file cannot be executed as drawn
    ├── NotFoundError               no such instance, task, job, process …
    ├── ConflictError               its state does not allow that (any more)
    ├── InvalidInputError           an argument is not usable
    ├── NotAllowedError             this user may not do that
    ├── DatabaseUnavailableError    the database did not let us through
    │   └── CommitUnknownError      it may have: its answer was lost
    ├── SettingError                a setting has a value that is not usable
    └── IdleTimeoutError            the engine did not come to rest

    BpmnError                       raised by a Python worker: a modelled error, not a failure
"""

from __future__ import annotations

from bpmn_engine.model.definitions import Severity, Violation
from bpmn_engine.values import Variables


class BpmnEngineError(Exception):
    """Expected the engine to do what it was asked, but it could not."""


class DeploymentRefusedError(BpmnEngineError):
    """Expected files that can be executed as drawn; `violations` says what is wrong, where."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        self.violations = violations
        errors = [violation for violation in violations if violation.severity is Severity.ERROR]
        lines = "".join(f"\n  {_sentence(violation)}" for violation in errors)
        super().__init__(f"Expected files that can be executed, but found {len(errors)}:{lines}")


class NotFoundError(BpmnEngineError):
    """Expected something that exists; it may have ended meanwhile."""


class ConflictError(BpmnEngineError):
    """Expected another state, or that nobody else has it; read it again and decide."""


class InvalidInputError(BpmnEngineError):
    """Expected other arguments."""


class NotAllowedError(BpmnEngineError):
    """Expected a user who may do that."""


class DatabaseUnavailableError(BpmnEngineError):
    """Expected the database to take the unit of work, but it gave up several times: try later."""


class CommitUnknownError(DatabaseUnavailableError):
    """Expected the database to say that it has committed, but the connection was lost.

    The unit of work was written as a whole or not at all, and nobody can tell which: whoever asked
    for it looks before it is asked for again.
    """


class SettingError(BpmnEngineError):
    """Expected a usable setting; the message names the environment variable."""


class IdleTimeoutError(BpmnEngineError):
    """Expected the engine to come to rest, but work goes on creating work."""


class BpmnError(Exception):
    """Expected by the process: an error event with this code catches it."""

    def __init__(
        self, code: str, message: str | None = None, variables: Variables | None = None
    ) -> None:
        super().__init__(code if message is None else f"{code}: {message}")
        self.code = code
        self.message = message
        self.variables: Variables = {} if variables is None else variables


def _sentence(violation: Violation) -> str:
    where = [
        part
        for part in (
            violation.element_id,
            None if violation.line is None else f"line {violation.line}",
        )
        if part is not None
    ]
    return f"{', '.join(where)}: {violation.message}" if where else violation.message
