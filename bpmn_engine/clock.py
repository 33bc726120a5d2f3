"""The clocks behind the port `bpmn_engine.ports.Clock`."""

from __future__ import annotations

import datetime as dt
from threading import Lock


class SystemClock:
    """The clock of the machine."""

    def now(self) -> dt.datetime:
        """Return the current time, aware, in UTC."""
        return dt.datetime.now(dt.UTC)


class VirtualClock:
    """A clock that stands still until it is moved. Thread-safe."""

    def __init__(self, start: dt.datetime = dt.datetime(2026, 1, 1, 9, 0, tzinfo=dt.UTC)) -> None:
        self._now = start
        self._lock = Lock()

    def now(self) -> dt.datetime:
        """Return the time it was moved to, aware, in UTC."""
        with self._lock:
            return self._now

    def advance(self, by: dt.timedelta) -> None:
        """Move it on by a length of time."""
        with self._lock:
            self._now += by

    def set(self, to: dt.datetime) -> None:
        """Move it to a time; an earlier one is allowed, as a machine's clock may step back."""
        with self._lock:
            self._now = to.astimezone(dt.UTC)
