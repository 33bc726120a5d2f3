"""A BPMN error walks outwards to the innermost event that catches it (section 13.5.3, 10.5.7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.graph.specs import ErrorSpec, StartSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.moves import occur
from bpmn_engine.kernel.state import ROOT, IncidentKind
from bpmn_engine.kernel.triggers import begin_event_sub_process, is_interrupted
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
        place, event, spec = caught
        seen = _seen_by(spec, code, message, variables)
        if event.kind is NodeKind.START:
            begin_event_sub_process(draft, event, place, seen)
        else:
            scope = draft.memory.visits[place].scope
            draft.terminate(place)
            occur(draft, event, scope, seen)
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
    """Return who catches: a visit and its boundary event, or a scope and its start event.

    Of a scope first the event sub-processes are asked, unless one of them has interrupted it, then
    the boundary events around it.
    """
    while True:
        visit = draft.memory.visits[key]
        node = draft.graph.nodes[visit.node]
        found = _catching(draft, _boundaries(draft, node), visit.scope, code)
        if found is not None:
            return key, *found
        if not is_interrupted(draft, visit.scope):
            found = _catching(draft, _event_starts(draft, visit.scope), visit.scope, code)
            if found is not None:
                return visit.scope, *found
        if visit.scope == ROOT:
            return None
        key = visit.scope


def _boundaries(draft: Draft, node: Node) -> Iterator[tuple[Node, ErrorSpec]]:
    for index in node.boundaries:
        boundary = draft.graph.nodes[index]
        if isinstance(boundary.spec, ErrorSpec):
            yield boundary, boundary.spec


def _event_starts(draft: Draft, scope: ElementKey) -> Iterator[tuple[Node, ErrorSpec]]:
    for index in draft.graph.scopes[draft.memory.scopes[scope].node].event_starts:
        start = draft.graph.nodes[index]
        if isinstance(start.spec, StartSpec) and isinstance(start.spec.trigger, ErrorSpec):
            yield start, start.spec.trigger


def _catching(
    draft: Draft, events: Iterable[tuple[Node, ErrorSpec]], scope: ElementKey, code: str
) -> tuple[Node, ErrorSpec] | None:
    """Return the event that names the code, else the one that catches every code."""
    catch_all = None
    for event, spec in events:
        if spec.code is None:
            catch_all = catch_all or (event, spec)
            continue
        wanted = draft.evaluate(spec.code, scope)
        if not isinstance(wanted, EvaluationFailure) and str(wanted) == code:
            return event, spec
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
