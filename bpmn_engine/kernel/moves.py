"""The life of a visit, phase by phase: activate, trigger, complete, leave.

Each phase evaluates before it writes. A failing expression therefore leaves the visit at the
start of its phase (ready, active, completing), with an incident, and resolving the incident runs
the same phase again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Edge, Node
from bpmn_engine.graph.specs import MultiInstanceSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.facts import OutputGathered
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.state import IncidentKind, Wait
from bpmn_engine.kernel.waiting import open_wait, plan_boundaries, repeat_or_close
from bpmn_engine.values import JsonValue, Variables


def activate(draft: Draft, key: ElementKey) -> None:
    """Make a ready visit active: input mappings, boundary events, then its behavior."""
    node = draft.node_of(key)
    if node.inputs:
        mapped = draft.mapped(node.inputs, key, key)
        if isinstance(mapped, EvaluationFailure):
            draft.raise_incident(key, of_expression(mapped, "An input mapping"))
            return
        draft.set_variables(key, mapped)
    if node.boundaries:
        planned = plan_boundaries(draft, key, node)
        if isinstance(planned, Failure):
            draft.raise_incident(key, planned)
            return
        draft.change(key, ElementState.ACTIVE)
        for wait in planned:
            open_wait(draft, key, wait)
    else:
        draft.change(key, ElementState.ACTIVE)
    failure = draft.behaviors[node.kind].on_activate(draft, key, node)
    if failure is not None:
        draft.raise_incident(key, failure)


def complete(
    draft: Draft,
    key: ElementKey,
    results: Variables = NOTHING,
    answered: ElementKey | None = None,
) -> None:
    """Take an active visit's results, close its waits, and let its tokens leave."""
    draft.change(key, ElementState.COMPLETING)
    draft.close_waits(key, answered)
    draft.clear_incidents(key)
    node = draft.node_of(key)
    if results:
        if node.outputs:
            draft.set_variables(key, results)
        if not node.outputs or not node.is_result_local:
            draft.assign(draft.scope_seen_by(key), results)
    finish(draft, key)


@dataclass(slots=True)
class _Leaving:
    """What a completing visit is about to write."""

    results: dict[str, JsonValue] = field(default_factory=dict)
    flows: tuple[int, ...] = ()
    output: JsonValue = None


def finish(draft: Draft, key: ElementKey) -> None:
    """Evaluate output mappings and conditions of a completing visit, then leave."""
    node = draft.node_of(key)
    leaving = _Leaving()
    failure = _prepare(draft, key, node, leaving)
    if failure is not None:
        draft.raise_incident(key, failure)
        return
    visit = draft.memory.visits[key]
    if leaving.results:
        draft.assign(_results_from(draft, key), leaving.results)
    if visit.loop_index is None:
        draft.leave(key, leaving.flows)
        return
    draft.leave(key, ())
    body = draft.node_of(visit.scope)
    if _gathers(body):
        draft.record(OutputGathered(visit.scope, visit.loop_index, leaving.output))
    draft.behaviors[body.kind].on_instance_ended(draft, visit.scope, body)


def _prepare(draft: Draft, key: ElementKey, node: Node, leaving: _Leaving) -> Failure | None:
    if node.outputs:
        mapped = draft.mapped(node.outputs, key, _results_from(draft, key))
        if isinstance(mapped, EvaluationFailure):
            return of_expression(mapped, "An output mapping")
        leaving.results = mapped
    visit = draft.memory.visits[key]
    if visit.loop_index is not None:
        return _prepare_output(draft, key, draft.node_of(visit.scope), leaving)
    flows = draft.behaviors[node.kind].choose_flows(draft, key, node, leaving.results)
    if isinstance(flows, Failure):
        return flows
    leaving.flows = flows
    return None


def _prepare_output(
    draft: Draft, key: ElementKey, body: Node, leaving: _Leaving
) -> Failure | None:
    if not isinstance(body.spec, MultiInstanceSpec) or body.spec.output_element is None:
        return None
    output = draft.evaluate(body.spec.output_element, key, leaving.results)
    if isinstance(output, EvaluationFailure):
        return of_expression(output, "The output element")
    leaving.output = output
    return None


def _gathers(body: Node) -> bool:
    return isinstance(body.spec, MultiInstanceSpec) and body.spec.output_collection is not None


def _results_from(draft: Draft, key: ElementKey) -> ElementKey:
    """Return the scope from which output mappings are assigned.

    An instance of a multi-instance body begins with its own scope, where its output element lives.
    """
    visit = draft.memory.visits[key]
    return visit.scope if visit.loop_index is None else key


def default_flows(
    draft: Draft, key: ElementKey, node: Node, results: Variables
) -> tuple[int, ...] | Failure:
    """Return every flow without a condition or whose condition is true, else the default flow.

    This is the implicit split of activities and events (sections 8.3.13 and 13.3.1), and the
    inclusive gateway's split (section 13.4.3).
    """
    if not node.has_conditions and node.default is None:
        return node.outgoing
    taken = []
    for index in node.outgoing:
        if index != node.default:
            holds = flow_holds(draft, key, draft.graph.edges[index], results)
            if isinstance(holds, Failure):
                return holds
            if holds:
                taken.append(index)
    if taken:
        return tuple(taken)
    return (node.default,) if node.default is not None else no_flow(node)


def flow_holds(draft: Draft, key: ElementKey, edge: Edge, results: Variables) -> bool | Failure:
    """Evaluate the condition of a flow; a flow without one holds."""
    if edge.condition is None:
        return True
    value = draft.evaluate(edge.condition, draft.memory.visits[key].scope, results)
    if isinstance(value, EvaluationFailure):
        return of_expression(value, f"The condition of {edge.flow_id}")
    if isinstance(value, bool):
        return value
    return of_value(
        edge.condition.source, f"The condition of {edge.flow_id}", "true or false", value
    )


def no_flow(node: Node) -> Failure:
    """Say that no condition was true."""
    return Failure(
        kind=IncidentKind.NO_FLOW,
        message=f"Expected a flow to leave {node.element_id} over, but no condition was true "
        "and it has no default flow.",
    )


def trigger(draft: Draft, wait: Wait, variables: Variables) -> None:
    """Answer a wait: of a boundary event, or of the visit's own element."""
    target = draft.graph.nodes[wait.node]
    host = draft.node_of(wait.visit)
    if wait.node in host.boundaries:
        trigger_boundary(draft, wait, target, variables)
    else:
        draft.behaviors[host.kind].on_trigger(draft, wait, variables)


def trigger_boundary(draft: Draft, wait: Wait, boundary: Node, variables: Variables) -> None:
    """Let a boundary event occur (section 13.5.3): interrupting its activity, or beside it."""
    scope = draft.memory.visits[wait.visit].scope
    if boundary.is_interrupting:
        draft.close_wait(wait.key, is_withdrawn=False)
        draft.terminate(wait.visit)
    else:
        repeat_or_close(draft, wait)
    occur(draft, boundary, scope, variables)


def occur(draft: Draft, event: Node, scope: ElementKey, variables: Variables) -> None:
    """Let an event that was waited for elsewhere happen: enter it and complete it at once."""
    key = draft.enter(event, scope)
    draft.change(key, ElementState.ACTIVE)
    complete(draft, key, variables)
