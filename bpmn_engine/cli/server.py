"""The web server: gunicorn, with the embedded worker in the same process unless told otherwise."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flask import Flask
from gunicorn.app.base import BaseApplication
from typing_extensions import override

from bpmn_engine.cli.engine_process import (
    WEB_NUMBERS,
    at_end_of_input,
    make_embedded_worker,
    make_service,
    with_number,
)
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode
from bpmn_engine.garbage import collect_seldom
from bpmn_engine.settings import EngineSettings
from bpmn_engine.telemetry.instruments import open_instruments
from bpmn_engine.telemetry.multiprocess import forget_process, open_folder, remove_folder
from bpmn_engine.telemetry.process_telemetry import ProcessTelemetry
from bpmn_engine.telemetry.settings import TelemetrySettings
from bpmn_engine.workers.embedded import EmbeddedWorker
from bpmn_engine.workers.settings import WorkerSettings
from web.app import create_app
from web.gunicorn_config import HEADROOM
from web.gunicorn_worker import LingeringWorker
from web.settings import WebSettings

_WATCH_SECONDS = 0.2
_SWITCH_SECONDS = 0.0005  # a page asks the database often, and each time waits for its turn again
_GRACE_SECONDS = 2  # for open requests; live streams do not end by themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPlan:
    """Everything a server is told."""

    host: str
    port: int
    process_count: int
    has_worker: bool
    stops_at_eof: bool
    engine: EngineSettings
    web: WebSettings
    worker: WorkerSettings
    telemetry: TelemetrySettings
    on_ready: Callable[[], None]  #: called once, when connections are accepted


class _WebProcess(Protocol):
    """What we need of gunicorn's worker."""

    pid: int
    age: int  #: 1 for the first process, one more for each further
    alive: bool


class EngineServer(BaseApplication):
    """One gunicorn server; `run` blocks until it is told to end."""

    def __init__(self, plan: ServerPlan) -> None:
        self._plan = plan
        self._process: _WebProcess | None = None
        self._embedded: EmbeddedWorker | None = None
        self._telemetry: ProcessTelemetry | None = None
        has_several = plan.telemetry.has_metrics and plan.process_count > 1
        self._metrics_folder = open_folder() if has_several else None
        super().__init__()

    @override
    def load_config(self) -> None:
        plan = self._plan
        grace = plan.worker.stop_grace.total_seconds()
        options: dict[str, object] = {
            "bind": f"{plan.host}:{plan.port}",
            "worker_class": LingeringWorker,
            "workers": plan.process_count,
            "threads": plan.web.stream_cap + HEADROOM,
            "timeout": 60,
            "graceful_timeout": int(max(_GRACE_SECONDS, grace)),
            "keepalive": 5,
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "warning",
            "proc_name": "bpmn-engine",
            "post_fork": self._remember,
            "when_ready": self._tell_ready,
            "worker_exit": self._stop_working,
            "child_exit": self._forget,
            "on_exit": self._clean_up,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    @override
    def load(self) -> Flask:  # type: ignore[override]  # its stubs know no typed environ
        """Make the application, in the process that serves it."""
        plan, process = self._plan, self._process
        nth = 0 if process is None else process.age - 1
        settings = with_number(plan.engine, os.environ, WEB_NUMBERS, nth=nth)
        instruments = open_instruments(plan.telemetry)
        service = make_service(settings, instruments)
        if plan.has_worker:
            self._embedded = make_embedded_worker(service, plan.worker)
            self._embedded.start()
            if process is not None:
                _stop_with(process, self._embedded)
        if plan.stops_at_eof:
            at_end_of_input(lambda: os.kill(os.getppid(), signal.SIGTERM))
        embedded = self._embedded
        self._telemetry = ProcessTelemetry(
            service,
            instruments,
            is_working=None if embedded is None else lambda: embedded.is_alive,
        )
        self._telemetry.start(is_shared=True)
        app = create_app(
            plan.web, service, instruments=instruments, readiness=self._telemetry.readiness
        )
        collect_seldom()
        sys.setswitchinterval(_SWITCH_SECONDS)
        return app

    def _remember(self, _server: object, process: _WebProcess) -> None:
        self._process = process

    def _stop_working(self, _server: object, _process: _WebProcess) -> None:
        if self._embedded is not None:
            self._embedded.stop()
        if self._telemetry is not None:
            self._telemetry.stop()

    def _forget(self, _server: object, process: _WebProcess) -> None:
        forget_process(process.pid)

    def _clean_up(self, _server: object) -> None:
        remove_folder(self._metrics_folder)

    def _tell_ready(self, _server: object) -> None:
        self._plan.on_ready()


def ensure_port_is_free(host: str, port: int) -> None:
    """See to it that a server can listen there.

    Raises:
        CommandFailedError: Something else listens there already, or the address is not ours.
    """
    try:
        with _listening(host, port):
            return
    except OSError as error:
        raise CommandFailedError(
            f"Expected a free port, but {host}:{port} cannot be used: {error.strerror}. "
            f"Choose another one: --port {port + 1}",
            ExitCode.CONFLICT,
        ) from error


def next_free_port(host: str, port: int) -> int:
    """Return the first free port from `port` on.

    Raises:
        CommandFailedError: A hundred in a row are in use.
    """
    for candidate in range(port, min(port + 100, 65_536)):
        try:
            with _listening(host, candidate):
                return candidate
        except OSError:
            continue
    raise CommandFailedError(
        f"Expected a free port from {port} on, but found none.", ExitCode.CONFLICT
    )


def _listening(host: str, port: int) -> socket.socket:
    address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(address[0], address[1])
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address[4])
        listener.listen(1)
    except OSError:
        listener.close()
        raise
    return listener


def _stop_with(process: _WebProcess, embedded: EmbeddedWorker) -> None:
    """Stop the embedded worker as soon as its process is told to end.

    gunicorn's own hook comes after the last request has ended, which for live streams is late: it
    would leave too little of the time that a process gets to end.
    """

    def watch() -> None:
        while process.alive:
            time.sleep(_WATCH_SECONDS)
        embedded.stop()

    threading.Thread(target=watch, name="stop-worker", daemon=True).start()
