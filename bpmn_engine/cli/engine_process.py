"""Making the parts of a process that serves or works: logging, runner, embedded worker."""

from __future__ import annotations

import os
import random
import sys
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Final

from bpmn_engine.clock import SystemClock
from bpmn_engine.functions import Functions
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.function_modules import load_functions
from bpmn_engine.settings import PREFIX, EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.telemetry.instruments import NO_INSTRUMENTS, Instruments
from bpmn_engine.workers.catalogue import AdapterCatalogue, open_connections
from bpmn_engine.workers.celery_app import make_celery
from bpmn_engine.workers.celery_dispatcher import CeleryDispatcher
from bpmn_engine.workers.embedded import EmbeddedWorker
from bpmn_engine.workers.functions import FUNCTIONS, function_workers
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.python_workers import WorkerRegistry
from bpmn_engine.workers.scripts import SCRIPTS, script_workers
from bpmn_engine.workers.settings import WorkerSettings

WEB_NUMBERS: Final = range(256)
"""Worker numbers of web processes, where the environment says nothing."""

WORKER_NUMBERS: Final = range(256, 512)
"""Worker numbers of processes that only work."""


def with_number(
    settings: EngineSettings, environ: Mapping[str, str], numbers: range, *, nth: int | None = None
) -> EngineSettings:
    """Return the settings with a worker number, by which keys of processes differ.

    Args:
        settings: The engine's.
        environ: May give the number; `nth` is then counted from it.
        numbers: To choose from where it does not.
        nth: Which process of several of one command; None = chosen at random.
    """
    if f"{PREFIX}WORKER_NUMBER" in environ:
        first = settings.worker_number
        return replace(settings, worker_number=(first + (nth or 0)) % 1024)
    chosen = random.SystemRandom().choice(numbers) if nth is None else numbers[nth % len(numbers)]
    return replace(settings, worker_number=chosen)


def make_service(
    settings: EngineSettings, instruments: Instruments = NO_INSTRUMENTS
) -> EngineService:
    """Return the engine on the database of the settings, watched by the instruments."""
    database = Database(settings.database_url, pool_size=settings.database_pool_size)
    return EngineService(database, SystemClock(), settings, observer=instruments.observer)


def make_runner(
    service: EngineService, settings: WorkerSettings, folders: Collection[str] | None = None
) -> JobRunner:
    """Return what does the jobs of this installation's adapters, functions, and of scripts.

    Args:
        service: The engine.
        settings: Of the worker.
        folders: Names of adapter folders, `scripts` and `functions`; None means all.

    Raises:
        ValueError: There is no adapter folder of that name.
    """
    return JobRunner(
        service,
        settings,
        adapters=_catalogue(folders),
        connections=open_connections(settings.connections, os.environ),
        workers=_python_workers(service.functions, folders),
    )


def served_job_types(folders: Collection[str] | None, settings: EngineSettings) -> tuple[str, ...]:
    """Return the job types that a process told to do these does.

    Raises:
        ValueError: There is no adapter folder of that name.
        SettingError: A module of functions cannot be used.
    """
    functions = load_functions(settings.functions)
    return (*_catalogue(folders).job_types, *_python_workers(functions, folders).job_types)


def _catalogue(folders: Collection[str] | None) -> AdapterCatalogue:
    return AdapterCatalogue(None if folders is None else {*folders} - {SCRIPTS, FUNCTIONS})


def _python_workers(functions: Functions, folders: Collection[str] | None) -> WorkerRegistry:
    does_scripts = folders is None or SCRIPTS in folders
    registry = script_workers() if does_scripts else WorkerRegistry()
    if folders is None or FUNCTIONS in folders:
        for name, work in function_workers(functions).items():
            registry.add(name, work)
    return registry


def make_embedded_worker(
    service: EngineService, settings: WorkerSettings, folders: Collection[str] | None = None
) -> EmbeddedWorker:
    """Return the embedded worker; with a broker it sends the jobs there.

    Raises:
        ValueError: There is no adapter folder of that name.
    """
    runner = make_runner(service, settings, folders)
    if not settings.broker_url:
        return EmbeddedWorker(service, runner, settings)
    dispatcher = CeleryDispatcher(service, runner, make_celery(settings))
    return EmbeddedWorker(service, runner, settings, dispatcher=dispatcher)


def at_end_of_input(react: Callable[[], None]) -> None:
    """Call `react` when standard input ends: whoever started this process is gone."""

    def wait() -> None:
        descriptor = sys.stdin.fileno()
        while os.read(descriptor, 1024):
            pass
        react()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
