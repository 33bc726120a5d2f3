"""ProcessTest: drives one process at a time and says, when it fails, what has happened.

::

    def test_reminder(bpmn):
        bpmn.deploy("order.bpmn")
        bpmn.start("order", {"quantity": 3})
        bpmn.complete_job("check-stock", {"in_stock": True})
        bpmn.assert_waiting_at("Approve")
        bpmn.advance(days=2)
        bpmn.assert_passed("Remind the approver")
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bpmn_engine.clock import VirtualClock
from bpmn_engine.engine import Engine, Instance, unwrap
from bpmn_engine.errors import IdleTimeoutError
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.service.outcomes import Resource
from bpmn_engine.settings import PREFIX, EngineSettings
from bpmn_engine.testing.job_answers import Answer, JobAnswers
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.instances import VisitView
from bpmn_engine.views.paging import PageRequest
from bpmn_engine.views.work import (
    ActivatedJob,
    AdHocAnswer,
    JobFilter,
    JobView,
    TaskFilter,
    UserTaskView,
)

_SHOWN: Final = PageRequest(limit=200)
_LOCK: Final = dt.timedelta(minutes=5)
_WORKER: Final = "test"
_MOST_STOPS: Final = 10_000


class ProcessTest:
    """An engine in memory with a virtual clock. Elements are named by id or by name.

    What a test says is about the instance started last, or the one it has put into `instance`.
    """

    def __init__(self, start: dt.datetime | None = None) -> None:
        self.clock: Final = VirtualClock() if start is None else VirtualClock(start)
        functions = os.environ.get(f"{PREFIX}FUNCTIONS", "")
        self.engine: Final = Engine(clock=self.clock, settings=EngineSettings(functions=functions))
        self.answers: Final = JobAnswers(self.engine.service)
        self._instance: Instance | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.engine.close()

    @property
    def instance(self) -> Instance:
        """The instance that assertions are about."""
        if self._instance is None:
            raise AssertionError("Expected an instance, but the test has started none.")
        return self._instance

    @instance.setter
    def instance(self, instance: Instance) -> None:
        self._instance = instance

    # What the test does -----------------------------------------------------------------------

    def answer_jobs(self, target: str, *answers: Answer) -> None:
        """Answer all jobs of a type or an element from now on, at once.

        With several answers, jobs get one after the other; the last is for all that follow.
        """
        self.answers.give(target, answers)

    def settle(self) -> None:
        """Do all that is due now, and give the answers to jobs, until there is nothing left.

        Raises:
            IdleTimeoutError: the process does not come to rest.
        """
        self.engine.run_until_idle()
        while self.answers.answer_open_jobs(self.clock.now()):
            self.engine.run_until_idle()

    def deploy(self, *sources: Path | str | bytes) -> None:
        """Deploy files, folders, or diagrams as bytes."""
        self.engine.deploy(*sources)

    def deploy_resources(self, resources: Sequence[Resource]) -> None:
        """Deploy files whose contents are known.

        Raises:
            DeploymentRefusedError: a file cannot be executed as drawn; nothing was stored.
        """
        unwrap(self.engine.service.deploy(resources, name=None, actor=_WORKER))

    def start(
        self,
        process_id: str,
        variables: Variables | None = None,
        *,
        business_key: str | None = None,
    ) -> Instance:
        """Start an instance; it becomes the one that assertions are about."""
        self._instance = self.engine.start(process_id, variables, business_key=business_key)
        self.settle()
        return self._instance

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Move time on; timers fire on the way, each at its own time, in order."""
        step = dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        self.move_clock(self.clock.now() + step)

    def move_clock(self, until: dt.datetime) -> None:
        """Move time on to a moment; timers fire on the way, each at its own time, in order.

        Raises:
            IdleTimeoutError: more timers fire on the way than anybody can have meant.
        """
        self.settle()
        for _ in range(_MOST_STOPS):
            due = self._next_stop()
            if due is None or due > until:
                self.clock.set(until)
                self.settle()
                return
            self.clock.set(due)
            self.settle()
        raise IdleTimeoutError(
            f"Expected at most {_MOST_STOPS:,} moments at which something is due, but it is only "
            f"{self.clock.now():%Y-%m-%d %H:%M:%S}."
        )

    def complete_job(
        self,
        job_type: str,
        variables: Variables | None = None,
        *,
        ad_hoc: AdHocAnswer | None = None,
    ) -> None:
        """Complete the oldest open job of a type; `ad_hoc` for that of an ad-hoc sub-process."""
        job = self._activate(job_type)
        unwrap(
            self.engine.service.complete_job(
                job.key, variables or {}, lock_token=job.lock_token, ad_hoc=ad_hoc
            )
        )
        self.settle()

    def fail_job(
        self, job_type: str, message: str = "it failed", *, retries_left: int = 0
    ) -> None:
        """Fail the oldest open job of a type; without retries left it becomes an incident."""
        job = self._activate(job_type)
        unwrap(
            self.engine.service.fail_job(
                job.key, message, retries_left=retries_left, lock_token=job.lock_token
            )
        )
        self.settle()

    def throw_error(
        self, job_type: str, error_code: str, variables: Variables | None = None
    ) -> None:
        """End the oldest open job of a type with a BPMN error."""
        job = self._activate(job_type)
        unwrap(
            self.engine.service.throw_job_error(
                job.key, error_code, variables=variables or {}, lock_token=job.lock_token
            )
        )
        self.settle()

    def complete_task(self, element: str, variables: Variables | None = None) -> None:
        """Complete the oldest open user task of an element."""
        for task in sorted(self.tasks, key=lambda task: task.key):
            if element in {task.element_id, task.name}:
                self.engine.complete(task, variables)
                self.settle()
                return
        raise self._failure(f"Expected an open user task {element!r}, but there is none.")

    def message(
        self, name: str, correlation_key: str | None = None, variables: Variables | None = None
    ) -> None:
        """Send a message."""
        self.engine.message(name, correlation_key, variables)
        self.settle()

    def signal(self, name: str, variables: Variables | None = None) -> None:
        """Broadcast a signal."""
        self.engine.signal(name, variables)
        self.settle()

    # What the test sees -----------------------------------------------------------------------

    @property
    def jobs(self) -> tuple[JobView, ...]:
        """The open jobs of all instances."""
        return unwrap(self.engine.service.jobs(JobFilter(), page=_SHOWN)).items

    @property
    def tasks(self) -> tuple[UserTaskView, ...]:
        """The open user tasks of all instances."""
        return tuple(self.engine.tasks(TaskFilter()))

    @property
    def variables(self) -> Variables:
        """The variables of the instance's own scope."""
        return self.instance.variables

    def assert_waiting_at(self, *elements: str) -> None:
        """Fail unless the instance is at each of these elements."""
        here = [visit for visit in self._visits() if visit.ended_at is None]
        self._assert_among(elements, here, "the instance to wait at")

    def assert_passed(self, *elements: str) -> None:
        """Fail unless the instance has completed these elements, in this order."""
        passed = [visit for visit in self._visits() if visit.state == "completed"]
        passed.sort(key=lambda visit: (visit.ended_at or visit.entered_at, visit.key))
        rest = iter(passed)
        for element in elements:
            if not any(element in _names(visit) for visit in rest):
                raise self._failure(
                    f"Expected the instance to have passed {', '.join(elements)} in this order, "
                    f"but {element!r} is missing."
                )

    def assert_not_passed(self, *elements: str) -> None:
        """Fail if the instance has completed any of these elements."""
        for visit in self._visits():
            if visit.state == "completed" and not _names(visit).isdisjoint(elements):
                raise self._failure(
                    f"Expected the instance not to pass {visit.element_id}, but it did."
                )

    def assert_ended(self, status: InstanceStatus = InstanceStatus.COMPLETED) -> None:
        """Fail unless the instance has ended, by default normally."""
        found = self.instance.status
        if found is not status:
            raise self._failure(
                f"Expected the instance to be {status.value}, but it is {found.value}."
            )

    def assert_variables(self, **expected: JsonValue) -> None:
        """Fail unless the instance's own scope holds these values."""
        found = self.variables
        for name, value in expected.items():
            if name not in found or found[name] != value:
                held = repr(found[name]) if name in found else "not set"
                raise self._failure(f"Expected {name} to be {value!r}, but it is {held}.")

    def trace(self) -> str:
        """Return what the instance did: one short line for each fact, oldest first."""
        page = unwrap(self.engine.service.instance_journal(self.instance.key, page=_SHOWN))
        lines: list[str] = []
        for entry in reversed(page.items):
            lines.append(f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.summary}")
            lines.extend(f"    {fact}" for fact in entry.facts)
        lines.extend(f"now: {wait.element_id}: {wait.text}" for wait in self.instance.waits)
        return "\n".join(lines)

    def _next_stop(self) -> dt.datetime | None:
        """Return when something is due next that was not due before."""
        now = self.clock.now()
        due = (self.engine.service.next_timer_due_at(), self.answers.next_due_at(now))
        return min((at for at in due if at is not None and at > now), default=None)

    def _visits(self) -> tuple[VisitView, ...]:
        found: list[VisitView] = []
        page = _SHOWN
        while True:
            part = unwrap(self.engine.service.instance_history(self.instance.key, page=page))
            found.extend(part.items)
            if part.next_cursor is None:
                return tuple(found)
            page = PageRequest(cursor=part.next_cursor, limit=200)

    def _assert_among(
        self, elements: tuple[str, ...], visits: list[VisitView], expected: str
    ) -> None:
        there = set[str]().union(*(_names(visit) for visit in visits))
        missing = [element for element in elements if element not in there]
        if missing:
            where = ", ".join(sorted({visit.element_id for visit in visits})) or "nowhere"
            raise self._failure(
                f"Expected {expected} {', '.join(missing)}, but it is at: {where}."
            )

    def _activate(self, job_type: str) -> ActivatedJob:
        jobs = self.engine.service.activate_jobs((job_type,), worker=_WORKER, limit=1, lock=_LOCK)
        if not jobs:
            open_types = ", ".join(sorted({job.job_type for job in self.jobs})) or "none"
            raise self._failure(
                f"Expected an open {job_type!r} job, but there is none; open: {open_types}."
            )
        return jobs[0]

    def _failure(self, message: str) -> AssertionError:
        trace = self.trace() if self._instance is not None else "(no instance was started)"
        return AssertionError(f"{message}\n\nWhat happened:\n{trace}")


def _names(visit: VisitView) -> set[str]:
    return (
        {visit.element_id}
        if visit.element_name is None
        else {
            visit.element_id,
            visit.element_name,
        }
    )
