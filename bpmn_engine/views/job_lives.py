"""Lives of jobs, as the journal tells them, and the figures that are counted from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class JobEnd(Enum):
    """How a job ended."""

    COMPLETED = "COMPLETED"
    THROWN = "ERROR_THROWN"  #: with a BPMN error
    WITHDRAWN = "CANCELED"  #: nobody waits for it any more


class JobEventKind(Enum):
    """What is counted of jobs."""

    CREATED = "created"
    COMPLETED = "completed"
    FAILED = "failed"  #: an attempt, or ended with a BPMN error


@dataclass(frozen=True, slots=True, kw_only=True)
class LivedEvent:
    """Something that happened to a job and is counted."""

    kind: JobEventKind
    at: dt.datetime
    worker: str | None  #: who did it; of a creation nobody
    error_code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLife:
    """One job, from its creation on."""

    instance_key: int
    wait: int
    visit: int
    element_id: str
    job_type: str
    listener: str | None  #: of `ListenerEvent`; None for the job of an element
    is_ad_hoc: bool  #: answered as the job of an ad-hoc sub-process
    created_at: dt.datetime
    updated_at: dt.datetime  #: the last that happened
    ended_at: dt.datetime | None
    end: JobEnd | None
    worker: str | None  #: who answered last
    retries_left: int | None  #: as the last failed attempt left them
    is_denied: bool
    error_code: str | None
    message: str | None
    events: Sequence[LivedEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCount:
    """How often something happened, and when last."""

    count: int = 0
    last_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFigures:
    """What happened to the jobs of one group: of a type, of a worker, of a stretch of time."""

    id: str  #: of the group; a stretch of time by its begin
    at: dt.datetime | None  #: begin of a stretch of time
    created: EventCount
    completed: EventCount
    failed: EventCount
    workers: int  #: different ones that answered


@dataclass(frozen=True, slots=True, kw_only=True)
class JobErrorFigures:
    """How many workers reported one error."""

    id: str
    error_code: str
    message: str
    workers: int
