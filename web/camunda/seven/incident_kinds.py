"""Kinds of incidents, by the words of Camunda 7 and ours.

A job whose attempts are spent is its `failedExternalTask`; the others, of which it knows none,
keep our words: `expression`, `no_flow`, `uncaught_error`, `call`, `limit`, `data`, `stuck_join`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bpmn_engine.service.views import IncidentKind
from bpmn_engine.values import JsonValue
from bpmn_engine.views.listing import NEVER, Condition

FAILED_TASK: Final = "failedExternalTask"


def written_kind(kind: str) -> str:
    """Return what Camunda 7 calls a kind of incident."""
    return FAILED_TASK if kind == IncidentKind.JOB.value else kind


def incident_kinds(field: str) -> Callable[[JsonValue], Sequence[Condition]]:
    """Return how the parameter `incidentType` is read, for a field with our kinds."""
    ours = {written_kind(kind.value): kind.value for kind in IncidentKind}

    def read(value: JsonValue) -> Sequence[Condition]:
        kind = ours.get(str(value))
        return (NEVER if kind is None else Condition(field=field, value=kind),)

    return read
