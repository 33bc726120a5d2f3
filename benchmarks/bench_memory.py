"""Memory of a worker and of a web process while instances go by: it should stay as it is.

    python -m benchmarks.bench_memory [--instances N] [--requests N] [--only NAME] [--json FILE]

`worker`: N instances (start, one service task, end) through a process that starts them and does
their jobs, on PostgreSQL. `web`: N/10 more through one web process, started and completed over
REST, many in one request. The resident memory is read each 5 %; the slope is that of the straight
line through the second half, when caches are full.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from pathlib import Path
from statistics import linear_regression

import psutil

from benchmarks.bench_rest import Client, prepare
from benchmarks.bench_throughput import BATCH, Site
from bpmn_engine.garbage import collect_seldom
from tests import databases
from tests.acceptance.server_process import ServerProcess

SAMPLES = 20
MOST_OPEN = 1000
REQUEST_SIZE = 100
_MEBIBYTE = 1 << 20


@dataclass(slots=True)
class Samples:
    """Resident memory by how many instances were done."""

    name: str
    done: list[int] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)  #: bytes
    seconds: float = 0.0

    def take(self, done: int, process: psutil.Process) -> None:
        """Note the memory of a process now."""
        self.done.append(done)
        self.resident.append(process.memory_info().rss)

    @property
    def slope(self) -> float:
        """Bytes an instance, over the second half."""
        half = len(self.done) // 2
        return linear_regression(self.done[half:], self.resident[half:]).slope

    def table(self) -> str:
        """Return what is printed."""
        lines = [f"{self.name}", f"{'instances':>12} {'MiB':>8}"]
        lines += [
            f"{done:12,} {resident / _MEBIBYTE:8.1f}"
            for done, resident in zip(self.done, self.resident, strict=True)
        ]
        rate = self.done[-1] / self.seconds
        lines.append(f"second half: {self.slope:+.1f} bytes an instance; {rate:,.0f} instances /s")
        return "\n".join(lines)


def in_process(url: str, count: int, told: Callable[[Samples], None]) -> None:
    """Run instances through a worker of this process, which has done nothing before."""
    collect_seldom()
    site = Site(url)
    found = Samples("worker in process")
    process = psutil.Process()
    part = max(count // SAMPLES // BATCH, 1) * BATCH
    begun_at = time.perf_counter()
    with site.worker():
        for nth in range(1, SAMPLES + 1):
            site.done = 0
            site.run(part, MOST_OPEN, lambda: site.done)
            found.take(nth * part, process)
    found.seconds = time.perf_counter() - begun_at
    gc.collect()
    found.take(SAMPLES * part, process)
    told(found)
    site.database.dispose()


def of_worker(url: str, count: int) -> Samples:
    """Return what a process of its own has used."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_send, args=(url, count, sender))
    child.start()
    found: Samples = receiver.recv()
    child.join()
    return found


def _send(url: str, count: int, sender: multiprocessing.connection.Connection) -> None:
    in_process(url, count, sender.send)


def of_web(url: str, folder: Path, count: int) -> Samples:
    """Return what one web process has used that starts and completes over REST."""
    secret = prepare(url)
    settings = {
        "BPMN_ENGINE_DATABASE_URL": url,
        "BPMN_ENGINE_WEB_SECRET_KEY": "a key that is only used by benchmarks, never elsewhere",
        "BPMN_ENGINE_WEB_REQUESTS_PER_MINUTE": "0",
    }
    server = ServerProcess(folder, settings, options=["--workers", "1", "--no-worker"])
    server.start()
    found = Samples("web process")
    try:
        (process,) = psutil.Process(server.pid()).children()
        client = Client(server.port, secret)
        part = max(count // SAMPLES // REQUEST_SIZE, 1)
        begun_at = time.perf_counter()
        for nth in range(1, SAMPLES + 1):
            for _ in range(part):
                _one_round(client)
            found.take(nth * part * REQUEST_SIZE, process)
        found.seconds = time.perf_counter() - begun_at
    finally:
        server.stop()
    return found


def _one_round(client: Client) -> None:
    """Start instances, take their jobs and complete them: three requests."""
    one = {"process_id": "p", "variables": {"amount": 5, "customer": "Alice"}}
    _ask(client, "/process-instances/batch", {"requests": [one] * REQUEST_SIZE})
    wanted = {"types": ["work"], "worker": "bench", "limit": REQUEST_SIZE, "lock_seconds": 60}
    jobs = _ask(client, "/jobs/activation", wanted)["items"]
    if not isinstance(jobs, list) or len(jobs) != REQUEST_SIZE:
        raise SystemExit(f"Expected {REQUEST_SIZE} jobs, but got {jobs}.")
    done = [
        {"key": job["key"], "lock_token": job["lock_token"], "variables": {"ok": True}}
        for job in jobs
    ]
    _ask(client, "/jobs/completion/batch", {"jobs": done})


def _ask(client: Client, path: str, body: object) -> dict[str, object]:
    status, answer = client.post(f"/api/v1{path}", body)
    if status not in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.MULTI_STATUS}:
        raise SystemExit(f"Expected {path} to be done, but got {status}: {answer}")
    return answer


def main() -> None:
    """Measure, print, and write the figures to a file if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, help="instances over REST; a tenth by default")
    parser.add_argument("--only", choices=("worker", "web"))
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args()
    requests = given.requests or given.instances // 10
    found: list[Samples] = []
    with (
        databases.postgres_server(is_durable=True) as server,
        tempfile.TemporaryDirectory(prefix="bpmn-bench-") as folder,
    ):
        databases.make_template(server)
        for name, run in (
            ("worker", lambda url: of_worker(url, given.instances)),
            ("web", lambda url: of_web(url, Path(folder), requests)),
        ):
            if given.only in {None, name}:
                with databases.postgres_database(server) as url:
                    found.append(run(url))
                print(found[-1].table(), flush=True)
    if given.json is not None:
        given.json.write_text(json.dumps([asdict(one) for one in found], indent=2))


if __name__ == "__main__":
    sys.exit(main())
