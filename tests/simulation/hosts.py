"""Simulated processes: each has its own service, clock, connection and tasks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.graphs import CompiledDefinition
from bpmn_engine.settings import EngineSettings
from tests.simulation.faults import Faults
from tests.simulation.scheduler import BEGINNING, Killed, Scheduler, Task
from tests.simulation.storage import GatedDatabase, busy, unavailable

LEASE: Final = dt.timedelta(seconds=4)
SETTINGS: Final = EngineSettings(
    first_backoff=dt.timedelta(seconds=1),
    longest_backoff=dt.timedelta(seconds=4),
    lock_duration=LEASE,
    database_attempts=3,
    batch_size=20,
    moves_per_step=2,  # most steps are in slices, and most states are large
    largest_state=2,
    thrown_message_time_to_live=dt.timedelta(hours=10),
)
_JUMPS: Final = (-5.0, -0.5, 0.5, 5.0)
_STATEMENTS: Final = 12
_BETWEEN: Final = 0.3


class Shared(Protocol):
    """The database of all processes."""

    def database(self, name: str) -> GatedDatabase:
        """Return the database as the process of that name sees it, without faults."""

    def rows(self, statement: str, *values: object) -> list[tuple]:
        """Run a statement of the test's own."""

    def begin(self) -> None:
        """Put everything back to the beginning."""

    def keep_beginning(self) -> None:
        """Remember what is stored now as what every run begins with."""


class HostClock:
    """The clock of one machine: it may be wrong, and be put right or worse."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.offset = dt.timedelta(0)
        self.tick_ms = 1  #: it goes on in steps of so many milliseconds

    def now(self) -> dt.datetime:
        """Return what this machine takes for the time."""
        tick = dt.timedelta(milliseconds=self.tick_ms)
        return BEGINNING + (self._scheduler.time() - BEGINNING) // tick * tick + self.offset


class Weather:
    """What all processes have in common: the database is reachable, or nobody reaches it."""

    def __init__(self, scheduler: Scheduler, faults: Faults) -> None:
        self.scheduler = scheduler
        self.faults = faults
        self.is_down_until = 0.0

    @property
    def is_down(self) -> bool:
        """Whether the database cannot be reached now."""
        return not self.faults.is_over and self.scheduler.now < self.is_down_until


class Host:
    """One process, which is killed and started again as another one."""

    def __init__(self, name: str, number: int, storage: Shared, weather: Weather) -> None:
        self.name = name
        self.is_dead = False
        self.frozen_until = 0.0
        self.clock = HostClock(weather.scheduler)
        self._number = number
        self._weather = weather
        self._scheduler = weather.scheduler
        self._faults = weather.faults
        self.database = storage.database(name.split(".", 1)[0])
        self.database.gate = self
        self.service = EngineService(self.database, self.clock, _numbered(number))

    def know(self, graphs: Mapping[int, CompiledDefinition]) -> None:
        """Have compiled processes at hand, as every process has after a while."""
        self.service._graphs._graphs.update(graphs)

    def spawn(self, name: str, body: Callable[[], object]) -> Task:
        """Begin a thread of this process."""
        return self._scheduler.spawn(f"{self.name}/{name}", self, body)

    def before(self) -> None:
        """Come to the database: others may come first, and anything may happen meanwhile."""
        self.pause()
        if self._faults.happens("down"):
            self._weather.is_down_until = self._scheduler.now + self._scheduler.chance.random() * 5
            self._scheduler.note("the database is down")
        if self._weather.is_down:
            raise unavailable("it is down")
        if self._faults.happens("busy"):
            raise busy()

    def before_statement(self) -> None:
        """Let others come between two statements, one time in three."""
        if self._scheduler.chance.random() < _BETWEEN:
            self.pause()

    def pause(self) -> None:
        """Let others run; this process may be killed, frozen or get another time."""
        self._scheduler.pause()
        if self._faults.happens("kill"):
            self.die()
        if self._faults.happens("freeze"):
            self.frozen_until = self._scheduler.now + 3 + self._scheduler.chance.random() * 6
            self._scheduler.note("frozen")
            self._scheduler.pause()
        if self._faults.happens("clock"):
            self.clock.offset += dt.timedelta(seconds=self._scheduler.chance.choice(_JUMPS))
            self._scheduler.note(f"the clock jumps to {self.clock.offset.total_seconds()} s")

    def commit_fault(self) -> str | None:
        """Return what goes wrong with the commit that comes now."""
        for name in (
            "kill_before_commit",
            "kill_after_commit",
            "full",
            "lost_before_commit",
            "lost_after_commit",
        ):
            if self._faults.happens(name):
                self._scheduler.note(name)
                return name
        return None

    def statement_fault(self) -> int:
        """Return before which statement from now the connection is lost; 0 = never."""
        if not self._faults.happens("statement"):
            return 0
        self._scheduler.note("the connection will be lost")
        return self._scheduler.chance.randrange(1, _STATEMENTS)

    def die(self) -> None:
        """Kill this process.

        Raises:
            Killed: always.
        """
        self._scheduler.note("killed")
        self.is_dead = True
        raise Killed


def _numbered(number: int) -> EngineSettings:
    if number not in _SETTINGS:
        _SETTINGS[number] = EngineSettings(
            **{
                name: getattr(SETTINGS, name)
                for name in EngineSettings.__dataclass_fields__
                if name != "worker_number"
            },
            worker_number=number,
        )
    return _SETTINGS[number]


_SETTINGS: Final[dict[int, EngineSettings]] = {}
