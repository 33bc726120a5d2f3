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


def written_type(kind: str, name: str | None) -> str:
    """Return what Camunda 7 calls an incident; one that was reported has a name of its own."""
    return name if kind == IncidentKind.REPORTED.value and name else written_kind(kind)


def incident_kinds(
    field: str, name_field: str | None = None
) -> Callable[[JsonValue], Sequence[Condition]]:
    """Return how the parameter `incidentType` is read, for a field with our kinds.

    `name_field` holds what a reported incident is called.
    """
    ours = {written_kind(kind.value): kind.value for kind in IncidentKind}

    def read(value: JsonValue) -> Sequence[Condition]:
        kind = ours.get(str(value))
        if kind is None and name_field is not None:
            is_reported = Condition(field=field, value=IncidentKind.REPORTED.value)
            return (is_reported, Condition(field=name_field, value=str(value)))
        return (NEVER if kind is None else Condition(field=field, value=kind),)

    return read
