"""From an element of the model to a node's kind and spec, with every expression compiled once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bpmn_engine.expressions.language import (
    EvaluationFailure,
    Expression,
    Language,
    SyntaxFailure,
    compile_expression,
)
from bpmn_engine.expressions.literal import LiteralExpression
from bpmn_engine.expressions.timers import TimerKind, first_firing
from bpmn_engine.graph.nodes import NodeKind
from bpmn_engine.graph.specs import (
    AdHocSpec,
    Assignment,
    CallSpec,
    CancelSpec,
    CompensationSpec,
    ComplexSpec,
    ConditionSpec,
    ErrorSpec,
    EscalationSpec,
    EventGatewaySpec,
    EventSpec,
    ImplicitEventSpec,
    JobSpec,
    MessageSpec,
    MultiInstanceSpec,
    MultipleSpec,
    ScriptSpec,
    SignalSpec,
    Spec,
    StandardLoopSpec,
    StartSpec,
    TimerSpec,
    TransactionSpec,
    UserTaskSpec,
)
from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Violation
from bpmn_engine.model.event_definitions import (
    CancelEventDefinition,
    CompensateEventDefinition,
    ConditionalEventDefinition,
    ErrorEventDefinition,
    EscalationEventDefinition,
    EventDefinition,
    LinkEventDefinition,
    MessageEventDefinition,
    MultipleEventDefinition,
    SignalEventDefinition,
    TerminateEventDefinition,
    TimerEventDefinition,
)
from bpmn_engine.model.extensions import (
    FormalExpression,
    JobDefinition,
    Script,
    UserTaskDefinition,
    VariableMapping,
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
    MultiInstance,
    StandardLoop,
    StartEvent,
    SubProcess,
    Task,
    TaskKind,
)

_NOTHING = FormalExpression(text="")

_ANY_MOMENT: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Whether a text is a timer does not depend on when it is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """What translation says of one element."""

    element_type: str
    kind: NodeKind
    spec: Spec | None
    inputs: tuple[Assignment, ...]
    outputs: tuple[Assignment, ...]
    is_result_local: bool


@dataclass(slots=True)
class ExpressionCompiler:
    """Compiles expressions and gathers what cannot be compiled."""

    nodes: Mapping[str, int] = field(default_factory=dict)  #: element id -> its node
    violations: list[Violation] = field(default_factory=list)

    def required(self, source: FormalExpression, element_id: ElementId) -> Expression:
        """Compile; on failure note a violation and return the empty literal in its place."""
        compiled = compile_expression(source.text, default=Language(source.default.value))
        if not isinstance(compiled, SyntaxFailure):
            return compiled
        self._refuse(
            f"{compiled.message} in the expression {source.text!r} "
            f"(line {compiled.line}, column {compiled.column} of the expression)",
            element_id,
        )
        return self._empty()

    @staticmethod
    def _empty() -> Expression:
        compiled = compile_expression(_NOTHING.text, default=Language.LITERAL)
        if isinstance(compiled, SyntaxFailure):
            raise TypeError("Expected the empty literal to compile, but it did not.")
        return compiled

    def optional(
        self, source: FormalExpression | None, element_id: ElementId
    ) -> Expression | None:
        """Compile unless there is nothing."""
        return None if source is None else self.required(source, element_id)

    def timer(self, definition: TimerEventDefinition, element_id: ElementId) -> TimerSpec:
        """Compile a timer; a plain text is tried at once."""
        kind = TimerKind(definition.kind.value)
        compiled = self.required(definition.expression, element_id)
        if isinstance(compiled, LiteralExpression):
            schedule = first_firing(kind, compiled.source, _ANY_MOMENT)
            if isinstance(schedule, EvaluationFailure):
                self._refuse(schedule.message, element_id)
        return TimerSpec(kind=kind, expression=compiled)

    def condition(
        self, definition: ConditionalEventDefinition, element_id: ElementId
    ) -> ConditionSpec:
        """Compile the condition of an event."""
        condition = self.required(definition.condition, element_id)
        return ConditionSpec(
            condition=condition,
            names=frozenset(definition.variable_names) or condition.names,
            is_asked_on_create=definition.is_asked_on_create,
            is_asked_on_update=definition.is_asked_on_update,
        )

    def _refuse(self, message: str, element_id: ElementId) -> None:
        self.violations.append(
            Violation(rule="expression", message=message, element_id=element_id)
        )

    def mappings(
        self, mappings: Iterable[VariableMapping], element_id: ElementId
    ) -> tuple[Assignment, ...]:
        """Compile input or output mappings, in their order."""
        return tuple(
            Assignment(
                path=tuple(mapping.target.split(".")),
                source=self.required(mapping.source, element_id),
            )
            for mapping in mappings
        )

    def job(self, job: JobDefinition, element_id: ElementId) -> JobSpec:
        """Compile a job definition."""
        return JobSpec(
            type=self.required(job.type, element_id),
            retries=self.optional(job.retries, element_id),
            retry_cycle=self.optional(job.retry_cycle, element_id),
            priority=self.optional(job.priority, element_id),
            headers=dict(job.headers),
        )

    def script(self, script: Script, element_id: ElementId) -> ScriptSpec:
        """Compile a script."""
        return ScriptSpec(
            expression=self.required(script.expression, element_id),
            result_variable=script.result_variable,
        )

    def user_task(self, task: UserTaskDefinition, element_id: ElementId) -> UserTaskSpec:
        """Compile the attributes of a user task."""
        return UserTaskSpec(
            assignee=self.optional(task.assignee, element_id),
            candidate_users=self.optional(task.candidate_users, element_id),
            candidate_groups=self.optional(task.candidate_groups, element_id),
            due_at=self.optional(task.due_at, element_id),
            follow_up_at=self.optional(task.follow_up_at, element_id),
            priority=self.optional(task.priority, element_id),
            form=task.form,
        )

    def multi_instance(
        self, loop: MultiInstance, inner: int, element_id: ElementId
    ) -> MultiInstanceSpec:
        """Compile multi-instance characteristics."""
        return MultiInstanceSpec(
            inner=inner,
            is_sequential=loop.is_sequential,
            cardinality=self.optional(loop.cardinality, element_id),
            input_collection=self.optional(loop.input_collection, element_id),
            input_element=loop.input_element,
            output_collection=loop.output_collection,
            output_element=self.optional(loop.output_element, element_id),
            completion_condition=self.optional(loop.completion_condition, element_id),
            first_counter=loop.first_counter,
            events=tuple(
                ImplicitEventSpec(
                    trigger=trigger,
                    condition=self.optional(event.condition, element_id),
                    is_first_only=event.is_first_only,
                )
                for event in loop.events
                if isinstance(
                    trigger := self.trigger(event.definition, element_id), MessageSpec | SignalSpec
                )
            ),
        )

    def standard_loop(
        self, loop: StandardLoop, inner: int, element_id: ElementId
    ) -> StandardLoopSpec:
        """Compile standard loop characteristics."""
        return StandardLoopSpec(
            inner=inner,
            tests_before=loop.tests_before,
            maximum=loop.maximum,
            condition=self.optional(loop.condition, element_id),
        )

    def trigger(  # noqa: C901 — one case per event definition
        self, definition: EventDefinition | None, element_id: ElementId
    ) -> EventSpec | None:
        """Compile an event definition; none, link and terminate need no spec."""
        match definition:
            case None | TerminateEventDefinition() | LinkEventDefinition():
                return None
            case TimerEventDefinition():
                return self.timer(definition, element_id)
            case MessageEventDefinition(message_name=name, correlation_key=key):
                return MessageSpec(
                    name=self.required(name, element_id),
                    correlation_key=self.optional(key, element_id),
                )
            case SignalEventDefinition(signal_name=name):
                return SignalSpec(name=self.required(name, element_id))
            case ConditionalEventDefinition():
                return self.condition(definition, element_id)
            case MultipleEventDefinition(definitions=definitions, is_parallel=is_parallel):
                parts = (self.trigger(part, element_id) for part in definitions)
                return MultipleSpec(
                    parts=tuple(part for part in parts if part is not None),
                    is_parallel=is_parallel,
                )
            case EscalationEventDefinition():
                return EscalationSpec(
                    code=self.optional(definition.escalation_code, element_id),
                    code_variable=definition.code_variable,
                )
            case ErrorEventDefinition():
                return ErrorSpec(
                    code=self.optional(definition.error_code, element_id),
                    message=definition.error_message,
                    code_variable=definition.code_variable,
                    message_variable=definition.message_variable,
                )
            case CompensateEventDefinition(activity=activity, waits_for_completion=waits):
                node = None if activity is None else self.nodes[activity]
                return CompensationSpec(activity=node, waits=waits)
            case CancelEventDefinition():
                return CancelSpec()


def translate(element: AnyFlowNode, expressions: ExpressionCompiler) -> Translated:
    """Return the kind and the spec of an element."""
    kind, spec = _kind_and_spec(element, expressions)
    outputs, is_result_local = element.outputs, element.is_result_local
    if isinstance(element, CallActivity):
        outputs = element.call_outputs + outputs
        is_result_local = not element.propagate_all_outputs
    return Translated(
        element_type=_element_type(element),
        kind=kind,
        spec=spec,
        inputs=expressions.mappings(element.inputs, element.id),
        outputs=expressions.mappings(outputs, element.id),
        is_result_local=is_result_local,
    )


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
        completion_condition=expressions.optional(ad_hoc.completion_condition, element_id),
        cancels_remaining=ad_hoc.cancels_remaining,
        begins_all=ad_hoc.begins_all,
        active_elements=expressions.optional(ad_hoc.active_elements, element_id),
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
    if element.kind is TaskKind.RECEIVE:
        return NodeKind.CATCH, expressions.trigger(element.message, element.id)
    if element.job is not None:
        return NodeKind.JOB, expressions.job(element.job, element.id)
    if element.script is not None:
        return NodeKind.SCRIPT, expressions.script(element.script, element.id)
    if element.message is not None:
        return _throwing(element.message, element.id, expressions, none=NodeKind.PLAIN)
    return NodeKind.PLAIN, None


def _call(element: CallActivity, expressions: ExpressionCompiler) -> CallSpec:
    return CallSpec(
        called_process=expressions.required(element.called_process, element.id),
        binding=element.binding,
        binding_value=expressions.optional(element.binding_value, element.id),
        business_key=expressions.optional(element.business_key, element.id),
        propagate_all_inputs=element.propagate_all_inputs,
        propagate_all_outputs=element.propagate_all_outputs,
        inputs=expressions.mappings(element.call_inputs, element.id),
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
