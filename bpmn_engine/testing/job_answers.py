"""Answers to jobs that a test gives once, instead of doing each job."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bpmn_engine.engine import unwrap
from bpmn_engine.errors import IdleTimeoutError
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.outcomes import Problem
from bpmn_engine.values import Variables
from bpmn_engine.views.paging import PageRequest
from bpmn_engine.views.work import JobFilter, JobState, JobView

_ACTOR: Final = "test"
_MOST_ROUNDS: Final = 1_000
_PAGE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The job is done."""

    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorThrown:
    """The job ends with a BPMN error."""

    code: str
    message: str | None = None
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The attempt failed; without retries left it becomes an incident."""

    message: str
    retries_left: int = 0


Answer = Completion | ErrorThrown | Failure

Answers = Mapping[str, tuple[Answer, ...]]
"""By job type, element id or element name: one answer after the other, the last for the rest.

Without an answer, the job stays open.
"""


class JobAnswers:
    """The answers of one test, and how many of each were given."""

    def __init__(self, service: EngineService) -> None:
        self._service = service
        self._answers: dict[str, tuple[Answer, ...]] = {}
        self._given: dict[str, int] = {}
        self._rounds_at: tuple[dt.datetime | None, int] = (None, 0)

    def give(self, target: str, answers: Sequence[Answer]) -> None:
        """Answer all jobs of a type or an element; no answers leave them open."""
        self._answers[target] = tuple(answers)
        self._given[target] = 0

    def answer_open_jobs(self, now: dt.datetime) -> int:
        """Answer the open jobs that are due and have an answer, oldest first; return how many.

        Raises:
            IdleTimeoutError: the answers go on creating jobs.
        """
        if not self._answers:
            return 0
        self._count_round(now)
        done = 0
        for job in self._waiting():
            target = self._target(job)
            if target is None or job.due_at > now:
                continue
            done += self._answer(job, target)
        return done

    def next_due_at(self, now: dt.datetime) -> dt.datetime | None:
        """Return when the next job with an answer is due again, after a failed attempt."""
        if not self._answers:
            return None
        due = [job.due_at for job in self._waiting() if job.due_at > now and self._target(job)]
        return min(due, default=None)

    def _answer(self, job: JobView, target: str) -> int:
        answers, given = self._answers[target], self._given[target]
        problem = give_answer(self._service, job, answers[min(given, len(answers) - 1)])
        if isinstance(problem, Problem):
            # An earlier answer has ended what this job was for; the next job gets this one.
            return 0
        self._given[target] = given + 1
        return 1

    def _target(self, job: JobView) -> str | None:
        """Return under which name a job has an answer: the element's own counts more."""
        for name in (job.element_id, job.element_name, job.job_type):
            if name is not None and name in self._answers:
                return name if self._answers[name] else None
        return None

    def _waiting(self) -> list[JobView]:
        found = [job for job in open_jobs(self._service) if not job.is_suspended]
        return sorted(found, key=lambda job: job.key)

    def _count_round(self, now: dt.datetime) -> None:
        at, rounds = self._rounds_at
        rounds = rounds + 1 if at == now else 1
        self._rounds_at = (now, rounds)
        if rounds > _MOST_ROUNDS:
            raise IdleTimeoutError(
                f"Expected the process to come to rest, but after {_MOST_ROUNDS:,} rounds of "
                "answers it still creates jobs. Is there a loop?"
            )


def open_jobs(service: EngineService) -> Iterator[JobView]:
    """Yield the jobs of all instances that a worker could do, now or later."""
    page = PageRequest(limit=_PAGE)
    while True:
        part = unwrap(service.jobs(JobFilter(state=JobState.CREATED), page=page))
        yield from part.items
        if part.next_cursor is None:
            return
        page = PageRequest(cursor=part.next_cursor, limit=_PAGE)


def give_answer(service: EngineService, job: JobView, answer: Answer) -> Problem | None:
    """Answer one open job."""
    match answer:
        case Completion():
            return service.complete_job(job.key, answer.variables, actor=_ACTOR)
        case ErrorThrown():
            return service.throw_job_error(
                job.key,
                answer.code,
                message=answer.message,
                variables=answer.variables,
                actor=_ACTOR,
            )
        case Failure():
            return service.fail_job(
                job.key, answer.message, retries_left=answer.retries_left, actor=_ACTOR
            )
