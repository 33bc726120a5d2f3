"""A BPMN error walks outwards to the innermost event that catches it (section 13.5.3, 10.5.7)."""

from __future__ import annotations

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import ErrorSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.moves import occur
from bpmn_engine.kernel.state import ROOT, IncidentKind
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
    caught = _catcher(draft, key, code)
    if caught is not None:
        visit, boundary, spec = caught
        scope = draft.memory.visits[visit].scope
        draft.terminate(visit)
        occur(draft, boundary, scope, _seen_by(spec, code, message, variables))
        return None
    if draft.memory.has_parent:
        draft.end_instance(InstanceStatus.FAILED, code, message)
        return None
    said = f" ({message})" if message else ""
    return Failure(
        kind=IncidentKind.UNCAUGHT_ERROR,
        message=f"Expected an error event to catch the BPMN error {code!r}{said}, "
        "but none around this element does.",
        error_code=code,
    )


def _catcher(
    draft: Draft, key: ElementKey, code: str
) -> tuple[ElementKey, Node, ErrorSpec] | None:
    while True:
        visit = draft.memory.visits[key]
        if draft.memory.states[key] is not ElementState.COMPENSATING:
            found = _boundary(draft, key, draft.graph.nodes[visit.node], code)
            if found is not None:
                return key, *found
        if visit.scope == ROOT:
            return None
        key = visit.scope


def _boundary(
    draft: Draft, key: ElementKey, node: Node, code: str
) -> tuple[Node, ErrorSpec] | None:
    """Return the boundary event that names the code, else the one that catches every code."""
    catch_all = None
    for index in node.boundaries:
        boundary = draft.graph.nodes[index]
        if not isinstance(boundary.spec, ErrorSpec):
            continue
        if boundary.spec.code is None:
            catch_all = catch_all or (boundary, boundary.spec)
            continue
        wanted = draft.evaluate(boundary.spec.code, draft.memory.visits[key].scope)
        if not isinstance(wanted, EvaluationFailure) and str(wanted) == code:
            return boundary, boundary.spec
    return catch_all


def _seen_by(
    spec: ErrorSpec, code: str, message: str | None, variables: Variables
) -> dict[str, JsonValue]:
    seen = dict(variables)
    if spec.code_variable is not None:
        seen[spec.code_variable] = code
    if spec.message_variable is not None:
        seen[spec.message_variable] = message
    return seen
