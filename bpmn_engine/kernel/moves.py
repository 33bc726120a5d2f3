"""The life of a visit, phase by phase: activate, trigger, complete, leave.

Each phase evaluates before it writes. A failing expression therefore leaves the visit at the
start of its phase (ready, active, completing), with an incident, and resolving the incident runs
the same phase again.
"""

from __future__ import annotations

from typing import Final

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Edge, Node
from bpmn_engine.graph.specs import AdHocSpec, CallSpec, MultiInstanceSpec, StandardLoopSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.completed import enable_compensation
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.facts import OutputGathered
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.state import IncidentKind, Wait
from bpmn_engine.kernel.waiting import open_wait, plan_boundaries, repeat_or_close
from bpmn_engine.values import JsonValue, Variables

_GATHERING: Final = (MultiInstanceSpec, AdHocSpec)
"""What gathers the outputs of the instances in it."""


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
    if results and node.outputs and node.is_result_local:
        draft.set_variables(key, results)
    elif results:
        draft.assign(draft.scope_seen_by(key), results)
    _finish(draft, key, node)


def finish(draft: Draft, key: ElementKey) -> None:
    """Evaluate output mappings and conditions of a completing visit, then leave."""
    _finish(draft, key, draft.node_of(key))


def _finish(draft: Draft, key: ElementKey, node: Node) -> None:
    results = _results(draft, key, node) if node.outputs else NOTHING
    if isinstance(results, Failure):
        draft.raise_incident(key, results)
    elif draft.memory.visits[key].loop_index is None:
        _leave(draft, key, node, results)
    else:
        _leave_body(draft, key, results)


def _results(draft: Draft, key: ElementKey, node: Node) -> Variables | Failure:
    """Return what output mappings are about to assign."""
    mapped = draft.mapped(node.outputs, key, _results_from(draft, key))
    if isinstance(mapped, EvaluationFailure):
        return of_expression(mapped, "An output mapping")
    if isinstance(node.spec, CallSpec) and node.spec.local_names:
        return {name: mapped[name] for name in mapped if name not in node.spec.local_names}
    return mapped


def _leave(draft: Draft, key: ElementKey, node: Node, results: Variables) -> None:
    flows = draft.behaviors[node.kind].choose_flows(draft, key, node, results)
    if isinstance(flows, Failure):
        draft.raise_incident(key, flows)
        return
    if results:
        draft.assign(_results_from(draft, key), results)
    if node.completion_quantity > 1:
        flows *= node.completion_quantity
    if node.compensation is not None:
        enable_compensation(draft, key, node.compensation)
    draft.leave(key, flows)


def _leave_body(draft: Draft, key: ElementKey, results: Variables) -> None:
    """Leave one instance in the body of a loop, which counts it."""
    scope, index = draft.memory.visits[key].scope, draft.memory.visits[key].loop_index
    body = draft.node_of(scope)
    output = _output(draft, key, body, results)
    if isinstance(output, Failure):
        draft.raise_incident(key, output)
        return
    if results:
        draft.assign(_results_from(draft, key), results)
    plan = draft.node_of(key).compensation
    if plan is not None:
        enable_compensation(draft, key, plan)
    draft.leave(key, ())
    if index is not None and _gathers(body):
        if isinstance(body.spec, AdHocSpec):
            index = len(draft.memory.outputs.get(scope, ()))
        draft.record(OutputGathered(scope, index, output))
    draft.behaviors[body.kind].on_instance_ended(draft, scope, body)


def _output(draft: Draft, key: ElementKey, body: Node, results: Variables) -> JsonValue | Failure:
    spec = body.spec
    if not isinstance(spec, _GATHERING) or spec.output_element is None:
        return None
    output = draft.evaluate(spec.output_element, key, results)
    if isinstance(output, EvaluationFailure):
        return of_expression(output, "The output element")
    return output


def _gathers(body: Node) -> bool:
    spec = body.spec
    return isinstance(spec, _GATHERING) and spec.output_collection is not None


def _results_from(draft: Draft, key: ElementKey) -> ElementKey:
    """Return the scope from which output mappings are assigned.

    An instance of a multi-instance body begins with its own scope, where its output element lives.
    """
    visit = draft.memory.visits[key]
    if visit.loop_index is None or isinstance(draft.node_of(visit.scope).spec, StandardLoopSpec):
        return visit.scope
    return key


def default_flows(
    draft: Draft, key: ElementKey, node: Node, results: Variables
) -> tuple[int, ...] | Failure:
    """Return every flow without a condition or whose condition is true, and maybe the default.

    This is the implicit split of activities and events (sections 8.3.13 and 13.3.1), and the
    inclusive gateway's split (section 13.4.3). The default flow is taken when no condition was
    true, beside the flows that have none (table 10.3).
    """
    if not node.has_conditions:
        return node.outgoing
    taken = []
    is_any_true = False
    for index in node.outgoing:
        if index != node.default:
            edge = draft.graph.edges[index]
            holds = flow_holds(draft, key, edge, results)
            if isinstance(holds, Failure):
                return holds
            if holds:
                taken.append(index)
                is_any_true = is_any_true or edge.condition is not None
    if node.default is not None and not is_any_true:
        taken.append(node.default)
    return tuple(taken) if taken else no_flow(node)


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
