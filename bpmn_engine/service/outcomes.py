"""What a use case answers when there is no read model for it; expected failures are values."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum

from bpmn_engine.model.definitions import Certificate, Violation
from bpmn_engine.values import Variables
from bpmn_engine.views.work import AdHocAnswer, JobCost


class ProblemKind(Enum):
    """Why a use case changed nothing; the web has one HTTP status for each."""

    NOT_FOUND = "not_found"  #: there is no such thing (any more), or the caller may not see it
    GONE = "gone"  #: it was there, and will not be again
    CONFLICT = "conflict"  #: it is in another state, claimed by somebody else, or the lock is lost
    STALE = "stale"  #: it has changed since the caller read it
    INVALID = "invalid"  #: the input is not usable
    REFUSED = "refused"  #: the deployment is refused; `violations` and `certificate` say why
    FORBIDDEN = "forbidden"  #: the caller may see it but not do this
    UNAVAILABLE = "unavailable"
    """The database did not let us through: try again later. If its answer was lost, the message
    says so: then it may have been done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Nothing was changed. `message` reads "Expected <this>, but <that>."."""

    kind: ProblemKind
    message: str
    violations: tuple[Violation, ...] = ()  #: when REFUSED
    certificate: Certificate | None = None  #: when REFUSED
    holder: str | None = None  #: user id or worker who has it, when that is the CONFLICT
    field: str | None = None  #: the argument concerned, when INVALID
    instance_key: int | None = None  #: the process instance that is GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One file of a deployment."""

    name: str  #: `order.bpmn`, `approve.form`
    content: bytes


class MessageOutcome(Enum):
    """What became of a message."""

    DELIVERED = "delivered"  #: a waiting instance took it
    STARTED = "started"  #: it started an instance
    BUFFERED = "buffered"  #: nothing waits yet; kept until its time to live is over
    DUPLICATE = "duplicate"  #: a message with this id was accepted before; no effect


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageResult:
    """What became of a message, and with which instance."""

    outcome: MessageOutcome
    instance_keys: tuple[int, ...] = ()
    message_key: int | None = None  #: of the stored message, when it has a time to live


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalResult:
    """Whom a signal reached."""

    delivered_count: int  #: subscriptions that took it, or will when their instance is resumed
    started_keys: tuple[int, ...]  #: instances it started


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionResult:
    """Which instances new values started."""

    started_keys: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCompletion:
    """One completed job of a batch. Without token and worker the lock is not checked."""

    key: int
    variables: Variables = field(default_factory=dict)
    lock_token: str | None = None
    worker: str | None = None
    is_denied: bool = False  #: of a user task's listener: what it was called for is not to be
    corrections: Variables = field(default_factory=dict)
    """Of a user task's listener: assignee, candidateUsers, candidateGroups, dueDate,
    followUpDate, priority."""
    ad_hoc: AdHocAnswer | None = None  #: of the worker of an ad-hoc sub-process
    actor: str | None = None  #: who completes it, for the journal; None = the worker
    cost: JobCost | None = None  #: what the work has used, where its worker knows


NO_TIME: dt.timedelta = dt.timedelta(0)
"""A message with this time to live is not kept."""


def not_found(subject: str, key: object) -> Problem:
    """Return the problem that there is no such thing."""
    return Problem(
        kind=ProblemKind.NOT_FOUND, message=f"Expected the {subject} {key}, but there is none."
    )


def conflict(message: str, *, holder: str | None = None) -> Problem:
    """Return the problem that the state does not allow it."""
    return Problem(kind=ProblemKind.CONFLICT, message=message, holder=holder)


def invalid(message: str, *, field_name: str | None = None) -> Problem:
    """Return the problem that an argument is not usable."""
    return Problem(kind=ProblemKind.INVALID, message=message, field=field_name)
