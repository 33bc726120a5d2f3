"""gunicorn's configuration: threads, because live streams and job polls each hold one.

`threads` is the cap of live streams and headroom for everything else. The cap itself is the
setting BPMN_ENGINE_WEB_STREAM_CAP; the address is gunicorn's own `--bind` or BPMN_ENGINE_WEB_BIND.

Processes that share a database need a worker number each, for the keys they make. gunicorn's first
process takes BPMN_ENGINE_WORKER_NUMBER, the second the next one, and so on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Final, Protocol

from bpmn_engine.telemetry.multiprocess import forget_process, open_folder, remove_folder
from bpmn_engine.telemetry.settings import TelemetrySettings

HEADROOM: Final = 28
"""Threads beyond those that live streams may hold."""

_metrics_folders: list[Path | None] = []

_WORKER_NUMBER: Final = "BPMN_ENGINE_WORKER_NUMBER"

bind = os.environ.get("BPMN_ENGINE_WEB_BIND", "127.0.0.1:8000")
worker_class = "web.gunicorn_worker.LingeringWorker"
workers = int(os.environ.get("BPMN_ENGINE_WEB_PROCESSES", "1"))
threads = int(os.environ.get("BPMN_ENGINE_WEB_STREAM_CAP", "100")) + HEADROOM
timeout = 60
graceful_timeout = 5
keepalive = 5
accesslog = None  # the application writes its own line per request
errorlog = "-"


class WebProcess(Protocol):
    """One of gunicorn's workers, as far as it matters here."""

    pid: int
    slot: int  #: ours: from 0, different in every live process


class Arbiter(Protocol):
    """gunicorn's parent process, as far as it matters here."""

    WORKERS: Mapping[int, WebProcess]  #: the live ones by process id


def on_starting(server: Arbiter) -> None:  # noqa: ARG001 -- gunicorn's
    """Let the metrics of several processes be one."""
    if workers > 1 and TelemetrySettings.from_environment(os.environ).has_metrics:
        _metrics_folders.append(open_folder())


def child_exit(server: Arbiter, worker: WebProcess) -> None:  # noqa: ARG001 -- gunicorn's
    """Forget what only a living process can tell."""
    forget_process(worker.pid)


def on_exit(server: Arbiter) -> None:  # noqa: ARG001 -- gunicorn's
    """Remove what was made for the metrics."""
    for folder in _metrics_folders:
        remove_folder(folder)


def pre_fork(server: Arbiter, worker: WebProcess) -> None:
    """Give the process that is about to start the lowest slot no live one has."""
    taken = {getattr(each, "slot", None) for each in server.WORKERS.values()}
    worker.slot = next(slot for slot in count() if slot not in taken)


def post_fork(server: Arbiter, worker: WebProcess) -> None:  # noqa: ARG001 -- gunicorn's
    """Tell the new process its worker number, before it makes the application."""
    first = int(os.environ.get(_WORKER_NUMBER, "0"))
    os.environ[_WORKER_NUMBER] = str(first + worker.slot)
