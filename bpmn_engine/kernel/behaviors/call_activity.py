"""Call activity (BPMN 2.0.2, section 13.3.5): another process instance, and its end."""

from __future__ import annotations

from dataclasses import replace

from typing_extensions import override

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import Assignment, CallSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.correlation import conversation_of
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.effects import StartChild
from bpmn_engine.kernel.facts import WaitOpened
from bpmn_engine.kernel.failures import Failure, of_expression
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.state import Incident, Wait, WaitKind
from bpmn_engine.kernel.variable_mapping import (
    OUTPUT,
    ask,
    ask_for_inputs,
    ask_for_outputs,
    called_variables,
)
from bpmn_engine.kernel.waiting import text_of
from bpmn_engine.values import JsonValue, Variables


class CallActivityBehavior(PlainBehavior):
    """Starts an instance of the called process and completes with it."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Work out which process, with which variables, and call it.

        With a variable mapping its worker is asked for variables first.
        """
        spec = _spec(node)
        if spec.variable_mapping is not None:
            return ask_for_inputs(draft, key, node, spec.variable_mapping)
        effect = _call(draft, key, node, spec)
        if isinstance(effect, Failure):
            return effect
        _start(draft, effect)
        return None

    @override
    def on_trigger(self, draft: Draft, wait: Wait, variables: Variables) -> None:
        """Take over what the called instance ended with, as the call activity says."""
        node = draft.node_of(wait.visit)
        spec = _spec(node)
        wants = spec.propagate_all_outputs or node.outputs
        if spec.variable_mapping is not None:
            called = called_variables(draft, wait.visit)
            if wait.kind is WaitKind.JOB and called is None:
                _start_with(draft, wait, node, spec, variables)
                return
            if called is None:
                ask_for_outputs(draft, wait, node, spec.variable_mapping, variables)
                return
            draft.assign(draft.memory.visits[wait.visit].scope, variables)
            variables = called
        results: Variables = variables if wants else NOTHING
        if node.data is not None:
            pairs = node.data.called_outputs
            results = {**results, **{own: variables.get(theirs) for theirs, own in pairs}}
        complete(draft, wait.visit, results, answered=wait.key)

    @override
    def on_resolve(self, draft: Draft, key: ElementKey, node: Node, incident: Incident) -> None:
        """Call again, unless only the worker that maps its outputs could not be asked."""
        mapping = _spec(node).variable_mapping
        if mapping is None or called_variables(draft, key) is None:
            super().on_resolve(draft, key, node, incident)
            return
        failure = ask(draft, key, node, mapping, OUTPUT)
        if failure is not None:
            draft.raise_incident(key, failure)


def _start(draft: Draft, effect: StartChild) -> None:
    draft.record(
        WaitOpened(
            Wait(
                key=effect.wait,
                visit=effect.visit,
                node=effect.node,
                kind=WaitKind.CHILD,
                name=effect.process_id,
            )
        )
    )
    draft.effects.append(effect)


def _start_with(
    draft: Draft, wait: Wait, node: Node, spec: CallSpec, variables: Variables
) -> None:
    """Call with what the worker of the variable mapping gave."""
    effect = _call(draft, wait.visit, node, spec)
    if isinstance(effect, Failure):
        draft.clear_incidents(wait.visit)
        draft.raise_incident(wait.visit, replace(effect, wait=wait.key))
        return
    draft.close_wait(wait.key, is_withdrawn=False)
    draft.clear_incidents(wait.visit)
    _start(draft, replace(effect, variables={**effect.variables, **variables}))


def _spec(node: Node) -> CallSpec:
    if not isinstance(node.spec, CallSpec):
        raise TypeError(f"Expected {node.element_id} to be a call activity, but it is not.")
    return node.spec


def _call(draft: Draft, key: ElementKey, node: Node, spec: CallSpec) -> StartChild | Failure:
    process_id = text_of(draft, key, spec.called_process, "The called process")
    if isinstance(process_id, Failure):
        return process_id
    variables = _variables(draft, key, node, spec)
    if isinstance(variables, Failure):
        return variables
    business_key = conversation_of(draft, is_conversing=draft.graph.converses)
    if spec.business_key is not None:
        given = text_of(draft, key, spec.business_key, "The business key")
        if isinstance(given, Failure):
            return given
        business_key = given
    binding_value = None
    if spec.binding_value is not None:
        given = text_of(draft, key, spec.binding_value, "The called version")
        if isinstance(given, Failure):
            return given
        binding_value = given
    return StartChild(
        wait=draft.next_key(),
        visit=key,
        node=node.index,
        process_id=process_id,
        binding=spec.binding,
        binding_value=binding_value,
        business_key=business_key,
        variables=variables,
    )


def _variables(
    draft: Draft, key: ElementKey, node: Node, spec: CallSpec
) -> dict[str, JsonValue] | Failure:
    scope = draft.scope_seen_by(key)
    own: Variables = draft.memory.variables.get(key, NOTHING)
    passed = own if spec.passes_own else NOTHING
    variables = dict(draft.view(scope)) if spec.propagate_all_inputs else dict(passed)
    if node.data is not None:
        variables = {theirs: own.get(name) for name, theirs in node.data.called_inputs}
    mapped = _inputs(draft, scope, spec.inputs)
    if isinstance(mapped, Failure):
        return mapped
    return variables | mapped


def _inputs(
    draft: Draft, scope: ElementKey, assignments: tuple[Assignment, ...]
) -> dict[str, JsonValue] | Failure:
    values: dict[str, JsonValue] = {}
    for assignment in assignments:
        value = draft.evaluate(assignment.source, scope)
        if isinstance(value, EvaluationFailure):
            return of_expression(value, "A call input")
        values[assignment.path[0]] = value
    return values
