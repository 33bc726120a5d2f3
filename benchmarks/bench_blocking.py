"""How long one transaction lasts at most, of what one request or one large instance can ask for.

    python -m benchmarks.bench_blocking [--database postgresql|sqlite] [--repeats N] [--only WORD]

While a transaction lasts, others wait who want the instances it has locked; on SQLite everybody
who writes. Each case is prepared, then done; of the transactions of doing it, the longest
counts: the median and the worst of several runs.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.bench_shapes import split
from bpmn_engine.clock import VirtualClock
from bpmn_engine.garbage import collect_seldom
from bpmn_engine.kernel.commands import CancelVisits, StartBefore
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.instances import StartRequest
from bpmn_engine.service.job_work import JobCompletion
from bpmn_engine.service.observing import AdapterCall, Commit, JobNote
from bpmn_engine.service.views import Problem, Resource
from bpmn_engine.settings import EngineSettings
from bpmn_engine.store.database import Database
from bpmn_engine.values import JsonValue
from bpmn_engine.views.queues import QueueSample
from tests import databases
from tests.decisions import decision, file_xml, input_data, table
from tests.diagrams import (
    Element,
    Loop,
    boundary,
    catch,
    end,
    exclusive,
    message,
    parallel,
    process,
    script,
    service,
    signal,
    start,
    terminate,
    timer,
    times,
    user,
)

HOUR = dt.timedelta(hours=1)

DECISION = Resource(
    name="rate.dmn",
    content=file_xml(
        input_data("amount", "number"),
        decision(
            "rate",
            table("U", ["amount"], [">= 1000 | 0.1", "[0..1000) | 0"], outputs=["rate"]),
            requires=["amount"],
        ),
    ).encode(),
)


class Watch:
    """Notes the transactions that changed something."""

    traced_part: float | None = None

    def __init__(self) -> None:
        self.longest = 0.0
        self.count = 0

    def committed(self, commit: Commit) -> None:
        """Note how long it took."""
        self.longest = max(self.longest, commit.seconds)
        self.count += bool(commit.steps)

    def lock_lost(self, note: JobNote) -> None:
        """Nothing: nobody else takes jobs here."""

    def called(self, call: AdapterCall) -> None:
        """Nothing: there are no adapters here."""

    def sampled(self, sample: QueueSample) -> None:
        """Nothing: queues are not looked at."""


class Stage:
    """An engine on a database of its own, with a clock that is moved by hand."""

    def __init__(self, url: str) -> None:
        self.clock, self.watch, self.database = VirtualClock(), Watch(), Database(url)
        settings = EngineSettings()
        self.engine = EngineService(self.database, self.clock, settings, observer=self.watch)

    def deploy(self, diagram: bytes, *others: Resource) -> None:
        """Deploy a process and what it needs."""
        done = self.engine.deploy([Resource(name="p.bpmn", content=diagram), *others])
        if isinstance(done, Problem):
            raise SystemExit(f"{done.message} {done.violations}")

    def start(self, count: int = 1, **variables: JsonValue) -> int:
        """Start instances and let them come to where they wait; return the last one's key."""
        requests = [StartRequest(process_id="p", variables=variables)] * count
        key = 0
        for answer in self.engine.start_instances(requests):
            if isinstance(answer, Problem):
                raise SystemExit(answer.message)
            key = answer.key
        self.settle()
        return key

    def settle(self) -> None:
        """Let everything go on that is on its way, and write large states."""
        while self.engine.go_on(4) or self.engine.drain(200):
            pass
        self.engine.condense_states(100)

    def jobs(self, job_type: str, count: int) -> list[JobCompletion]:
        """Take jobs; return what completes them."""
        taken = self.engine.activate_jobs((job_type,), worker="bench", limit=count, lock=HOUR)
        return [
            JobCompletion(key=job.key, lock_token=job.lock_token, variables={}) for job in taken
        ]

    def complete(self, jobs: list[JobCompletion]) -> None:
        """Complete jobs in one request, and let go on what comes of it."""
        wrong = [problem for problem in self.engine.complete_jobs(jobs) if problem is not None]
        if wrong:
            raise SystemExit(wrong[0].message)
        self.settle()


Act = Callable[[], object]


class Case(NamedTuple):
    """Something that may take long: `prepare` returns what is measured."""

    name: str
    size: int
    prepare: Callable[[Stage, int], Act]


def many(at: str = "work", loop: Loop | None = None) -> Element:
    """Return a parallel multi-instance service task of `size` instances."""
    return service(at, loop=loop or times("size"))


def rule(loop: Loop | None = None) -> Element:
    """Return a business rule task that calls the decision."""
    xml = '<zeebe:calledDecision decisionId="rate" resultVariable="result"/>'
    return Element("businessRuleTask", {}, xml, "" if loop is None else loop.xml)


def jobs_of_one(stage: Stage, size: int) -> Act:
    """Complete 300 jobs of one instance in one request."""
    stage.deploy(process("s -> a -> e", s=start(), a=many(), e=end()))
    stage.start(size=size)
    jobs = stage.jobs("work", 300)
    return lambda: stage.complete(jobs)


def jobs_of_many(stage: Stage, size: int) -> Act:
    """Complete the jobs of as many instances in one request."""
    stage.deploy(process("s -> a -> b -> e", s=start(), a=service("work"), b=user(), e=end()))
    stage.start(size)
    jobs = stage.jobs("work", size)
    return lambda: stage.complete(jobs)


def jobs_before_loops(stage: Stage, size: int) -> Act:
    """Complete the jobs of many instances, each of which then goes round a loop 50 times."""
    stage.deploy(
        process(
            "s -> a -> m -> add -> x",
            "x -> m if n < 50",
            "x -> e default",
            s=start(),
            a=service("work"),
            m=exclusive(),
            add=script("n + 1", "n"),
            x=exclusive(),
            e=end(),
        )
    )
    stage.start(size, n=0)
    jobs = stage.jobs("work", size)
    return lambda: stage.complete(jobs)


def timers(stage: Stage, size: int) -> Act:
    """Fire a timer of each of many instances."""
    waits = catch(timer(duration="PT1M"))
    stage.deploy(process("s -> t -> b -> e", s=start(), t=waits, b=user(), e=end()))
    stage.start(size)
    stage.clock.advance(HOUR)

    def act() -> None:
        while stage.engine.fire_due_timers(200):
            pass

    return act


def starts(stage: Stage, size: int) -> Act:
    """Start many instances in one request, each with a split of fifty."""
    stage.deploy(split(50))
    return lambda: stage.start(size)


def interrupt(stage: Stage, size: int) -> Act:
    """Interrupt a multi-instance activity by a boundary event."""
    stage.deploy(
        process(
            "s -> a -> e",
            "stop -> b -> e2",
            s=start(),
            a=many(),
            stop=boundary("a", timer(duration="PT1M")),
            b=user(),
            e=end(),
            e2=end(),
        )
    )
    stage.start(size=size)
    stage.clock.advance(HOUR)

    def act() -> None:
        stage.engine.fire_due_timers(200)
        stage.settle()

    return act


def terminate_end(stage: Stage, size: int) -> Act:
    """Come to a terminate end event beside a multi-instance activity."""
    stage.deploy(
        process(
            "s -> f -> a -> e",
            "f -> b -> z",
            s=start(),
            f=parallel(),
            a=many(),
            b=service("last"),
            e=end(),
            z=terminate(),
        )
    )
    stage.start(size=size)
    jobs = stage.jobs("last", 1)
    return lambda: stage.complete(jobs)


def _large(stage: Stage, size: int) -> int:
    stage.deploy(process("s -> a -> b -> e", s=start(), a=many(), b=user(), e=end()))
    return stage.start(size=size)


def cancel(stage: Stage, size: int) -> Act:
    """Cancel an instance with many open elements."""
    key = _large(stage, size)

    def act() -> None:
        stage.engine.cancel_instance(key)
        stage.settle()

    return act


def modify(stage: Stage, size: int) -> Act:
    """Cancel a multi-instance activity by hand and go on after it."""
    key = _large(stage, size)
    moves = (CancelVisits(element_id="a"), StartBefore(element_id="b"))

    def act() -> None:
        done = stage.engine.modify_instance(key, moves, reason="measured")
        if isinstance(done, Problem):
            raise SystemExit(done.message)
        stage.settle()

    return act


def suspend(stage: Stage, size: int) -> Act:
    """Suspend a large instance."""
    key = _large(stage, size)
    return lambda: stage.engine.suspend_instance(key)


def resume(stage: Stage, size: int) -> Act:
    """Resume a large instance."""
    key = _large(stage, size)
    stage.engine.suspend_instance(key)
    return lambda: stage.engine.resume_instance(key)


def decision_chain(stage: Stage, size: int) -> Act:
    """Go through a loop of so many business rule tasks."""
    stage.deploy(
        process(
            "s -> m -> add -> d -> x",
            "x -> m if n < size",
            "x -> e default",
            s=start(),
            m=exclusive(),
            add=script("n + 1", "n"),
            d=rule(),
            x=exclusive(),
            e=end(),
        ),
        DECISION,
    )
    return lambda: stage.start(n=0, amount=1200, size=size)


def decision_instances(stage: Stage, size: int) -> Act:
    """Evaluate a decision in each of so many parallel instances."""
    stage.deploy(process("s -> d -> e", s=start(), d=rule(times("size")), e=end()), DECISION)
    return lambda: stage.start(amount=1200, size=size)


def signals(stage: Stage, size: int) -> Act:
    """Broadcast a signal to as many instances."""
    waits = catch(signal("go"))
    stage.deploy(process("s -> c -> b -> e", s=start(), c=waits, b=user(), e=end()))
    stage.start(size)

    def act() -> None:
        stage.engine.broadcast_signal("go")
        stage.settle()

    return act


def messages(stage: Stage, size: int) -> Act:
    """Bring as many kept messages to instances that begin to wait for them in one request."""
    waits = catch(message("go", "key"))
    stage.deploy(process("s -> c -> b -> e", s=start(), c=waits, b=user(), e=end()))
    for number in range(size):
        stage.engine.correlate_message("go", correlation_key=f"k{number}", time_to_live=HOUR)
    requests = [
        StartRequest(process_id="p", variables={"key": f"k{number}"}) for number in range(size)
    ]

    def act() -> None:
        stage.engine.start_instances(requests)
        stage.settle()

    return act


CASES = (
    Case("a 300 jobs of one instance with so many", 10_000, jobs_of_one),
    Case("a jobs of so many instances", 400, jobs_of_many),
    Case("a jobs, then 50 turns of a loop each", 100, jobs_before_loops),
    Case("b timers of so many instances", 1_000, timers),
    Case("b starts, a split of 50 each", 100, starts),
    Case("c boundary event interrupts so many", 1_000, interrupt),
    Case("c boundary event interrupts so many", 10_000, interrupt),
    Case("c terminate end event ends so many", 10_000, terminate_end),
    Case("c cancel an instance with so many", 1_000, cancel),
    Case("c cancel an instance with so many", 10_000, cancel),
    Case("d so many decisions in a row", 900, decision_chain),
    Case("d so many decisions at once", 900, decision_instances),
    Case("e cancel so many by hand, go on", 10_000, modify),
    Case("e suspend an instance with so many", 10_000, suspend),
    Case("e resume an instance with so many", 10_000, resume),
    Case("e signal to so many", 3_000, signals),
    Case("e kept messages to so many", 400, messages),
)


class Figure(NamedTuple):
    """What one run of a case took."""

    longest: float  #: transaction, seconds
    transactions: int  #: that changed instances
    seconds: float  #: in all


def measure(url: str, case: Case, size: int) -> Figure:
    """Prepare a case and do it."""
    stage = Stage(url)
    act = case.prepare(stage, size)
    stage.watch.longest, stage.watch.count = 0.0, 0
    began = time.perf_counter()
    act()
    seconds = time.perf_counter() - began
    stage.database.dispose()
    return Figure(stage.watch.longest, stage.watch.count, seconds)


def main() -> None:
    """Measure every case, after a small one of each that is not counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="", help="cases whose name begins with this")
    parser.add_argument("--part", type=float, default=1.0, help="of the whole sizes")
    given = parser.parse_args()
    collect_seldom()
    print("case | size | longest, median | worst | transactions | seconds")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bpmn-bench-")))
        postgres = None
        if given.database == "postgresql":
            postgres = stack.enter_context(databases.postgres_server(is_durable=True))
            databases.make_template(postgres)
        for case in CASES:
            if not case.name.startswith(given.only):
                continue
            size = max(4, int(case.size * given.part))
            found: list[Figure] = []
            for number in range(given.repeats + 1):
                with ExitStack() as inner:
                    if postgres is None:
                        url = f"sqlite:///{folder}/{time.monotonic_ns()}.db"
                        Database(url).migrate()
                    else:
                        url = inner.enter_context(databases.postgres_database(postgres))
                    figure = measure(url, case, size if number else min(size, 20))
                    if number:
                        found.append(figure)
            print(
                f"{case.name} | {size} | {median(each.longest for each in found) * 1000:.0f} | "
                f"{max(each.longest for each in found) * 1000:.0f} | {found[-1].transactions} | "
                f"{median(each.seconds for each in found):.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
