"""The embedded worker: one scheduler thread, and threads that do jobs. It needs only the database.

Any number of processes may run one on the same database, and each may be killed at any moment:
what it held is a row with a lock that ends.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Final

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.workers.dispatcher import Dispatcher, ThreadDispatcher
from bpmn_engine.workers.history_keeper import HistoryKeeper
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.settings import WorkerSettings

_LOG = logging.getLogger(__name__)
_BATCH: Final = 200
_SLICES: Final = 4  #: of long steps, before jobs and timers have their turn again
_LONGEST_PAUSE_SECONDS: Final = 1.0
_SHORTEST_PAUSE_SECONDS: Final = 0.005
_STUCK_SECONDS: Final = 60.0


@dataclass(slots=True, kw_only=True)
class _Chore:
    """Something done every so often, whether or not anything is due."""

    run: Callable[[], int]
    every_seconds: float
    next_at: float = 0.0  #: monotonic


class EmbeddedWorker:
    """Does everything that happens without a request. Start it once."""

    def __init__(
        self,
        service: EngineService,
        runner: JobRunner,
        settings: WorkerSettings,
        *,
        dispatcher: Dispatcher | None = None,
    ) -> None:
        """Prepare a worker.

        Args:
            service: The engine.
            runner: Does the jobs.
            settings: Threads, pauses, grace.
            dispatcher: Gets jobs to whoever does them; None = threads of this process.
        """
        self._service = service
        self._runner = runner
        self._settings = settings
        self._dispatcher = dispatcher or ThreadDispatcher(
            runner, settings.threads, on_free=self.wake
        )
        self._keeper = HistoryKeeper(service)
        self._wake = Event()
        self._stopping = Event()
        self._ending = Lock()
        self._is_clean = False
        self._thread = Thread(target=self._schedule, name="scheduler", daemon=True)
        self._turned_at = time.monotonic()
        self._chores = (
            _Chore(run=lambda: service.drain(_BATCH), every_seconds=1),
            _Chore(run=lambda: service.go_on(_SLICES), every_seconds=0),
            _Chore(run=lambda: service.condense_states(_BATCH), every_seconds=1),
            _Chore(run=lambda: service.advance_migrations(_BATCH), every_seconds=1),
            _Chore(run=lambda: service.advance_batches(_BATCH), every_seconds=1),
            _Chore(run=lambda: runner.cancel_withdrawn(_BATCH), every_seconds=1),
            # At every turn, so that a part of a pool is not idle until the next second.
            _Chore(run=service.call_back_jobs, every_seconds=0 if service.pools else 60),
            _Chore(run=lambda: service.requeue_expired_locks(_BATCH), every_seconds=5),
            _Chore(run=lambda: service.expire_messages(_BATCH), every_seconds=60),
            _Chore(run=lambda: service.expire_documents(_BATCH), every_seconds=60),
        )

    def start(self) -> None:
        """Begin to work; returns at once."""
        self._dispatcher.start()
        self._service.tell_of_new_jobs(self._dispatcher)
        self._thread.start()
        self._keeper.start()
        _LOG.info(
            "worker=%s outcome=started job_types=%s",
            self._settings.signature,
            ",".join(self._runner.job_types),
        )

    @property
    def is_alive(self) -> bool:
        """Whether the scheduler turns: it has looked for work in the last minute."""
        return self._thread.is_alive() and time.monotonic() - self._turned_at < _STUCK_SECONDS

    def wake(self) -> None:
        """Look for work now: something has changed."""
        self._wake.set()

    def stop(self, grace_seconds: float | None = None) -> bool:
        """Take no more work, let running jobs end; tell whether all have. A second call waits.

        Args:
            grace_seconds: How long to wait for them; None = as the settings say. The locks of
                jobs that take longer end by themselves.
        """
        grace = self._settings.stop_grace.total_seconds()
        grace = grace if grace_seconds is None else grace_seconds
        with self._ending:
            if not self._stopping.is_set():
                self._stopping.set()
                self._service.tell_of_new_jobs(None)
                self._wake.set()
                self._keeper.stop(grace)
                if self._thread.is_alive():
                    self._thread.join(grace)
                self._is_clean = self._dispatcher.stop(grace)
                self._runner.stop()
                _LOG.info("worker=%s outcome=stopped", self._settings.signature)
            return self._is_clean

    def _schedule(self) -> None:
        while not self._stopping.is_set():
            self._turned_at = time.monotonic()
            try:
                done_count = self._turn()
            except DatabaseUnavailableError as error:
                _LOG.warning("outcome=database_unavailable reason=%r", str(error))
                done_count = 0
            except Exception:  # noqa: BLE001 — an edge
                # One bad row must not stop everything else.
                _LOG.exception("outcome=scheduler_failed")
                self._stopping.wait(_LONGEST_PAUSE_SECONDS)
                done_count = 0
            if not done_count:
                self._wake.wait(self._pause_seconds())
            self._wake.clear()
            self._stopping.wait(_SHORTEST_PAUSE_SECONDS)  # those who wake it come in crowds

    def _turn(self) -> int:
        done_count = self._do_chores()
        due, now = self._service.due_times(), self._service.clock.now()
        if due.timer is not None and due.timer <= now:
            done_count += self._service.fire_due_timers(_BATCH)
        if due.start_timer is not None and due.start_timer <= now:
            done_count += self._service.start_due_timers(_BATCH)
        if due.job is not None and due.job <= now:
            done_count += self._dispatcher.dispatch_due()
        return done_count

    def _do_chores(self) -> int:
        done_count = 0
        for chore in self._chores:
            now = time.monotonic()
            if now >= chore.next_at:
                chore.next_at = now + chore.every_seconds
                done = chore.run()
                if done >= _BATCH:  # there is more: at the next turn
                    chore.next_at = now
                done_count += done
        return done_count

    def _pause_seconds(self) -> float:
        """Return how soon a change made by another process is seen; 1 s at most."""
        return min(self._settings.idle_pause.total_seconds(), _LONGEST_PAUSE_SECONDS)
