"""Threads, locks and sleeping as the engine knows them, played by the scheduler in one thread.

`simulated` puts them in the place of the real ones in every module of the engine, so that its own
worker loops, heartbeats and queues run as they are. Outside a run they behave as in a program
with one thread.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Final, Self

from tests.simulation.scheduler import Scheduler

_RUNNING: Final[list[Scheduler]] = []


def _scheduler() -> Scheduler | None:
    return _RUNNING[-1] if _RUNNING else None


def _wait(until: Callable[[], bool], timeout: float | None) -> bool:
    if until():
        return True
    scheduler = _scheduler()
    if scheduler is None:
        raise AssertionError("Expected no wait outside a simulation: it would last for ever.")
    return scheduler.wait(until, timeout)


class Lock:
    """threading.Lock."""

    def __init__(self) -> None:
        self._count = 0
        self._holder: object = None

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if self._is_taken() and not blocking:
            return False
        while self._is_taken():
            if not _wait(lambda: not self._is_taken(), None if timeout < 0 else timeout):
                return False
        self._count += 1
        self._holder = _me()
        return True

    def release(self) -> None:
        if self._count:
            self._count -= 1

    def locked(self) -> bool:
        return self._count > 0

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _is_taken(self) -> bool:
        return self._count > 0


class RLock(Lock):
    """threading.RLock."""

    def _is_taken(self) -> bool:
        return self._count > 0 and self._holder is not _me()


def _me() -> object:
    scheduler = _scheduler()
    return None if scheduler is None else scheduler.current


class Condition:
    """threading.Condition."""

    def __init__(self, lock: Lock | None = None) -> None:
        self._lock = lock or RLock()
        self._waiting: list[list[bool]] = []

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def wait(self, timeout: float | None = None) -> bool:
        told = [False]
        self._waiting.append(told)
        self._lock.release()
        try:
            return _wait(lambda: told[0], timeout)
        finally:
            self._waiting = [one for one in self._waiting if one is not told]
            self._lock.acquire()

    def wait_for(self, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        while not predicate():
            if not self.wait(timeout):
                return predicate()
        return True

    def notify(self, n: int = 1) -> None:
        for told in self._waiting[:n]:
            told[0] = True

    def notify_all(self) -> None:
        self.notify(len(self._waiting))


class Event:
    """threading.Event."""

    def __init__(self) -> None:
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True

    def clear(self) -> None:
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        return _wait(self.is_set, timeout)


class Thread:
    """threading.Thread; belongs to the process whose task began it."""

    def __init__(
        self,
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        self.name = name or "thread"
        self.daemon = daemon
        self._target = target
        self._args = args
        self._kwargs = kwargs or {}
        self._is_done: Callable[[], bool] | None = None

    def start(self) -> None:
        scheduler = _scheduler()
        if scheduler is None or scheduler.current is None:
            raise AssertionError("Expected a thread to be started in a simulated process.")
        process = scheduler.current.process
        name = self.name if process is None else f"{process.name}/{self.name}"
        task = scheduler.spawn(name, process, self.run)
        self._is_done = lambda: task.is_done

    def run(self) -> None:
        if self._target is not None:
            self._target(*self._args, **self._kwargs)

    def is_alive(self) -> bool:
        return self._is_done is not None and not self._is_done()

    def join(self, timeout: float | None = None) -> None:
        if self._is_done is not None:
            _wait(self._is_done, timeout)


class Queue:
    """queue.SimpleQueue, and as much of queue.Queue."""

    def __init__(self, maxsize: int = 0) -> None:
        self._most = maxsize
        self._items: deque[object] = deque()

    def __class_getitem__(cls, _: object) -> type[Self]:
        return cls

    def put(self, item: object, block: bool = True, timeout: float | None = None) -> None:
        if self._most and not _wait(
            lambda: len(self._items) < self._most, timeout if block else 0
        ):
            raise queue.Full
        self._items.append(item)

    def get(self, block: bool = True, timeout: float | None = None) -> object:
        if not block and not self._items:
            raise queue.Empty
        while not self._items:
            if not _wait(lambda: bool(self._items), timeout):
                raise queue.Empty
        return self._items.popleft()

    def get_nowait(self) -> object:
        return self.get(block=False)

    def put_nowait(self, item: object) -> None:
        self.put(item, block=False)

    def empty(self) -> bool:
        return not self._items

    def qsize(self) -> int:
        return len(self._items)


def _monotonic() -> float:
    scheduler = _scheduler()
    return 0.0 if scheduler is None else scheduler.now


def _sleep(seconds: float) -> None:
    scheduler = _scheduler()
    if scheduler is not None and scheduler.current is not None:
        scheduler.wait(None, seconds)


def _module(real: ModuleType, **changed: object) -> ModuleType:
    """Return a copy of a module with other contents."""
    made = ModuleType(real.__name__)
    made.__dict__.update({**vars(real), **changed})
    return made


_TIME: Final = _module(
    time,
    monotonic=_monotonic,
    perf_counter=_monotonic,
    thread_time=_monotonic,
    time=_monotonic,
    sleep=_sleep,
)
_QUEUE: Final = _module(queue, SimpleQueue=Queue, Queue=Queue)
_THREADING: Final = _module(
    threading, Lock=Lock, RLock=RLock, Condition=Condition, Event=Event, Thread=Thread
)
_REPLACED: Final = (
    (threading.Lock, Lock),
    (threading.RLock, RLock),
    (threading.Condition, Condition),
    (threading.Event, Event),
    (threading.Thread, Thread),
    (queue.SimpleQueue, Queue),
    (queue.Queue, Queue),
    (time.monotonic, _monotonic),
    (time.perf_counter, _monotonic),
    (time.thread_time, _monotonic),
    (time.time, _monotonic),
    (time.sleep, _sleep),
    (time, _TIME),
    (queue, _QUEUE),
    (threading, _THREADING),
)
_BY_IDENTITY: Final = {id(real): made for real, made in _REPLACED}


@contextmanager
def simulated() -> Iterator[None]:
    """Give every loaded module of the engine these threads instead of the real ones."""
    if len(_PLACES.get("modules", ())) != len(sys.modules):
        _PLACES["modules"] = tuple(sys.modules)
        _PLACES["found"] = tuple(_places())
    found = _PLACES["found"]
    for names, key, _, made in found:
        names[key] = made
    try:
        yield
    finally:
        for names, key, real, _ in found:
            names[key] = real


_PLACES: Final[dict[str, tuple]] = {}


def _places() -> Iterator[tuple[dict[str, object], str, object, object]]:
    """Find every name in the engine that means a real thread, lock or clock."""
    for name, module in sorted(sys.modules.items()):
        if name.split(".", 1)[0] != "bpmn_engine" or module is None:
            continue
        names = vars(module)
        for key, value in names.items():
            made = _BY_IDENTITY.get(id(value))
            if made is not None:
                yield names, key, value, made


@contextmanager
def playing(scheduler: Scheduler) -> Iterator[None]:
    """Let a scheduler decide who runs, for the length of the block."""
    _RUNNING.append(scheduler)
    try:
        yield
    finally:
        _RUNNING.remove(scheduler)
