"""The engine scaled out on this machine, started by its documented commands and kept running.

Web processes, a relay and two Celery workers, each restarted when it ends, as systemd would.
PostgreSQL and the broker are reached through proxies, so that connections can be lost.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import httpx
import psutil

from tests.faults.counter import EffectCounter
from tests.faults.proxy import Proxy
from tests.faults.servers import Postgres, RabbitMq, Redis, free_port, kill_all, tcp, until

ROOT: Final = Path(__file__).parents[2]
LEASE_SECONDS: Final = 4
_DATABASE: Final = "postgres"


class Program:
    """One command that is started again whenever it ends."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        home: Path,
        release: Path = ROOT,
    ) -> None:
        self.name = name
        self._release = release
        self.start_count = 0
        self._arguments = arguments
        self._environment = {**os.environ, **environment}
        self._log = home / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def keep_running(self) -> None:
        """Start it if it does not run."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return
            if self._process is not None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            self.start_count += 1
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "bpmn_engine.cli", *self._arguments],
                    cwd=self._release,
                    env=self._environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def kill(self) -> None:
        """Kill it and all that it has begun."""
        with self._lock:
            if self._process is not None:
                kill_all(self._process)

    def processes(self) -> list[psutil.Process]:
        """Return its processes, its own first."""
        if self._process is None:
            return []
        try:
            parent = psutil.Process(self._process.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def log(self) -> str:
        """Return what it has said."""
        return self._log.read_text("utf-8", errors="replace") if self._log.exists() else ""


class Installation:
    """Everything that runs, and what can be done to it."""

    def __init__(self, home: Path, broker: type[Redis | RabbitMq], seed: int) -> None:
        self.home = home
        self.counter = EffectCounter(seed)
        self.postgres = Postgres(home)
        self.broker = broker(home)
        self.to_database = Proxy(self.postgres.connect)
        self.to_broker = Proxy(tcp(self.broker.port))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._write_connections()
        self.web = self._program(
            "web", "serve", "--workers", "2", "--no-worker", "--port", str(self.port),
            "--instance-folder", str(home),
        )  # fmt: skip
        self.relay = self._program("relay", "worker", "--adapters", "http")
        self.celery = [
            self._program(f"celery{number}", "worker", "--celery", "--adapters", "http")
            for number in (1, 2)
        ]
        self.programs = (self.web, self.relay, *self.celery)
        self._is_ending = threading.Event()
        self._keeper = threading.Thread(target=self._keep)

    @property
    def database_url(self) -> str:
        """The database, past the proxy."""
        return self.postgres.url(_DATABASE)

    def start_servers(self) -> None:
        """Start what the engine needs."""
        self.postgres.start()
        self.broker.start()

    def start_programs(self) -> None:
        """Start the engine and whoever keeps it running."""
        self._keeper.start()
        self.await_ready()

    def await_ready(self) -> None:
        """Wait until the web processes answer and reach the database."""
        until(self._is_ready, "the web processes to be ready", 120)

    def stop(self) -> None:
        """End everything."""
        self._is_ending.set()
        if self._keeper.is_alive():
            self._keeper.join()
        for program in self.programs:
            program.kill()
        self.to_database.close()
        self.to_broker.close()
        self.broker.stop()
        self.postgres.stop()
        self.counter.close()

    def _keep(self) -> None:
        while not self._is_ending.wait(0.3):
            for program in self.programs:
                program.keep_running()

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def _program(self, name: str, *arguments: str) -> Program:
        return Program(name, arguments, self._environment(), self.home)

    def _environment(self) -> Mapping[str, str]:
        return {
            "BPMN_ENGINE_DATABASE_URL": self.postgres.url(_DATABASE, self.to_database.port),
            "BPMN_ENGINE_FIRST_BACKOFF": "1",
            "BPMN_ENGINE_LONGEST_BACKOFF": "4",
            "BPMN_ENGINE_WEB_DEMO": "true",
            "BPMN_ENGINE_WEB_REQUESTS_PER_MINUTE": "0",
            "BPMN_ENGINE_WEB_STREAM_CAP": "4",
            "BPMN_ENGINE_WORKER_BROKER_URL": self.broker.url(self.to_broker.port),
            "BPMN_ENGINE_WORKER_CONNECTIONS": str(self.home / "connections.toml"),
            "BPMN_ENGINE_WORKER_JOB_LOCK": str(LEASE_SECONDS),
            "BPMN_ENGINE_WORKER_THREADS": "2",
        }

    def _write_connections(self) -> None:
        write_connections(self.home / "connections.toml", self.counter)


def write_connections(file: Path, counter: EffectCounter) -> None:
    """Write the profiles by which the engine reaches the system outside."""
    text = "".join(
        f"[http.{kind}]\n"
        f'base_url = "http://127.0.0.1:{counter.port}/{kind}/"\n'
        'allowed_networks = ["127.0.0.0/8"]\n'
        f"honors_idempotency_key = {str(kind == 'once').lower()}\n"
        "connect_timeout_seconds = 2\nread_timeout_seconds = 3\n\n"
        for kind in ("once", "plain")
    )
    file.write_text(text, encoding="utf-8")


def pause(seconds: float) -> None:
    """Let the load go on for a while."""
    time.sleep(seconds)
