"""How long pages take, asked of a real web process on a database that is filled already.

    python -m benchmarks.bench_pages URL [--rounds N] [--json FILE]

Fill the database with `python -m benchmarks.fill_database`. Each page is asked for twice to warm
up and then again and again by one client: the time is what a person waits for the HTML. Beside it
stands the processor time that the web process and the database's processes spent on it, which
says more on a machine that does other work; it needs a database on the same machine.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import psutil
import psycopg
import sqlalchemy as sa

from benchmarks.fill_database import FEW, GROUPS, PEOPLE
from bpmn_engine.clock import SystemClock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import (
    Caller,
    JobCompletion,
    Resource,
    StartRequest,
    TaskFilter,
    TaskScope,
)
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from tests.acceptance.server_process import ServerProcess
from tests.acceptance.site import PASSWORD, log_in
from tests.diagrams import end, process, service, start
from web.accounts import hash_password

OPERATOR = "carol"
MEMBER = PEOPLE[7]
"""A member of the group that half of all tasks are offered to."""

SPECIALIST = PEOPLE[8]
"""A member of a group that hardly any task is offered to."""

_BATCH = 200
_INSTANCES = 4000
_LOCK = dt.timedelta(minutes=1)
_NEXT = re.compile(r'rel="next" href="([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What was measured of one page; milliseconds."""

    name: str
    p50_ms: float
    p99_ms: float
    most_ms: float
    processor_ms: float
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page, and who asks for it."""

    name: str
    client: httpx.Client
    path: str


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _make_people(given.url)
        with _server(given.url, Path(folder)) as server:
            pages = list(_pages(given.url, server))
            figures = _measure(pages, given.rounds, _Processors(given.url, server))
    per_second = _throughput(given.url)
    print(f"{'page':44}{'p50 ms':>9}{'p99 ms':>9}{'most ms':>9}{'cpu ms':>9}{'KB':>7}")
    for one in figures:
        size = one.bytes / 1024
        times = (one.p50_ms, one.p99_ms, one.most_ms, one.processor_ms)
        print(f"{one.name:44}{''.join(f'{each:9.1f}' for each in times)}{size:7.0f}")
    print(f"start, job, end in batches of {_BATCH}: {per_second:.0f} instances/s")
    if given.json is not None:
        record = {"pages": [asdict(one) for one in figures], "instances_per_second": per_second}
        given.json.write_text(json.dumps(record, indent=2))


def _make_people(url: str) -> None:
    database = Database(url)
    engine = EngineService(database, SystemClock(), EngineSettings(worker_number=900))
    password = hash_password(PASSWORD)
    for user_id, role, groups in (
        (OPERATOR, "operator", []),
        (MEMBER, "staff", [GROUPS[0]]),
        (SPECIALIST, "staff", [FEW]),
    ):
        engine.save_user(user_id, display_name=user_id, role=role, password_hash=password)
        engine.set_groups(user_id, groups)
    database.dispose()


@contextmanager
def _server(url: str, folder: Path) -> Iterator[ServerProcess]:
    environment: Mapping[str, str] = {
        "BPMN_ENGINE_DATABASE_URL": url,
        "BPMN_ENGINE_WEB_DEMO": "true",
        "BPMN_ENGINE_WEB_REQUESTS_PER_MINUTE": "0",
        "BPMN_ENGINE_WEB_SECRET_KEY": "a key that is only used by a benchmark, never elsewhere",
    }
    server = ServerProcess(folder, environment)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _pages(url: str, server: ServerProcess) -> Iterator[Page]:
    carol, member, specialist = (
        _logged_in(server, user_id) for user_id in (OPERATOR, MEMBER, SPECIALIST)
    )
    yield Page(name="(health: the floor)", client=carol, path="/healthz")
    for tab in ("mine", "groups", "unassigned", "all"):
        yield Page(name=f"worklist, {tab}, member", client=member, path=f"/worklist?tab={tab}")
    yield Page(name="worklist, all, specialist", client=specialist, path="/worklist?tab=all")
    for sort in ("due", "created", "priority"):
        path = f"/worklist?tab=all&sort={sort}"
        yield Page(name=f"worklist, all by {sort}, operator", client=carol, path=path)
    yield Page(
        name="worklist, twentieth page, operator",
        client=carol,
        path=_later(carol, "/worklist?tab=all&sort=priority", 20),
    )
    yield Page(
        name="worklist, of a process",
        client=carol,
        path="/worklist?tab=all&process_id=case3&sort=priority",
    )
    instance_key, task_key = _examples(url)
    yield Page(name="user task", client=carol, path=f"/tasks/{task_key}")
    yield Page(name="instance", client=carol, path=f"/instances/{instance_key}")
    yield Page(
        name="instance, journal", client=carol, path=f"/instances/{instance_key}?tab=journal"
    )
    for name, query in (
        ("all", ""),
        ("active", "state=active"),
        ("completed, of a process", "state=completed&process_id=case3"),
        ("active, by date", "state=active&started_to=2026-09-01"),
        ("of a process, by date", "process_id=case3&started_to=2026-02-01"),
        ("with incidents", "has_incident=true&process_id=case3"),
    ):
        yield Page(name=f"instances, {name}", client=carol, path=f"/instances?{query}")
    yield Page(name="instances, staff", client=member, path="/instances")
    yield Page(name="instances, specialist", client=specialist, path="/instances")
    yield Page(
        name="instances, twentieth page",
        client=carol,
        path=_later(carol, "/instances?state=active", 20),
    )
    for span in ("1h", "24h", "7d", "30d", "all"):
        yield Page(name=f"dashboard, {span}", client=carol, path=f"/dashboard?range={span}")
    yield Page(
        name="dashboard, a process", client=carol, path="/dashboard?range=30d&process_id=case3"
    )
    yield Page(name="processes", client=carol, path="/processes")
    yield Page(name="process", client=carol, path="/processes/case3")
    yield Page(name="incidents", client=carol, path="/incidents")


def _logged_in(server: ServerProcess, user_id: str) -> httpx.Client:
    client = httpx.Client(base_url=server.url, timeout=120, trust_env=False)
    answer = log_in(client, user_id, PASSWORD)
    if not answer.is_redirect:
        raise SystemExit(f"{user_id} cannot log in: {answer.status_code}")
    return client


def _later(client: httpx.Client, path: str, number: int) -> str:
    """Return the address of a later page of a list."""
    for _ in range(number - 1):
        found = _NEXT.search(client.get(path).text)
        if found is None:
            return path
        path = found.group(1).replace("&amp;", "&")
    return path


def _examples(url: str) -> tuple[int, int]:
    """Return an instance that waits at a user task, and the task."""
    database = Database(url)
    engine = EngineService(database, SystemClock(), EngineSettings(worker_number=900))
    wanted = TaskFilter(scope=TaskScope.ALL, process_id="case5")
    page = engine.user_tasks(wanted, caller=Caller(user_id=OPERATOR, sees_all=True))
    task = page.items[len(page.items) // 2]
    database.dispose()
    return task.instance_key, task.key


class _Processors:
    """Tells how much processor time the server and its database have spent."""

    def __init__(self, url: str, server: ServerProcess) -> None:
        self._server = server
        self._database = psycopg.connect(
            sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False),
            autocommit=True,
        )

    def seconds(self) -> float:
        """Return the seconds that the processes that are there now have spent."""
        found = self._database.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
        )
        web = psutil.Process(self._server.pid())
        processes = [web, *web.children(recursive=True)]
        processes += [psutil.Process(pid) for (pid,) in found if psutil.pid_exists(pid)]
        return sum(_spent(process) for process in processes)


def _spent(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system


def _measure(pages: list[Page], rounds: int, processors: _Processors) -> list[Figure]:
    figures = []
    for page in pages:
        size = len(_get(page)[1])
        _get(page)
        spent = processors.seconds()
        taken = sorted(_get(page)[0] for _ in range(rounds))
        spent = processors.seconds() - spent
        figures.append(
            Figure(
                name=page.name,
                p50_ms=statistics.median(taken) * 1000,
                p99_ms=taken[min(len(taken) - 1, int(len(taken) * 0.99))] * 1000,
                most_ms=taken[-1] * 1000,
                processor_ms=spent / rounds * 1000,
                bytes=size,
            )
        )
    return figures


def _throughput(url: str) -> float:
    """Return how many instances a second go from start to end beside what is there."""
    database = Database(url)
    engine = EngineService(database, SystemClock(), EngineSettings(worker_number=901))
    diagram = process("s -> a -> e", process_id="beside", s=start(), a=service("beside"), e=end())
    engine.deploy([Resource(name="beside.bpmn", content=diagram)])
    request = StartRequest(process_id="beside", variables={})
    began, count = time.perf_counter(), 0
    while count < _INSTANCES:
        engine.start_instances([request] * _BATCH)
        jobs = engine.activate_jobs(["beside"], worker="w", limit=_BATCH, lock=_LOCK)
        engine.complete_jobs([JobCompletion(key=job.key) for job in jobs])
        count += len(jobs)
    took = time.perf_counter() - began
    database.dispose()
    return count / took


def _get(page: Page) -> tuple[float, bytes]:
    began = time.perf_counter()
    answer = page.client.get(page.path)
    took = time.perf_counter() - began
    if not answer.is_success:
        raise SystemExit(f"{page.name}: {answer.status_code} {answer.text[:500]}")
    return took, answer.content


if __name__ == "__main__":
    sys.exit(main())
