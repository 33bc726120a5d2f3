"""How jobs that are due get to whoever does them: threads of this process, or a broker."""

from __future__ import annotations

import datetime as dt
import logging
import queue
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock, Thread
from typing import Final, Protocol

from typing_extensions import override

from bpmn_engine.service.new_jobs import NewJobs
from bpmn_engine.views.work import ActivatedJob
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.outcomes import Outcome
from bpmn_engine.workers.pace import Pace

MOST_TOGETHER: Final = 200
"""Jobs that are reported together, at most."""

_LOG = logging.getLogger(__name__)


class Dispatcher(NewJobs, Protocol):
    """Gets jobs that are due going. Called by one thread, the scheduler's.

    The database is the truth: a dispatcher that loses what it was told has lost nothing but time.
    """

    def start(self) -> None:
        """Get ready; called once, before anything else."""

    def dispatch_due(self) -> int:
        """Get jobs going that are due and that nobody does yet; return how many.

        Raises:
            DatabaseUnavailableError: try again later.
        """

    def stop(self, grace_seconds: float) -> bool:
        """Take no more jobs and wait for those begun; tell whether all have ended."""


class ThreadDispatcher(Dispatcher):
    """Does the jobs with threads of this process; quick ones are reported together.

    It takes as many jobs as there are threads, and where jobs are so quick that they would be done
    before more were fetched, as many more as are done in a quarter of a second. Jobs that this
    process creates itself are taken in the transaction that creates them.
    """

    def __init__(
        self, runner: JobRunner, thread_count: int, *, on_free: Callable[[], None] | None = None
    ) -> None:
        """Prepare the threads.

        Args:
            runner: Takes, does and reports the jobs.
            thread_count: How many jobs are done at the same time.
            on_free: Called when jobs have ended and others can be taken.
        """
        self._runner = runner
        self._on_free = on_free
        self._jobs: queue.SimpleQueue[ActivatedJob | None] = queue.SimpleQueue()
        self._pace = Pace(thread_count)
        self._taken = 0  #: jobs that are here and not yet reported
        self._has_backlog = False  #: whether more jobs are due than are taken
        self._changed = Lock()
        # Daemons: a job that does not end must not keep the process from ending.
        self._threads = [
            Thread(target=self._work, name=f"worker-{number}", daemon=True)
            for number in range(thread_count)
        ]

    @override
    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @override
    def dispatch_due(self) -> int:
        with self._changed:
            free = self._pace.most - self._taken
            self._taken += max(free, 0)
        if free <= 0:
            return 0
        jobs: list[ActivatedJob] = []
        try:
            jobs = self._runner.activate(free)
        finally:
            with self._changed:
                self._taken -= free - len(jobs)
                self._has_backlog = len(jobs) == free
        self.begin(jobs)
        return len(jobs)

    @property
    @override
    def worker(self) -> str:
        return self._runner.worker

    @property
    @override
    def lock(self) -> dt.timedelta:
        return self._runner.lock

    @override
    def reserve(self, job_type: str) -> bool:
        with self._changed:
            is_wanted = (
                not self._has_backlog
                and self._taken < self._pace.most
                and self._runner.takes_at_once(job_type)
            )
            self._taken += is_wanted
            return is_wanted

    @override
    def give_back(self, count: int) -> None:
        with self._changed:
            self._taken -= count

    @override
    def begin(self, jobs: Sequence[ActivatedJob]) -> None:
        for job in jobs:
            self._jobs.put(job)

    @override
    def announce(self, keys: Mapping[str, Sequence[int]]) -> None:
        with self._changed:
            is_wanted = any(map(self._runner.takes_at_once, keys))
            self._has_backlog = self._has_backlog or is_wanted
        if is_wanted and self._on_free is not None:
            self._on_free()

    @override
    def stop(self, grace_seconds: float) -> bool:
        for _ in self._threads:
            self._jobs.put(None)
        give_up_at = time.monotonic() + grace_seconds
        for thread in self._threads:
            thread.join(max(0.0, give_up_at - time.monotonic()))
        is_clean = not any(thread.is_alive() for thread in self._threads)
        if not is_clean:
            _LOG.warning("outcome=stopped_with_running_jobs")
        return is_clean

    def _work(self) -> None:
        done: list[tuple[ActivatedJob, Outcome]] = []
        while True:
            try:
                job = self._jobs.get(block=not done)
            except queue.Empty:
                self._report(done)
                done = []
                continue
            if done and (job is None or self._waits_long(job, len(done))):
                self._report(done)
                done = []
            if job is None:
                return
            begun_at = time.monotonic()
            done.append((job, self._runner.attempt(job)))
            self._pace.note(job.job_type, time.monotonic() - begun_at)

    def _waits_long(self, job: ActivatedJob, done_count: int) -> bool:
        """Tell whether what is done should be reported before one more job."""
        return done_count >= MOST_TOGETHER or self._pace.is_slow(job.job_type)

    def _report(self, done: Sequence[tuple[ActivatedJob, Outcome]]) -> None:
        self._runner.report(done)
        with self._changed:
            self._taken -= len(done)
            self._pace.count(len(done))
        if self._on_free is not None:
            self._on_free()
