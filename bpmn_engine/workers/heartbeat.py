"""Keeps the locks of jobs that take longer than half of their lock."""

from __future__ import annotations

import datetime as dt
import logging
import time
from threading import Condition, Thread

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.outcomes import Problem, ProblemKind
from bpmn_engine.views.work import ActivatedJob

_LOG = logging.getLogger(__name__)


class Heartbeat:
    """One thread that extends the locks of all jobs being done. Thread-safe."""

    def __init__(self, service: EngineService, lock: dt.timedelta) -> None:
        self._service = service
        self._lock = lock
        self._half = lock.total_seconds() / 2
        self._changed = Condition()
        self._due: dict[str, tuple[float, ActivatedJob]] = {}  # by lock token and job
        self._thread: Thread | None = None
        self._is_stopped = False

    def keep(self, job: ActivatedJob) -> None:
        """Keep the lock of a job until `let_go`."""
        with self._changed:
            self._start()
            is_first = not self._due
            self._due[_name(job)] = (time.monotonic() + self._half, job)
            if is_first:  # otherwise the thread wakes for another before this one is due
                self._changed.notify()

    def let_go(self, job: ActivatedJob) -> None:
        """Keep the lock no longer: the job has been reported."""
        with self._changed:
            self._due.pop(_name(job), None)

    def stop(self) -> None:
        """End the thread; locks kept so far end by themselves."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._beat, name="heartbeat", daemon=True)
            self._thread.start()

    def _beat(self) -> None:
        while True:
            with self._changed:
                if self._is_stopped:
                    return
                now = time.monotonic()
                due = [(name, job) for name, (at, job) in self._due.items() if at <= now]
                if not due:
                    soonest = min((at for at, _ in self._due.values()), default=None)
                    self._changed.wait(None if soonest is None else soonest - now)
                    continue
            for name, job in due:
                self._extend(name, job)

    def _extend(self, name: str, job: ActivatedJob) -> None:
        extended = self._service.extend_job_lock(
            job.key, lock=self._lock, lock_token=job.lock_token
        )
        pause = self._half
        if isinstance(extended, Problem):
            _LOG.warning("job=%s outcome=lock_not_extended reason=%r", job.key, extended.message)
            if extended.kind is not ProblemKind.UNAVAILABLE:  # a lock that is lost stays lost
                self.let_go(job)
            pause = self._half / 4
        with self._changed:
            if name in self._due:
                self._due[name] = (time.monotonic() + pause, job)


def _name(job: ActivatedJob) -> str:
    return f"{job.lock_token}:{job.key}"
