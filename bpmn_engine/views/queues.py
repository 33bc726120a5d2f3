"""Read models of what waits in the engine as a whole, counted now and then by one process."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQueue:
    """The open jobs of one type and process."""

    job_type: str
    process_id: str
    open_count: int  #: waiting, locked or watched; not those with an incident, nor suspended ones
    oldest_at: dt.datetime  #: when the oldest of them was created
    top_priority: int  #: of the most urgent of them


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolUse:
    """One resource pool."""

    name: str
    taken_count: int
    waiting_count: int
    """Jobs put aside because of it; in a sample, also those not asked for while it is full."""
    size: int | None  #: None = only its rate is limited


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSample:
    """How full the queues are, all processes together."""

    sampled_at: dt.datetime
    took_seconds: float
    jobs: tuple[JobQueue, ...]
    timers_due: int
    timer_lag_seconds: float  #: of the timer that is longest overdue; 0 when none is
    messages_buffered: int
    incidents_open: int
    outbox_count: int
    outbox_oldest_at: dt.datetime | None
    inbox_count: int
    inbox_oldest_at: dt.datetime | None
    pools: tuple[PoolUse, ...] = ()
    partitions_end_at: dt.datetime | None = None
    """Until when history has partitions made ahead; None where there are none."""

    @property
    def open_jobs(self) -> int:
        """The open jobs of all types."""
        return sum(queue.open_count for queue in self.jobs)


@dataclass(frozen=True, slots=True, kw_only=True)
class FullQueue:
    """A queue that holds so much that nothing new is to be begun."""

    name: str  #: `jobs`, `outbox` or `inbox`
    count: int
    limit: int
    retry_after: dt.timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether a process can do its work, part by part."""

    parts: tuple[tuple[str, str], ...]  #: name and `ok`, or what is wrong with it
    warnings: tuple[tuple[str, str], ...] = ()
    """Name, and what somebody should look at, though all work can be done."""

    @property
    def is_ready(self) -> bool:
        """Whether every part is."""
        return all(word == "ok" for _, word in self.parts)
