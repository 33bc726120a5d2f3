"""What a cluster for trying out keeps in its data folder: servers' files, passwords, logs."""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bpmn_engine.cli.demo_folder import DemoFolder, write_private
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode


@dataclass(frozen=True, slots=True)
class ClusterFolder:
    """The data folder of one cluster."""

    path: Path

    def log(self, name: str) -> Path:
        """Return the log file of a program."""
        return self.path / f"{name}.log"

    def part(self, name: str) -> Path:
        """Return the folder of a server, made if it is not there."""
        folder = self.path / name
        folder.mkdir(exist_ok=True)
        return folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder and keep every other cluster out of it.

        Raises:
            CommandFailedError: Another cluster uses it, or it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / "cluster.lock").open("w", encoding="ascii")
        except OSError as error:
            raise CommandFailedError(f"Expected a writable data folder, but: {error}") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise CommandFailedError(
                    f"Expected a data folder of its own, but another cluster runs in {self.path}.",
                    ExitCode.CONFLICT,
                ) from error
            yield

    def passwords(self) -> Mapping[str, str]:
        """Return the password of each account; made once, readable by the owner only."""
        return DemoFolder(self.path).passwords()

    def secret(self, name: str) -> str:
        """Return a secret between programs; made once, readable by the owner only."""
        file = self.path / f"{name}.secret"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(32))
        return file.read_text("utf-8").strip()
