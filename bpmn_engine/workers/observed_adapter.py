"""An adapter whose calls are told to the observer of the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel
from typing_extensions import override

from bpmn_engine.ports import (
    Accepted,
    Adapter,
    CancelOutcome,
    Clock,
    Done,
    Failed,
    Health,
    JobContext,
    Profile,
    Running,
)
from bpmn_engine.service.engine_service import EngineService
from bpmn_engine.service.observing import AdapterCall, Observer, tell
from bpmn_engine.values import JsonValue
from bpmn_engine.views.trace_context import TRACE_PARENT

Answer = TypeVar("Answer")


def observed(adapter: Adapter, service: EngineService) -> Adapter:
    """Return an adapter that tells the service's observer of its calls; itself without one."""
    if service.observer is None:
        return adapter
    return ObservedAdapter(adapter, service.observer, service.clock)


class ObservedAdapter(Adapter):
    """Passes every call on, and tells when it began and ended, and how."""

    def __init__(self, adapter: Adapter, observer: Observer, clock: Clock) -> None:
        self._adapter = adapter
        self._observer = observer
        self._clock = clock
        self.meta = adapter.meta
        self.profile_type = adapter.profile_type
        self.input_type = adapter.input_type
        self.output_type = adapter.output_type
        self.errors = adapter.errors

    @override
    def test(self, profile: Profile) -> Health:
        return self._adapter.test(profile)

    @override
    def find(
        self, context: JobContext, profile: Profile, job_input: BaseModel
    ) -> Done | Accepted | None:
        return self._watched(
            "find", context, lambda: self._adapter.find(context, profile, job_input)
        )

    @override
    def submit(
        self, context: JobContext, profile: Profile, job_input: BaseModel
    ) -> Done | Accepted | Failed:
        return self._watched(
            "submit", context, lambda: self._adapter.submit(context, profile, job_input)
        )

    @override
    def poll(
        self, context: JobContext, profile: Profile, handle: JsonValue
    ) -> Running | Done | Failed:
        return self._watched("poll", context, lambda: self._adapter.poll(context, profile, handle))

    @override
    def cancel(self, context: JobContext, profile: Profile, handle: JsonValue) -> CancelOutcome:
        return self._watched(
            "cancel", context, lambda: self._adapter.cancel(context, profile, handle)
        )

    def _watched(self, operation: str, context: JobContext, call: Callable[[], Answer]) -> Answer:
        began_at = self._clock.now()
        outcome = "exception"
        try:
            answer = call()
            outcome = _word(answer)
        finally:
            call_ended = AdapterCall(
                job_type=self.meta.job_type,
                operation=operation,
                outcome=outcome,
                began_at=began_at,
                ended_at=self._clock.now(),
                job_key=context.job_key,
                process_instance_key=context.process_instance_key,
                process_id=context.process_id,
                element_id=context.element_id,
                attempt=context.attempt,
                trace_parent=context.headers.get(TRACE_PARENT),
            )
            tell(lambda: self._observer.called(call_ended))
        return answer


def _word(answer: object) -> str:
    match answer:
        case Done():
            return "done"
        case Accepted():
            return "accepted"
        case Running():
            return "running"
        case Failed(kind=kind):
            return kind.value
        case None:
            return "absent"
        case _:
            return "done"  # of a request to cancel
