"""The processes of a running demo: the server, and the simulator of other systems."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import httpx

from bpmn_engine.cli.demo_folder import DemoFolder
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode

HOST: Final = "127.0.0.1"
_STOP_SECONDS: Final = 15
_LOOK_SECONDS: Final = 0.1
_SHOWN_LINES: Final = 5


class ChildProcess:
    """A process that ends when this one does: its standard input is ours to hold open."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 — our own program, no shell
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                start_new_session=True,  # Ctrl-C is ours to pass on, in order
            )

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def ask_to_stop(self) -> None:
        """Tell it to end."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self.is_running:
            self._process.terminate()

    def await_end(self) -> None:
        """Wait for its end; after a while make it end."""
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def last_words(self) -> str:
        """Return the last lines of its log."""
        lines = self.log.read_text("utf-8", errors="replace").strip().splitlines()
        return "\n".join(lines[-_SHOWN_LINES:])


def start_server(folder: DemoFolder, port: int) -> ChildProcess:
    """Start web and worker in one process."""
    command = [sys.executable, "-m", "bpmn_engine.cli", "serve", "--stop-at-eof"]
    options = ["--host", HOST, "--port", str(port), "--instance-folder", str(folder.path)]
    environment = {
        "BPMN_ENGINE_DATABASE_URL": folder.database_url,
        "BPMN_ENGINE_WORKER_CONNECTIONS": str(folder.connections),
        "BPMN_ENGINE_WORKER_BROKER_URL": "",
        "BPMN_ENGINE_WORKER_STOP_GRACE": "2",
        "BPMN_ENGINE_WEB_DEMO": "true",
        "BPMN_ENGINE_WEB_SESSION_COOKIE_SECURE": "false",
    }
    return ChildProcess([*command, *options], folder.log("server"), environment)


def start_simulator(folder: DemoFolder, port: int, token: str) -> ChildProcess:
    """Start the worker that answers for systems which are not connected."""
    command = [sys.executable, "-m", "processes.simulator_worker"]
    environment = {
        "BPMN_ENGINE_SIMULATOR_URL": f"http://{HOST}:{port}",
        "BPMN_ENGINE_SIMULATOR_TOKEN": token,
    }
    return ChildProcess(command, folder.log("simulator"), environment)


def await_ready(server: ChildProcess, port: int, give_up_seconds: float) -> None:
    """Wait until the server answers.

    Raises:
        CommandFailedError: It ended, or did not answer in time; the message shows its last words.
    """
    give_up_at = time.monotonic() + give_up_seconds
    with httpx.Client(base_url=f"http://{HOST}:{port}", timeout=5, trust_env=False) as client:
        while server.is_running and time.monotonic() < give_up_at:
            try:
                if client.get("/readyz").is_success:
                    return
            except httpx.TransportError:
                pass  # not listening yet
            time.sleep(_LOOK_SECONDS)
    raise CommandFailedError(
        f"Expected the server to start, but it did not. The end of {server.log}:\n"
        f"{server.last_words()}",
        ExitCode.UNAVAILABLE,
    )
