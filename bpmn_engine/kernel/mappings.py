"""Input and output mappings, worked out: a mapping sees what those before it will assign."""

from __future__ import annotations

from collections.abc import Iterable

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.specs import Assignment
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.variables import put_at
from bpmn_engine.values import JsonValue


def mapped(
    draft: Draft, assignments: Iterable[Assignment], read: ElementKey, write: ElementKey
) -> dict[str, JsonValue] | EvaluationFailure:
    """Evaluate mappings in their order, each seeing those before it; nothing is written yet.

    Args:
        draft: the notebook of this step.
        assignments: the mappings.
        read: the scope the sources are evaluated in.
        write: the scope the targets will be set in; a nested target extends what stands there.
    """
    values: dict[str, JsonValue] = {}
    for assignment in assignments:
        value = draft.evaluate(assignment.source, read, values)
        if isinstance(value, EvaluationFailure):
            return value
        name, *rest = assignment.path
        current = draft.view(write, values).get(name) if rest else None
        values[name] = put_at(tuple(rest), value, current)
    return values
