"""Celery: jobs done by other processes, each beside the system it works with.

One queue for each job type, `jobs.<type>`. A message carries the key and the type of a job; what
is to be done, and whether it still is, stands in the database. A message that is lost is sent
again by the dispatcher; one that comes twice finds nothing to do.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from typing import Final

from celery import Celery

from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.settings import WorkerSettings

RUN_JOB: Final = "bpmn_engine.run_job"
"""The name of the one Celery task there is."""

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
    made: list[JobRunner] = []

    @app.task(name=RUN_JOB)  # type: ignore[untyped-decorator]  # Celery has no types
    def run_job(job_key: str, *, job_type: str) -> None:
        if not made:
            made.append(runner())
        run_next(made[0], job_key, job_type)


def run_next(runner: JobRunner, job_key: str, job_type: str) -> bool:
    """Do the most urgent job of this type that is due; tell whether there was one.

    That is the job of the message unless a more urgent one has come since, which has a message
    of its own.
    """
    jobs = runner.activate(1, job_type=job_type)
    if not jobs:
        _LOG.info("job=%s type=%s outcome=nothing_to_do", job_key, job_type)
        return False
    runner.run(jobs[0])
    return True


def run_worker(app: Celery, job_types: Sequence[str], *, process_count: int) -> None:
    """Do jobs of these types until the process is told to end."""
    queues = ",".join(queue_of(job_type) for job_type in job_types)
    options = ["--queues", queues, "--concurrency", str(process_count), "--loglevel", "INFO"]
    # RabbitMQ lets two workers of one name not be: the second ends at once, again and again.
    options += ["--hostname", f"bpmn-engine-{os.getpid()}@%h"]
    app.worker_main(["worker", *options, "--without-gossip", "--without-mingle"])
