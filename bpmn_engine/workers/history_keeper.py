"""The thread that adds figures to their sums, makes partitions, and removes what is not kept.

It has a thread of its own because deleting takes long and nobody waits for it. Any number of
processes may have one: each step is one transaction, and the database lets one at a time do it.
"""

from __future__ import annotations

import logging
import time
from threading import Event, Thread
from typing import Final

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.service.engine_service import EngineService

_LOG = logging.getLogger(__name__)
_FIGURES: Final = 2000
"""Transactions whose figures are added at once."""

_INSTANCES: Final = 500
"""Instances deleted in one transaction."""

_KEYS: Final = 2000
"""Idempotency keys deleted in one transaction."""

_PAUSE_SECONDS: Final = 2.0
_BREATH_SECONDS: Final = 0.05
"""Between two transactions while there is more to do: others want the database, too."""

_REMOVAL_SECONDS: Final = 60.0
"""Between two looks for instances and idempotency keys that are not kept any longer."""

_PARTITIONS_SECONDS: Final = 3600.0
"""Between two looks for partitions that are to be made or dropped; they are made weeks ahead."""


class HistoryKeeper:
    """Keeps the tables of history in order, as long as it runs. Start it once."""

    def __init__(self, service: EngineService) -> None:
        self._service = service
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="history", daemon=True)
        self._next_removal = 0.0  #: monotonic
        self._next_partitions = 0.0  #: monotonic

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self, grace_seconds: float) -> None:
        """End after the transaction that runs; a transaction that is cut off changes nothing."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(grace_seconds)

    def turn(self) -> bool:
        """Do what there is to do, a part of it; tell whether there is more."""
        is_full = self._service.compact_figures(_FIGURES) == _FIGURES
        now = time.monotonic()
        if now >= self._next_partitions:
            self._next_partitions = now + _PARTITIONS_SECONDS
            self._service.keep_partitions()
        if now < self._next_removal:
            return is_full
        removed = self._service.remove_old_history(_INSTANCES)
        forgotten = self._service.expire_start_keys(_KEYS)
        if removed:
            _LOG.info("outcome=history_removed instances=%s", removed)
        elif forgotten < _KEYS:
            self._service.remove_deleted()
            self._next_removal = now + _REMOVAL_SECONDS
        return is_full or removed > 0 or forgotten == _KEYS

    def _run(self) -> None:
        pause = _PAUSE_SECONDS
        while not self._stopping.wait(pause):
            pause = _PAUSE_SECONDS
            try:
                pause = _BREATH_SECONDS if self.turn() else _PAUSE_SECONDS
            except DatabaseUnavailableError as error:
                _LOG.warning("outcome=database_unavailable reason=%r", str(error))
            except Exception:  # noqa: BLE001 — an edge
                # One bad row must not end the keeping of all others.
                _LOG.exception("outcome=history_keeping_failed")
