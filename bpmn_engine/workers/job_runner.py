"""Takes jobs, does them, reports what became of them."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from threading import Event
from typing import Final

from bpmn_engine.kernel.data_stores import DATA_STORE
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.outcomes import JobCompletion, Problem, ProblemKind
from bpmn_engine.views.operations import CancelledJob
from bpmn_engine.views.work import ActivatedJob, JobPhase
from bpmn_engine.workers.adapter_jobs import AdapterJobs
from bpmn_engine.workers.catalogue import AdapterCatalogue, Connections
from bpmn_engine.workers.heartbeat import Heartbeat
from bpmn_engine.workers.observed_adapter import observed
from bpmn_engine.workers.outcomes import (
    Completed,
    GiveUp,
    LockLost,
    Outcome,
    Recorded,
    Thrown,
    TryAgain,
    Watch,
)
from bpmn_engine.workers.python_workers import WorkerRegistry, run_python_worker
from bpmn_engine.workers.settings import WorkerSettings

_LOG = logging.getLogger(__name__)
_REPORT_TRIES: Final = 10
_REPORT_PAUSE_SECONDS: Final = 1.0


class JobRunner:
    """Does the jobs of the adapters and Python workers it was given. Thread-safe."""

    def __init__(
        self,
        service: EngineService,
        settings: WorkerSettings,
        *,
        adapters: AdapterCatalogue | None = None,
        connections: Connections | None = None,
        workers: WorkerRegistry | None = None,
    ) -> None:
        self._service = service
        self._settings = settings
        self._workers = workers or WorkerRegistry()
        self._adapters = adapters if connections is not None else None
        self._adapter_jobs = AdapterJobs(service, connections) if connections is not None else None
        self._heartbeat = Heartbeat(service, settings.job_lock)
        self._stopping = Event()

    @property
    def job_types(self) -> tuple[str, ...]:
        """The job types that are done here."""
        of_adapters = () if self._adapters is None else self._adapters.job_types
        own = self._workers.job_types
        own += (DATA_STORE,) if self._service.has_outside_tables() else ()
        return (*own, *(job_type for job_type in of_adapters if job_type not in own))

    @cached_property
    def _free_types(self) -> frozenset[str]:
        pools = self._service.pools
        own = frozenset(self.job_types)
        return frozenset(each for each in own if not pools.of_types(frozenset({each})))

    @property
    def worker(self) -> str:
        """Who locks the jobs that are done here."""
        return self._settings.signature

    @property
    def lock(self) -> dt.timedelta:
        """How long a job is locked at first."""
        return self._settings.job_lock

    def takes_at_once(self, job_type: str) -> bool:
        """Tell whether a new job of this type may be done here without being asked for.

        One that shares a resource pool has to be activated: the pool may have no room.
        """
        return job_type in self._free_types

    def activate(self, limit: int, *, job_type: str | None = None) -> list[ActivatedJob]:
        """Lock up to `limit` jobs that are due, work to be asked about first.

        Args:
            limit: At least 1.
            job_type: Only this one; None = all that are done here.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        types = self.job_types if job_type is None else (job_type,)
        if not types:
            return []
        worker, lock = self._settings.signature, self._settings.job_lock
        polls = self._service.due_polls(worker=worker, limit=limit, lock=lock, types=types)
        rest = limit - len(polls)
        if rest <= 0:
            return polls
        return polls + self._service.activate_jobs(types, worker=worker, limit=rest, lock=lock)

    def run(self, job: ActivatedJob) -> None:
        """Do one job that this process has locked, and report it. Never raises: it is an edge."""
        self.report([(job, self.attempt(job))])

    def attempt(self, job: ActivatedJob) -> Outcome:
        """Do one job that this process has locked; its lock is kept until `report`."""
        if job.deadline <= self._now():
            return LockLost(message="It waited here for longer than its lock.")
        self._heartbeat.keep(job)
        return self._attempt(job)

    def report(self, done: Sequence[tuple[ActivatedJob, Outcome]]) -> None:
        """Report jobs, those that are completed together. Never raises: it is an edge."""
        completed = [each for each in done if isinstance(each[1], Completed)]
        try:
            together = self._complete_together(completed) if len(completed) > 1 else set[int]()
            for job, outcome in done:
                if job.key not in together:
                    self._log(job, outcome, self._report_until_heard(job, outcome))
        except Exception:  # noqa: BLE001 — an edge
            keys = ",".join(str(job.key) for job, _ in done)
            _LOG.exception("jobs=%s outcome=not_reported", keys)
        finally:
            for job, _ in done:
                self._heartbeat.let_go(job)

    def _complete_together(self, done: Sequence[tuple[ActivatedJob, Outcome]]) -> set[int]:
        """Complete jobs in one transaction; return those that need no other word."""
        completions = [
            _completion(job, outcome) for job, outcome in done if isinstance(outcome, Completed)
        ]
        problems = self._service.complete_jobs(completions)
        heard: set[int] = set()
        for (job, outcome), problem in zip(done, problems, strict=True):
            if problem is None or problem.kind is not ProblemKind.UNAVAILABLE:
                heard.add(job.key)
                self._log(job, outcome, problem)
        return heard

    def give_back(self, job: ActivatedJob) -> None:
        """Unlock a job that was not begun."""
        problem = self._service.release_job(job.key, lock_token=job.lock_token)
        if isinstance(problem, Problem):
            _LOG.warning("job=%s outcome=not_released reason=%r", job.key, problem.message)

    def cancel_withdrawn(self, limit: int) -> int:
        """Ask outside systems to stop what nobody waits for any more; returns for how many.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        if self._adapters is None:
            return 0
        cancelled = self._service.cancelled_jobs(limit)
        for one in cancelled:
            self._cancel(one)
        return len(cancelled)

    def stop(self) -> None:
        """End the heartbeat, and every wait of a running job's report."""
        self._stopping.set()
        self._heartbeat.stop()

    def _attempt(self, job: ActivatedJob) -> Outcome:
        try:
            return self._run(job)
        except Exception as error:  # noqa: BLE001 — an edge
            # An adapter's exception is a bug; a Python worker's is a failure that may pass.
            _LOG.exception("job=%s type=%s outcome=exception", job.key, job.job_type)
            message = f"{type(error).__name__}: {error}"
            if self._workers.find(job.job_type) is not None:
                return TryAgain(message=message, phase=None)
            return GiveUp(
                message=f"Expected an answer of the adapter, but it raised {message}",
                phase=JobPhase.UNKNOWN,
            )

    def _run(self, job: ActivatedJob) -> Outcome:
        worker = self._workers.find(job.job_type)
        if worker is not None:
            return run_python_worker(worker, job)
        if job.job_type == DATA_STORE:
            return self._do_data_stores(job)
        adapter = None if self._adapters is None else self._adapters.find(job.job_type)
        if adapter is None or self._adapter_jobs is None:
            return GiveUp(
                message=f"Expected an adapter for {job.job_type!r}, but there is none.", phase=None
            )
        return self._adapter_jobs.run(observed(adapter, self._service), job)

    def _do_data_stores(self, job: ActivatedJob) -> Outcome:
        problem = self._service.do_data_store_job(
            job.key, lock_token=job.lock_token, worker=job.worker
        )
        return Recorded() if problem is None else LockLost(message=problem.message)

    def _report_until_heard(self, job: ActivatedJob, outcome: Outcome) -> Problem | None:
        problem = self._report(job, outcome)
        for _ in range(_REPORT_TRIES):
            if problem is None or problem.kind is not ProblemKind.UNAVAILABLE:
                break
            if self._stopping.wait(_REPORT_PAUSE_SECONDS):
                break
            problem = self._report(job, outcome)
        is_refused = problem is not None and problem.kind is ProblemKind.CONFLICT
        if is_refused and isinstance(outcome, Thrown) and job.listener_event is not None:
            # Listeners of Camunda 8 may not throw; a person has to know that this one wanted to.
            message = f"It threw the BPMN error {outcome.error_code!r}, which a listener may not."
            return self._report(job, GiveUp(message=message, phase=None))
        if problem is not None and isinstance(outcome, Watch):
            self._cancel(
                CancelledJob(
                    outbox_key=0, job_key=job.key, job_type=job.job_type, handle=outcome.handle
                )
            )
        return problem

    def _report(self, job: ActivatedJob, outcome: Outcome) -> Problem | None:
        token, actor = job.lock_token, job.worker
        match outcome:
            case Completed():
                return self._service.complete_jobs([_completion(job, outcome)])[0]
            case Thrown(error_code=code, message=message, variables=variables):
                return self._service.throw_job_error(
                    job.key,
                    code,
                    message=message,
                    variables=variables,
                    lock_token=token,
                    actor=actor,
                )
            case TryAgain(message=message, after=after, retries_left=left, phase=phase):
                return self._record(job, phase) or self._service.fail_job(
                    job.key,
                    message,
                    retries_left=left,
                    retry_after=after,
                    lock_token=token,
                    actor=actor,
                )
            case GiveUp(message=message, phase=phase):
                return self._record(job, phase) or self._service.fail_job(
                    job.key,
                    message,
                    retries_left=0,
                    is_permanent=True,
                    lock_token=token,
                    actor=actor,
                )
            case Watch(handle=handle, next_poll=next_poll):
                return self._service.record_job_handle(
                    job.key,
                    lock_token=token,
                    phase=JobPhase.WATCHING,
                    handle=handle,
                    next_poll_at=self._now() + next_poll,
                )
            case LockLost() | Recorded():
                return None

    def _record(self, job: ActivatedJob, phase: JobPhase | None) -> Problem | None:
        """Write where the next attempt begins, before the failure frees the job for it."""
        if phase is None:
            return None
        handle = job.handle if phase is JobPhase.UNKNOWN else None
        return self._service.record_job_handle(
            job.key, lock_token=job.lock_token, phase=phase, handle=handle
        )

    def _cancel(self, cancelled: CancelledJob) -> None:
        adapter = None if self._adapters is None else self._adapters.find(cancelled.job_type)
        try:
            if adapter is not None and self._adapter_jobs is not None:
                self._adapter_jobs.cancel(observed(adapter, self._service), cancelled)
        except Exception:  # noqa: BLE001 — an edge: adapters are others' code
            _LOG.exception("job=%s outcome=cancel_failed", cancelled.job_key)
        if cancelled.outbox_key:
            self._service.cancelled_job_done(cancelled.outbox_key)

    def _now(self) -> dt.datetime:
        return self._service.clock.now()

    def _log(self, job: ActivatedJob, outcome: Outcome, problem: Problem | None) -> None:
        level = logging.INFO if problem is None else logging.WARNING
        if not _LOG.isEnabledFor(level):
            return
        _LOG.log(
            level,
            "instance=%s element=%s job=%s type=%s attempt=%s outcome=%s%s%s",
            job.process_instance_key,
            job.element_id,
            job.key,
            job.job_type,
            job.attempt,
            _OUTCOME_WORDS[type(outcome)],
            _reason(outcome),
            "" if problem is None else f" refused={problem.message!r}",
        )


_OUTCOME_WORDS: Final[Mapping[type, str]] = {
    Completed: "completed",
    Thrown: "bpmn_error",
    TryAgain: "failed",
    GiveUp: "incident",
    Watch: "watching",
    LockLost: "lock_lost",
    Recorded: "recorded",
}


def _completion(job: ActivatedJob, outcome: Completed) -> JobCompletion:
    return JobCompletion(
        key=job.key,
        variables=outcome.variables if job.may_set_variables else {},
        lock_token=job.lock_token,
        ad_hoc=outcome.ad_hoc,
        actor=job.worker,
        cost=outcome.cost,
    )


def _reason(outcome: Outcome) -> str:
    match outcome:
        case Thrown(error_code=code):
            return f" error_code={code}"
        case TryAgain(message=message) | GiveUp(message=message) | LockLost(message=message):
            return f" reason={message!r}"
        case _:
            return ""
