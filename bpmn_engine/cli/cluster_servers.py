"""The servers of a cluster for trying out: PostgreSQL, Redis and RabbitMQ of its own.

Each has its files in the data folder, listens to this machine only and asks for a password, or is
reached through a folder that nobody else may enter.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bpmn_engine.cli.cluster_folder import ClusterFolder
from bpmn_engine.cli.cluster_processes import HOST, KeptProgram, Part
from bpmn_engine.cli.demo_folder import write_private
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode

BROKERS: Final = ("redis", "rabbitmq")
"""The brokers that can be started."""

_DATABASE_USER: Final = "bpmn"
_SYSTEM_USER: Final = "postgres"
_LONGEST_SOCKET_FOLDER: Final = 90
"""Bytes: the operating system takes no longer names of sockets, and the socket's own is 15."""

_CONNECTIONS_OF_A_PROCESS: Final = 20


class ClusterPostgres:
    """A PostgreSQL cluster in the data folder, made when it is not there yet."""

    def __init__(self, folder: ClusterFolder, *, process_count: int) -> None:
        """Prepare it.

        Args:
            folder: The data folder.
            process_count: How many processes of the engine will connect.

        Raises:
            CommandFailedError: PostgreSQL is not installed, or nobody may run it here.
        """
        programs = _postgres_programs()
        home = folder.part("postgresql").resolve()
        self._socket_folder = home / "socket"
        self.url: Final = f"postgresql://{_DATABASE_USER}@/postgres?host={self._socket_folder}"
        runs_as = _runs_as(home)
        if len(os.fsencode(self._socket_folder)) > _LONGEST_SOCKET_FOLDER:
            raise CommandFailedError(
                f"Expected a data folder with a shorter name, but {home} is too long for a socket."
                " Choose another one: --data FOLDER",
                ExitCode.USAGE,
            )
        files = home / "files"
        if not (files / "PG_VERSION").exists():
            _make_cluster(programs, files, runs_as)
        _run([*runs_as, "mkdir", "-p", "-m", "0700", str(self._socket_folder)])
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket_folder),
            "unix_socket_permissions": "0700",
            "max_connections": str(20 + process_count * _CONNECTIONS_OF_A_PROCESS),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.program: Final = KeptProgram(
            "postgresql",
            [str(programs / "postgres"), "-D", str(files), *options],
            folder.log("postgresql"),
            runs_as=runs_as,
            stop_signal=signal.SIGINT,  # PostgreSQL's "fast": it waits for no client
        )


def redis(folder: ClusterFolder) -> tuple[Part, str]:
    """Return a Redis that keeps what it has taken, and its address for Celery.

    Raises:
        CommandFailedError: It is not installed.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise _not_installed("redis-server", "--broker rabbitmq, --broker none")
    home, port, password = folder.part("redis"), free_port(), folder.secret("redis")
    lines = (
        f"bind {HOST}",
        f"port {port}",
        f"requirepass {password}",
        f'dir "{home.resolve()}"',
        "appendonly yes",
        'save ""',
    )
    write_private(home / "redis.conf", "\n".join(lines) + "\n")
    kept = KeptProgram("redis", [program, str(home / "redis.conf")], folder.log("redis"))
    url = f"redis://:{password}@{HOST}:{port}/0"
    return Part(kept, _listening_health(port), f"{HOST}:{port}"), url


def rabbitmq(folder: ClusterFolder) -> tuple[Part, str]:
    """Return a RabbitMQ node, and its address for Celery.

    Raises:
        CommandFailedError: It is not installed.
    """
    home, port, password = folder.part("rabbitmq").resolve(), free_port(), folder.secret("broker")
    lines = (f"default_user = {_DATABASE_USER}", f"default_pass = {password}")
    write_private(home / "rabbitmq.conf", "\n".join(lines) + "\n")
    write_private(home / "enabled_plugins", "[].\n")
    environment = {
        **os.environ,
        "HOME": str(home),  # where Erlang keeps its cookie
        "ERL_EPMD_ADDRESS": HOST,
        "RABBITMQ_NODENAME": f"bpmn{zlib.crc32(os.fsencode(home)):x}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": HOST,
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq"),
    }
    kept = KeptProgram(
        "rabbitmq", [_rabbitmq_program()], folder.log("rabbitmq"), environment=environment
    )
    url = f"amqp://{_DATABASE_USER}:{password}@{HOST}:{port}//"
    return Part(kept, _listening_health(port), f"{HOST}:{port}"), url


def _postgres_programs() -> Path:
    """Return the folder of the newest PostgreSQL installed."""
    folders = [
        path
        for path in Path("/usr/lib/postgresql").glob("*/bin")
        if path.parent.name.isdecimal() and (path / "initdb").exists()
    ]
    if folders:
        return max(folders, key=lambda path: int(path.parent.name))
    found = shutil.which("initdb")
    if found is None:
        raise _not_installed("PostgreSQL", "--database postgresql://user@host/name")
    return Path(found).resolve().parent


def _not_installed(what: str, instead: str) -> CommandFailedError:
    return CommandFailedError(
        f"Expected {what} on this machine, but found none. Install it, or choose: {instead}",
        ExitCode.UNAVAILABLE,
    )


def _runs_as(home: Path) -> Sequence[str]:
    """Return what lets a user run PostgreSQL: root may not, so its own user does then."""
    if os.geteuid() != 0:
        return ()
    program = shutil.which("setpriv")
    try:
        user = pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        user = None
    if user is None or program is None:
        raise CommandFailedError(
            "Expected another user than root, as which PostgreSQL does not run, but there is "
            f"no user {_SYSTEM_USER} to run it for root. Run this command as another user, or "
            "give a database: --database postgresql://user@host/name",
            ExitCode.USAGE,
        )
    shutil.chown(home, user.pw_uid, user.pw_gid)
    words = (program, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups")
    if subprocess.run([*words, "test", "-w", str(home)], check=False).returncode:  # noqa: S603
        raise CommandFailedError(
            f"Expected a data folder that the user {_SYSTEM_USER} can reach, which runs PostgreSQL"
            f" for root, but {home} is closed to it. Choose another one: --data FOLDER, or run "
            "this command as another user.",
            ExitCode.USAGE,
        )
    return words


def _make_cluster(programs: Path, files: Path, runs_as: Sequence[str]) -> None:
    # The socket's folder lets nobody else in, so nobody else is asked for a password.
    options = ["-U", _DATABASE_USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    _run([*runs_as, str(programs / "initdb"), "-D", str(files), *options])


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise CommandFailedError(
            f"Expected to make what PostgreSQL needs, but {' '.join(command)} said: "
            f"{(done.stderr or done.stdout).strip()}",
            ExitCode.UNAVAILABLE,
        )


def _rabbitmq_program() -> str:
    # The script on the path asks for root or RabbitMQ's own user; the one behind it does not.
    behind = sorted(Path("/usr/lib/rabbitmq").glob("lib/*/sbin/rabbitmq-server"))
    found = str(behind[-1]) if behind else shutil.which("rabbitmq-server")
    if found is None:
        raise _not_installed("rabbitmq-server", "--broker redis, --broker none")
    return found


def _listening_health(port: int) -> Callable[[], str]:
    def ask() -> str:
        with socket.socket() as probe:
            probe.settimeout(2)
            return "does not answer" if probe.connect_ex((HOST, port)) else "ok"

    return ask


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
