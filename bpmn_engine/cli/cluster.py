"""`bpmn-engine cluster`: the scaled-out mode on one machine, for trying out."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from bpmn_engine.cli.cluster_folder import ClusterFolder
from bpmn_engine.cli.cluster_parts import Cluster, StoppedError
from bpmn_engine.cli.cluster_processes import (
    HOST,
    KeptProgram,
    Part,
    engine_command,
    http_health,
)
from bpmn_engine.cli.cluster_servers import BROKERS, ClusterPostgres, free_port, rabbitmq, redis
from bpmn_engine.cli.engine_options import json_option, opened_service
from bpmn_engine.cli.engine_process import WORKER_NUMBERS
from bpmn_engine.cli.exit_codes import CommandFailedError, ExitCode, or_fail
from bpmn_engine.cli.printing import print_json, print_line, print_table, spinner
from bpmn_engine.cli.server import ensure_port_is_free, next_free_port
from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.store.database import Database
from bpmn_engine.store.errors import TransientDatabaseError
from bpmn_engine.workers.celery_app import answering_workers, make_celery
from bpmn_engine.workers.settings import WorkerSettings
from web.accounts import DEMO_USERS, create_demo_users

_START_SECONDS: Final = 120.0
_ROLL_CALL_SECONDS: Final = 4.0
_SERVERS: Final = frozenset({"postgresql", "redis", "rabbitmq"})


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/cluster"),
    show_default=True,
    help="Where servers and logs are kept; delete it to begin anew.",
)
@click.option(
    "--database",
    metavar="URL",
    help="A PostgreSQL that runs already: postgresql://user@host/name.  "
    "[default: one of its own, in the data folder]",
)
@click.option(
    "--broker",
    metavar="KIND",
    default="none",
    show_default=True,
    help="redis or rabbitmq: started for it, jobs go through Celery; or the URL of one that runs.",
)
@click.option(
    "--web",
    "web_count",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Web processes, behind one port.",
)
@click.option(
    "--workers",
    "worker_count",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Workers; with a broker one more, which sends them the jobs.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=8080,
    show_default=True,
    help="The port to listen on.",
)
@click.option(
    "--next-free-port", "takes_next", is_flag=True, help="Take the next one if the port is in use."
)
@json_option
def cluster(  # noqa: PLR0913, PLR0917 — one argument for each option
    data: Path,
    database: str | None,
    broker: str,
    web_count: int,
    worker_count: int,
    port: int,
    takes_next: bool,  # noqa: FBT001 — click passes options by name
    is_json: bool,  # noqa: FBT001
) -> None:
    """Run the engine scaled out on this machine, for trying out, on http://127.0.0.1 only.

    PostgreSQL, a broker if wanted, several web processes and workers, each with a log in the data
    folder. What ends is started again. Ctrl-C ends everything gracefully; the data stays.
    """
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: stopped.set())
    if takes_next:
        port = next_free_port(HOST, port)
    ensure_port_is_free(HOST, port)
    folder = ClusterFolder(data)
    running = Cluster(stopped)
    with folder.locked():
        try:
            with spinner("Starting the cluster"):
                url = _start_database(running, folder, database, web_count + 3 * worker_count)
                broker_url = _start_broker(running, folder, broker)
                _prepare(url, {} if database else folder.passwords())
                plan = _EnginePlan(folder, url, broker_url, port)
                running.start(
                    (plan.web(web_count), *plan.workers(worker_count)),
                    give_up_seconds=_START_SECONDS,
                )
            _greet(running, plan, {} if database else folder.passwords(), is_json=is_json)
            running.watch()
        except StoppedError:
            return
        finally:
            running.stop(is_server=lambda part: part.program.name in _SERVERS)


class _EnginePlan:
    """Which commands of the engine run, and what they are told."""

    def __init__(self, folder: ClusterFolder, url: str, broker_url: str, port: int) -> None:
        self.folder = folder
        self.url = url
        self.address = f"http://{HOST}:{port}"
        self._port = port
        self._broker_url = broker_url

    def web(self, count: int) -> Part:
        """Return the web processes: one command, which keeps them running itself."""
        options = ["--host", HOST, "--port", str(self._port), "--workers", str(count)]
        kept = self._kept(
            "web",
            ["serve", "--no-worker", *options, "--instance-folder", str(self.folder.path)],
            {"BPMN_ENGINE_WEB_DEMO": "true"},
        )
        return Part(kept, http_health(f"{self.address}/health/ready"), self.address)

    def workers(self, count: int) -> Sequence[Part]:
        """Return the workers; with a broker the one that sends, and Celery's."""
        if not self._broker_url:
            return [self._worker(f"worker-{nth + 1}", nth) for nth in range(count)]
        roll_call = _RollCall(self._broker_url)
        sender = self._worker("sender", 0)
        return [sender, *(self._celery(f"worker-{nth + 1}", roll_call) for nth in range(count))]

    def _worker(self, name: str, nth: int) -> Part:
        told_at = f"{HOST}:{free_port()}"
        environment = {
            "BPMN_ENGINE_TELEMETRY_BIND": told_at,
            "BPMN_ENGINE_WORKER_NUMBER": str(WORKER_NUMBERS[nth]),
        }
        kept = self._kept(name, ["worker"], environment)
        return Part(kept, http_health(f"http://{told_at}/health/ready"), f"http://{told_at}")

    def _celery(self, name: str, roll_call: _RollCall) -> Part:
        kept = self._kept(name, ["worker", "--celery"], {})
        return Part(kept, lambda: roll_call.health(kept.pid), "Celery")

    def _kept(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> KeptProgram:
        settings = {
            "BPMN_ENGINE_DATABASE_URL": self.url,
            "BPMN_ENGINE_WORKER_BROKER_URL": self._broker_url,
            "BPMN_ENGINE_TELEMETRY_BIND": "",
            **environment,
        }
        return KeptProgram(
            name,
            engine_command(*arguments, "--stop-at-eof"),
            self.folder.log(name),
            environment={**os.environ, **settings},
        )


class _RollCall:
    """Asks all Celery workers at once whether they are there, and remembers it for a while."""

    def __init__(self, broker_url: str) -> None:
        self._app = make_celery(WorkerSettings(broker_url=broker_url))
        self._answered: Collection[int] = ()
        self._ask_at = 0.0

    def health(self, process_id: int | None) -> str:
        """Return `ok` for a worker that answers."""
        if process_id not in self._answered or time.monotonic() >= self._ask_at:
            answered = answering_workers(self._app, seconds=1)
            if answered is None:
                return "cannot be asked: the broker does not answer"
            self._answered = answered
            self._ask_at = time.monotonic() + _ROLL_CALL_SECONDS
        return "ok" if process_id in self._answered else "does not answer over the broker"


def _start_database(
    running: Cluster, folder: ClusterFolder, given: str | None, process_count: int
) -> str:
    if given is not None:
        database = Database(given)
        database.dispose()
        if database.is_sqlite:
            raise CommandFailedError(
                f"Expected a PostgreSQL database, as several processes write at the same time, "
                f"but got {given}.",
                ExitCode.USAGE,
            )
        return given
    own = ClusterPostgres(folder, process_count=process_count)
    part = Part(own.program, _database_health(own.url), own.url)
    running.start([part], give_up_seconds=_START_SECONDS)
    return own.url


def _start_broker(running: Cluster, folder: ClusterFolder, wanted: str) -> str:
    if wanted == "none":
        return ""
    if "://" in wanted:
        return wanted
    if wanted not in BROKERS:
        raise CommandFailedError(
            f"Expected --broker to be none, redis, rabbitmq or a URL, but got {wanted!r}.",
            ExitCode.USAGE,
        )
    part, url = redis(folder) if wanted == "redis" else rabbitmq(folder)
    running.start([part], give_up_seconds=_START_SECONDS)
    return url


def _database_health(url: str) -> Callable[[], str]:
    database = Database(url, pool_size=1)

    def ask() -> str:
        try:
            database.is_migrated()
        except (DatabaseUnavailableError, TransientDatabaseError):
            return "does not answer"
        return "ok"

    return ask


def _prepare(url: str, passwords: Mapping[str, str]) -> None:
    """Bring the tables up to date, and make accounts where passwords are given."""
    database = Database(url)
    database.migrate()
    database.dispose()
    with opened_service(url) as service:
        for user in create_demo_users(service, passwords):
            or_fail(user)


def _greet(
    running: Cluster, plan: _EnginePlan, passwords: Mapping[str, str], *, is_json: bool
) -> None:
    parts = [(part.program, part) for part in running.parts]
    if is_json:
        print_json(
            {
                "address": plan.address,
                "database": plan.url,
                "data": str(plan.folder.path),
                "users": [
                    {"user": name, "password": password} for name, password in passwords.items()
                ],
                "parts": [
                    {
                        "name": program.name,
                        "pid": program.pid,
                        "health": part.health,
                        "at": part.where,
                        "log": str(program.log),
                    }
                    for program, part in parts
                ],
            }
        )
        sys.stdout.flush()
        return
    columns = ("part", "process", "health", "at", "log")
    rows = [(one.name, one.pid, part.health, part.where, one.log) for one, part in parts]
    print_table("Cluster", columns, rows)
    print_line(f"\nOpen {plan.address}" + (" and log in as one of:\n" if passwords else "\n"))
    for user in DEMO_USERS:
        if user.user_id in passwords:
            print_line(f"  {user.user_id:<6} {passwords[user.user_id]:<28} {user.role.word}")
    print_line("\nIn another terminal: bpmn-engine deploy FILE.bpmn --database '" + plan.url + "'")
    print_line("Ctrl-C ends everything.\n")
    sys.stdout.flush()
