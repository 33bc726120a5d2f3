"""Traces by OpenTelemetry: a span for each instance, visit and call of an adapter.

A span is made when what it tells of has ended, with its true beginning and end. Its ids follow
from keys (`views.trace_context`), so that whichever process sees the end knows the parents, and
nothing is kept in between: an instance of a year costs as much as one of a second.
"""

from __future__ import annotations

import atexit
import datetime as dt
import os
import random
from collections.abc import Mapping
from threading import Thread
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_BSP_MAX_QUEUE_SIZE
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags
from typing_extensions import override

from bpmn_engine.kernel.facts import (
    ElementCompensated,
    ElementCompleted,
    ElementTerminated,
    StatusChanged,
)
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import ROOT
from bpmn_engine.service.observing import AdapterCall, Commit, JobNote
from bpmn_engine.store.applied import ENDED, AppliedStep
from bpmn_engine.telemetry.instruments import Tracer
from bpmn_engine.telemetry.settings import TelemetrySettings
from bpmn_engine.views.queues import QueueSample
from bpmn_engine.views.trace_context import (
    instance_span_id,
    is_kept,
    read_trace_parent,
    trace_id,
    visit_span_id,
)

_SCOPE: Final = InstrumentationScope("bpmn_engine")
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_MOST_UNSENT: Final = 20_000
"""Spans that wait to be sent; more are dropped. A batch of instances makes many at once."""

_CLOSE_SECONDS: Final = 5.0
_CHANCE: Final = random.SystemRandom()
_FINE: Final = frozenset({"done", "accepted", "running", "absent", "business"})
"""Outcomes of calls that are no failures; a BPMN error is an answer."""

_STATES: Final[Mapping[type, str]] = {
    ElementCompleted: "completed",
    ElementTerminated: "terminated",
    ElementCompensated: "compensated",
}

Attributes = dict[str, str | int | bool]


def open_traces(settings: TelemetrySettings) -> Traces:
    """Return traces that are sent to the endpoint of the settings, in batches, by a thread."""
    exporter = OTLPSpanExporter(endpoint=settings.otlp_endpoint)
    room = None if OTEL_BSP_MAX_QUEUE_SIZE in os.environ else _MOST_UNSENT
    traces = Traces(BatchSpanProcessor(exporter, max_queue_size=room), settings)
    atexit.register(traces.close)
    return traces


class Traces(Tracer):
    """Makes spans of what is committed."""

    def __init__(self, processor: SpanProcessor, settings: TelemetrySettings) -> None:
        self._processor = processor
        self._part = settings.traced_part
        self._resource = Resource.create({"service.name": settings.service_name})

    @property
    @override
    def traced_part(self) -> float | None:
        return self._part

    @override
    def close(self) -> None:
        closing = Thread(target=self._processor.shutdown, name="traces-close", daemon=True)
        try:
            closing.start()
        except RuntimeError:
            # The interpreter ends and starts no threads any more.
            self._processor.shutdown()
            return
        # A collector that is away must not hold up the end of the process.
        closing.join(_CLOSE_SECONDS)

    @override
    def committed(self, commit: Commit) -> None:
        for step in commit.steps:
            trace = trace_id(step.instance.root_key)
            if is_kept(trace, self._part):
                self._add_step(trace, step)

    @override
    def lock_lost(self, note: JobNote) -> None:
        """Do nothing: a refused answer ends no span."""

    @override
    def sampled(self, sample: QueueSample) -> None:
        """Do nothing: queues are no spans."""

    @override
    def called(self, call: AdapterCall) -> None:
        parent = read_trace_parent(call.trace_parent or "")
        if parent is None or not parent.is_sampled:
            return
        is_fine = call.outcome in _FINE
        self._emit(
            f"{call.job_type} {call.operation}",
            trace=parent.trace_id,
            span=_CHANCE.getrandbits(64) or 1,
            parent=parent.span_id,
            times=(call.began_at, call.ended_at),
            attributes={
                "bpmn.process.id": call.process_id,
                "bpmn.process.instance.key": call.process_instance_key,
                "bpmn.element.id": call.element_id,
                "bpmn.job.key": call.job_key,
                "bpmn.job.type": call.job_type,
                "bpmn.job.attempt": call.attempt,
                "bpmn.adapter.operation": call.operation,
                "bpmn.adapter.outcome": call.outcome,
            },
            kind=SpanKind.CLIENT,
            status=Status(StatusCode.UNSET) if is_fine else Status(StatusCode.ERROR, call.outcome),
        )

    def _add_step(self, trace: int, step: AppliedStep) -> None:
        for fact in step.facts:
            match fact:
                case ElementCompleted() | ElementTerminated() | ElementCompensated():
                    self._add_visit(trace, step, fact)
                case StatusChanged(status=status) if status in ENDED:
                    self._add_instance(trace, step, status)
                case _:
                    continue

    def _add_visit(
        self,
        trace: int,
        step: AppliedStep,
        fact: ElementCompleted | ElementTerminated | ElementCompensated,
    ) -> None:
        node, instance = step.graph.nodes[fact.node], step.instance
        is_inside = fact.scope != ROOT
        self._emit(
            node.name or node.element_id,
            trace=trace,
            span=visit_span_id(instance.key, fact.key),
            parent=visit_span_id(instance.key, fact.scope)
            if is_inside
            else instance_span_id(instance.key),
            times=(fact.entered_at, step.at),
            attributes={
                **_of_instance(step),
                "bpmn.element.id": node.element_id,
                "bpmn.element.type": node.element_type,
                "bpmn.element.visit": fact.key,
                "bpmn.element.state": _STATES[type(fact)],
            },
        )

    def _add_instance(self, trace: int, step: AppliedStep, status: InstanceStatus) -> None:
        instance = step.instance
        is_failed = status is InstanceStatus.FAILED
        self._emit(
            instance.process_id,
            trace=trace,
            span=instance_span_id(instance.key),
            parent=None if instance.parent_key is None else instance_span_id(instance.parent_key),
            times=(instance.started_at, step.at),
            attributes={**_of_instance(step), "bpmn.process.status": status.value},
            status=Status(StatusCode.ERROR, instance.error_code or status.value)
            if is_failed
            else Status(StatusCode.UNSET),
        )

    def _emit(  # noqa: PLR0913 — the parts of a span
        self,
        name: str,
        *,
        trace: int,
        span: int,
        parent: int | None,
        times: tuple[dt.datetime, dt.datetime],
        attributes: Attributes,
        kind: SpanKind = SpanKind.INTERNAL,
        status: Status | None = None,
    ) -> None:
        self._processor.on_end(
            ReadableSpan(
                name=name,
                context=_context(trace, span, is_remote=False),
                parent=None if parent is None else _context(trace, parent, is_remote=True),
                resource=self._resource,
                attributes=attributes,
                kind=kind,
                status=status or Status(StatusCode.UNSET),
                start_time=_nanoseconds(times[0]),
                end_time=_nanoseconds(times[1]),
                instrumentation_scope=_SCOPE,
            )
        )


def _of_instance(step: AppliedStep) -> Attributes:
    return {
        "bpmn.process.id": step.instance.process_id,
        "bpmn.process.definition.key": step.instance.definition_key,
        "bpmn.process.instance.key": step.instance.key,
    }


def _context(trace: int, span: int, *, is_remote: bool) -> SpanContext:
    return SpanContext(trace_id=trace, span_id=span, is_remote=is_remote, trace_flags=_SAMPLED)


def _nanoseconds(moment: dt.datetime) -> int:
    return ((moment - _EPOCH) // _MICROSECOND) * 1_000
