"""The life of a visit, phase by phase: activate, trigger, complete, leave.

Each phase evaluates before it writes. A failing expression therefore leaves the visit at the
start of its phase (ready, active, completing), with an incident, and resolving the incident runs
the same phase again.
"""

from __future__ import annotations

from typing import Final

from immutables import Map

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.listener_specs import ListenerPlan
from bpmn_engine.graph.nodes import Edge, Node, NodeKind
from bpmn_engine.graph.specs import AdHocSpec, CallSpec, MultiInstanceSpec, StandardLoopSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.completed import enable_compensation
from bpmn_engine.kernel.condition_values import keeps_decision, values_read
from bpmn_engine.kernel.data_moves import give_outputs, received, take_inputs
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.facts import OutputGathered
from bpmn_engine.kernel.failures import Failure, of_expression, of_value
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.listeners import call_listeners, past
from bpmn_engine.kernel.mappings import mapped
from bpmn_engine.kernel.rounds import begin_again
from bpmn_engine.kernel.state import IncidentKind, ListenerAt, Wait
from bpmn_engine.kernel.termination import terminate
from bpmn_engine.kernel.waiting import open_wait, plan_boundaries
from bpmn_engine.model.listeners import ListenerEvent
from bpmn_engine.values import JsonValue, Variables

_ACTIVE: Final = ElementState.ACTIVE
_COMPLETING: Final = ElementState.COMPLETING
_AT_START: Final = ListenerAt(event=ListenerEvent.START)
_AT_END: Final = ListenerAt(event=ListenerEvent.END)
_GATHERING: Final = (MultiInstanceSpec, AdHocSpec)
"""What gathers the outputs of the instances in it."""


def activate(draft: Draft, key: ElementKey) -> None:
    """Make a ready visit active: inputs, mappings, listeners, boundary events, its behavior."""
    activate_at(draft, key, draft.node_of(key))


def activate_at(draft: Draft, key: ElementKey, node: Node) -> None:
    """Make a ready visit active whose node is at hand."""
    if node.data is not None and not take_inputs(draft, key, node.data):
        return
    if node.inputs:
        failure = _map_inputs(draft, key, node)
        if failure is not None:
            draft.raise_incident(key, failure)
            return
    if node.listeners is None or call_listeners(draft, key, node, _AT_START):
        begin_work(draft, key, node)


def begin_work(draft: Draft, key: ElementKey, node: Node) -> None:
    """Make a ready visit active whose inputs are mapped and start listeners done."""
    if node.boundaries:
        planned = plan_boundaries(draft, key, node)
        if isinstance(planned, Failure):
            draft.raise_incident(key, past(node, ListenerEvent.START, planned))
            return
        draft.change(key, _ACTIVE)
        for wait in planned:
            open_wait(draft, key, wait)
    else:
        draft.change(key, _ACTIVE)
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
    draft.change(key, _COMPLETING)
    draft.close_waits(key, answered)
    draft.clear_incidents(key)
    node = draft.node_of(key)
    if node.data is not None:
        results = received(draft, key, node.data, results)
    if results:
        _take(draft, key, node, results)
    _finish(draft, key, node)


def _take(draft: Draft, key: ElementKey, node: Node, results: Variables) -> None:
    """Put what the work brought where results go."""
    if node.outputs and node.is_result_local:
        draft.set_variables(key, results)
    else:
        draft.assign(draft.scope_seen_by(key), results)


def finish(draft: Draft, key: ElementKey) -> None:
    """Evaluate output mappings and conditions of a completing visit, then leave.

    The inputs of an event that occurred before they could be evaluated come first.
    """
    node = draft.node_of(key)
    failure = _map_inputs(draft, key, node) if _lacks_inputs(draft, key, node) else None
    if failure is None:
        _finish(draft, key, node)
    else:
        draft.raise_incident(key, failure)


def _lacks_inputs(draft: Draft, key: ElementKey, node: Node) -> bool:
    own = draft.memory.variables.get(key, NOTHING)
    return any(assignment.path[0] not in own for assignment in node.inputs)


def _map_inputs(draft: Draft, key: ElementKey, node: Node) -> Failure | None:
    values = mapped(draft, node.inputs, key, key)
    if isinstance(values, EvaluationFailure):
        return of_expression(values, "An input mapping")
    draft.set_variables(key, values)
    return None


def _finish(draft: Draft, key: ElementKey, node: Node) -> None:
    if node.listeners is not None and node.listeners.end:
        _finish_called(draft, key, node, node.listeners)
        return
    results = _results(draft, key, node) if node.outputs else NOTHING
    if node.data is not None and not isinstance(results, Failure):
        given = give_outputs(draft, key, node.data, results)
        if given is None:
            return
        results = given
    if isinstance(results, Failure):
        draft.raise_incident(key, results)
    elif draft.memory.visits[key].loop_index is None:
        _leave(draft, key, node, results)
    else:
        _leave_body(draft, key, node, results)


def _finish_called(draft: Draft, key: ElementKey, node: Node, plan: ListenerPlan) -> None:
    """Call end listeners: in Camunda 8 after the output mappings, in Camunda 7 before them."""
    if node.outputs and not plan.ends_before_outputs:
        results = _results(draft, key, node)
        if isinstance(results, Failure):
            draft.raise_incident(key, results)
            return
        draft.assign(_results_from(draft, key), results)
    if call_listeners(draft, key, node, _AT_END):
        finish_called(draft, key, node)


def finish_called(draft: Draft, key: ElementKey, node: Node) -> None:
    """Let the tokens of a visit leave whose end listeners are done."""
    results: Variables | Failure = NOTHING
    if node.outputs and node.listeners is not None and node.listeners.ends_before_outputs:
        results = _results(draft, key, node)
    if isinstance(results, Failure):
        draft.raise_incident(key, past(node, ListenerEvent.END, results))
    elif draft.memory.visits[key].loop_index is None:
        _leave(draft, key, node, results)
    else:
        _leave_body(draft, key, node, results)


def _results(draft: Draft, key: ElementKey, node: Node) -> Variables | Failure:
    """Return what output mappings are about to assign."""
    values = mapped(draft, node.outputs, key, _results_from(draft, key))
    if isinstance(values, EvaluationFailure):
        return of_expression(values, "An output mapping")
    if isinstance(node.spec, CallSpec) and node.spec.local_names:
        return {name: values[name] for name in values if name not in node.spec.local_names}
    return values


def _leave(draft: Draft, key: ElementKey, node: Node, results: Variables) -> None:
    if node.takes_every_flow:
        flows: tuple[int, ...] | Failure = node.outgoing
    else:
        seen_from = _flows_see(draft, key, node)
        flows = draft.behaviors[node.kind].choose_flows(draft, seen_from, node, results)
    if isinstance(flows, Failure):
        draft.raise_incident(key, past(node, ListenerEvent.END, flows))
        return
    read = None
    if node.has_conditions or (node.kind is NodeKind.COMPLEX and keeps_decision(node)):
        read = values_read(draft, _flows_see(draft, key, node), node, flows, results)
    if results:
        draft.assign(_results_from(draft, key), results)
    if node.completion_quantity > 1:
        flows *= node.completion_quantity
    if node.compensation is not None:
        enable_compensation(draft, key, node.compensation)
    draft.leave(key, flows, read)


def _flows_see(draft: Draft, key: ElementKey, node: Node) -> ElementKey:
    """Return the scope in which the conditions of a visit's flows are evaluated.

    What listeners and complex gateways have set in the visit's own scope is seen too.
    """
    if node.listeners is not None or node.kind is NodeKind.COMPLEX:
        return draft.scope_seen_by(key)
    return draft.memory.visits[key].scope


def _leave_body(draft: Draft, key: ElementKey, node: Node, results: Variables) -> None:
    """Leave one instance in the body of a loop, which counts it."""
    visit = draft.memory.visits[key]
    scope, index = visit.scope, visit.loop_index
    body = draft.node_of(scope)
    output = _output(draft, key, body, results)
    if isinstance(output, Failure):
        draft.raise_incident(key, past(node, ListenerEvent.END, output))
        return
    if results:
        draft.assign(_results_from(draft, key), results)
    if node.compensation is not None:
        enable_compensation(draft, key, node.compensation)
    draft.leave(key, (), None)
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
    draft: Draft, scope: ElementKey, node: Node, results: Variables
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
            holds = flow_holds(draft, scope, edge, results)
            if isinstance(holds, Failure):
                return holds
            if holds:
                taken.append(index)
                is_any_true = is_any_true or edge.condition is not None
    if node.default is not None and not is_any_true:
        taken.append(node.default)
    return tuple(taken) if taken else no_flow(node)


def flow_holds(draft: Draft, scope: ElementKey, edge: Edge, results: Variables) -> bool | Failure:
    """Evaluate the condition of a flow; a flow without one holds."""
    if edge.condition is None:
        return True
    value = draft.evaluate(edge.condition, scope, results)
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
        terminate(draft, wait.visit)
    else:
        begin_again(draft, wait, boundary)
    occur(draft, boundary, scope, variables)


def occur(draft: Draft, event: Node, scope: ElementKey, variables: Variables) -> None:
    """Let an event that was waited for elsewhere happen: enter it and complete it at once."""
    key = draft.enter(event, scope)
    failure = _map_inputs(draft, key, event) if event.inputs else None
    if failure is None and event.listeners is not None:
        at = ListenerAt(event=ListenerEvent.START, variables=Map(variables), has_occurred=True)
        if not call_listeners(draft, key, event, at):
            return
    have_occurred(draft, key, variables, failure)


def have_occurred(
    draft: Draft, key: ElementKey, variables: Variables, failure: Failure | None = None
) -> None:
    """Complete the visit of an event that was waited for elsewhere.

    If its inputs could not be mapped (`failure`), it keeps what the event brought and waits.
    """
    draft.change(key, ElementState.ACTIVE)
    if failure is None:
        complete(draft, key, variables)
        return
    draft.change(key, ElementState.COMPLETING)
    _take(draft, key, draft.node_of(key), variables)
    draft.raise_incident(key, failure)
