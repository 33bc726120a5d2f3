"""What one unit of work will write for its effects, gathered in memory, table by table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.store.inbox import ChildStart, FollowUp
from bpmn_engine.store.keys import KeyGenerator
from bpmn_engine.store.outbox import OutboxRow
from bpmn_engine.views.work import JobState, TaskState

Values = dict[str, object]
"""One row to insert, or the parameters of one change."""


class WaitId(NamedTuple):
    """A wait or incident, in the whole database."""

    instance_key: Key
    wait: ElementKey


class TaskChange(NamedTuple):
    """New values of a stored user task's columns, and to whom it is offered if that changes."""

    wait: WaitId
    columns: Values
    offered_to: Mapping[str, tuple[str, ...]]  #: kind of candidate -> candidates


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Which new jobs are locked at once, and for whom."""

    takes: Callable[[str], bool]  #: job type -> whether one more is wanted
    worker: str
    lock: dt.timedelta


@dataclass(slots=True, kw_only=True)
class EffectBatch:
    """Lives for one call of `write_effects`."""

    keys: KeyGenerator
    retries: int  #: attempts of a job that does not say
    reservation: Reservation | None = None
    jobs: dict[WaitId, Values] = field(default_factory=dict)
    reserved_jobs: list[Values] = field(default_factory=list)  #: of these, locked already
    user_tasks: dict[WaitId, Values] = field(default_factory=dict)
    by_lane: set[WaitId] = field(default_factory=set)  #: user tasks whose group a lane names
    timers: dict[WaitId, Values] = field(default_factory=dict)  #: a stored one is moved
    subscriptions: dict[WaitId, Values] = field(default_factory=dict)
    incidents: dict[WaitId, Values] = field(default_factory=dict)
    children: dict[WaitId, ChildStart] = field(default_factory=dict)
    follow_ups: list[FollowUp] = field(default_factory=list)
    outbox: list[OutboxRow] = field(default_factory=list)
    retried_jobs: list[Values] = field(default_factory=list)
    closed_jobs: list[WaitId] = field(default_factory=list)
    withdrawn_jobs: dict[WaitId, dt.datetime] = field(default_factory=dict)
    changed_user_tasks: list[TaskChange] = field(default_factory=list)
    ended_user_tasks: list[Values] = field(default_factory=list)
    closed_timers: list[WaitId] = field(default_factory=list)
    closed_subscriptions: list[WaitId] = field(default_factory=list)
    withdrawn_children: dict[WaitId, str | None] = field(default_factory=dict)  #: with the actor
    updated_jobs: list[Values] = field(default_factory=list)
    updated_user_tasks: dict[WaitId, Values] = field(default_factory=dict)
    cleared_incidents: list[Values] = field(default_factory=list)
    holds: dict[Key, bool] = field(default_factory=dict)  #: suspended or resumed instances
    topics: set[str] = field(default_factory=set)

    def reserve_jobs(self, at: dt.datetime) -> None:
        """Lock the new jobs that are wanted at once."""
        wanted = self.reservation
        if wanted is None:
            return
        token = self.keys.next()
        until = at + wanted.lock
        for row in self.jobs.values():
            if not row["is_held"] and wanted.takes(str(row["job_type"])):
                row |= {
                    "state": JobState.LOCKED.value,
                    "attempt": 1,
                    "locked_by": wanted.worker,
                    "locked_until": until,
                    "lock_token": token,
                    "due_at": until,
                }
                self.reserved_jobs.append(row)

    def retry_job(self, wait: WaitId, retries: int, at: dt.datetime) -> None:
        """Give a stored job new attempts; the next one is a new business attempt."""
        self.topics.add("jobs")
        if wait in self.jobs:  # not written yet, so nobody has tried it
            self.jobs[wait]["retries_left"] = retries
            return
        self.retried_jobs.append(
            {**_where(wait), "new_retries_left": retries, "new_due_at": at},
        )

    def close_job(self, wait: WaitId, at: dt.datetime, *, is_withdrawn: bool) -> None:
        """Remove a job; one that an outside system works on is to be cancelled there."""
        self.topics.add("jobs")
        if self.jobs.pop(wait, None) is not None:
            return
        self.closed_jobs.append(wait)
        if is_withdrawn:
            self.withdrawn_jobs[wait] = at

    def change_user_task(self, change: TaskChange) -> None:
        """Change a user task that is open."""
        self.topics.add("tasks")
        if change.wait in self.user_tasks:
            self.user_tasks[change.wait].update(change.columns)
        else:
            self.changed_user_tasks.append(change)

    def close_user_task(
        self, wait: WaitId, actor: str | None, at: dt.datetime, *, is_withdrawn: bool
    ) -> None:
        """End a user task; it stays in the lists of what was done."""
        self.topics.add("tasks")
        if self.user_tasks.pop(wait, None) is not None:
            return
        state = TaskState.WITHDRAWN if is_withdrawn else TaskState.COMPLETED
        self.ended_user_tasks.append(
            {
                **_where(wait),
                "new_state": state.value,
                "new_ended_at": at,
                "new_completed_by": None if is_withdrawn else actor,
            }
        )

    def clear_incident(self, incident: WaitId, actor: str | None, at: dt.datetime) -> None:
        """Resolve an incident; it stays in the lists of what was resolved."""
        self.topics.add("incidents")
        if self.incidents.pop(incident, None) is not None:
            return
        self.cleared_incidents.append(
            {**_where(incident), "new_resolved_at": at, "new_resolved_by": actor}
        )


def _where(wait: WaitId) -> Values:
    return {"at_instance_key": wait.instance_key, "at_wait": wait.wait}
