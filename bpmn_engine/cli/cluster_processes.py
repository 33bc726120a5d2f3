"""Programs of a cluster for trying out: started again when they end, stopped in order."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import httpx

HOST: Final = "127.0.0.1"
_SHOWN_LINES: Final = 8
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 30.0
_SOON: Final = 10.0
"""Seconds: a program that ends sooner after its start has probably a lasting reason."""

_KILL_WAIT: Final = 10


class KeptProgram:
    """One program that is started again whenever it ends.

    Its standard input is ours to hold open; programs that do not look at it are told by the
    operating system when we are gone, where it can.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        runs_as: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Prepare it.

        Args:
            name: What it is called in messages.
            command: The program and its arguments.
            log: Its output is added to this file.
            runs_as: What to put before the command so that another user runs it.
            environment: All it gets; None gives it ours.
            stop_signal: What asks it to end gracefully.
        """
        self.name = name
        self.log = log
        self.start_count = 0
        self._command = (*runs_as, *_told_of_our_end(stop_signal), *command)
        self._environment = environment
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._pause = _FIRST_PAUSE
        self._start_at: float | None = None

    @property
    def pid(self) -> int | None:
        """The process id, or None while it does not run."""
        return self._process.pid if self._process is not None and self.is_running else None

    @property
    def is_running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it; returns at once."""
        self.start_count += 1
        self._started_at = time.monotonic()
        self._start_at = None
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 — our own programs, no shell
                self._command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is ours to pass on, in order
            )

    def look(self) -> str | None:
        """Start it again if it has ended; return what happened, if anything did.

        One that ends again and again is started more and more seldom.
        """
        if self.is_running:
            return None
        now = time.monotonic()
        if self._start_at is None:
            ended_soon = now - self._started_at < _SOON
            self._pause = min(self._pause * 2, _LONGEST_PAUSE) if ended_soon else _FIRST_PAUSE
            self._start_at = now + self._pause
            return f"{self.name} {self.end_in_words()}; it is started again"
        if now < self._start_at:
            return None
        self.end_family()
        self.start()
        return f"{self.name} was started again, process {self.pid}"

    def end_in_words(self) -> str:
        """Say how it ended."""
        code = None if self._process is None else self._process.returncode
        if code is None:
            return "runs"
        if code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    def end_family(self) -> None:
        """Kill what a killed program has left running of its own: its children."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                return

    def ask_to_stop(self) -> None:
        """Tell it to end gracefully."""
        if self._process is None:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self.is_running:
            self._process.send_signal(self._stop_signal)

    def await_end(self, seconds: float) -> bool:
        """Wait for its end; kill it when that takes longer. Tells whether it ended by itself."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_KILL_WAIT)
            self.end_family()
            return False
        return True

    def last_words(self) -> str:
        """Return the last lines of its log."""
        lines = self.log.read_text("utf-8", errors="replace").strip().splitlines()
        return "\n".join(lines[-_SHOWN_LINES:])


class Part:
    """A program of a cluster with the question whether it can do its work."""

    def __init__(self, program: KeptProgram, health: Callable[[], str], where: str) -> None:
        """Put them together.

        Args:
            program: What runs.
            health: Answers `ok`, or in words what is missing.
            where: Its address, for people.
        """
        self.program = program
        self.where = where
        self.health = "starting"
        self._ask = health

    @property
    def is_well(self) -> bool:
        """Whether it could do its work when it was last asked."""
        return self.health == "ok"

    def look(self) -> str | None:
        """Ask; return what is different from before, if anything is."""
        before = self.health
        self.health = self._ask() if self.program.is_running else "not running"
        if before == self.health or not self.program.is_running:
            return None
        return f"{self.program.name}: {self.health}"


def engine_command(*arguments: str) -> Sequence[str]:
    """Return the command line of this very release's command."""
    return (sys.executable, "-m", "bpmn_engine.cli", *arguments)


def http_health(address: str) -> Callable[[], str]:
    """Return what asks a process for its health over HTTP.

    Args:
        address: Of a page that answers as `/health/ready` does.
    """

    def ask() -> str:
        try:
            answer = httpx.get(address, timeout=3, trust_env=False)
        except httpx.TransportError:
            return "does not answer"
        return "ok" if answer.is_success else _what_is_missing(answer)

    return ask


def _what_is_missing(answer: httpx.Response) -> str:
    try:
        told = answer.json()
    except json.JSONDecodeError:
        return f"answers {answer.status_code}"
    if not isinstance(told, dict):
        return f"answers {answer.status_code}"
    missing = (
        f"{part}: {word}" for part, word in told.items() if word != "ok" and part != "status"
    )
    return ", ".join(missing) or f"answers {answer.status_code}"


def _told_of_our_end(number: signal.Signals) -> Sequence[str]:
    """Return what to put before a command so that it ends when this process was killed."""
    program = shutil.which("setpriv") if sys.platform == "linux" else None
    return () if program is None else (program, "--pdeathsig", number.name.removeprefix("SIG"))
