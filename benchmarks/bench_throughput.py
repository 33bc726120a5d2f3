"""How many instances a second: start, one service task, end; beside the floor, in one run.

    python -m benchmarks.bench_throughput [--instances N] [--only NAME ...] [--json FILE]

Everything is on this machine: PostgreSQL (a cluster of its own that synchronises every commit),
the engine, its workers. History is on. So many instances are open at a time as `--open` says.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa

from benchmarks import bench_spiff, floor
from bpmn_engine.clock import SystemClock
from bpmn_engine.garbage import collect_seldom
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import InstanceSummary, Problem, Resource, StartRequest
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.store.tables import process_instance
from bpmn_engine.workers.celery_app import make_celery
from bpmn_engine.workers.celery_dispatcher import CeleryDispatcher
from bpmn_engine.workers.embedded import EmbeddedWorker
from bpmn_engine.workers.job_runner import JobRunner
from bpmn_engine.workers.python_workers import WorkerRegistry
from bpmn_engine.workers.settings import WorkerSettings
from tests import databases
from tests.diagrams import end, process, service, start, task
from tests.faults.servers import RabbitMq, Redis

DIAGRAM = process("s -> work -> e", process_id="p", s=start(), work=service("work"), e=end())
BATCH = 200
LOCK = dt.timedelta(minutes=5)
CALLERS = 2


def chain(elements: int, jobs: int) -> bytes:
    """Return a process of so many elements in a row, so many of them spread jobs."""
    names = [f"t{number}" for number in range(elements - 2)]
    every = len(names) // jobs
    nodes = {
        name: service("work") if number % every == 0 and number // every < jobs else task()
        for number, name in enumerate(names)
    }
    flows = " -> ".join(["s", *names, "e"])
    return process(flows, process_id="p", s=start(), e=end(), **nodes)


BESIDE_SPIFF = {
    "3 elements, 1 job": (DIAGRAM, 1, 1),
    "11 elements, 5 jobs": (chain(11, 5), 5, 5),
    "60 elements, 10 jobs": (chain(60, 10), 10, 20),
    "100 elements, 1 job": (chain(100, 1), 1, 20),
}
"""Diagram, jobs of an instance, and how many times fewer instances are run than of the first."""

ONE_BY_ONE = "ours, a commit for each start, lock and completion"
KINDS = ("postgresql", "spiff", "redis", "rabbitmq", "sqlite")


class Site:
    """An engine on one database."""

    def __init__(self, url: str, diagram: bytes = DIAGRAM, *, jobs: int = 1) -> None:
        self.jobs = jobs  #: of one instance
        self.database = Database(url)
        self.database.migrate()
        self.service = EngineService(self.database, SystemClock(), EngineSettings())
        deployed = self.service.deploy([Resource(name="p.bpmn", content=diagram)])
        if isinstance(deployed, Problem):
            raise SystemExit(deployed.message)
        self.done = 0

    def start(self, count: int) -> list[int]:
        """Start instances in one transaction and return their keys."""
        requests = [
            StartRequest(
                process_id="p",
                variables={"amount": 5, "customer": "Alice"},
                business_key=f"order {number}",
            )
            for number in range(count)
        ]
        started = self.service.start_instances(requests)
        return [each.key for each in started if isinstance(each, InstanceSummary)]

    def completed(self) -> int:
        """Return how many instances have ended."""
        query = sa.select(sa.func.count()).where(process_instance.c.ended_at.is_not(None))
        with self.database.reading() as session:
            return int(session.scalar(query) or 0)

    def work(self, _job: object) -> dict[str, bool]:
        """Do one job: the worker of the service task."""
        self.done += 1
        return {"ok": True}

    def run(self, count: int, most_open: int, done: Callable[[], int]) -> float:
        """Start `count` instances as quickly as others end; return how many ended a second."""
        before, begun = self.completed(), 0
        turn = threading.Lock()

        def call() -> None:
            nonlocal begun
            while True:
                with turn:
                    if begun >= count:
                        return
                    is_full = begun - done() >= most_open
                    begun += 0 if is_full else BATCH
                if is_full:
                    time.sleep(0.001)
                else:
                    self.start(BATCH)

        begun_at = time.perf_counter()
        callers = [threading.Thread(target=call) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        while self.completed() - before < count:
            time.sleep(0.01)
        return count / (time.perf_counter() - begun_at)

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Run a worker in this process."""
        workers = WorkerRegistry()
        workers.add("work", self.work)
        settings = WorkerSettings()
        embedded = EmbeddedWorker(
            self.service, JobRunner(self.service, settings, workers=workers), settings
        )
        embedded.start()
        try:
            yield
        finally:
            embedded.stop()


def in_process(site: Site, count: int, most_open: int) -> float:
    """Return the instances a second with a worker of this process."""
    with site.worker():
        site.run(2 * BATCH, most_open, lambda: site.done // site.jobs)  # warm
        site.done = 0
        return site.run(count, most_open, lambda: site.done // site.jobs)


class Sampled:
    """A count that is asked for so seldom that asking costs nothing."""

    def __init__(self, count: Callable[[], int]) -> None:
        self._count = count
        self._known = 0
        self._ask_at = 0.0

    def __call__(self) -> int:
        """Return what the count was lately."""
        now = time.monotonic()
        if now >= self._ask_at:
            self._ask_at = now + 0.1
            self._known = self._count()
        return self._known


def through_celery(site: Site, url: str, broker: str, count: int, most_open: int) -> float:
    """Return the instances a second with workers of Celery, in processes of their own."""
    settings = WorkerSettings(broker_url=broker)
    workers = WorkerRegistry()
    workers.add("work", site.work)
    runner = JobRunner(site.service, settings, workers=workers)
    dispatcher = CeleryDispatcher(site.service, runner, make_celery(settings))
    relay = EmbeddedWorker(site.service, runner, settings, dispatcher=dispatcher)
    command = [sys.executable, "-m", "benchmarks.celery_workers", url, broker, "2"]
    with tempfile.TemporaryFile() as log:
        other = subprocess.Popen(command, stdout=log, stderr=log)
        relay.start()
        try:
            already = site.completed()
            site.run(2 * BATCH, most_open, Sampled(lambda: site.completed() - already))  # warm
            before = site.completed()
            return site.run(count, most_open, Sampled(lambda: site.completed() - before))
        finally:
            relay.stop()
            other.terminate()
            other.wait(30)


def floors(site: Site, url: sa.URL, count: int) -> tuple[float, float]:
    """Return the instances a second of the floor: each row once, and in two transactions."""
    (key,) = site.start(1)
    with psycopg.connect(
        url.set(drivername="postgresql").render_as_string(hide_password=False)
    ) as connection:
        begun = floor.read_rows(connection, key)
        with site.worker():
            while site.service.instance(key).summary.ended_at is None:
                time.sleep(0.05)
        connection.rollback()
        done = floor.read_rows(connection, key)
        once = floor.final(connection, done, count=count, batch=BATCH)
        twice = floor.in_two(connection, begun, done, count=count, batch=BATCH)
    return once, twice


def one_by_one(site: Site, count: int) -> float:
    """Return the instances a second of one caller who has each step committed by itself."""
    begun_at = time.perf_counter()
    for _ in range(count):
        site.start(1)
        for _ in range(site.jobs):
            (job,) = site.service.activate_jobs(["work"], worker="one", limit=1, lock=LOCK)
            site.service.complete_job(job.key, {"ok": True}, lock_token=job.lock_token)
    return count / (time.perf_counter() - begun_at)


def beside_spiff(server: sa.URL, count: int, most_open: int) -> dict[str, float]:
    """Return instances a second beside SpiffWorkflow's, on one database for each diagram."""
    figures: dict[str, float] = {}
    for words, (diagram, jobs, weight) in BESIDE_SPIFF.items():
        with databases.postgres_database(server) as text:
            site = Site(text, diagram, jobs=jobs)
            ours = in_process(site, count // weight, most_open)
            found = {"worker in process": ours, ONE_BY_ONE: one_by_one(site, BATCH // jobs)}
            address = sa.make_url(text).set(drivername="postgresql")
            plain = address.render_as_string(hide_password=False)
            found |= bench_spiff.measure(plain, diagram, max(count // 10 // weight, BATCH), BATCH)
            site.database.dispose()
        for name, figure in found.items():
            figures[f"{words}: {name}"] = figure
            tell(f"{words}: {name}", figure)
            print(f"{'  the worker in process is so many times faster':75} {ours / figure:10.1f}")
    return figures


def tell(name: str, figure: float) -> None:
    """Print a figure."""
    print(f"{name:75} {figure:10,.0f} /s", flush=True)


def measure(names: Sequence[str], count: int, most_open: int) -> dict[str, float]:
    """Return instances a second, by what was measured."""
    figures: dict[str, float] = {}

    def note(name: str, figure: float) -> None:
        figures[name] = figure
        tell(name, figure)

    if "postgresql" in names:
        with databases.postgres_server(is_durable=True) as server:
            databases.make_template(server)
            with databases.postgres_database(server) as text:
                site = Site(text)
                once, twice = floors(site, sa.make_url(text), count)
                note("floor: every row once, COPY", once)
                note("floor: start and end apart, COPY", twice)
                note("worker in process, PostgreSQL", in_process(site, count, most_open))
                for name, kind in (("Redis", Redis), ("RabbitMQ", RabbitMq)):
                    if name.lower() in names:
                        with _running(kind) as broker:
                            figure = through_celery(site, text, broker, count, most_open)
                            note(f"Celery on {name}, PostgreSQL", figure)
                site.database.dispose()
            if "spiff" in names:
                figures |= beside_spiff(server, count, most_open)
    if "sqlite" in names:
        with tempfile.TemporaryDirectory(prefix="bpmn-bench-") as folder:
            site = Site(f"sqlite:///{folder}/engine.db")
            note("worker in process, SQLite", in_process(site, count, most_open))
            site.database.dispose()
    return figures


@contextmanager
def _running(kind: type[Redis | RabbitMq]) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="bpmn-bench-") as folder:
        broker = kind(Path(folder))
        broker.start()
        try:
            yield broker.url(broker.port)
        finally:
            broker.stop()


def main() -> None:
    """Measure, print, and write the figures to a file if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=20_000)
    parser.add_argument("--open", type=int, default=1000, dest="most_open")
    parser.add_argument("--only", nargs="*", default=KINDS)
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args()
    collect_seldom()
    figures = measure(given.only, given.instances, given.most_open)
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
