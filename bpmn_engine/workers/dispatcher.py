"""How jobs that are due get to whoever does them: threads of this process, or a broker."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable
from threading import Condition, Thread
from typing import Protocol

from typing_extensions import override

from bpmn_engine.views.work import ActivatedJob
from bpmn_engine.workers.job_runner import JobRunner

_LOG = logging.getLogger(__name__)


class Dispatcher(Protocol):
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
    """Does the jobs with threads of this process."""

    def __init__(
        self, runner: JobRunner, thread_count: int, *, on_free: Callable[[], None] | None = None
    ) -> None:
        """Prepare the threads.

        Args:
            runner: Takes, does and reports the jobs.
            thread_count: How many jobs are done at the same time.
            on_free: Called when a thread has ended a job and can take another.
        """
        self._runner = runner
        self._on_free = on_free
        self._jobs: queue.SimpleQueue[ActivatedJob | None] = queue.SimpleQueue()
        self._free = thread_count
        self._changed = Condition()
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
            free = self._free
        if not free:
            return 0
        jobs = self._runner.activate(free)
        with self._changed:
            self._free -= len(jobs)
        for job in jobs:
            self._jobs.put(job)
        return len(jobs)

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
        while True:
            job = self._jobs.get()
            if job is None:
                return
            self._runner.run(job)
            with self._changed:
                self._free += 1
            if self._on_free is not None:
                self._on_free()
