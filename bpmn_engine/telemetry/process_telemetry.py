"""Everything that measures in one process that serves or works, started and stopped together."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread
from typing import Final

from bpmn_engine.errors import SettingError
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.telemetry.instruments import Instruments
from bpmn_engine.telemetry.listener import Listener
from bpmn_engine.telemetry.sampler import QueueSampler
from bpmn_engine.views.queues import Readiness

_LOG = logging.getLogger(__name__)
_TRY_AGAIN_SECONDS: Final = 2.0


class ProcessTelemetry:
    """Samples the queues, and listens where the settings say. Start it once."""

    def __init__(
        self,
        service: EngineService,
        instruments: Instruments,
        *,
        is_working: Callable[[], bool] | None = None,
    ) -> None:
        """Prepare it.

        Args:
            service: The engine.
            instruments: What this process measures with.
            is_working: Whether the worker in this process turns; None when there is none.
        """
        self._service = service
        self._instruments = instruments
        self._is_working = is_working
        self._sampler = QueueSampler(service)
        self._listener: Listener | None = None
        self._waiting: Thread | None = None
        self._stopped = Event()

    @property
    def port(self) -> int | None:
        """Where it listens; None while it does not."""
        return None if self._listener is None else self._listener.port

    def readiness(self) -> Readiness:
        """Return whether the database, its tables and the worker of this process can do theirs."""
        found = self._service.readiness()
        if self._is_working is None:
            return found
        word = "ok" if self._is_working() else "stuck: it has not looked for work for a minute"
        return replace(found, parts=(*found.parts, ("worker", word)))

    def start(self, *, is_shared: bool = False) -> None:
        """Begin; returns at once.

        Args:
            is_shared: Whether other processes have the same address: whoever comes first listens,
                and when that one ends another takes over.

        Raises:
            SettingError: the address cannot be used, and is not shared.
        """
        self._sampler.start()
        if self._instruments.settings.bind is None:
            return
        if not is_shared:
            self._listen()
            return
        self._waiting = Thread(target=self._listen_when_free, name="telemetry-wait", daemon=True)
        self._waiting.start()

    def stop(self) -> None:
        """End it, and send the spans that have not been sent."""
        self._stopped.set()
        self._sampler.stop()
        if self._waiting is not None:
            self._waiting.join(5)
        if self._listener is not None:
            self._listener.stop()
        if self._instruments.tracer is not None:
            self._instruments.tracer.close()

    def _listen(self) -> None:
        address = self._instruments.settings.bind
        if address is not None:
            listener = Listener(address, self._instruments, self.readiness)
            listener.start()
            self._listener = listener
            _LOG.info("outcome=telemetry_listens address=%s:%s", address.host, listener.port)

    def _listen_when_free(self) -> None:
        is_told = False
        while not self._stopped.is_set():
            try:
                self._listen()
            except SettingError as error:
                if not is_told:
                    _LOG.info("outcome=telemetry_waits reason=%r", str(error))
                    is_told = True
                self._stopped.wait(_TRY_AGAIN_SECONDS)
            else:
                return
