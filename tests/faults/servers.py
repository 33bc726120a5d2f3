"""Real servers that can be killed and come back with what they had."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

import psutil
import psycopg

from tests.databases import SERVER_USER, binaries

_PATIENCE: Final = 90.0
_DISK_BYTES: Final = 400_000_000


class NotInstalledError(Exception):
    """Expected a server that is installed, or a right that this user has."""


class Server(Protocol):
    """Something that the engine needs."""

    def start(self) -> None:
        """Start it and wait until it answers."""

    def kill(self) -> None:
        """End it as a power cut would, but for the memory of the operating system."""

    def is_running(self) -> bool:
        """Tell whether it runs."""

    def stop(self) -> None:
        """End it for good."""


def until(condition: Callable[[], bool], what: str, seconds: float = _PATIENCE) -> None:
    """Wait for another process; there is nothing to wait on but to ask again."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"Expected {what} within {seconds:.0f} s.")
        time.sleep(0.05)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def kill_all(process: psutil.Popen | subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it has begun."""
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(process.pid)
        family = [parent, *parent.children(recursive=True)]
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(family[1:], timeout=20)
    process.wait(20)


class Postgres:
    """A cluster of its own; on a small disk of its own where this user may mount one."""

    def __init__(self, home: Path) -> None:
        folder = binaries()
        if folder is None:
            raise NotInstalledError("PostgreSQL is not installed")
        self._folder = folder
        self._home = home
        self._socket_folder = home / "socket"
        self._socket_folder.mkdir()
        self._disk = home / "disk"
        self._disk.mkdir()
        self.has_own_disk = self._mount()
        self._files = self._disk / "files"
        self._ballast = self._disk / "ballast"
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            shutil.chown(self._socket_folder, SERVER_USER, SERVER_USER)
            shutil.chown(self._disk, SERVER_USER, SERVER_USER)
        home.chmod(0o755)
        options = ["-U", SERVER_USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(
            [*self._as_user(), folder / "initdb", "-D", self._files, *options],
            check=True,
            capture_output=True,
        )

    def start(self) -> None:
        """Start it and wait until it answers; it may have to recover first."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket_folder),
            "max_connections": "80",
            "shared_buffers": "64MB",
            "min_wal_size": "32MB",
            "max_wal_size": "64MB",
            "checkpoint_timeout": "30s",
            "restart_after_crash": "on",
        }
        arguments = [
            part for name, value in settings.items() for part in ("-c", f"{name}={value}")
        ]
        command = [*self._as_user(), self._folder / "postgres", "-D", self._files, *arguments]
        give_up_at = time.monotonic() + _PATIENCE
        while not self._answers():
            if self._process is None or self._process.poll() is not None:
                # What the dead server has left must be gone before another can start.
                (self._files / "postmaster.pid").unlink(missing_ok=True)
                with (self._home / "postgres.log").open("ab") as log:
                    self._process = subprocess.Popen(
                        command, stdout=log, stderr=log, start_new_session=True
                    )
            if time.monotonic() > give_up_at:
                raise TimeoutError("Expected PostgreSQL to start again.")
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill every process of the server."""
        if self._process is not None:
            kill_all(self._process)

    def stop_immediately(self) -> None:
        """Do as `pg_ctl stop -m immediate`: end without a checkpoint."""
        pg_ctl = [self._folder / "pg_ctl", "stop", "-D", self._files, "-m", "immediate", "-w"]
        subprocess.run([*self._as_user(), *pg_ctl], check=False, capture_output=True)
        if self._process is not None:
            self._process.wait(30)

    def fill_disk(self) -> None:
        """Leave no room on its disk."""
        size = shutil.disk_usage(self._disk).free
        with self._ballast.open("wb") as ballast, contextlib.suppress(OSError):
            os.posix_fallocate(ballast.fileno(), 0, max(1, size - 4096))

    def empty_disk(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    def is_running(self) -> bool:
        """Tell whether it answers."""
        return self._answers()

    def stop(self) -> None:
        """End it and take its disk away."""
        self.kill()
        if self.has_own_disk:
            subprocess.run(["umount", "-l", self._disk], check=False)

    def connect(self) -> socket.socket:
        """Return a connection to it, for a proxy."""
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.connect(str(self._socket_folder / ".s.PGSQL.5432"))
        except OSError:
            made.close()
            raise
        return made

    def url(self, database: str, port: int | None = None) -> str:
        """Return the address of a database, through a proxy if its port is given."""
        if port is None:
            return f"postgresql://{SERVER_USER}@/{database}?host={self._socket_folder}"
        return f"postgresql://{SERVER_USER}@127.0.0.1:{port}/{database}?connect_timeout=5"

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2, autocommit=True) as one:
                one.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _mount(self) -> bool:
        """Give it a small disk; False where this user may not mount."""
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", self._disk],
            check=False,
            capture_output=True,
        )
        return mounted.returncode == 0

    def _as_user(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        return ["setpriv", f"--reuid={SERVER_USER}", f"--regid={SERVER_USER}", "--init-groups"]


class Redis:
    """A Redis that writes what it takes to a file, so that it has it when it comes back."""

    def __init__(self, home: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise NotInstalledError("Redis is not installed")
        self.port = free_port()
        options = ["--bind", "127.0.0.1", "--appendonly", "yes", "--save", "", "--dir", str(home)]
        self._command = [program, "--port", str(self.port), *options]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, start_new_session=True
        )
        until(lambda: listens(self.port), "Redis to answer")

    def kill(self) -> None:
        """Kill it."""
        if self._process is not None:
            kill_all(self._process)

    def is_running(self) -> bool:
        """Tell whether it answers."""
        return listens(self.port)

    def stop(self) -> None:
        """End it."""
        self.kill()

    def url(self, port: int) -> str:
        """Return its address through a proxy."""
        return f"redis://127.0.0.1:{port}/0"


class RabbitMq:
    """A RabbitMQ node of its own."""

    def __init__(self, home: Path) -> None:
        program = shutil.which("rabbitmq-server") or "/usr/sbin/rabbitmq-server"
        if not Path(program).exists():
            raise NotInstalledError("RabbitMQ is not installed")
        self.port = free_port()
        self._program = program
        self._home = home
        self._environment: Mapping[str, str] = {
            **os.environ,
            "HOME": str(home),
            "RABBITMQ_NODENAME": f"faults{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq"),
        }
        (home / "plugins").write_text("[].\n", encoding="utf-8")
        (home / "rabbitmq.conf").write_text("loopback_users = none\n", encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        give_up_at = time.monotonic() + _PATIENCE
        while not listens(self.port):
            if self._process is None or self._process.poll() is not None:
                with (self._home / "rabbitmq.log").open("ab") as log:
                    # The script asks for root or its own user; the program behind it does not.
                    self._process = subprocess.Popen(
                        [self._script()],
                        env=dict(self._environment),
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
            if time.monotonic() > give_up_at:
                raise TimeoutError("Expected RabbitMQ to start.")
            time.sleep(0.2)

    def kill(self) -> None:
        """Kill it."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            kill_all(self._process)
            until(lambda: not listens(self.port), "RabbitMQ to be gone")

    def is_running(self) -> bool:
        """Tell whether it answers."""
        return listens(self.port)

    def stop(self) -> None:
        """End it."""
        self.kill()

    def url(self, port: int) -> str:
        """Return its address through a proxy."""
        return f"amqp://guest:guest@127.0.0.1:{port}//"

    def _script(self) -> str:
        inner = sorted(Path("/usr/lib/rabbitmq").glob("lib/*/sbin/rabbitmq-server"))
        return str(inner[-1]) if inner else self._program


def listens(port: int) -> bool:
    """Tell whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tcp(port: int) -> Callable[[], socket.socket]:
    """Return what connects to a port of this machine, for a proxy."""

    def connect() -> socket.socket:
        made = socket.create_connection(("127.0.0.1", port), timeout=5)
        made.settimeout(None)
        return made

    return connect
