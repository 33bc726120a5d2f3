"""What is done when another process has made the same keys: others are made, and somebody told."""

from __future__ import annotations

import datetime as dt
import logging
from threading import Lock
from typing import Final

from bpmn_engine.ports import Clock
from bpmn_engine.store.keys import KeyGenerator

_LOG = logging.getLogger(__name__)
_QUIET: Final = dt.timedelta(minutes=1)


class TakenKeys:
    """Moves a generator away from keys that are taken, and says why at most once a minute.

    Thread-safe.
    """

    def __init__(self, keys: KeyGenerator, clock: Clock, worker_number: int) -> None:
        self._keys = keys
        self._clock = clock
        self._worker_number = worker_number
        self._lock = Lock()
        self._count = 0  #: times that were not told yet
        self._told_at: dt.datetime | None = None

    def move_away(self) -> None:
        """Let the next keys be others; call it before the unit of work is run again."""
        self._keys.move_away()
        now = self._clock.now()
        with self._lock:
            self._count += 1
            if self._told_at is not None and now < self._told_at + _QUIET:
                return
            count, self._count, self._told_at = self._count, 0, now
        _LOG.warning(
            "outcome=keys_taken worker_number=%s count=%s advice=%r",
            self._worker_number,
            count,
            "Another process seems to have the same worker number, or this one was started again "
            "while its clock was behind. Nothing is lost, and this process goes on with another "
            "number until it ends. Give each process that shares a database its own "
            "BPMN_ENGINE_WORKER_NUMBER (docs/settings.md).",
        )
