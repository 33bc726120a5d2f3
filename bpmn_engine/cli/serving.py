"""`bpmn-engine serve`, `worker` and `migrate-db`."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import click

from bpmn_engine.cli.engine_options import (
    database_option,
    engine_settings,
    ensure_schema,
    json_option,
    opened_database,
)
from bpmn_engine.cli.engine_process import (
    WORKER_NUMBERS,
    at_end_of_input,
    make_embedded_worker,
    make_runner,
    make_service,
    served_job_types,
    with_number,
)
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode
from bpmn_engine.cli.printing import print_json, print_line
from bpmn_engine.cli.server import EngineServer, ServerPlan, ensure_port_is_free
from bpmn_engine.garbage import collect_seldom
from bpmn_engine.settings import EngineSettings
from bpmn_engine.telemetry.instruments import open_instruments
from bpmn_engine.telemetry.log_lines import start_logging
from bpmn_engine.telemetry.multiprocess import open_folder, remove_folder
from bpmn_engine.telemetry.process_telemetry import ProcessTelemetry
from bpmn_engine.telemetry.settings import TelemetrySettings
from bpmn_engine.workers.celery_app import make_celery, run_worker, serve_jobs
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.settings import WorkerSettings
from web.settings import WebSettings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=8080,
    show_default=True,
    help="The port to listen on.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Web processes; each has its own embedded worker.",
)
@click.option("--no-worker", is_flag=True, help="Serve only; jobs and timers are done elsewhere.")
@click.option(
    "--instance-folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("instance"),
    show_default=True,
    help="Where a demo keeps its secret key.",
)
@click.option(
    "--stop-at-eof",
    is_flag=True,
    help="Stop when standard input ends; for programs that start this one.",
)
@database_option
@json_option
def serve(  # noqa: PLR0913, PLR0917 — one argument for each option
    host: str,
    port: int,
    workers: int,
    no_worker: bool,  # noqa: FBT001 — click passes options by name
    instance_folder: Path,
    stop_at_eof: bool,  # noqa: FBT001
    database: str | None,
    is_json: bool,  # noqa: FBT001
) -> None:
    """Run the web application and, in the same process, the worker.

    An SQLite database is made, or brought up to date, first; for PostgreSQL run migrate-db.
    Settings come from the environment, see docs/settings.md. SIGTERM and Ctrl-C end it gracefully.
    """
    telemetry = _started_logging()
    settings = engine_settings(database, os.environ)
    web = WebSettings.from_environment(os.environ, instance_folder=instance_folder)
    worker_settings = WorkerSettings.from_environment(os.environ)
    ensure_port_is_free(host, port)
    _prepare(settings)

    def tell_ready() -> None:
        address = f"http://{host}:{port}"
        if is_json:
            print_json({"address": address, "pid": os.getpid()})
        else:
            print_line(f"Serving at {address}")

    plan = ServerPlan(
        host=host,
        port=port,
        process_count=workers,
        has_worker=not no_worker,
        stops_at_eof=stop_at_eof,
        engine=settings,
        web=web,
        worker=worker_settings,
        telemetry=telemetry,
        on_ready=tell_ready,
    )
    EngineServer(plan).run()


@click.command()
@click.option(
    "--adapters",
    metavar="NAMES",
    help="Only of these, such as http,mail,scripts,functions.  [default: all]",
)
@click.option(
    "--celery",
    is_flag=True,
    help="Take jobs from Celery's queues, one for each job type, instead of the database.",
)
@click.option(
    "--stop-at-eof",
    is_flag=True,
    help="Stop when standard input ends; for programs that start this one.",
)
@database_option
@json_option
def worker(
    adapters: str | None,
    celery: bool,  # noqa: FBT001 — click passes options by name
    stop_at_eof: bool,  # noqa: FBT001
    database: str | None,
    is_json: bool,  # noqa: FBT001
) -> None:
    """Do jobs, fire timers, finish what a dead process left; no web.

    Any number may run on one database. With BPMN_ENGINE_WORKER_BROKER_URL set, jobs are sent to
    Celery's queues, and `worker --celery` on any machine does them.
    """
    telemetry = _started_logging()
    settings = with_number(engine_settings(database, os.environ), os.environ, WORKER_NUMBERS)
    worker_settings = WorkerSettings.from_environment(os.environ)
    folders = None if adapters is None else frozenset(filter(None, adapters.split(",")))
    _prepare(settings)
    try:
        job_types = served_job_types(folders, settings)
    except ValueError as error:
        raise CommandFailedError(str(error), ExitCode.USAGE) from error
    if is_json:
        print_json({"worker": worker_settings.signature, "job_types": job_types})
    if celery:
        if stop_at_eof:
            at_end_of_input(lambda: os.kill(os.getpid(), signal.SIGTERM))
        _work_for_celery(settings, worker_settings, telemetry, folders)
        return
    _work(settings, worker_settings, telemetry, folders, stops_at_eof=stop_at_eof)


@click.command("migrate-db")
@database_option
@json_option
def migrate_db(database: str | None, is_json: bool) -> None:  # noqa: FBT001 — click's way
    """Bring the database's tables to this release's; does nothing when they are."""
    with opened_database(engine_settings(database, os.environ)) as opened:
        was_current = opened.is_recent()
        opened.migrate()
    if is_json:
        print_json({"changed": not was_current})
    else:
        print_line("The tables were up to date." if was_current else "The tables are up to date.")


def _prepare(settings: EngineSettings) -> None:
    with opened_database(settings) as database:
        ensure_schema(database, migrates=True)


def _started_logging() -> TelemetrySettings:
    telemetry = TelemetrySettings.from_environment(os.environ)
    start_logging(telemetry)
    return telemetry


def _work(
    settings: EngineSettings,
    worker_settings: WorkerSettings,
    telemetry: TelemetrySettings,
    folders: frozenset[str] | None,
    *,
    stops_at_eof: bool,
) -> None:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    if stops_at_eof:
        at_end_of_input(stopped.set)
    instruments = open_instruments(telemetry)
    service = make_service(settings, instruments)
    embedded = make_embedded_worker(service, worker_settings, folders)
    measuring = ProcessTelemetry(service, instruments, is_working=lambda: embedded.is_alive)
    measuring.start()
    collect_seldom()
    embedded.start()
    stopped.wait()
    embedded.stop()
    measuring.stop()


def _work_for_celery(
    settings: EngineSettings,
    worker_settings: WorkerSettings,
    telemetry: TelemetrySettings,
    folders: frozenset[str] | None,
) -> None:
    if not worker_settings.broker_url:
        raise CommandFailedError(
            "Expected the broker in BPMN_ENGINE_WORKER_BROKER_URL, but it is not set.",
            ExitCode.USAGE,
        )

    def runner() -> JobRunner:
        # Made in each process of Celery's pool: connections do not survive a fork.
        numbered = with_number(settings, {}, WORKER_NUMBERS)
        instruments = open_instruments(telemetry)
        service = make_service(numbered, instruments)
        ProcessTelemetry(service, instruments).start(is_shared=True)
        made = make_runner(service, worker_settings, folders)
        collect_seldom()
        return made

    app = make_celery(worker_settings)
    serve_jobs(app, runner)
    folder = open_folder() if telemetry.has_metrics else None
    try:
        run_worker(app, served_job_types(folders, settings), process_count=worker_settings.threads)
    finally:
        remove_folder(folder)
