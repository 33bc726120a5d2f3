"""Why an element instance cannot go on, before it becomes an incident."""

from __future__ import annotations

from dataclasses import dataclass

from immutables import Map

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.state import IncidentKind, ListenerAt
from bpmn_engine.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A reason to raise an incident; the fields are those of `Incident`."""

    kind: IncidentKind
    message: str
    wait: ElementKey | None = None
    error_code: str | None = None
    expression: str | None = None
    position: tuple[int, int] | None = None
    values: Map[str, JsonValue] = Map()
    listener: ListenerAt | None = None


def of_expression(failure: EvaluationFailure, purpose: str) -> Failure:
    """Say which expression failed, what it was for, and with which values."""
    return Failure(
        kind=IncidentKind.EXPRESSION,
        message=f"{purpose}: {failure.message}",
        expression=failure.source,
        position=(failure.line, failure.column),
        values=Map(failure.values),
    )


def of_value(expression: str, purpose: str, expected: str, value: JsonValue) -> Failure:
    """Say that an expression gave a value of the wrong type."""
    shown = repr(value)
    if len(shown) > 200:  # noqa: PLR2004 — enough to recognise a value
        shown = shown[:200] + "…"
    return Failure(
        kind=IncidentKind.EXPRESSION,
        message=f"{purpose}: Expected {expected}, but {expression!r} gave {shown}.",
        expression=expression,
    )
