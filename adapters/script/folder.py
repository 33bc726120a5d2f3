"""The folder of one job: its lock, its command's output, and how it ended.

Its name comes from the idempotency key. A lock file beside it (flock) belongs to whoever starts
the command and is handed on to the runner, which holds it while it lives: so a second start of the
same key is impossible, and a running command can be told from a lost one, even after a reboot.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pydantic import JsonValue

from adapters.script import runner

_SECONDS_PER_DAY = 86_400
_START_SECONDS = 30
_SHOWN_CHARACTERS = 4_096
_SWEEP_SECONDS = 3_600
_LOCK_TRIES = 20
_LOCK_PAUSE_SECONDS = 0.01


class FolderState(Enum):
    """What a job's folder says."""

    ABSENT = "absent"  #: the command surely never ran
    RUNNING = "running"
    ENDED = "ended"  #: `ending` says how
    LOST = "lost"  #: it was started; nobody runs it any more and nobody wrote how it ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    exit_code: int  #: negative: the number of the signal
    reason: str  #: "exit", "timeout", "output" or "cancel"
    stdout: str
    stderr: str  #: its last characters


class JobFolder:
    """One job's folder below the profile's `jobs_folder`."""

    def __init__(self, jobs_folder: Path, name: str) -> None:
        self.name = name
        self._jobs = jobs_folder
        self._path = jobs_folder / name

    @classmethod
    def of_key(cls, jobs_folder: Path, idempotency_key: str) -> JobFolder:
        """Return the folder for this key, which need not exist."""
        return cls(jobs_folder, hashlib.sha256(idempotency_key.encode()).hexdigest())

    def state(self) -> FolderState:
        """Return what became of the command; the lock is asked first, for it is given up last."""
        lock = _try_lock(self._lock_path, fcntl.LOCK_SH)
        if lock is None:
            return FolderState.ENDED if self._has("rc") else FolderState.RUNNING
        os.close(lock)
        return self._state_of_unlocked()

    def start(
        self,
        job: runner.Job,
        stdin: JsonValue,
        environment: Mapping[str, str],
        *,
        replaces: Ended | None,
    ) -> bool:
        """Start the command; False if it runs, or has ended otherwise than `replaces` says.

        Args:
            job: What to run and within which bounds.
            stdin: Written to the command's standard input as JSON.
            environment: The whole environment of the command.
            replaces: The end of an earlier try that is to be repeated; None for the first.

        Raises:
            OSError: The folder cannot be written or the runner cannot be started.
        """
        lock = _await_lock(self._lock_path)
        if lock is None:
            return False
        try:
            state = self._state_of_unlocked()
            found = self.ended() if state is FolderState.ENDED else None
            if state is FolderState.LOST or found != replaces:
                return False
            self._set_aside()
            self._path.mkdir(mode=0o700)
            (self._path / "stdin.json").write_text(json.dumps(stdin), encoding="utf-8")
            (self._path / "job.json").write_text(json.dumps(job), encoding="utf-8")
            _launch(self._path, environment, lock)
        finally:
            os.close(lock)
        return True

    @property
    def _lock_path(self) -> Path:
        return self._jobs / f"{self.name}.lock"

    def _has(self, name: str) -> bool:
        return (self._path / name).exists()

    def _state_of_unlocked(self) -> FolderState:
        if self._has("rc"):
            return FolderState.ENDED
        return FolderState.LOST if self._has("started") else FolderState.ABSENT

    def _set_aside(self) -> None:
        """Make room for another try under the same key; the old folder is kept for people."""
        number = 1
        while self._path.exists():
            aside = self._jobs / f"{self.name}.{number}"
            if not aside.exists():
                self._path.rename(aside)
            number += 1

    def ended(self) -> Ended:
        """Return how the command ended. Only in the state ENDED.

        Raises:
            OSError: The folder cannot be read.
        """
        ending: runner.Ending = json.loads((self._path / "rc").read_text(encoding="utf-8"))
        stdout = (self._path / "stdout").read_text(encoding="utf-8", errors="replace")
        stderr = (self._path / "stderr").read_text(encoding="utf-8", errors="replace")
        return Ended(
            exit_code=ending["exit_code"],
            reason=ending["reason"],
            stdout=stdout,
            stderr=stderr[-_SHOWN_CHARACTERS:],
        )

    def ask_to_stop(self) -> None:
        """Leave word for the runner to stop the command."""
        (self._path / "cancel").touch()


def _launch(path: Path, environment: Mapping[str, str], lock: int) -> None:
    try:
        subprocess.run(  # noqa: S603  # our own runner
            [sys.executable, "-I", "-S", runner.__file__, str(path)],
            check=True,
            pass_fds=(lock,),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            timeout=_START_SECONDS,
        )
    except subprocess.SubprocessError as error:
        raise OSError(str(error)) from error


def _try_lock(path: Path, kind: int) -> int | None:
    """Return the open lock, which its caller closes; None if someone else holds it."""
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        if path.exists() and path.stat().st_ino == os.fstat(lock).st_ino:
            return lock
        os.close(lock)  # swept away between opening and locking


def _await_lock(path: Path) -> int | None:
    """As `_try_lock`, but let those who only look at the state go first."""
    for _ in range(_LOCK_TRIES):
        lock = _try_lock(path, fcntl.LOCK_EX)
        if lock is not None:
            return lock
        time.sleep(_LOCK_PAUSE_SECONDS)
    return None


def sweep(jobs_folder: Path, keep_days: float) -> None:
    """Delete folders of commands that ended long ago; looks at most once an hour."""
    now = time.time()
    mark = jobs_folder / ".swept"
    if mark.exists() and now - mark.stat().st_mtime < _SWEEP_SECONDS:
        return
    mark.touch()
    for entry in jobs_folder.iterdir():
        ending = entry / "rc"
        if ending.exists() and now - ending.stat().st_mtime > keep_days * _SECONDS_PER_DAY:
            shutil.rmtree(entry, ignore_errors=True)
            entry.with_suffix(".lock").unlink(missing_ok=True)
