"""Tells the broker which jobs are due; workers elsewhere do them."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final

from celery import Celery
from kombu.exceptions import OperationalError
from typing_extensions import override

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import JobFilter, JobState, JobView, PageRequest, Problem
from bpmn_engine.views.trace_context import TRACE_PARENT
from bpmn_engine.workers.celery_app import RUN_JOB, queue_of
from bpmn_engine.workers.dispatcher import Dispatcher
from bpmn_engine.workers.job_runner import JobRunner

_LOG = logging.getLogger(__name__)
_RESEND_AFTER: Final = dt.timedelta(seconds=60)
_LOOK_EVERY: Final = dt.timedelta(seconds=0.5)
_PAGE: Final = PageRequest(limit=200)


class CeleryDispatcher(Dispatcher):
    """Sends one message for each job that is due; again after a minute while nobody has it."""

    def __init__(self, service: EngineService, runner: JobRunner, app: Celery) -> None:
        self._service = service
        self._runner = runner
        self._app = app
        self._sent_at: dict[tuple[int, int], dt.datetime] = {}  # by job and attempt
        self._next_look_at = dt.datetime.min.replace(tzinfo=dt.UTC)

    @override
    def start(self) -> None:
        """Do nothing: the connection is opened by the first message."""

    @override
    def dispatch_due(self) -> int:
        now = self._service.clock.now()
        if now < self._next_look_at:
            return 0
        self._next_look_at = now + _LOOK_EVERY
        self._sent_at = {job: at for job, at in self._sent_at.items() if now - at < _RESEND_AFTER}
        due = [job for job_type in self._runner.job_types for job in self._due(job_type, now)]
        parents = self._service.trace_parents(due)
        sent = sum(self._send(job, now, parents.get(job.key)) for job in due)
        if sent:
            _LOG.info("outcome=sent count=%s", sent)
        return 0  # the scheduler may rest: nothing here makes more work here

    @override
    def stop(self, grace_seconds: float) -> bool:
        self._app.close()
        return True

    def _due(self, job_type: str, now: dt.datetime) -> list[JobView]:
        found: list[JobView] = []
        for state in (JobState.CREATED, JobState.WATCHING):
            page = self._service.jobs(JobFilter(job_type=job_type, state=state), page=_PAGE)
            if not isinstance(page, Problem):
                found += (job for job in page.items if job.due_at <= now and not job.is_suspended)
        for job in found:
            if job.waiting_for_resource is not None:
                # Its message found no room: there is to be another one when there is some.
                self._sent_at.pop((job.key, job.attempt), None)
        return [job for job in found if job.waiting_for_resource is None]

    def _send(self, job: JobView, now: dt.datetime, trace_parent: str | None) -> bool:
        sent_already = self._sent_at.get((job.key, job.attempt))
        if sent_already is not None and job.state is JobState.CREATED:
            return False
        if sent_already is not None and now - sent_already < dt.timedelta(seconds=1):
            return False
        try:
            self._app.send_task(
                RUN_JOB,
                args=(str(job.key),),
                kwargs={"job_type": job.job_type},
                queue=queue_of(job.job_type),
                headers=None if trace_parent is None else {TRACE_PARENT: trace_parent},
                retry=False,
            )
        except OperationalError as error:
            _LOG.warning("job=%s outcome=broker_unavailable reason=%r", job.key, str(error))
            return False
        self._sent_at[job.key, job.attempt] = now
        return True
