"""What a process measures with, by its settings; a library is loaded only when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Final, Protocol

from typing_extensions import override

from bpmn_engine.errors import SettingError
from bpmn_engine.service.observing import AdapterCall, Commit, JobNote, Observer
from bpmn_engine.telemetry.settings import PREFIX, TelemetrySettings
from bpmn_engine.views.queues import QueueSample


class Meter(Observer, Protocol):
    """Metrics that can be shown."""

    def scrape(self) -> bytes:
        """Return all metrics in Prometheus' text format; of all processes that share a folder."""

    def answered(self, method: str, endpoint: str, status: int, seconds: float) -> None:
        """Count an HTTP request that was answered."""

    def refused_start(self, queue: str) -> None:
        """Count a start that was refused because a queue is full."""


class Tracer(Observer, Protocol):
    """Traces that are sent elsewhere."""

    def close(self) -> None:
        """Send what has not been sent yet, if that takes no longer than a few seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What one process measures with."""

    settings: TelemetrySettings
    meter: Meter | None = None
    tracer: Tracer | None = None

    @property
    def observer(self) -> Observer | None:
        """Who is told of what the engine does; None when nobody wants to know."""
        observers: list[Observer] = [one for one in (self.meter, self.tracer) if one is not None]
        if len(observers) < 2:  # noqa: PLR2004 — one needs nobody to pass things on
            return next(iter(observers), None)
        return Observers(observers)


NO_INSTRUMENTS: Final = Instruments(settings=TelemetrySettings())


class Observers(Observer):
    """Several observers as one."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = tuple(observers)

    @property
    @override
    def traced_part(self) -> float | None:
        parts = (one.traced_part for one in self._observers)
        return next((part for part in parts if part is not None), None)

    @override
    def committed(self, commit: Commit) -> None:
        for one in self._observers:
            one.committed(commit)

    @override
    def lock_lost(self, note: JobNote) -> None:
        for one in self._observers:
            one.lock_lost(note)

    @override
    def called(self, call: AdapterCall) -> None:
        for one in self._observers:
            one.called(call)

    @override
    def sampled(self, sample: QueueSample) -> None:
        for one in self._observers:
            one.sampled(sample)


def open_instruments(settings: TelemetrySettings) -> Instruments:
    """Return the instruments of this process; call it in the process that uses them.

    Raises:
        SettingError: traces are wanted, but their libraries are not installed.
    """
    meter: Meter | None = None
    tracer: Tracer | None = None
    if settings.has_metrics:
        make_meter: Callable[[int], Meter] = import_module("bpmn_engine.telemetry.metrics").Metrics
        meter = make_meter(settings.most_series)
    if settings.otlp_endpoint:
        make_tracer: Callable[[TelemetrySettings], Tracer] = _traces()
        tracer = make_tracer(settings)
    return Instruments(settings=settings, meter=meter, tracer=tracer)


def _traces() -> Callable[[TelemetrySettings], Tracer]:
    try:
        made: Callable[[TelemetrySettings], Tracer] = import_module(
            "bpmn_engine.telemetry.traces"
        ).open_traces
    except ImportError as error:
        raise SettingError(
            f"Expected OpenTelemetry's libraries, as {PREFIX}OTLP_ENDPOINT is set, but "
            f"{error.name} is not installed. Install them: pip install 'bpmn-engine[telemetry]'"
        ) from error
    return made
