"""One thread that plays many: tasks take turns as a seeded draw says, on a virtual clock.

A task is a greenlet. It runs until it waits, sleeps or pauses; then the draw says who is next. No
time passes but the scheduler's own, and nothing else decides, so a seed gives one run.
"""

from __future__ import annotations

import datetime as dt
import random
import traceback
from collections.abc import Callable
from typing import Final, Protocol

from greenlet import GreenletExit, getcurrent, greenlet

BEGINNING: Final = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)
"""When every simulation begins."""

_ALWAYS: Final = float("inf")


class Killed(BaseException):
    """The process of this task was killed: nothing of it may be handled by anybody."""


class Process(Protocol):
    """What a task belongs to: it may be dead, or stopped for a while."""

    name: str
    is_dead: bool
    frozen_until: float


class Task:
    """One thread of one simulated process."""

    def __init__(
        self, scheduler: Scheduler, name: str, process: Process | None, body: Callable[[], object]
    ) -> None:
        self.name = name
        self.process = process
        self.is_done = False
        self.until: Callable[[], bool] | None = None  #: what it waits for; None: for its time
        self.wake_at = 0.0  #: seconds; when it goes on without what it waits for
        self._scheduler = scheduler
        self._body = body
        self.greenlet = greenlet(self._run, parent=scheduler.hub)

    def may_run(self, now: float) -> bool:
        """Tell whether it could go on now."""
        process = self.process
        if process is not None and process.frozen_until > now:
            return False
        return self.wake_at <= now or (self.until is not None and self.until())

    def next_at(self) -> float:
        """Return when time alone lets it go on."""
        frozen = 0.0 if self.process is None else self.process.frozen_until
        return max(self.wake_at, frozen)

    def _run(self) -> None:
        try:
            self._body()
        except (Killed, GreenletExit):
            pass
        except Exception:  # noqa: BLE001 — whatever ends a thread is a finding
            self._scheduler.broken.append(f"{self.name} ended with:\n{traceback.format_exc()}")
        finally:
            self.is_done = True


class Scheduler:
    """Runs tasks, one at a time, until there are none or the steps are used up."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 -- repeated on purpose
        self.hub = getcurrent()
        self.now = 0.0  #: seconds since the beginning; never steps back
        self.steps = 0
        self.current: Task | None = None
        self.trace: list[str] = []
        self.broken: list[str] = []
        self._tasks: list[Task] = []

    def time(self) -> dt.datetime:
        """Return the true time, which no simulated process knows."""
        return BEGINNING + dt.timedelta(milliseconds=int(self.now * 1000))

    def note(self, text: str) -> None:
        """Write one line of the trace."""
        name = "-" if self.current is None else self.current.name
        self.trace.append(f"{self.steps:5d} {self.now:9.3f}s {name:<16} {text}")

    def spawn(self, name: str, process: Process | None, body: Callable[[], object]) -> Task:
        """Begin a task; it runs when the draw says so."""
        task = Task(self, name, process, body)
        self._tasks.append(task)
        return task

    def run(
        self,
        most_steps: int,
        *,
        until: Callable[[], bool] = lambda: False,
        and_end: bool = True,
    ) -> None:
        """Let tasks take turns up to a number of steps; kill what is left if that is the end."""
        while self.steps < most_steps and not self.broken and not until():
            ready = [task for task in self._tasks if task.may_run(self.now)]
            if not ready:
                soonest = min((task.next_at() for task in self._tasks), default=_ALWAYS)
                if soonest == _ALWAYS:
                    break
                self.now = max(self.now, soonest)
                continue
            self.steps += 1
            # Whatever is done takes a little while.
            self.now += self.chance.random() * 0.01
            self._switch(ready[self.chance.randrange(len(ready))])
        if and_end:
            self.kill(lambda _: True)

    def kill(self, which: Callable[[Task], bool]) -> None:
        """End tasks wherever they are; from the scheduler's own thread only."""
        while doomed := [task for task in self._tasks if which(task)]:
            for task in doomed:
                self.current = task
                if task.greenlet:  # one that has not begun has nothing to end
                    task.greenlet.throw(Killed())
                task.is_done = True
            self._forget()
        self.current = None

    def wait(self, until: Callable[[], bool] | None, timeout: float | None) -> bool:
        """Wait in the current task; tell whether what it waits for has come.

        Raises:
            Killed: while it waited.
        """
        task = self.current
        if task is None or getcurrent() is self.hub:
            raise AssertionError("Expected a simulated thread to wait, but nothing else runs.")
        if task.process is not None and task.process.is_dead:
            raise Killed
        task.until = until
        task.wake_at = _ALWAYS if timeout is None else self.now + timeout
        self.hub.switch()
        if task.process is not None and task.process.is_dead:
            raise Killed
        return until is None or until()

    def pause(self) -> None:
        """Let others go first, if the draw says so.

        Raises:
            Killed: meanwhile.
        """
        self.wait(None, 0.0)

    def _switch(self, task: Task) -> None:
        self.current = task
        task.greenlet.switch()
        self.current = None
        self._forget()
        self.kill(lambda one: one.process is not None and one.process.is_dead)

    def _forget(self) -> None:
        self._tasks = [task for task in self._tasks if not task.is_done]
