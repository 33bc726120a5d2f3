"""What becomes of one attempt at a job."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.work import AdHocAnswer, JobCost, JobPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The work is done."""

    variables: Variables = field(default_factory=dict)
    ad_hoc: AdHocAnswer | None = None  #: of the job of an ad-hoc sub-process
    cost: JobCost | None = None  #: what the work has used, where that is measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Thrown:
    """The work ended with a BPMN error, to be caught by an error event."""

    error_code: str
    message: str
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain:
    """A technical failure that may pass; without attempts left it becomes an incident."""

    message: str
    after: dt.timedelta | None = None  #: None = as the diagram says, else the engine's back-off
    retries_left: int | None = None  #: None = one less than before
    phase: JobPhase | None = JobPhase.PREPARED  #: where the next attempt begins; None = as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """Repeating cannot help: an incident at once."""

    message: str
    phase: JobPhase | None = JobPhase.PREPARED  #: None = as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """An outside system works on it and is to be asked again."""

    handle: JsonValue
    next_poll: dt.timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LockLost:
    """The job is somebody else's, or gone; nothing is reported."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The engine did the job itself and has recorded what became of it."""


Outcome = Completed | Thrown | TryAgain | GiveUp | Watch | LockLost | Recorded
"""What becomes of one attempt at a job."""
