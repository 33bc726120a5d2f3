"""What the shape of a process costs: ten elements, wide splits, long loops, many instances.

    python -m benchmarks.bench_shapes [--database postgresql|sqlite] [--size N]

Each shape runs at half its size and at its whole size, so that what is not linear shows. Beside it
stands the longest transaction of the instance, during which others wait for their turn, and the
size of the state that is kept when the moves are over.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select

from bpmn_engine.clock import VirtualClock
from bpmn_engine.garbage import collect_seldom
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.job_work import JobCompletion
from bpmn_engine.service.observing import AdapterCall, Commit, JobNote
from bpmn_engine.service.views import Caller, Problem, Resource, TaskFilter
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.store.tables import process_instance
from bpmn_engine.values import JsonValue
from bpmn_engine.views.queues import QueueSample
from tests import databases
from tests.diagrams import (
    catch,
    end,
    exclusive,
    manual,
    parallel,
    process,
    script,
    service,
    start,
    task,
    timer,
    times,
    user,
)

HOUR = dt.timedelta(hours=1)
OPERATOR = Caller(user_id="carol", sees_all=True)

TEN = process(
    "s -> check -> amount",
    "amount -> pack if n > 0",
    "amount -> e default",
    "pack -> cool -> approve -> note -> send -> e",
    s=start(),
    check=script("n + 1", "n"),
    amount=exclusive(),
    pack=task(),
    cool=catch(timer(duration="PT1M")),
    approve=user(groups="sales"),
    note=manual(),
    send=service("work"),
    e=end(),
)
LOOP = process(
    "s -> m -> add -> x",
    "x -> m if n < size",
    "x -> done default",
    "done -> e",
    s=start(),
    m=exclusive(),
    add=script("n + 1", "n"),
    x=exclusive(),
    done=user(groups="sales"),
    e=end(),
)
PARALLEL = process("s -> a -> e", s=start(), a=service("work", loop=times("size")), e=end())
SEQUENTIAL = process(
    "s -> a -> e", s=start(), a=script("1", "r", loop=times("size", sequential=True)), e=end()
)


def split(size: int) -> bytes:
    """Return a split into so many branches with a service task each, and their join."""
    branches = {f"t{number}": service("work") for number in range(size)}
    flows = [f"f -> {name} -> j" for name in branches]
    return process(
        "s -> f", *flows, "j -> e", s=start(), f=parallel(), j=parallel(), e=end(), **branches
    )


class Watch:
    """Notes the longest transaction and the most that a state has grown to."""

    traced_part: float | None = None

    def __init__(self) -> None:
        self.longest = 0.0

    def committed(self, commit: Commit) -> None:
        """Note how long it took, if it changed an instance."""
        if commit.steps:
            self.longest = max(self.longest, commit.seconds)

    def lock_lost(self, note: JobNote) -> None:
        """Nothing: nobody else takes jobs here."""

    def called(self, call: AdapterCall) -> None:
        """Nothing: there are no adapters here."""

    def sampled(self, sample: QueueSample) -> None:
        """Nothing: queues are not looked at."""


class Shape(NamedTuple):
    """A process, and how many of it there are."""

    name: str
    diagram: Callable[[int], bytes]
    size: int
    instances: Callable[[int], int]


SHAPES = (
    Shape("ten elements, so many instances", lambda _: TEN, 400, lambda size: size),
    Shape("parallel split, ten instances", split, 100, lambda _: 10),
    Shape("loop over a gateway", lambda _: LOOP, 10_000, lambda _: 1),
    Shape("multi-instance, parallel, jobs", lambda _: PARALLEL, 10_000, lambda _: 1),
    Shape("multi-instance, sequential, script", lambda _: SEQUENTIAL, 10_000, lambda _: 1),
)


class Result(NamedTuple):
    """What one size of a shape took."""

    seconds: float
    longest: float  #: transaction, seconds
    state_bytes: int  #: of the largest state that waits or has ended


def run(url: str, shape: Shape, size: int) -> Result:
    """Do everything there is to do with instances of a shape."""
    clock, watch, database = VirtualClock(), Watch(), Database(url)
    engine = EngineService(database, clock, EngineSettings(), observer=watch)
    deployed = engine.deploy([Resource(name="p.bpmn", content=shape.diagram(size))])
    if isinstance(deployed, Problem):
        raise SystemExit(f"{deployed.message} {deployed.violations}")
    variables: Mapping[str, JsonValue] = {"n": 0, "size": size}
    began = time.perf_counter()
    for _ in range(shape.instances(size)):
        started = engine.start_instance("p", variables=variables)
        if isinstance(started, Problem):
            raise SystemExit(started.message)
    state_bytes = 0
    for _ in progress(engine, clock):
        state_bytes = max(state_bytes, largest_state(database))
    seconds = time.perf_counter() - began
    if unfinished(database):
        raise SystemExit(f"Expected every instance of {shape.name} to end, but some did not.")
    database.dispose()
    return Result(seconds, watch.longest, state_bytes)


def progress(engine: EngineService, clock: VirtualClock) -> Iterator[None]:
    """Do what is due, in turn, until nothing is; each pause is one where all instances wait."""
    while True:
        while engine.go_on(4):
            pass
        yield
        engine.condense_states(100)
        done = engine.fire_due_timers(200) + jobs(engine) + tasks(engine)
        if not done:
            due = engine.next_timer_due_at()
            if due is None:
                return
            clock.set(due)


def jobs(engine: EngineService) -> int:
    """Complete a batch of jobs."""
    taken = engine.activate_jobs(("work",), worker="bench", limit=100, lock=HOUR)
    engine.complete_jobs(
        [JobCompletion(key=job.key, lock_token=job.lock_token, variables={}) for job in taken]
    )
    return len(taken)


def tasks(engine: EngineService) -> int:
    """Complete a page of user tasks."""
    page = engine.user_tasks(TaskFilter(), caller=OPERATOR)
    if isinstance(page, Problem):
        raise SystemExit(page.message)
    for item in page.items:
        engine.complete_task(item.key, {}, caller=OPERATOR)
    return len(page.items)


def largest_state(database: Database) -> int:
    """Return the size of the largest state that is kept, in bytes."""
    query = select(func.max(func.length(process_instance.c.snapshot)))
    with database.reading() as session:
        return int(session.scalar(query) or 0)


def unfinished(database: Database) -> int:
    """Return how many instances have not ended."""
    query = select(func.count()).where(process_instance.c.ended_at.is_(None))
    with database.reading() as session:
        return int(session.scalar(query) or 0)


def main() -> None:
    """Measure every shape at two sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--part", type=float, default=1.0, help="of the whole sizes")
    given = parser.parse_args()
    collect_seldom()
    print("shape | size | seconds | times the half | longest transaction | largest state")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bpmn-bench-")))
        postgres = None
        if given.database == "postgresql":
            postgres = stack.enter_context(databases.postgres_server(is_durable=True))
            databases.make_template(postgres)
        for shape in SHAPES:
            half = 0.0
            for size in (int(shape.size * given.part / 2), int(shape.size * given.part)):
                with ExitStack() as inner:
                    if postgres is None:
                        url = f"sqlite:///{folder}/{time.monotonic_ns()}.db"
                        Database(url).migrate()
                    else:
                        url = inner.enter_context(databases.postgres_database(postgres))
                    found = run(url, shape, size)
                times_half = f"{found.seconds / half:.1f}" if half else ""
                half = found.seconds
                print(
                    f"{shape.name} | {size} | {found.seconds:.2f} | {times_half} | "
                    f"{found.longest * 1000:.0f} ms | {found.state_bytes} B",
                    flush=True,
                )


if __name__ == "__main__":
    main()
