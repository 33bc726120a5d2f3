"""One run: a seed decides everything; the same seed gives the same run, to the last line."""

from __future__ import annotations

import gc
import hashlib
import logging
import random
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from bpmn_engine.clock import VirtualClock
from bpmn_engine.service import job_work
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.graphs import CompiledDefinition
from bpmn_engine.service.outcomes import Problem, Resource
from bpmn_engine.store import keys
from bpmn_engine.workers import adapter_jobs
from tests.simulation import faults as fault_kinds
from tests.simulation import threads
from tests.simulation.callers import Callers
from tests.simulation.cluster import Cluster
from tests.simulation.diagrams import FILES
from tests.simulation.hosts import SETTINGS, Shared, Weather
from tests.simulation.invariants import Checker
from tests.simulation.network import Network
from tests.simulation.outside import Outside
from tests.simulation.recovery import Recovery
from tests.simulation.scheduler import Scheduler
from tests.simulation.storage import EPOCH, OpenGate, Storage

MOST_STEPS: Final = 180
_CHECKPOINTS: Final = 2
_FOR_EVER: Final = 100_000
_CALLERS: Final = (2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run has shown."""

    seed: int
    steps: int  #: taken while there were faults
    violations: tuple[str, ...]
    trace: tuple[str, ...]
    journal: str  #: digest of everything that was recorded
    faults: Mapping[str, int]
    instance_count: int
    style: str

    @property
    def digest(self) -> str:
        """The same for two runs that are the same, whatever the machine."""
        return _digest((*self.trace, self.journal))


def _digest(lines: Iterable[object]) -> str:
    return hashlib.sha256("\n".join(map(str, lines)).encode()).hexdigest()[:16]


class World:
    """What all runs of one process share: the migrated database and the compiled diagrams."""

    def __init__(self, storage: Shared | None = None) -> None:
        self.storage: Shared = storage or Storage()
        self.graphs: dict[int, CompiledDefinition] = {}
        database = self.storage.database("maker")
        database.migrate()
        service = EngineService(database, VirtualClock(EPOCH), SETTINGS)
        for name, xml in FILES.items():
            deployed = service.deploy([Resource(name=f"{name}.bpmn", content=xml)])
            if isinstance(deployed, Problem):
                raise TypeError(f"Expected {name} to be deployed, but: {deployed.violations}")
            for definition in deployed.definitions:
                key = definition.definition_key
                with database.reading() as session:
                    cache = service._transactions.environment.graphs
                    self.graphs[key] = cache.definition(session, key)
        self.storage.keep_beginning()
        gc.collect()
        gc.freeze()


class _Findings(logging.Handler):
    """Notes what the engine itself calls an error: something it did not expect."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(logging.ERROR)
        self._scheduler = scheduler

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line of the log for a finding, unless a simulated fault explains it."""
        error = record.exc_info[1] if record.exc_info else None
        text = record.getMessage()
        if error is not None:
            text += "\n" + "".join(traceback.format_exception(error))
        self._scheduler.broken.append(f"{record.name}: {text}")


@contextmanager
def _listening(scheduler: Scheduler) -> Iterator[None]:
    log = logging.getLogger("bpmn_engine")
    handler, propagates = _Findings(scheduler), log.propagate
    log.addHandler(handler)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.propagate = propagates


def simulate(
    world: World,
    seed: int,
    *,
    most_steps: int = MOST_STEPS,
    only_faults: frozenset[str] | None = None,
) -> Outcome:
    """Run one seed.

    Args:
        world: from this process; it is put back to its beginning.
        seed: decides everything.
        most_steps: after so many, faults are over and everything is brought to its end.
        only_faults: no others happen, to find out which ones a failure needs.
    """
    scheduler = Scheduler(seed)
    random.seed(seed)
    for chance in (job_work._CHANCE, adapter_jobs._CHANCE, keys._CHANCE):
        chance.seed(seed)
    world.storage.begin()
    run = _Run(world, scheduler, only_faults)
    # A run is short and small: what it leaves is collected after it.
    gc.disable()
    try:
        with threads.simulated(), threads.playing(scheduler), _listening(scheduler):
            violations = run.play(most_steps)
    finally:
        gc.enable()
    return Outcome(
        seed=seed,
        steps=run.steps,
        violations=violations,
        trace=tuple(scheduler.trace),
        journal=_digest(world.storage.rows("SELECT * FROM journal ORDER BY 1, 2")),
        faults=dict(run.faults.happened),
        instance_count=world.storage.rows("SELECT count(*) FROM process_instance")[0][0],
        style=run.style,
    )


class _Run:
    """One run from beginning to end."""

    def __init__(
        self, world: World, scheduler: Scheduler, only_faults: frozenset[str] | None
    ) -> None:
        self.steps = 0
        self.style = ""
        self.faults = fault_kinds.drawn(scheduler.chance, only_faults)
        self._world = world
        self._scheduler = scheduler
        self._checker = Checker(world.storage.rows, world.graphs)

    def play(self, most_steps: int) -> tuple[str, ...]:
        """Do everything; return what was violated."""
        scheduler, chance = self._scheduler, self._scheduler.chance
        outside = Outside(scheduler, self.faults, self._world.storage.rows)
        weather = Weather(scheduler, self.faults)
        cluster = Cluster(scheduler, self._world.storage, weather, outside, self._world.graphs)
        self.style = cluster.style
        network = Network(scheduler, self.faults, cluster)
        callers = Callers(scheduler, self.faults, network, outside)
        cluster.start()
        for number in range(1, 1 + chance.choice(_CALLERS)):
            scheduler.spawn(f"caller{number}", None, lambda: callers.use(chance.randrange(4, 10)))
        looks = random.Random(chance.random())  # noqa: S311 -- repeated on purpose
        for _ in range(_CHECKPOINTS):
            scheduler.run(min(most_steps, looks.randrange(MOST_STEPS)), and_end=False)
            self.steps = scheduler.steps
            if found := self._found(self._checker.at_any_time()):
                return found
        scheduler.run(most_steps)
        self.steps = scheduler.steps
        if scheduler.broken:
            return tuple(scheduler.broken)
        self._recover(cluster, outside)
        return self._found(self._checker.at_the_end(callers.ledger, outside))

    def _recover(self, cluster: Cluster, outside: Outside) -> None:
        self.faults.is_over = True
        host = cluster.host("after", 9)
        host.database.gate = OpenGate()
        # Whoever goes on later has a clock that is not behind all the others by much.
        runner = cluster.runner(host)
        recovery = Recovery(
            self._scheduler,
            host,
            runner,
            cluster.chores(host, runner),
            outside,
            self._world.storage.rows,
        )
        task = host.spawn("main", recovery.run)
        self._scheduler.run(_FOR_EVER, until=lambda: task.is_done)

    def _found(self, violations: Iterator[str]) -> tuple[str, ...]:
        return (*self._scheduler.broken, *violations)
