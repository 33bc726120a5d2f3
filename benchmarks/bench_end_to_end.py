"""How fast whole instances go through the service and a durable database, on this machine.

    python -m benchmarks.bench_end_to_end [--quick] [--database KIND] [--json FILE]

SQLite is a file with the engine's own settings, PostgreSQL a cluster of its own that synchronises
every commit. One client, one thread: the time of an operation is what its caller waits.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from bpmn_engine.clock import SystemClock, VirtualClock
from bpmn_engine.ports import Clock
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.views import (
    ActivatedJob,
    JobCompletion,
    Problem,
    Resource,
    StartRequest,
)
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.store.session import Session
from tests import databases
from tests.diagrams import (
    catch,
    end,
    message,
    process,
    receive,
    service,
    start,
    timer,
    times,
)

MINUTE = dt.timedelta(minutes=1)
BATCH = 200
"""Jobs or instances of one transaction, where nothing else is said."""

DIAGRAMS: Mapping[str, bytes] = {
    process_id: process(
        f"s -> {' -> '.join(inside)} -> e", process_id=process_id, **ends, **inside
    )
    for ends in ({"s": start(), "e": end()},)
    for process_id, inside in {
        "steps": {name: service(name) for name in "abc"},
        "paid": {"m": receive(message("paid", key="order"))},
        "later": {"t": catch(timer(duration="PT1M"))},
        "many": {"t": service("m", loop=times("count"))},
        "large": {name: service("n") for name in (f"t{number}" for number in range(1000))},
    }.items()
}


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much is done for each figure."""

    runs: tuple[tuple[int, int], ...]  #: (instances in a batch, instances in all)
    messages: int
    timers: int
    visits: tuple[int, ...]  #: jobs of one multi-instance activity
    singles: int  #: of these, how many at most are completed one by one


QUICK = Sizes(
    runs=((1, 30), (10, 100), (100, 200), (200, 400)),
    messages=30,
    timers=200,
    visits=(100, 1000),
    singles=20,
)
THOROUGH = Sizes(
    runs=((1, 200), (10, 500), (100, 1000), (200, 2000)),
    messages=200,
    timers=2000,
    visits=(100, 1000, 10_000),
    singles=50,
)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What was measured of one operation; milliseconds of one call."""

    database: str
    name: str
    per_second: float  #: instances, jobs, messages or timers
    p50_ms: float
    p99_ms: float
    statements: float  #: sent to the database by one call, BEGIN and COMMIT left out


@dataclass(frozen=True, slots=True)
class Call:
    """One call, or several as if they were one."""

    seconds: float
    statements: int


class Meter:
    """Times calls and counts the statements they send.

    Not by SQLAlchemy's events: a session that is watched leaves every statement to SQLAlchemy.
    """

    def __init__(self) -> None:
        self._sent = 0
        for method in (Session.execute, Session.change):
            setattr(Session, method.__name__, self._counted(method))

    def __call__(self, call: Callable[[], object]) -> Call:
        """Make a call and return what it took."""
        sent, begun = self._sent, time.perf_counter()
        call()
        return Call(time.perf_counter() - begun, self._sent - sent)

    def _counted(self, method: Callable[..., object]) -> Callable[..., object]:
        def counted(*given: object) -> object:
            self._sent += 1
            return method(*given)

        return counted


def _figure(database: str, name: str, items: int, calls: Sequence[Call]) -> Figure:
    ordered = sorted(call.seconds for call in calls)
    return Figure(
        database=database,
        name=name,
        per_second=items / sum(ordered),
        p50_ms=statistics.median(ordered) * 1000,
        p99_ms=ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000,
        statements=statistics.mean(call.statements for call in calls),
    )


def _together(calls: Sequence[Call]) -> Call:
    return Call(sum(call.seconds for call in calls), sum(call.statements for call in calls))


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One database, and what is done on it."""

    kind: str
    database: Database
    meter: Meter

    def service(self, clock: Clock) -> EngineService:
        """Return an engine with the diagrams deployed."""
        made = EngineService(self.database, clock, EngineSettings())
        files = [Resource(name=f"{name}.bpmn", content=xml) for name, xml in DIAGRAMS.items()]
        deployed = made.deploy(files)
        if isinstance(deployed, Problem):
            raise TypeError(f"Expected the diagrams to be deployed, but {deployed.message}")
        return made

    def figures(self, sizes: Sizes) -> Iterator[Figure]:
        """Measure everything, figure by figure."""
        engine = self.service(SystemClock())
        self._run(engine, 1)  # warms up
        for batch, count in sizes.runs:
            yield from self._runs(engine, batch, count)
        _start(engine, "large", 1)  # compiles it
        calls = [self.meter(lambda: _start(engine, "large", 1)) for _ in range(sizes.singles)]
        yield _figure(self.kind, "start, one by one, 1,000 elements", sizes.singles, calls)
        yield self._messages(engine, sizes.messages)
        yield self._timers(sizes.timers)
        for count in sizes.visits:
            yield from self._visits(engine, count, min(count, sizes.singles))

    def _runs(self, engine: EngineService, batch: int, count: int) -> Iterator[Figure]:
        runs = [self._run(engine, batch) for _ in range(count // batch)]
        word = _word(batch)
        whole = [_together([*starts, *locks, *answers]) for starts, locks, answers in runs]
        yield _figure(self.kind, f"3 jobs, start to end, {word}", count, whole)
        for name, items, each in zip(
            ("start", "activate", "complete"),
            (count, 3 * count, 3 * count),
            zip(*runs, strict=True),
            strict=True,
        ):
            calls = [call for calls in each for call in calls]
            yield _figure(self.kind, f"  {name}, {word}", items, calls)

    def _run(self, engine: EngineService, batch: int) -> tuple[list[Call], list[Call], list[Call]]:
        """Bring a batch to its end; return the calls that start, activate and complete."""
        starts = [self.meter(lambda: _start(engine, "steps", batch))]
        locks: list[Call] = []
        answers: list[Call] = []
        for job_type in "abc":
            jobs: list[ActivatedJob] = []
            locks.append(self.meter(partial(_activate_into, jobs, engine, job_type, batch)))
            answers.append(self.meter(partial(_complete, engine, jobs)))
        return starts, locks, answers

    def _messages(self, engine: EngineService, count: int) -> Figure:
        _start(engine, "paid", count, key="order")
        calls = [self.meter(partial(_send, engine, str(number))) for number in range(count)]
        return _figure(self.kind, "message to a waiting instance", count, calls)

    def _timers(self, count: int) -> Figure:
        clock = VirtualClock(SystemClock().now())
        engine = self.service(clock)
        _start(engine, "later", count)
        clock.advance(2 * MINUTE)
        calls = [
            self.meter(lambda: _expect(engine.fire_due_timers(BATCH), BATCH))
            for _ in range(count // BATCH)
        ]
        return _figure(self.kind, f"timers, {_word(BATCH)}", count, calls)

    def _visits(self, engine: EngineService, count: int, singles: int) -> Iterator[Figure]:
        for batch, wanted in ((1, singles), (BATCH, count)):
            _start(engine, "many", 1, key="count", value=count)
            jobs: list[ActivatedJob] = []
            _activate_into(jobs, engine, "m", count)
            calls = [
                self.meter(partial(_complete, engine, jobs[first : min(first + batch, wanted)]))
                for first in range(0, wanted, batch)
            ]
            name = f"multi-instance of {count}, jobs {_word(batch)}"
            yield _figure(self.kind, name, wanted, calls)
            if wanted < count:
                _complete(engine, jobs[wanted:])


def _word(batch: int) -> str:
    return "one by one" if batch == 1 else f"in batches of {batch}"


def _start(
    engine: EngineService, process_id: str, count: int, *, key: str = "n", value: int | None = None
) -> None:
    requests = [
        StartRequest(
            process_id=process_id,
            variables={key: value if value is not None else str(number), "customer": "Alice"},
        )
        for number in range(count)
    ]
    if problems := [one for one in engine.start_instances(requests) if isinstance(one, Problem)]:
        raise RuntimeError(f"Expected the instances to start, but {problems[0].message}")


def _activate_into(
    jobs: list[ActivatedJob], engine: EngineService, job_type: str, limit: int
) -> None:
    jobs.extend(engine.activate_jobs([job_type], worker="bench", limit=limit, lock=10 * MINUTE))
    _expect(len(jobs), limit)


def _send(engine: EngineService, key: str) -> None:
    sent = engine.correlate_message("paid", correlation_key=key)
    if isinstance(sent, Problem) or len(sent.instance_keys) != 1:
        raise TypeError(f"Expected the message to be received, but got {sent}.")


def _complete(engine: EngineService, jobs: Sequence[ActivatedJob]) -> None:
    if len(jobs) == 1:
        answers = [engine.complete_job(jobs[0].key, {"r": 1}, lock_token=jobs[0].lock_token)]
    else:
        done = [
            JobCompletion(key=job.key, variables={"r": 1}, lock_token=job.lock_token)
            for job in jobs
        ]
        answers = engine.complete_jobs(done)
    if problem := next((one for one in answers if one is not None), None):
        raise RuntimeError(f"Expected the job to complete, but {problem.message}")


def _expect(found: int, wanted: int) -> None:
    if found != wanted:
        raise RuntimeError(f"Expected {wanted}, but there were {found}.")


@contextmanager
def _opened(kind: str) -> Iterator[Database]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="bpmn-bench-") as folder:
            database = Database(f"sqlite:///{folder}/engine.db")
            database.migrate()
            yield database
            database.dispose()
        return
    with databases.postgres_server(is_durable=True) as server:
        databases.make_template(server)
        with databases.postgres_database(server) as url:
            database = Database(url)
            yield database
            database.dispose()


def main() -> None:
    """Measure, print a table, and write it to a file if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, less than 40 seconds")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    given = parser.parse_args()
    kinds = (given.database,) if given.database else ("sqlite", "postgresql")
    figures: list[Figure] = []
    for kind in kinds:
        print(f"{kind:47} {'per second':>10} {'p50 ms':>9} {'p99 ms':>9} {'statements':>11}")
        with _opened(kind) as database:
            bench = Bench(kind=kind, database=database, meter=Meter())
            for figure in bench.figures(QUICK if given.quick else THOROUGH):
                figures.append(figure)
                print(
                    f"{figure.name:47} {figure.per_second:10,.1f} {figure.p50_ms:9.2f} "
                    f"{figure.p99_ms:9.2f} {figure.statements:11.1f}"
                )
                sys.stdout.flush()
    if given.json is not None:
        given.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=2))


if __name__ == "__main__":
    main()
