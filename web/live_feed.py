"""The change feed, read once per process and handed to every live stream.

The feed itself is a table of the database, so it works behind several web processes. One thread
reads it while there is at least one stream, and stops with the last one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Condition, Event, Thread

from bpmn_engine.service.views import Change

LOG = logging.getLogger("bpmn_engine.web.live")

KEPT = 2000
"""Changes kept in memory; a stream further behind reads the database itself."""

ReadChanges = Callable[[int], Sequence[Change]]
"""`changes_after(sequence)` of the service: the next changes, oldest first."""


class LiveFeed:
    """Hands changes to streams; thread-safe."""

    def __init__(
        self, read: ReadChanges, latest: Callable[[], int], *, pause_seconds: float = 0.5
    ) -> None:
        self._read = read
        self._latest = latest
        self._pause_seconds = pause_seconds
        self._arrived = Condition()
        self._kept: list[Change] = []
        self._position = 0  #: sequence of the last change read
        self._start = 0  #: changes with a higher sequence, up to `_position`, are in `_kept`
        self._subscribers = 0
        self._stop = Event()

    @property
    def subscriber_count(self) -> int:
        """How many streams are open in this process."""
        return self._subscribers

    def subscribe(self, cap: int) -> int | None:
        """Open a stream; return the latest sequence, or None when `cap` streams are open."""
        with self._arrived:
            if self._subscribers >= cap:
                return None
            self._subscribers += 1
            is_first = self._subscribers == 1
            if not is_first:
                return self._position
        return self._begin()

    def unsubscribe(self) -> None:
        """Close a stream opened by `subscribe`."""
        with self._arrived:
            self._subscribers -= 1
            if self._subscribers == 0:
                self._stop.set()

    def after(self, sequence: int, timeout_seconds: float) -> Sequence[Change]:
        """Return the changes after `sequence`, waiting up to `timeout_seconds` for the first."""
        with self._arrived:
            if self._position <= sequence:
                self._arrived.wait(timeout_seconds)
            if sequence >= self._start:
                return [change for change in self._kept if change.sequence > sequence]
        return self._read(sequence)

    def _begin(self) -> int:
        try:
            latest = self._latest()
        except Exception:
            self.unsubscribe()
            raise
        stop = Event()
        with self._arrived:
            self._stop.set()
            self._stop = stop
            self._position = self._start = latest
            self._kept = []
        Thread(target=self._follow, args=(stop,), name="live-feed", daemon=True).start()
        return latest

    def _follow(self, stop: Event) -> None:
        while not stop.wait(self._pause_seconds):
            try:
                changes = self._read(self._position)
            except Exception:  # an edge: the thread must outlive a database that is away
                LOG.exception("outcome=change_feed_unreadable")
                continue
            if changes:
                self._take(changes, stop)

    def _take(self, changes: Sequence[Change], stop: Event) -> None:
        with self._arrived:
            if stop.is_set():
                return
            self._kept += changes
            self._position = changes[-1].sequence
            if len(self._kept) > KEPT:
                del self._kept[: len(self._kept) - KEPT]
                self._start = self._kept[0].sequence - 1
            self._arrived.notify_all()
