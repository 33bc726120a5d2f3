"""Turns: whoever has waited longest is next.

SQLite lets one write at a time, and those who wait look again after a pause that grows to 0.1 s
(https://www.sqlite.org/c3ref/busy_timeout.html). Who writes one transaction after the other would
hardly ever let them in.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from threading import Lock
from types import TracebackType

from bpmn_engine.store.errors import TransientDatabaseError


class Turns:
    """A lock for the threads of one process, that is given to them in the order they asked for it.

    Use it as a context. A thread that has it must not ask again.
    """

    def __init__(self, longest_wait: dt.timedelta) -> None:
        self._longest_wait = longest_wait.total_seconds()
        self._lock = Lock()  #: held for a moment only
        self._is_taken = False
        self._waiting: deque[Lock] = deque()  #: each is held until its owner's turn

    def __enter__(self) -> None:
        """Wait for a turn.

        Raises:
            TransientDatabaseError: it did not come in time.
        """
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        try:
            has_come = mine.acquire(timeout=self._longest_wait)
        except BaseException:  # such as a KeyboardInterrupt
            if not self._withdraw(mine):
                self._hand_over()
            raise
        if not has_come and self._withdraw(mine):
            raise TransientDatabaseError(
                f"Expected a turn to write within {self._longest_wait:g} s, but others still do."
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hand_over()

    def _withdraw(self, mine: Lock) -> bool:
        """Wait no longer; return False if the turn has come just now."""
        with self._lock:
            if mine not in self._waiting:
                return False
            self._waiting.remove(mine)
            return True

    def _hand_over(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False
