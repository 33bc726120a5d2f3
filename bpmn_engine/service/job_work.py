"""What is done to jobs inside one transaction: fencing, completing, failing, offering."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.ids import Key
from bpmn_engine.kernel.commands import (
    Command,
    CompleteAdHocJob,
    CompleteJob,
    FailJob,
    Rejection,
    ThrowBpmnError,
)
from bpmn_engine.kernel.job_errors import FailedAttempt, error_of_failure
from bpmn_engine.service.observing import JobEvent, job_note
from bpmn_engine.service.outcomes import JobCompletion, Problem, conflict, not_found
from bpmn_engine.service.transactions import of_rejection
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import history, jobs
from bpmn_engine.store.jobs import JobClaim, JobRow

_CHANCE: Final = random.Random()  # noqa: S311 — spreads retries; no secret depends on it


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReference:
    """A job, and what its holder shows for it; without both the lock is not checked."""

    key: Key
    lock_token: str | None = None
    worker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailure:
    """One failed attempt, as its worker reports it."""

    message: str
    retries_left: int | None  #: None = one less than before
    retry_after: dt.timedelta | None  #: None = as the diagram says, else the engine's back-off
    is_permanent: bool  #: trying again cannot help


def fence(work: UnitOfWork, references: Sequence[JobReference]) -> list[JobRow | Problem]:
    """Lock the instances, then the jobs; a job whose lock is lost is a problem in its place."""
    known = jobs.instances_of(work.session, [reference.key for reference in references])
    work.lock(known.values())
    claims = [claim for reference in references if (claim := _claim(reference)) is not None]
    held = jobs.fence_jobs(work.session, claims)
    lost = [key for key in known if key not in held]
    others = jobs.find_jobs(work.session, lost) if lost else {}
    return [_held_or_problem(work, reference, others, held) for reference in references]


def note(work: UnitOfWork, event: JobEvent, row: JobRow) -> None:
    """Tell whoever watches what happened to a job, when this is committed."""
    if work.observer is not None:
        work.notes.append(job_note(event, row, now=work.now))


def claim_of(row: JobRow) -> JobClaim:
    """Return the fence of a job as it is locked now."""
    return JobClaim(key=row.key, lock_token=row.lock_token)


def complete(work: UnitOfWork, completions: Sequence[JobCompletion]) -> list[Problem | None]:
    """Complete jobs, each at most once; answers in their order.

    The last ones have no answer if the transaction's moves are spent before: they come again.
    """
    references = [
        JobReference(key=Key(item.key), lock_token=item.lock_token, worker=item.worker)
        for item in completions
    ]
    answers: list[Problem | None] = []
    done: set[Key] = set()
    for item, row in zip(completions, fence(work, references), strict=True):
        if isinstance(row, Problem):
            answers.append(row)
            continue
        if row.key in done:  # by an answer of the same transaction
            answers.append(not_found("job", row.key))
            continue
        command = _completion(row, item)
        answers.append(_applied(work, row, command, item.actor or item.worker))
        if answers[-1] is None:
            done.add(row.key)
            note(work, JobEvent.COMPLETED, row)
            _fail_if_open(work, row, "Its answer could not be taken; see the incident.")
        if work.moves.are_spent:
            break
    return answers


def _completion(row: JobRow, item: JobCompletion) -> Command:
    answer = item.ad_hoc
    if answer is None:
        return CompleteJob(
            wait=row.wait,
            variables=item.variables,
            is_denied=item.is_denied,
            corrections=item.corrections,
            cost={} if item.cost is None else asdict(item.cost),
        )
    return CompleteAdHocJob(
        wait=row.wait,
        variables={**item.variables, **answer.variables},
        elements=answer.elements,
        is_fulfilled=answer.is_fulfilled,
        cancels_remaining=answer.cancels_remaining,
    )


def throw(
    work: UnitOfWork, row: JobRow, command: ThrowBpmnError, actor: str | None
) -> Problem | None:
    """End a job with a BPMN error. If nothing catches it, the job waits for an operator."""
    problem = _applied(work, row, command, actor)
    if problem is None:
        note(work, JobEvent.THROWN, row)
        failure = command.message or f"Nothing catches the BPMN error {command.error_code}."
        _fail_if_open(work, row, failure)
    return problem


def _fail_if_open(work: UnitOfWork, row: JobRow, failure: str) -> None:
    """Leave a job that was answered and is still waited for to an operator."""
    state = work.state(row.instance_key)
    if state is not None and row.wait in state.waits:
        jobs.mark_failed(work.session, claim_of(row), failure=failure)


def fail(work: UnitOfWork, row: JobRow, failure: JobFailure, actor: str | None) -> Problem | None:
    """Count a failed attempt: another one later, or an incident when none is left.

    One that the diagram makes a BPMN error throws that instead.
    """
    left = row.retries_left - 1 if failure.retries_left is None else failure.retries_left
    error = _error_of(work, row, failure, left)
    if isinstance(error, ThrowBpmnError):
        return throw(work, row, error, actor)
    if error is not None:
        said = f"{failure.message} (The condition of an error: {error.message})"
        failure = replace(failure, message=said)
    if failure.is_permanent or left <= 0:
        note(work, JobEvent.FAILED, row)
        jobs.mark_failed(work.session, claim_of(row), failure=failure.message)
        return _applied(work, row, FailJob(wait=row.wait, message=failure.message), actor)
    note(work, JobEvent.RETRIED, row)
    due_at = work.now + _pause(work, row, failure)
    jobs.retry_later(
        work.session, claim_of(row), retries_left=left, due_at=due_at, failure=failure.message
    )
    history.write_note(
        work.session,
        instance_key=row.instance_key,
        at=work.now,
        actor=actor,
        action="FailJobAttempt",
        detail={
            "message": failure.message,
            "attempt": row.attempt,
            "retries_left": left,
            "due_at": due_at.isoformat(),
        },
        wait=row.wait,
        element_id=row.element_id,
    )
    work.touch("jobs", f"instance:{row.instance_key}")
    return None


def _error_of(
    work: UnitOfWork, row: JobRow, failure: JobFailure, retries_left: int
) -> ThrowBpmnError | EvaluationFailure | None:
    state = work.state(row.instance_key)
    if state is None:
        return None
    attempt = FailedAttempt(
        wait=row.wait,
        message=failure.message,
        retries_left=retries_left,
        worker=row.locked_by,
    )
    return error_of_failure(work.graph(row.definition_key), state, attempt, work.now)


def _claim(reference: JobReference) -> JobClaim | None:
    token = reference.lock_token
    if token is None:
        return JobClaim(key=reference.key, lock_token=None)
    if not token.isdecimal():
        return None
    return JobClaim(key=reference.key, lock_token=int(token))


def _held_or_problem(
    work: UnitOfWork, reference: JobReference, others: dict[Key, JobRow], held: dict[Key, JobRow]
) -> JobRow | Problem:
    row = held.get(reference.key)
    if row is None:
        other = others.get(reference.key)
        if other is None:
            return not_found("job", reference.key)
        _tell_lost(work, other)
        return conflict(
            f"Expected the lock of job {reference.key}, but it is over or somebody else's.",
            holder=other.locked_by,
        )
    if reference.worker is not None and row.locked_by != reference.worker:
        _tell_lost(work, row)
        return conflict(
            f"Expected job {reference.key} to be locked by {reference.worker!r}, "
            f"but it is {'free' if row.locked_by is None else f'locked by {row.locked_by!r}'}.",
            holder=row.locked_by,
        )
    return row


def _tell_lost(work: UnitOfWork, row: JobRow) -> None:
    """Tell whoever watches at once: the transaction of a refused answer is given up."""
    if work.observer is not None:
        work.observer.lock_lost(job_note(JobEvent.LOCK_LOST, row, now=work.now))


def _applied(work: UnitOfWork, row: JobRow, command: Command, actor: str | None) -> Problem | None:
    outcome = work.apply(row.instance_key, command, actor=actor)
    return of_rejection(outcome) if isinstance(outcome, Rejection) else None


def _pause(work: UnitOfWork, row: JobRow, failure: JobFailure) -> dt.timedelta:
    if failure.retry_after is not None:
        return failure.retry_after
    if row.retry_waits:
        return row.retry_waits[min(max(row.attempt, 1), len(row.retry_waits)) - 1]
    return work.settings.backoff(row.attempt, _CHANCE)
