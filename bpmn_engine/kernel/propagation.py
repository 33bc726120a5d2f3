"""A BPMN error walks outwards to the innermost event that catches it (section 13.5.3, 10.5.7)."""

from __future__ import annotations

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.specs import ErrorSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.catching import innermost_catcher
from bpmn_engine.kernel.closing import end_early
from bpmn_engine.kernel.data_moves import payload
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure, of_expression
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import IncidentKind
from bpmn_engine.kernel.triggers import occur_at
from bpmn_engine.values import JsonValue, Variables


def throw_error(
    draft: Draft,
    key: ElementKey,
    code: str,
    message: str | None,
    variables: Variables,
) -> Failure | None:
    """Throw a BPMN error from a visit to the innermost catcher.

    Uncaught, it goes to the calling process instance, and there being none it is a failure: the
    instance stays where it is and a person is asked. The standard leaves this open (10.5.7).
    """
    caught = innermost_catcher(draft, key, ErrorSpec, code)
    if caught is not None:
        seen = _seen_by(caught.spec, code, message, variables)
        occur_at(draft, caught.event, caught.place, seen)
        return None
    if draft.memory.has_parent:
        end_early(draft, InstanceStatus.FAILED, code, message)
        return None
    return uncaught(code, message)


def uncaught(code: str, message: str | None) -> Failure:
    """Say that nothing catches a BPMN error."""
    said = f" ({message})" if message else ""
    return Failure(
        kind=IncidentKind.UNCAUGHT_ERROR,
        message=f"Expected an error event to catch the BPMN error {code!r}{said}, "
        "but none around this element does.",
        error_code=code,
    )


def throw_error_of(draft: Draft, key: ElementKey, spec: ErrorSpec) -> Failure | None:
    """Throw the BPMN error of an event that a visit is at."""
    code = ""
    if spec.code is not None:
        value = draft.evaluate(spec.code, draft.scope_seen_by(key))
        if isinstance(value, EvaluationFailure):
            return of_expression(value, "The error code")
        code = str(value)
    plan = draft.node_of(key).data
    carried = {} if plan is None else payload(draft, key, plan)
    return throw_error(draft, key, code, spec.message, carried)


def _seen_by(
    spec: ErrorSpec, code: str, message: str | None, variables: Variables
) -> dict[str, JsonValue]:
    seen = dict(variables)
    if spec.code_variable is not None:
        seen[spec.code_variable] = code
    if spec.message_variable is not None:
        seen[spec.message_variable] = message
    return seen
