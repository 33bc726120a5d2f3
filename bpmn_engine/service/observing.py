"""Who watches the engine: told after each commit what it did, and never asked.

Nothing is made for an observer when there is none. What a commit did is mostly in its steps, with
their facts and effects; what no instance knows, such as that a worker took a job, is a note of the
unit of work.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from bpmn_engine.service.outcomes import MessageOutcome
from bpmn_engine.store.applied import AppliedStep
from bpmn_engine.store.jobs import JobRow
from bpmn_engine.store.keys import key_time
from bpmn_engine.store.rows import optional_key
from bpmn_engine.views.queues import QueueSample

_LOG = logging.getLogger(__name__)


class JobEvent(Enum):
    """What happened to a job."""

    ACTIVATED = "activated"  #: locked for a worker: an attempt begins
    POLLED = "polled"  #: locked to ask the outside system that works on it
    COMPLETED = "completed"
    THROWN = "thrown"  #: ended with a BPMN error
    RETRIED = "retried"  #: an attempt failed, another one follows
    FAILED = "failed"  #: its attempts are spent: an incident
    LOCK_LOST = "lock_lost"  #: an answer came too late and was refused
    WAITING = "waiting"  #: due, but a resource it needs is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class JobNote:
    """Something happened to a job."""

    event: JobEvent
    job_type: str
    process_id: str
    element_id: str
    seconds: float | None
    """When ACTIVATED for the first time: since it was created. When it ended: since it was locked.
    None where neither is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerNote:
    """A timer was fired."""

    lag_seconds: float  #: since it was due


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageNote:
    """A message came."""

    outcome: MessageOutcome | None  #: None = nobody waits for it, and it is not kept


Note = JobNote | TimerNote | MessageNote
"""What a unit of work did beside the steps of its instances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One transaction that was committed."""

    steps: Sequence[AppliedStep]
    notes: Sequence[Note]
    seconds: float  #: with all its attempts
    attempts: int  #: from 1; more when the database was busy


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterCall:
    """One call of an adapter that has ended."""

    job_type: str
    operation: str  #: `submit`, `find`, `poll` or `cancel`
    outcome: str  #: `done`, `accepted`, `running`, `absent`, a kind of failure, or `exception`
    began_at: dt.datetime
    ended_at: dt.datetime
    job_key: int
    process_instance_key: int
    process_id: str
    element_id: str
    attempt: int
    trace_parent: str | None  #: of the job, while traces are kept


class Observer(Protocol):
    """Watches one process. Called by many threads, often: quick, and without I/O."""

    @property
    def traced_part(self) -> float | None:
        """The part of traces that is kept, 0 to 1; None when there are no traces."""

    def committed(self, commit: Commit) -> None:
        """Take in what a transaction did; called after its commit."""

    def lock_lost(self, note: JobNote) -> None:
        """Take in that an answer was refused; called in a transaction that changes nothing."""

    def called(self, call: AdapterCall) -> None:
        """Take in a call of an adapter."""

    def sampled(self, sample: QueueSample) -> None:
        """Take in how full the queues are."""


def tell(observation: Callable[[], None]) -> None:
    """Tell an observer something. What was done stays so, whatever the observer does."""
    try:
        observation()
    except Exception:  # noqa: BLE001 — an edge: measuring must not undo what was done
        _LOG.exception("outcome=not_observed")


def job_note(event: JobEvent, row: JobRow, *, now: dt.datetime) -> JobNote:
    """Return what happened to a job, with the time that its row tells."""
    since: dt.datetime | None = None
    if event is JobEvent.ACTIVATED:
        since = row.created_at if row.attempt == 1 else None
    else:
        # The token of a lock is a key, and keys tell when they were made.
        token = optional_key(row.lock_token)
        since = None if token is None else key_time(token)
    return JobNote(
        event=event,
        job_type=row.job_type,
        process_id=row.process_id,
        element_id=row.element_id,
        seconds=None if since is None else max(0.0, (now - since).total_seconds()),
    )
