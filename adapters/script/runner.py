"""Runs one command apart from the worker and writes how it ended into the job's folder.

Started as a program of its own with the job's folder as the only argument; it needs nothing but
the standard library. It lives on when the worker ends, and holds the lock it was given for as long
as it lives. The folder holds:

    job.json     what to run and within which bounds
    started      exists once the command is about to be started
    cancel       exists once the command is to be stopped
    stdin.json, stdout, stderr
    rc           how it ended, renamed into place when everything else is written
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, TypedDict

_LOOK_SECONDS = 0.05
_GRACE_SECONDS = 3.0
_BLOCK_BYTES = 65_536
_NOT_FOUND = 127
_NOT_EXECUTABLE = 126


class Job(TypedDict):
    """What `job.json` says."""

    argv: list[str]
    working_folder: str
    environment: list[str]  #: names of this program's own variables the command gets
    wall_seconds: float
    cpu_seconds: int
    memory_bytes: int
    output_bytes: int


class Ending(TypedDict):
    """What `rc` says."""

    exit_code: int  #: negative: the number of the signal that ended it
    reason: str  #: "exit", "timeout", "output" or "cancel"


def main(folder: Path) -> None:
    """Step out of the worker's process tree, run the job, write its end."""
    if os.fork() != 0:
        os._exit(0)
    job: Job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    (folder / "started").touch()
    ending = _run(folder, job)
    unfinished = folder / "rc.tmp"
    with unfinished.open("w", encoding="utf-8") as file:
        json.dump(ending, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / "rc")


def _run(folder: Path, job: Job) -> Ending:
    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (job["cpu_seconds"], job["cpu_seconds"] + 1))
        resource.setrlimit(resource.RLIMIT_AS, (job["memory_bytes"], job["memory_bytes"]))

    try:
        with (folder / "stdin.json").open("rb") as stdin:
            command = subprocess.Popen(  # noqa: S603  # the operator's list names the program
                job["argv"],
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=job["working_folder"],
                # Not all of it: the interpreter adds variables of its own, such as LC_CTYPE.
                env={name: os.environ[name] for name in job["environment"]},
                start_new_session=True,
                preexec_fn=bound,  # noqa: PLW1509  # this process has no thread yet
            )
    except (OSError, subprocess.SubprocessError) as error:
        (folder / "stdout").touch()
        (folder / "stderr").write_text(str(error), encoding="utf-8")
        is_absent = isinstance(error, FileNotFoundError)
        return Ending(exit_code=_NOT_FOUND if is_absent else _NOT_EXECUTABLE, reason="exit")
    too_much = threading.Event()
    copies = [
        threading.Thread(
            target=_copy, args=(pipe, folder / name, job["output_bytes"], too_much), daemon=True
        )
        for name, pipe in (("stdout", command.stdout), ("stderr", command.stderr))
    ]
    for copy in copies:
        copy.start()
    reason = _watch(command, folder, time.monotonic() + job["wall_seconds"], too_much)
    _kill_group(command.pid, signal.SIGKILL)
    for copy in copies:
        copy.join(_GRACE_SECONDS)
    if too_much.is_set() and reason == "exit":
        reason = "output"
    return Ending(exit_code=command.wait(), reason=reason)


def _copy(pipe: IO[bytes] | None, path: Path, bound: int, too_much: threading.Event) -> None:
    if pipe is None:
        return
    left = bound
    with pipe, path.open("wb", buffering=0) as file:
        while block := os.read(pipe.fileno(), _BLOCK_BYTES):
            if len(block) > left:
                file.write(block[:left])
                too_much.set()
                return
            file.write(block)
            left -= len(block)


def _watch(
    command: subprocess.Popen[bytes], folder: Path, until: float, too_much: threading.Event
) -> str:
    """Return why the command ended; stop it if it must end."""
    while True:
        try:
            command.wait(_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            reason = _must_end(folder, until, too_much)
            if reason is not None:
                _stop(command)
                return reason
        else:
            return "exit"


def _must_end(folder: Path, until: float, too_much: threading.Event) -> str | None:
    if too_much.is_set():
        return "output"
    if time.monotonic() > until:
        return "timeout"
    return "cancel" if (folder / "cancel").exists() else None


def _stop(command: subprocess.Popen[bytes]) -> None:
    """Ask the command's process group to end, then make it."""
    _kill_group(command.pid, signal.SIGTERM)
    try:
        command.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _kill_group(command.pid, signal.SIGKILL)


def _kill_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return  # everyone of the group has ended


if __name__ == "__main__":
    main(Path(sys.argv[1]))
