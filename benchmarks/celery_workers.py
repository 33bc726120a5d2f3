"""Workers of Celery for a benchmark: `celery_workers DATABASE BROKER PROCESSES`."""

from __future__ import annotations

import logging
import sys

from bpmn_engine.cli.engine_process import WORKER_NUMBERS, make_service, with_number
from bpmn_engine.garbage import collect_seldom
from bpmn_engine.settings import EngineSettings
from bpmn_engine.workers.celery_app import make_celery, run_worker, serve_jobs
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.python_workers import WorkerRegistry
from bpmn_engine.workers.settings import WorkerSettings


def main() -> None:
    """Do jobs of the type `work` until the process is told to end."""
    database, broker, processes = sys.argv[1:]
    logging.disable(logging.INFO)
    settings = WorkerSettings(broker_url=broker)
    workers = WorkerRegistry()
    workers.add("work", lambda _job: {"ok": True})

    def runner() -> JobRunner:
        numbered = with_number(EngineSettings(database_url=database), {}, WORKER_NUMBERS)
        made = JobRunner(make_service(numbered), settings, workers=workers)
        collect_seldom()
        return made

    app = make_celery(settings)
    serve_jobs(app, runner)
    run_worker(app, ["work"], process_count=int(processes))


if __name__ == "__main__":
    main()
