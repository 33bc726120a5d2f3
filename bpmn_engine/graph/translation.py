"""From an element of the model to a node's kind and spec, with every expression compiled once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bpmn_engine.expressions.language import Strictness
from bpmn_engine.graph.expression_compiler import ExpressionCompiler
from bpmn_engine.graph.nodes import NodeKind
from bpmn_engine.graph.specs import (
    AdHocSpec,
    Assignment,
    CallSpec,
    ComplexSpec,
    EventGatewaySpec,
    JobSpec,
    Spec,
    StartSpec,
    TransactionSpec,
)
from bpmn_engine.ids import ElementId
from bpmn_engine.model.event_definitions import (
    CancelEventDefinition,
    CompensateEventDefinition,
    ErrorEventDefinition,
    EscalationEventDefinition,
    EventDefinition,
    LinkEventDefinition,
    MessageEventDefinition,
    MultipleEventDefinition,
    SignalEventDefinition,
    TerminateEventDefinition,
)
from bpmn_engine.model.extensions import (
    Connector,
    JobDefinition,
    Script,
    UserTaskDefinition,
)
from bpmn_engine.model.flow_nodes import (
    AdHoc,
    AnyFlowNode,
    BoundaryEvent,
    CallActivity,
    EndEvent,
    Gateway,
    GatewayKind,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    StartEvent,
    SubProcess,
    Task,
    TaskKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """What translation says of one element."""

    element_type: str
    kind: NodeKind
    spec: Spec | None
    inputs: tuple[Assignment, ...]
    outputs: tuple[Assignment, ...]
    is_result_local: bool


def translate(element: AnyFlowNode, expressions: ExpressionCompiler) -> Translated:
    """Return the kind and the spec of an element."""
    kind, spec = _kind_and_spec(element, expressions)
    inputs, outputs, is_result_local = element.inputs, element.outputs, element.is_result_local
    connector = _connector(element)
    if connector is not None:
        inputs, outputs = inputs + connector.inputs, connector.outputs + outputs
        is_result_local = True
    if isinstance(element, CallActivity):
        outputs = element.local_outputs + element.call_outputs + outputs
        is_result_local = not element.propagate_all_outputs
    return Translated(
        element_type=_element_type(element),
        kind=kind,
        spec=spec,
        inputs=expressions.mappings(inputs, element.id),
        outputs=expressions.mappings(outputs, element.id),
        is_result_local=is_result_local,
    )


def _connector(element: AnyFlowNode) -> Connector | None:
    job: JobDefinition | None = None
    if isinstance(element, Task):
        job = element.job
    elif isinstance(element, EndEvent | IntermediateThrowEvent):
        definition = element.definition
        job = definition.job if isinstance(definition, MessageEventDefinition) else None
    return None if job is None else job.connector


def _kind_and_spec(  # noqa: C901 — one case per element family
    element: AnyFlowNode, expressions: ExpressionCompiler
) -> tuple[NodeKind, Spec | None]:
    match element:
        case StartEvent():
            return NodeKind.START, _start(element, expressions)
        case EndEvent(definition=definition):
            return _throwing(definition, element.id, expressions, none=NodeKind.END)
        case IntermediateThrowEvent(definition=definition):
            return _throwing(definition, element.id, expressions, none=NodeKind.NONE_THROW)
        case IntermediateCatchEvent(definition=LinkEventDefinition()):
            return NodeKind.NONE_THROW, None
        case IntermediateCatchEvent(definition=definition):
            return NodeKind.CATCH, expressions.trigger(definition, element.id)
        case BoundaryEvent(definition=definition):
            return NodeKind.BOUNDARY, expressions.trigger(definition, element.id)
        case Gateway():
            return _gateway(element, expressions)
        case SubProcess():
            return _sub_process(element, expressions)
        case CallActivity():
            return NodeKind.CALL, _call(element, expressions)
        case Task():
            return _task(element, expressions)


_GATEWAYS = {
    GatewayKind.EXCLUSIVE: NodeKind.EXCLUSIVE,
    GatewayKind.PARALLEL: NodeKind.PARALLEL,
    GatewayKind.INCLUSIVE: NodeKind.INCLUSIVE,
    GatewayKind.EVENT_BASED: NodeKind.EVENT_BASED,
}


def _sub_process(
    element: SubProcess, expressions: ExpressionCompiler
) -> tuple[NodeKind, Spec | None]:
    if element.ad_hoc is not None:
        return NodeKind.AD_HOC, _ad_hoc(element.ad_hoc, element.id, expressions)
    if element.is_triggered_by_event:
        return NodeKind.EVENT_SUB_PROCESS, None
    return NodeKind.SUB_PROCESS, TransactionSpec() if element.is_transaction else None


def _ad_hoc(ad_hoc: AdHoc, element_id: ElementId, expressions: ExpressionCompiler) -> AdHocSpec:
    return AdHocSpec(
        is_sequential=ad_hoc.is_sequential,
        completion_condition=expressions.optional(
            ad_hoc.completion_condition, element_id, Strictness.PATIENT
        ),
        cancels_remaining=ad_hoc.cancels_remaining,
        begins_all=ad_hoc.begins_all,
        active_elements=expressions.optional(ad_hoc.active_elements, element_id),
        job=None if ad_hoc.job is None else expressions.job(ad_hoc.job, element_id),
        elements=tuple(
            {
                "elementId": str(one.id),
                "elementName": one.name,
                "documentation": one.documentation,
                "properties": dict(one.properties),
                "parameters": [],
            }
            for one in ad_hoc.elements
        ),
        output_collection=ad_hoc.output_collection,
        output_element=expressions.optional(ad_hoc.output_element, element_id),
    )


def _gateway(element: Gateway, expressions: ExpressionCompiler) -> tuple[NodeKind, Spec | None]:
    if element.kind is GatewayKind.COMPLEX:
        condition = expressions.optional(element.activation_condition, element.id)
        return NodeKind.COMPLEX, ComplexSpec(activation_condition=condition)
    if element.is_instantiating and element.kind is GatewayKind.EVENT_BASED:
        return NodeKind.EVENT_BASED, EventGatewaySpec(awaits_all=element.awaits_all)
    return _GATEWAYS[element.kind], None


def _start(element: StartEvent, expressions: ExpressionCompiler) -> StartSpec:
    trigger = expressions.trigger(element.definition, element.id)
    return StartSpec(
        trigger=trigger,
        initiator_variable=element.initiator_variable,
        form=element.form,
    )


def _throwing(
    definition: EventDefinition | None,
    element_id: ElementId,
    expressions: ExpressionCompiler,
    *,
    none: NodeKind,
) -> tuple[NodeKind, Spec | None]:
    if isinstance(definition, MessageEventDefinition) and definition.job is not None:
        return NodeKind.JOB, expressions.job(definition.job, element_id)
    if isinstance(definition, MessageEventDefinition) and definition.script is not None:
        return _script(definition.script, element_id, expressions)
    return _THROWN.get(type(definition), none), expressions.trigger(definition, element_id)


_THROWN: Final[Mapping[type[EventDefinition | None], NodeKind]] = {
    TerminateEventDefinition: NodeKind.TERMINATE_END,
    ErrorEventDefinition: NodeKind.ERROR_END,
    CancelEventDefinition: NodeKind.CANCEL_END,
    CompensateEventDefinition: NodeKind.COMPENSATION_THROW,
    MessageEventDefinition: NodeKind.MESSAGE_THROW,
    SignalEventDefinition: NodeKind.SIGNAL_THROW,
    MultipleEventDefinition: NodeKind.MULTIPLE_THROW,
    EscalationEventDefinition: NodeKind.ESCALATION_THROW,
}


def _task(element: Task, expressions: ExpressionCompiler) -> tuple[NodeKind, Spec | None]:
    if element.kind is TaskKind.USER:
        task = element.user_task or UserTaskDefinition()
        return NodeKind.USER, expressions.user_task(task, element.id)
    if element.kind is TaskKind.RECEIVE or element.awaits_message:
        return NodeKind.CATCH, expressions.trigger(element.message, element.id)
    if element.job is not None:
        return NodeKind.JOB, expressions.job(element.job, element.id)
    if element.script is not None:
        return _script(element.script, element.id, expressions)
    if element.message is not None:
        return _throwing(element.message, element.id, expressions, none=NodeKind.PLAIN)
    return NodeKind.PLAIN, None


def _script(
    script: Script, element_id: ElementId, expressions: ExpressionCompiler
) -> tuple[NodeKind, Spec]:
    spec = expressions.script(script, element_id)
    return (NodeKind.JOB if isinstance(spec, JobSpec) else NodeKind.SCRIPT), spec


def _call(element: CallActivity, expressions: ExpressionCompiler) -> CallSpec:
    mapping = element.variable_mapping
    return CallSpec(
        variable_mapping=None if mapping is None else expressions.job(mapping, element.id),
        called_process=expressions.required(element.called_process, element.id),
        binding=element.binding,
        binding_value=expressions.optional(element.binding_value, element.id),
        business_key=expressions.optional(element.business_key, element.id),
        propagate_all_inputs=element.propagate_all_inputs,
        propagate_all_outputs=element.propagate_all_outputs,
        inputs=expressions.mappings(element.call_inputs, element.id),
        passes_own=element.passes_own,
        local_names=frozenset(mapping.target for mapping in element.local_outputs)
        - {mapping.target for mapping in (*element.call_outputs, *element.outputs)},
    )


def _element_type(element: AnyFlowNode) -> str:
    match element:
        case SubProcess(ad_hoc=AdHoc()):
            return "adHocSubProcess"
        case Task(kind=task_kind):
            return task_kind.value
        case Gateway(kind=gateway_kind):
            return gateway_kind.value
        case SubProcess(is_transaction=True):
            return "transaction"
        case _:
            name = type(element).__name__
            return name[0].lower() + name[1:]
