"""The settings of workers, read once from the environment. docs/settings.md explains each."""

from __future__ import annotations

import datetime as dt
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bpmn_engine.errors import SettingError

PREFIX: Final = "BPMN_ENGINE_WORKER_"
"""The environment variable of a setting is this and its name in capitals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How this process works on jobs. Durations are seconds in the environment."""

    name: str = ""  #: signs locks; empty = the machine's name and the process id
    threads: int = 4  #: jobs done at the same time in this process
    connections: Path = Path("connections.toml")  #: the file of connection profiles
    job_lock: dt.timedelta = dt.timedelta(minutes=1)  #: extended while a job is being done
    idle_pause: dt.timedelta = dt.timedelta(seconds=0.2)  #: between two looks when nothing is due
    stop_grace: dt.timedelta = dt.timedelta(seconds=10)  #: for running jobs, at a graceful stop
    broker_url: str = ""  #: of Celery; empty = jobs are done by threads of this process

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> WorkerSettings:
        """Read every setting whose variable is set; the others keep their defaults.

        Raises:
            SettingError: a value is not usable; the message names the variable.
        """
        default = cls()
        return cls(
            name=_text(environ, "NAME", ""),
            threads=_count(environ, "THREADS", default.threads),
            connections=Path(_text(environ, "CONNECTIONS", str(default.connections))),
            job_lock=_seconds(environ, "JOB_LOCK", default.job_lock),
            idle_pause=_seconds(environ, "IDLE_PAUSE", default.idle_pause),
            stop_grace=_seconds(environ, "STOP_GRACE", default.stop_grace),
            broker_url=_text(environ, "BROKER_URL", ""),
        )

    @property
    def signature(self) -> str:
        """What this process signs its locks with."""
        return self.name or f"{socket.gethostname()}:{os.getpid()}"


def _text(environ: Mapping[str, str], name: str, default: str) -> str:
    return environ.get(PREFIX + name, default).strip()


def _count(environ: Mapping[str, str], name: str, default: int) -> int:
    text = _text(environ, name, str(default))
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise SettingError(
            f"Expected a whole number from 1 in {PREFIX}{name}, but found {text!r}."
        )
    return int(text)


def _seconds(environ: Mapping[str, str], name: str, default: dt.timedelta) -> dt.timedelta:
    text = _text(environ, name, str(default.total_seconds()))
    try:
        length = dt.timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        length = dt.timedelta(0)
    if length <= dt.timedelta(0):
        raise SettingError(
            f"Expected a number of seconds above 0 in {PREFIX}{name}, but found {text!r}."
        )
    return length
