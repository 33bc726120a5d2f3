"""How many ended instances a second go into the archive, beside deleting alone, in one run.

    python -m benchmarks.bench_archive [--history ROWS] [--rounds N] [--beside CHECKOUT]

Each round measures each way in turn, each on a copy of one database that is filled once. With
`--beside` the code of another checkout, such as the release before, does it too (it runs on this
release's tables): its rate and this one's are of the same minutes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from benchmarks.fill_database import Sizes, fill
from tests import databases

_HERE = Path(__file__).parents[1]
_FILLED = "bpmn_engine_filled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to remove history."""

    name: str
    checkout: Path = _HERE
    process_count: int = 1
    limit: int = 500  #: instances in one transaction
    is_archived: bool = True

    def measure(self, server: sa.URL) -> tuple[float, float]:
        """Return the instances a second, and the milliseconds of the processor for each."""
        with databases.postgres_database(server, _FILLED) as url:
            began, answers = self._run(url)
            seconds = time.perf_counter() - began
        count = sum(int(found) for found, _ in answers)
        return count / seconds, 1000 * sum(float(used) for _, used in answers) / count

    def _run(self, url: str) -> tuple[float, list[Sequence[str]]]:
        archived = "yes" if self.is_archived else "no"
        workers = [
            subprocess.Popen(
                [
                    sys.executable,
                    _HERE / "benchmarks" / "archive_worker.py",
                    url,
                    str(self.limit),
                    archived,
                    str(number),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=self.checkout,
                env={**os.environ, "PYTHONPATH": str(self.checkout)},
            )
            for number in range(self.process_count)
        ]
        for worker in workers:
            _line(worker)
        began = time.perf_counter()
        for worker in workers:
            if worker.stdin is not None:
                worker.stdin.write("go\n")
                worker.stdin.flush()
        answers = [_line(worker).split() for worker in workers]
        for worker in workers:
            worker.wait(30)
        return began, answers


def _line(worker: subprocess.Popen[str]) -> str:
    line = "" if worker.stdout is None else worker.stdout.readline()
    if not line:
        raise SystemExit(f"A process that removes history ended with {worker.wait(30)}.")
    return line


def main() -> None:
    """Measure every way in turn and print the medians, and their ratios to the first one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=int, default=20_000, metavar="ROWS")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT")
    given = parser.parse_args()
    ways = [
        Way(name="archive, one process"),
        Way(name="archive, two processes", process_count=2),
        Way(name="delete alone", is_archived=False),
    ]
    if given.beside is not None:
        ways.insert(0, Way(name="archive, beside", checkout=given.beside.resolve(), limit=200))
    figures: dict[str, list[tuple[float, float]]] = {way.name: [] for way in ways}
    with databases.postgres_server() as server:
        databases.make_template(server)
        with databases.postgres_database(server) as url:
            fill(url, Sizes(instances=0, tasks=0, history=given.history))
            name = sa.make_url(url).database
            engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {_FILLED} TEMPLATE {name}")
        for turn in range(given.rounds):
            for place in range(len(ways)):
                way = ways[(turn + place) % len(ways)]
                figures[way.name].append(way.measure(server))
    first = figures[ways[0].name]
    for name, found in figures.items():
        rate = statistics.median(rate for rate, _ in found)
        used = statistics.median(milliseconds for _, milliseconds in found)
        ratios = [one / other for (one, _), (other, _) in zip(found, first, strict=True)]
        print(
            f"{name:25} {rate:8,.0f} /s {used:7.2f} ms of Python"
            f"   {statistics.median(ratios):5.2f} of {ways[0].name}"
        )


if __name__ == "__main__":
    main()
