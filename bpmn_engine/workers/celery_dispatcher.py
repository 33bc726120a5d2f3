"""Tells the broker which jobs are due; workers elsewhere do them."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from typing import Final

from celery import Celery
from kombu.exceptions import OperationalError
from typing_extensions import override

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import JobFilter, JobState, JobView, PageRequest, Problem
from bpmn_engine.views.work import ActivatedJob, DueJob
from bpmn_engine.workers.celery_app import send_jobs
from bpmn_engine.workers.dispatcher import Dispatcher
from bpmn_engine.workers.job_runner import JobRunner

MOST_KEYS: Final = 50
"""Jobs that one message asks for, at most."""

_LOG = logging.getLogger(__name__)
_RESEND_AFTER: Final = dt.timedelta(seconds=60)
_LATE_COMMIT: Final = dt.timedelta(seconds=2)
_SINGLE: Final = 8
_PAGE: Final = 1000
_SEEN: Final = 200
_EVER: Final = (dt.datetime(1970, 1, 1, tzinfo=dt.UTC), 0)


class CeleryDispatcher(Dispatcher):
    """Sends keys of jobs that are due; again after a minute while nobody has them.

    A look reads what has become due since the last one. Whatever is missed, such as a job whose
    transaction took long to commit, is found by the look at everything, once a minute.
    """

    def __init__(self, service: EngineService, runner: JobRunner, app: Celery) -> None:
        self._service = service
        self._runner = runner
        self._app = app
        self._sent_at: dict[tuple[int, int], dt.datetime] = {}  # by job and attempt
        self._seen_until = _EVER[0]
        self._look_at_all_at = _EVER[0]

    @override
    def start(self) -> None:
        """Do nothing: the connection is opened by the first message."""

    @override
    def dispatch_due(self) -> int:
        now = self._service.clock.now()
        is_whole = now >= self._look_at_all_at
        if is_whole:
            self._look_at_all_at = now + _RESEND_AFTER
            since = now - _RESEND_AFTER
            self._sent_at = {job: at for job, at in self._sent_at.items() if at > since}
        after = _EVER if is_whole else (self._seen_until - _LATE_COMMIT, 0)
        types = [each for each in self._runner.job_types if not self._is_limited(each)]
        count = self._send(self._with_room(now), now)
        while types:
            page = self._service.due_jobs(types, after=after, limit=_PAGE)
            count += self._send([job for job in page if self._is_news(job)], now)
            if len(page) < _PAGE:
                break
            after = (page[-1].due_at, page[-1].key)
        self._seen_until = now
        if count:
            _LOG.info("outcome=sent count=%s", count)
        return count

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
        """Decline: workers elsewhere take their jobs themselves."""
        return False

    @override
    def give_back(self, count: int) -> None:
        """Do nothing: none is reserved."""

    @override
    def begin(self, jobs: Sequence[ActivatedJob]) -> None:
        """Do nothing: none is reserved."""

    @override
    def announce(self, keys: Mapping[str, Sequence[int]]) -> None:
        """Do nothing: the next look finds them."""

    @override
    def stop(self, grace_seconds: float) -> bool:
        self._app.close()
        return True

    def _is_limited(self, job_type: str) -> bool:
        return bool(self._service.pools.of_types(frozenset({job_type})))

    def _with_room(self, now: dt.datetime) -> list[DueJob]:
        """Return due jobs of types with a resource pool, but for those that wait for room in it.

        The message of one that waits found no room: there is to be another when there is some.
        """
        found: list[DueJob] = []
        for job_type in filter(self._is_limited, self._runner.job_types):
            for state in (JobState.CREATED, JobState.WATCHING):
                page = self._service.jobs(
                    JobFilter(job_type=job_type, state=state), page=PageRequest(limit=_SEEN)
                )
                if isinstance(page, Problem):
                    continue
                for job in page.items:
                    if job.waiting_for_resource is not None:
                        self._sent_at.pop((job.key, job.attempt), None)
                    elif job.due_at <= now and not job.is_suspended:
                        found.append(_due(job))
        return [job for job in found if self._is_news(job)]

    def _is_news(self, job: DueJob) -> bool:
        sent_at = self._sent_at.get((job.key, job.attempt))
        # Of work that is watched the attempt stays the same from poll to poll.
        return sent_at is None or job.due_at > sent_at

    def _send(self, due: Sequence[DueJob], now: dt.datetime) -> int:
        """Send messages for jobs; few go one by one, to be done beside each other."""
        by_type: dict[str, list[DueJob]] = {}
        for job in due:
            by_type.setdefault(job.job_type, []).append(job)
        parents = self._service.trace_parents(due)
        count = 0
        for job_type, jobs in by_type.items():
            size = 1 if len(jobs) <= _SINGLE else min(MOST_KEYS, -(-len(jobs) // _SINGLE))
            for first in range(0, len(jobs), size):
                part = jobs[first : first + size]
                try:
                    send_jobs(
                        self._app,
                        job_type,
                        [job.key for job in part],
                        trace_parent=parents.get(part[0].key) if size == 1 else None,
                    )
                except OperationalError as error:
                    _LOG.warning("outcome=broker_unavailable reason=%r", str(error))
                    self._look_at_all_at = now
                    return count
                self._sent_at.update(((job.key, job.attempt), now) for job in part)
                count += len(part)
        return count


def _due(job: JobView) -> DueJob:
    return DueJob(
        key=job.key,
        job_type=job.job_type,
        attempt=job.attempt,
        due_at=job.due_at,
        instance_key=job.instance_key,
        element_key=job.element_key,
    )
