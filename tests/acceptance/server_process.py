"""The command `bpmn-engine serve` as a process of its own, which a test may kill."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class ServerProcess:
    """A server on loopback, started and killed as often as a test wants."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], *, options: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self._options = options
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "bpmn_engine.cli", "serve", "--port", str(self.port)]
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--instance-folder", str(self.folder), *self._options],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.await_ready()

    def await_ready(self) -> None:
        give_up_at = time.monotonic() + 60
        while not self._is_ready():
            assert self._process is not None
            assert self._process.poll() is None, self.log()[-4000:]
            assert time.monotonic() < give_up_at, self.log()[-4000:]
            time.sleep(0.05)

    def kill(self) -> None:
        """End every process of the server as a power cut would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def kill_engine(self) -> bool:
        """End the process that serves and works; gunicorn starts another. False if it is away."""
        assert self._process is not None
        children = psutil.Process(self._process.pid).children()
        if not children:
            return False
        children[0].kill()
        return True

    def stop(self) -> int:
        """End it gracefully and return its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(30)

    def pid(self) -> int:
        """Return the process that started all others of the server."""
        assert self._process is not None
        return self._process.pid

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        return (self.folder / "server.log").read_text("utf-8", errors="replace")

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False
