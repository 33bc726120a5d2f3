"""How many external tasks clients fetch and complete over HTTP, by Camunda 7's API and by ours.

    python -m benchmarks.bench_external_tasks [--tasks N] [--clients N] [--database KIND]
                                              [--json FILE]

One server (gunicorn, two processes) on a database of its own; the clients are processes on the
same machine, each with one connection: fetch ten and lock them, complete them one by one, until
there are no more. What they take of the processor is in the figures.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.pool import Pool
from pathlib import Path

import httpx

from bpmn_engine.clock import SystemClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import Problem, Resource, StartRequest
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from tests import databases
from tests.acceptance.server_process import free_port
from tests.diagrams import end, process, service, start
from web.accounts import AccountForm, NewToken, create_account, create_token
from web.permissions import Role

ROOT = Path(__file__).parents[1]
BATCH = 10
TOPIC = "pack"
READY_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What was measured of one API; milliseconds of one request."""

    database: str
    api: str
    clients: int
    tasks: int
    per_second: float
    fetch_p50_ms: float
    complete_p50_ms: float
    complete_p99_ms: float


class CamundaClient:
    """What a client of Camunda 7 sends."""

    def __init__(self, client: httpx.Client, worker: str) -> None:
        self._client = client
        self._worker = worker

    def fetch(self) -> list[str]:
        """Lock tasks and return their ids."""
        answer = self._client.post(
            "/engine-rest/external-task/fetchAndLock",
            json={
                "workerId": self._worker,
                "maxTasks": BATCH,
                "usePriority": True,
                "topics": [{"topicName": TOPIC, "lockDuration": 60_000}],
            },
        )
        return [task["id"] for task in answer.raise_for_status().json()]

    def complete(self, key: str) -> None:
        """Complete a task."""
        self._client.post(
            f"/engine-rest/external-task/{key}/complete",
            json={
                "workerId": self._worker,
                "variables": {"done": {"type": "boolean", "value": True}},
            },
        ).raise_for_status()


class NativeClient:
    """What a client of our own API sends."""

    def __init__(self, client: httpx.Client, worker: str) -> None:
        self._client = client
        self._worker = worker

    def fetch(self) -> list[str]:
        """Lock jobs and return their keys."""
        answer = self._client.post(
            "/api/v1/jobs/activation",
            json={"types": [TOPIC], "worker": self._worker, "limit": BATCH, "lock_seconds": 60},
        )
        return [job["key"] for job in answer.raise_for_status().json()["items"]]

    def complete(self, key: str) -> None:
        """Complete a job."""
        self._client.post(
            f"/api/v1/jobs/{key}/completion",
            json={"worker": self._worker, "variables": {"done": True}},
        ).raise_for_status()


APIS: Mapping[str, type[CamundaClient | NativeClient]] = {
    "Camunda 7, /engine-rest": CamundaClient,
    "our own, /api/v1": NativeClient,
}


def work(api: str, url: str, token: str, number: int) -> tuple[list[float], list[float]]:
    """Do tasks until there are none; return the seconds of each fetch and each completion."""
    fetches: list[float] = []
    completions: list[float] = []
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        worker = APIS[api](client, f"client-{number}")
        while True:
            begun = time.perf_counter()
            keys = worker.fetch()
            if not keys:
                return fetches, completions
            fetches.append(time.perf_counter() - begun)
            for key in keys:
                begun = time.perf_counter()
                worker.complete(key)
                completions.append(time.perf_counter() - begun)


@contextmanager
def served(url: str) -> Iterator[str]:
    """Run a server on a database until it is ready; give its address."""
    address = f"http://127.0.0.1:{free_port()}"
    environment = {
        **os.environ,
        "BPMN_ENGINE_DATABASE_URL": url,
        "BPMN_ENGINE_WEB_SECRET_KEY": "a key that is only used by benchmarks, never elsewhere",
        "BPMN_ENGINE_WEB_SESSION_COOKIE_SECURE": "false",
        "BPMN_ENGINE_WEB_BIND": address.removeprefix("http://"),
        "BPMN_ENGINE_WEB_PROCESSES": "2",
        "BPMN_ENGINE_WEB_REQUESTS_PER_MINUTE": "0",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:web.gunicorn_config"]
    server = subprocess.Popen(
        [*command, "web.wsgi:create()"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(address)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def _await(address: str) -> None:
    give_up_at = time.monotonic() + READY_SECONDS
    while time.monotonic() < give_up_at:
        try:
            if httpx.get(f"{address}/readyz", timeout=2, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"Expected the server at {address} to be ready, but it is not.")


def prepared(engine: EngineService) -> str:
    """Deploy the process and make an account; return its API token."""
    diagram = process("s -> t -> e", s=start(), t=service(TOPIC), e=end())
    deployed = engine.deploy([Resource(name="p.bpmn", content=diagram)])
    if isinstance(deployed, Problem):
        raise TypeError(f"Expected the diagram to be deployed, but {deployed.message}")
    create_account(engine, AccountForm(user_id="carol", role=Role.OPERATOR))
    made = create_token(engine, "carol", name="benchmark", expires_at=None)
    if not isinstance(made, NewToken):
        raise TypeError(f"Expected a token, but {made.message}")
    return made.secret


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A server that runs, and the processes that call it."""

    engine: EngineService
    address: str
    token: str
    pool: Pool
    clients: int

    def measured(self, api: str, tasks: int) -> tuple[float, list[float], list[float]]:
        """Let the clients do tasks by one API; return the seconds, and those of each request."""
        self.engine.start_instances([StartRequest(process_id="p", variables={})] * tasks)
        calls = [(api, self.address, self.token, number) for number in range(self.clients)]
        begun = time.perf_counter()
        done = self.pool.starmap(work, calls, chunksize=1)
        seconds = time.perf_counter() - begun
        fetches = [each for client in done for each in client[0]]
        completions = [each for client in done for each in client[1]]
        if len(completions) != tasks:
            raise RuntimeError(f"Expected {tasks} tasks to be done, but {len(completions)} were.")
        return seconds, fetches, completions


def figures(kind: str, url: str, pool: Pool, *, tasks: int, clients: int) -> Iterator[Figure]:
    """Measure each API on a database."""
    database = Database(url)
    try:
        database.migrate()
        engine = EngineService(database, SystemClock(), EngineSettings(worker_number=9))
        token = prepared(engine)
        with served(url) as address:
            bench = Bench(engine=engine, address=address, token=token, pool=pool, clients=clients)
            for api in APIS:
                bench.measured(api, clients)  # warms up
                yield _figure(kind, api, clients, *bench.measured(api, tasks))
    finally:
        database.dispose()


def _figure(
    kind: str,
    api: str,
    clients: int,
    seconds: float,
    fetches: Sequence[float],
    completions: Sequence[float],
) -> Figure:
    ordered = sorted(completions)
    return Figure(
        database=kind,
        api=api,
        clients=clients,
        tasks=len(ordered),
        per_second=len(ordered) / seconds,
        fetch_p50_ms=statistics.median(fetches) * 1000,
        complete_p50_ms=statistics.median(ordered) * 1000,
        complete_p99_ms=ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000,
    )


@contextmanager
def opened(kind: str) -> Iterator[str]:
    """Give the address of an empty database of a kind."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/engine.db"
        return
    with databases.postgres_server(is_durable=True) as server:
        yield server.render_as_string(hide_password=False)


def main() -> None:
    """Measure, print a table, and write it to a file if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=400, help="for each API")
    parser.add_argument("--clients", type=int, default=8, help="processes")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    given = parser.parse_args()
    found: list[Figure] = []
    # Before anything else: the clients are copies of a small process without threads.
    pool = multiprocessing.get_context("fork").Pool(given.clients)
    print(f"{'':38} {'tasks/s':>9} {'fetch ms':>9} {'complete ms':>12} {'99 % ms':>9}")
    for kind in (given.database,) if given.database else ("sqlite", "postgresql"):
        with opened(kind) as url:
            for each in figures(kind, url, pool, tasks=given.tasks, clients=given.clients):
                found.append(each)
                print(
                    f"{each.database:10} {each.api:27} {each.per_second:9,.1f} "
                    f"{each.fetch_p50_ms:9.1f} {each.complete_p50_ms:12.1f} "
                    f"{each.complete_p99_ms:9.1f}",
                    flush=True,
                )
    pool.terminate()
    if given.json is not None:
        given.json.write_text(json.dumps([asdict(each) for each in found], indent=2))


if __name__ == "__main__":
    main()
