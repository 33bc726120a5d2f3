"""Celery: jobs done by other processes, each beside the system it works with.

One queue for each job type, `jobs.<type>`. A message carries keys of jobs of one type; what is to
be done, and whether it still is, stands in the database. A message that is lost is sent again by
the dispatcher; one that comes twice finds nothing to do.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from typing import Final

from celery import Celery
from kombu.exceptions import OperationalError

from bpmn_engine.views.trace_context import TRACE_PARENT
from bpmn_engine.views.work import ActivatedJob
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.outcomes import Outcome
from bpmn_engine.workers.pace import Pace
from bpmn_engine.workers.settings import WorkerSettings

RUN_JOBS: Final = "bpmn_engine.run_jobs"
"""The name of the one Celery task there is."""

_NAME: Final = "bpmn-engine-"
"""A Celery worker is called this and its process id, at its machine."""

_LOG = logging.getLogger(__name__)


def queue_of(job_type: str) -> str:
    """Return the name of the queue for jobs of a type."""
    return f"jobs.{job_type}"


def make_celery(settings: WorkerSettings) -> Celery:
    """Return the Celery app for the broker of the settings; it can send, but does nothing yet."""
    app = Celery("bpmn_engine", broker=settings.broker_url, set_as_current=False)
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_create_missing_queues=True,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"socket_connect_timeout": 5, "socket_timeout": 30},
        worker_hijack_root_logger=False,
        enable_utc=True,
    )
    return app


def serve_jobs(app: Celery, runner: Callable[[], JobRunner]) -> None:
    """Give the app its Celery task.

    Args:
        app: From `make_celery`.
        runner: Called once in each process of the Celery worker, at its first message.
    """
    made: list[JobBatches] = []

    @app.task(name=RUN_JOBS)  # type: ignore[untyped-decorator]  # Celery has no types
    def run_jobs(job_keys: list[str], *, job_type: str) -> None:
        if not made:
            made.append(JobBatches(runner()))
        rest = made[0].run([int(key) for key in job_keys], job_type)
        for key in rest:
            send_jobs(app, job_type, [key])


def send_jobs(
    app: Celery, job_type: str, keys: Sequence[int], *, trace_parent: str | None = None
) -> None:
    """Ask whoever takes them from the queue to do as many jobs of a type.

    The message of one job goes on with its trace; those of many have no trace of their own, as
    each job brings its own.

    Raises:
        OperationalError: the broker does not answer.
    """
    app.send_task(
        RUN_JOBS,
        args=([str(key) for key in keys],),
        kwargs={"job_type": job_type},
        queue=queue_of(job_type),
        headers=None if trace_parent is None else {TRACE_PARENT: trace_parent},
        retry=False,
    )


def answering_workers(app: Celery, *, seconds: float) -> frozenset[int] | None:
    """Return the process ids of the Celery workers that answer within some seconds.

    None when the broker does not answer.
    """
    try:
        told = app.control.ping(timeout=seconds)
    except OperationalError:
        return None
    names = (name for answer in told for name in answer)
    ids = (name.partition("@")[0].removeprefix(_NAME) for name in names)
    return frozenset(int(text) for text in ids if text.isdecimal())


class JobBatches:
    """Does as many jobs as a message asks for: quick ones together, slow ones one by one."""

    def __init__(self, runner: JobRunner) -> None:
        self._runner = runner
        self._pace = Pace(1)

    def run(self, keys: Sequence[int], job_type: str) -> Sequence[int]:
        """Do the most urgent jobs of this type that are due, as many as there are keys.

        They are those of the message unless more urgent ones have come since, which have a message
        of their own. Returns the keys that are left for others, as jobs of this type take long.
        """
        left = list(keys)
        while left:
            count = 1 if self._pace.is_slow(job_type) else len(left)
            jobs = self._runner.activate(count, job_type=job_type)
            if not jobs:
                _LOG.info("jobs=%s type=%s outcome=nothing_to_do", left, job_type)
                return ()
            self._runner.report([(job, self._attempt(job)) for job in jobs])
            del left[: len(jobs)]
            if self._pace.is_slow(job_type):
                return left
        return ()

    def _attempt(self, job: ActivatedJob) -> Outcome:
        begun_at = time.monotonic()
        outcome = self._runner.attempt(job)
        self._pace.note(job.job_type, time.monotonic() - begun_at)
        return outcome


def run_worker(app: Celery, job_types: Sequence[str], *, process_count: int) -> None:
    """Do jobs of these types until the process is told to end."""
    queues = ",".join(queue_of(job_type) for job_type in job_types)
    options = ["--queues", queues, "--concurrency", str(process_count), "--loglevel", "INFO"]
    # RabbitMQ lets two workers of one name not be: the second ends at once, again and again.
    options += ["--hostname", f"{_NAME}{os.getpid()}@%h"]
    app.worker_main(["worker", *options, "--without-gossip", "--without-mingle"])
