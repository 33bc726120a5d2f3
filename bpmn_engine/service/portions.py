"""How much one transaction takes of what there is to do: as much as it does in the time it has.

While a transaction lasts, others wait: who wants an instance that it has locked, and on SQLite
everybody who writes. How long a command takes depends on the process, the database and the
machine; so each transaction tells how long it took for how many, and the next takes what fits.

What counts is how long its own thread computed: on SQLite that is nearly all, else about half of
the time. Time on the clock would tell of others, too: the more transactions run at once the longer
each takes, smaller ones would be more, and take longer still.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Final, TypeVar

from bpmn_engine.service.unit_of_work import UnitOfWork

Item = TypeVar("Item")
Result = TypeVar("Result")

_FIRST: Final = 10
"""Items of the first transaction, about which nothing is known yet."""


class Portions:
    """Divides one kind of work. Thread-safe.

    Which items share a transaction makes no difference to what becomes of them: each is a command
    of its own.
    """

    def __init__(self, longest: dt.timedelta, most: int) -> None:
        """Prepare to divide.

        Args:
            longest: What a transaction should compute; 0 = however long it takes.
            most: Items of one transaction, at least 1.
        """
        self._longest = longest.total_seconds()
        self._most = most
        self._lock = Lock()
        self._size = min(_FIRST, most) if self._longest else most

    def size(self) -> int:
        """Return how many items the next transaction takes, at least 1."""
        return self._size

    def parts(self, items: Sequence[Item]) -> Iterator[Sequence[Item]]:
        """Yield the items in their order, as many at a time as fit by then."""
        first = 0
        while first < len(items):
            part = items[first : first + self.size()]
            first += len(part)
            yield part

    def timed(
        self, work: Callable[[UnitOfWork], Result], count: Callable[[Result], int]
    ) -> Callable[[UnitOfWork], Result]:
        """Return work that tells how long its transaction took.

        Args:
            work: a transaction's.
            count: how many items it did, by what it returns.
        """

        def run(unit: UnitOfWork) -> Result:
            began = time.thread_time()
            result = work(unit)
            done = count(result)
            unit.write_last(lambda _: self.note(done, time.thread_time() - began))
            return result

        return run

    def note(self, count: int, seconds: float) -> None:
        """Learn from a transaction: at once from one that took too long, else step by step."""
        if not self._longest or count < 1:
            return
        with self._lock:
            fitting = int(count * self._longest / max(seconds, 1e-6))
            if fitting < count:
                self._size = max(1, min(self._size, fitting))
            elif count >= self._size:
                self._size = min(self._most, 2 * self._size, max(self._size, fitting))
