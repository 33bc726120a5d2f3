"""Jobs for workers: locking, completing, failing, watching. Nothing is done twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import ResolveIncident, ThrowBpmnError
from bpmn_engine.ports import Clock
from bpmn_engine.service import activation, job_offers, job_work
from bpmn_engine.service.activation import ActivationRequest, Limits
from bpmn_engine.service.job_work import JobFailure, JobReference
from bpmn_engine.service.observing import JobEvent, Observer
from bpmn_engine.service.outcomes import JobCompletion, Problem, conflict, invalid
from bpmn_engine.service.traced_jobs import traced
from bpmn_engine.service.transactions import AbandonedError
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.service.use_cases import UseCases, apply_or_abandon
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store import jobs, outbox
from bpmn_engine.store.database import Database
from bpmn_engine.store.jobs import JobRow
from bpmn_engine.values import JsonValue, Variables
from bpmn_engine.views.operations import CancelledJob
from bpmn_engine.views.work import ActivatedJob, AdHocAnswer, DueJob, JobCost, JobPhase

_NOTHING: Final[Mapping[str, JsonValue]] = {}
_CANCEL_LEASE: Final = dt.timedelta(minutes=1)


class JobUseCases(UseCases):
    """What workers do.

    Every change of a job may carry the `lock_token` of its activation, or the `worker` that locked
    it; whoever has lost the lock gets CONFLICT and nothing changes. Without both, nothing is
    checked: for operators and for clients that know no tokens.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: EngineSettings,
        *,
        observer: Observer | None = None,
    ) -> None:
        super().__init__(database, clock, settings, observer=observer)
        self._completed_together = self._portions()
        self._completions = self._gathered(self._complete_part, self._completed_together)

    def activate_jobs(
        self,
        types: Sequence[str] | None,
        *,
        worker: str,
        limit: int,
        lock: dt.timedelta,
        fetch_variables: Sequence[str] | None = None,
    ) -> list[ActivatedJob]:
        """Lock up to `limit` jobs for a worker, urgent ones first; `types` None = of any type.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        request = ActivationRequest(
            types=types,
            worker=worker,
            limit=limit,
            lock=lock,
            fetch_variables=fetch_variables,
        )
        limits = Limits(pools=self.pools, queues=self.queue_watch)
        return self._activated(lambda unit: activation.activate(unit, request, limits))

    def due_polls(
        self,
        *,
        worker: str,
        limit: int,
        lock: dt.timedelta,
        types: Sequence[str] | None = None,
    ) -> list[ActivatedJob]:
        """Lock jobs that an outside system works on and that are to be asked about now.

        Raises:
            DatabaseUnavailableError: try again later.
        """

        def work(unit: UnitOfWork) -> list[ActivatedJob]:
            rows = jobs.lock_polls(
                unit.session,
                types=types,
                worker=worker,
                limit=limit,
                until=unit.now + lock,
                now=unit.now,
                token=unit.keys.next(),
            )
            for row in rows:
                job_work.note(unit, JobEvent.POLLED, row)
            return traced(unit, job_offers.offer(unit, rows, None))

        return self._activated(work)

    def due_jobs(
        self, types: Sequence[str], *, after: tuple[dt.datetime, int], limit: int
    ) -> tuple[DueJob, ...]:
        """Return jobs that nobody does and that are due; `after` is the last one seen.

        Raises:
            DatabaseUnavailableError: try again later.
        """
        now = self.clock.now()
        return self._read(
            lambda session: jobs.due_jobs(session, types, after=after, now=now, limit=limit)
        )

    def complete_job(  # noqa: PLR0913 — the parts of one report, all but two by keyword
        self,
        key: int,
        variables: Variables = _NOTHING,
        *,
        lock_token: str | None = None,
        worker: str | None = None,
        ad_hoc: AdHocAnswer | None = None,
        actor: str | None = None,
        is_denied: bool = False,
        corrections: Variables = _NOTHING,
        cost: JobCost | None = None,
    ) -> Problem | None:
        """Complete one job; its variables are offered to the element's output mappings.

        The job of a user task's listener may deny what it was called for, or correct the task.
        `ad_hoc` is for the job of an ad-hoc sub-process: what begins next, or that it is over.
        `cost` is what the work has used, for the journal.
        """
        completion = JobCompletion(
            key=key,
            variables=variables,
            lock_token=lock_token,
            worker=worker,
            ad_hoc=ad_hoc,
            is_denied=is_denied,
            corrections=corrections,
            cost=cost,
        )
        return self.complete_jobs((completion,), actor=actor)[0]

    def complete_jobs(
        self, completions: Sequence[JobCompletion], *, actor: str | None = None
    ) -> list[Problem | None]:
        """Complete many jobs, as many in one transaction as fit; answers in their order.

        What is wrong with one of them, or with one transaction, does not hold up the others.
        """
        answered = [
            completion if actor is None else replace(completion, actor=actor)
            for completion in completions
        ]
        answers: list[Problem | None] = []
        for part in self._completed_together.parts(answered):
            answers.extend(self._completions(part))
        return answers

    def _complete_part(self, completions: Sequence[JobCompletion]) -> list[Problem | None]:
        """Complete jobs in one transaction: all of them, or the first if there is much to do."""
        done = self._commit(
            self._completed_together.timed(lambda unit: job_work.complete(unit, completions), len),
            of_many=True,
        )
        return [done] * len(completions) if isinstance(done, Problem) else done

    def fail_job(  # noqa: PLR0913 — the parts of one report, all but two by keyword
        self,
        key: int,
        message: str,
        *,
        retries_left: int | None = None,
        retry_after: dt.timedelta | None = None,
        is_permanent: bool = False,
        lock_token: str | None = None,
        worker: str | None = None,
        actor: str | None = None,
    ) -> Problem | None:
        """Report a failed attempt: it is tried again after a wait, or becomes an incident.

        Without `retries_left` there is one attempt less than before; without `retry_after` the
        wait is what the diagram says, else the engine's back-off.
        """
        failure = JobFailure(
            message=message,
            retries_left=retries_left,
            retry_after=retry_after,
            is_permanent=is_permanent,
        )
        reference = JobReference(key=Key(key), lock_token=lock_token, worker=worker)
        return self._with_job(
            reference, lambda unit, row: job_work.fail(unit, row, failure, actor or worker)
        )

    def throw_job_error(  # noqa: PLR0913 — the parts of one report, all but two by keyword
        self,
        key: int,
        error_code: str,
        *,
        message: str | None = None,
        variables: Variables = _NOTHING,
        lock_token: str | None = None,
        worker: str | None = None,
        actor: str | None = None,
    ) -> Problem | None:
        """End a job with a BPMN error; if nothing catches it, that is an incident."""
        if not error_code:
            return invalid("Expected an error code, but it is empty.", field_name="error_code")
        reference = JobReference(key=Key(key), lock_token=lock_token, worker=worker)

        def throw(unit: UnitOfWork, row: JobRow) -> Problem | None:
            command = ThrowBpmnError(
                wait=row.wait, error_code=error_code, message=message, variables=variables
            )
            return job_work.throw(unit, row, command, actor or worker)

        return self._with_job(reference, throw)

    def extend_job_lock(
        self,
        key: int,
        *,
        lock: dt.timedelta,
        lock_token: str | None = None,
        worker: str | None = None,
    ) -> dt.datetime | Problem:
        """Keep a job locked for `lock` from now; returns when the lock ends now."""
        until: list[dt.datetime] = []

        def extend(unit: UnitOfWork, row: JobRow) -> Problem | None:
            until[:] = [unit.now + lock]
            if row.locked_until is None:
                return conflict(f"Expected job {key} to be locked, but it is free.")
            jobs.extend_lock(unit.session, job_work.claim_of(row), until=until[0])
            return None

        reference = JobReference(key=Key(key), lock_token=lock_token, worker=worker)
        problem = self._with_job(reference, extend)
        return until[0] if problem is None else problem

    def release_job(
        self, key: int, *, lock_token: str | None = None, worker: str | None = None
    ) -> Problem | None:
        """Give a locked job back, at once for others; the attempt does not count."""

        def release(unit: UnitOfWork, row: JobRow) -> Problem | None:
            if row.locked_until is None:
                return conflict(f"Expected job {key} to be locked, but it is free.")
            jobs.release(unit.session, job_work.claim_of(row), due_at=unit.now)
            unit.touch("jobs")
            return None

        reference = JobReference(key=Key(key), lock_token=lock_token, worker=worker)
        return self._with_job(reference, release)

    def record_job_handle(
        self,
        key: int,
        *,
        lock_token: str,
        phase: JobPhase,
        handle: JsonValue = None,
        next_poll_at: dt.datetime | None = None,
    ) -> Problem | None:
        """Store how far a long-running job has come, before or after its system was called.

        WATCHING with `next_poll_at` gives the lock back; `due_polls` hands the job out again then.
        """

        def record(unit: UnitOfWork, row: JobRow) -> Problem | None:
            jobs.record_phase(
                unit.session,
                job_work.claim_of(row),
                phase=phase,
                handle=handle,
                next_poll_at=next_poll_at,
            )
            return None

        return self._with_job(JobReference(key=Key(key), lock_token=lock_token), record)

    def set_job_retries(
        self, key: int, retries: int, *, actor: str | None = None
    ) -> Problem | None:
        """Give a job new attempts; an incident about it is resolved with them."""
        if retries < 1:
            return invalid(
                f"Expected at least 1 attempt, but got {retries}.", field_name="retries"
            )

        def give(unit: UnitOfWork, row: JobRow) -> Problem | None:
            state = unit.state(row.instance_key)
            about = () if state is None else state.incidents.values()
            incident = next((item.key for item in about if item.wait == row.wait), None)
            if incident is None:
                jobs.set_retries(unit.session, [row.key], retries)
                unit.touch("jobs")
                return None
            command = ResolveIncident(incident=incident, retries=retries)
            apply_or_abandon(unit, row.instance_key, command, actor=actor)
            return None

        return self._with_job(JobReference(key=Key(key)), give)

    def requeue_expired_locks(self, limit: int = 1000) -> int:
        """Free jobs whose worker did not come back in time; returns how many."""
        return self._count(lambda unit: jobs.requeue_expired(unit.session, unit.now, limit))

    def cancelled_jobs(self, limit: int) -> list[CancelledJob]:
        """Return withdrawn jobs that an outside system still works on, to be cancelled there.

        Each is handed out again after a minute until `cancelled_job_done` is called.

        Raises:
            DatabaseUnavailableError: try again later.
        """

        def work(unit: UnitOfWork) -> list[CancelledJob]:
            rows = outbox.take(
                unit.session,
                limit=limit,
                now=unit.now,
                lease_until=unit.now + _CANCEL_LEASE,
                kinds=(outbox.CANCEL_JOB,),
            )
            return [_cancelled(row) for row in rows]

        taken = self._run(work)
        return [] if isinstance(taken, Problem) else taken

    def cancelled_job_done(self, outbox_key: int) -> None:
        """Forget a withdrawn job: its system was asked to stop."""
        self._run(lambda unit: outbox.mark_sent(unit.session, [Key(outbox_key)]))

    def _with_job(
        self,
        reference: JobReference,
        change: Callable[[UnitOfWork, JobRow], Problem | None],
    ) -> Problem | None:
        def work(unit: UnitOfWork) -> None:
            row = job_work.fence(unit, (reference,))[0]
            problem = row if isinstance(row, Problem) else change(unit, row)
            if problem is not None:
                raise AbandonedError(problem)

        return self._commit(work)

    def _activated(self, work: Callable[[UnitOfWork], list[ActivatedJob]]) -> list[ActivatedJob]:
        activated = self._run(work)
        return [] if isinstance(activated, Problem) else activated


def _cancelled(row: outbox.OutboxRow) -> CancelledJob:
    payload = row.payload
    if not isinstance(payload, Mapping):
        raise TypeError(f"Expected an object in outbox row {row.key}, but found {payload!r}.")
    return CancelledJob(
        outbox_key=row.key,
        job_key=int(str(payload["job_key"])),
        job_type=str(payload["job_type"]),
        handle=payload.get("handle"),
    )
