"""The thread that learns now and then how full the queues are."""

from __future__ import annotations

import logging
from threading import Event, Thread

from bpmn_engine.errors import DatabaseUnavailableError
from bpmn_engine.service.engine_service import EngineService

_LOG = logging.getLogger(__name__)


class QueueSampler:
    """Samples the queues of one service until it is stopped. Start it once."""

    def __init__(self, service: EngineService) -> None:
        self._service = service
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="queue-sampler", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join(5)

    def _run(self) -> None:
        pause = max(0.1, self._service.settings.queue_sample_interval.total_seconds())
        while not self._stopped.is_set():
            try:
                self._service.sample_queues()
            except DatabaseUnavailableError as error:
                _LOG.warning("outcome=queues_not_sampled reason=%r", str(error))
            except Exception:  # noqa: BLE001 — an edge: a thread must not end silently
                _LOG.exception("outcome=queues_not_sampled")
            self._stopped.wait(pause)
