"""Expressions of the model, compiled once; what cannot be compiled is gathered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bpmn_engine.expressions.composite import list_of, map_of
from bpmn_engine.expressions.juel.assignment import assignment_of
from bpmn_engine.expressions.juel.beans import read_bean_call
from bpmn_engine.expressions.juel.delegates import ANYWHERE, EXECUTION, TASK
from bpmn_engine.expressions.language import (
    EvaluationFailure,
    Expression,
    Language,
    Strictness,
    Surroundings,
    SyntaxFailure,
    compile_expression,
)
from bpmn_engine.expressions.literal import LiteralExpression
from bpmn_engine.expressions.timers import TimerKind, first_firing
from bpmn_engine.functions import NO_FUNCTIONS, FunctionTable
from bpmn_engine.graph.later_expressions import evaluated_later
from bpmn_engine.graph.specs import (
    Assignment,
    CancelSpec,
    CompensationSpec,
    ConditionSpec,
    CorrelationSpec,
    ErrorSpec,
    EscalationSpec,
    EventSpec,
    ImplicitEventSpec,
    JobErrorSpec,
    JobSpec,
    MessageSpec,
    MultiInstanceSpec,
    MultipleSpec,
    ResourceSpec,
    ScriptSpec,
    SignalSpec,
    StandardLoopSpec,
    TerminateSpec,
    TimerSpec,
    UserTaskSpec,
)
from bpmn_engine.graph.surroundings import NOWHERE, at_element, in_listener
from bpmn_engine.ids import ElementId
from bpmn_engine.model.definitions import Violation
from bpmn_engine.model.event_definitions import (
    CancelEventDefinition,
    CompensateEventDefinition,
    ConditionalEventDefinition,
    Correlation,
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
    FormalList,
    FormalMap,
    FormalValue,
    JobDefinition,
    JobError,
    Script,
    UserTaskDefinition,
    VariableMapping,
)
from bpmn_engine.model.flow_nodes import AnyFlowNode, MultiInstance, SequenceFlow, StandardLoop
from bpmn_engine.model.listeners import ListenerEvent

_ANY_MOMENT: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Whether a text is a timer does not depend on when it is asked."""


@dataclass(slots=True)
class ExpressionCompiler:
    """Compiles expressions and gathers what cannot be compiled."""

    nodes: Mapping[str, int] = field(default_factory=dict)  #: element id -> its node
    violations: list[Violation] = field(default_factory=list)
    strictness_of_mappings: Strictness = Strictness.STRICT
    functions: FunctionTable = NO_FUNCTIONS  #: that JUEL may call
    places: dict[str, Surroundings] = field(default_factory=dict)  #: by id of element or flow

    def know(
        self,
        nodes: Mapping[str, int],
        elements: Sequence[AnyFlowNode],
        flows: Iterable[SequenceFlow],
    ) -> None:
        """Learn where expressions stand, those of a flow at its source; try what comes later."""
        self.nodes = nodes
        self.places = {element.id: at_element(element.id, element.name) for element in elements}
        self.places |= {flow.id: self.places.get(flow.source, NOWHERE) for flow in flows}
        if self.functions.is_complete:  # what is deployed already stays as it is
            for element_id, source in evaluated_later(elements):
                self.required(source, element_id)

    def required(
        self,
        source: FormalExpression,
        element_id: ElementId,
        strictness: Strictness = Strictness.STRICT,
    ) -> Expression:
        """Compile; on failure note a violation and return the empty literal in its place."""
        place = self.places.get(element_id, NOWHERE)
        return self._compiled(source, element_id, strictness, place)

    def of_listener(
        self, source: FormalExpression, element_id: ElementId, event: ListenerEvent
    ) -> Expression:
        """Compile the expression of a listener, which knows the event, and a user task."""
        place = in_listener(self.places.get(element_id, NOWHERE), event)
        return self._compiled(source, element_id, Strictness.STRICT, place)

    def _compiled(
        self,
        source: FormalExpression,
        element_id: ElementId,
        strictness: Strictness,
        place: Surroundings,
    ) -> Expression:
        text = source.text
        compiled = compile_expression(
            text,
            default=Language(source.default.value),
            strictness=strictness,
            functions=self.functions,
            surroundings=place if EXECUTION in text or TASK in text else ANYWHERE,
        )
        if not isinstance(compiled, SyntaxFailure):
            return compiled
        self._refuse(
            f"{compiled.message} in the expression {text!r} "
            f"(line {compiled.line}, column {compiled.column} of the expression)",
            element_id,
        )
        return LiteralExpression(source="")

    def optional(
        self,
        source: FormalExpression | None,
        element_id: ElementId,
        strictness: Strictness = Strictness.STRICT,
    ) -> Expression | None:
        """Compile unless there is nothing."""
        return None if source is None else self.required(source, element_id, strictness)

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
        condition = self.required(definition.condition, element_id, Strictness.PATIENT)
        return ConditionSpec(
            condition=condition,
            names=frozenset(definition.variable_names) or condition.names,
            is_asked_on_create=definition.is_asked_on_create,
            is_asked_on_update=definition.is_asked_on_update,
        )

    def message(self, definition: MessageEventDefinition, element_id: ElementId) -> MessageSpec:
        """Compile a message event definition."""
        return MessageSpec(
            name=self.required(definition.message_name, element_id),
            correlation_key=self.optional(definition.correlation_key, element_id),
            correlations=tuple(
                self._correlation(each, element_id) for each in definition.correlations
            ),
            receivers=definition.receivers,
            is_conversing=definition.is_conversing,
        )

    def _correlation(self, correlation: Correlation, element_id: ElementId) -> CorrelationSpec:
        return CorrelationSpec(
            key_id=correlation.key_id,
            message_paths=tuple(
                self.required(path, element_id, Strictness.PATIENT)
                for path in correlation.message_paths
            ),
            data_paths=tuple(
                self.required(path, element_id, Strictness.PATIENT)
                for path in correlation.data_paths
            ),
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
                source=self.value(mapping.source, element_id),
            )
            for mapping in mappings
        )

    def value(self, source: FormalValue, element_id: ElementId) -> Expression:
        """Compile an expression, or a list or map of them."""
        match source:
            case FormalList(items=items):
                return list_of(tuple(self.value(item, element_id) for item in items))
            case FormalMap(entries=entries):
                return map_of(
                    tuple(
                        (self.required(key, element_id), self.value(value, element_id))
                        for key, value in entries
                    )
                )
            case FormalExpression():
                return self.required(source, element_id, self.strictness_of_mappings)

    def job(self, job: JobDefinition, element_id: ElementId) -> JobSpec:
        """Compile a job definition."""
        return JobSpec(
            type=self.required(job.type, element_id),
            retries=self.optional(job.retries, element_id),
            retry_cycle=self.optional(job.retry_cycle, element_id),
            priority=self.optional(job.priority, element_id),
            headers=dict(job.headers),
            fields=tuple(
                (name, self.required(source, element_id)) for name, source in job.fields.items()
            ),
            errors=tuple(self._job_error(error, element_id) for error in job.errors),
            is_connector=job.connector is not None,
        )

    def _job_error(self, error: JobError, element_id: ElementId) -> JobErrorSpec:
        return JobErrorSpec(
            condition=self.required(error.condition, element_id),
            code=self.optional(error.error_code, element_id),
            message=error.error_message,
        )

    def _signal(self, definition: SignalEventDefinition, element_id: ElementId) -> SignalSpec:
        name = self.required(definition.signal_name, element_id)
        payload = definition.payload
        if payload is None:
            return SignalSpec(name=name)
        return SignalSpec(
            name=name,
            takes_all=payload.takes_all,
            payload=self.mappings(payload.mappings, element_id),
            business_key=self.optional(payload.business_key, element_id),
        )

    def script(self, script: Script, element_id: ElementId) -> ScriptSpec | JobSpec:
        """Compile a script; one that calls a method of a bean is a job.

        `${execution.setVariable('name', value)}` puts the value into the variable of that name.
        """
        call = None if script.bean_job is None else read_bean_call(script.expression.text)
        if script.bean_job is not None and call is not None:
            job = replace(script.bean_job, type=FormalExpression(text=call.method))
            arguments = (FormalExpression(text=text) for text in call.arguments)
            return replace(
                self.job(job, element_id),
                arguments=tuple(self.required(one, element_id) for one in arguments),
            )
        setting = assignment_of(script.expression.text)
        name = None if setting is None or setting.is_local else setting.plain_name
        if setting is not None and name is not None and script.result_variable is None:
            value = FormalExpression(text=setting.value)
            return ScriptSpec(expression=self.required(value, element_id), result_variable=name)
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
            resources=tuple(
                ResourceSpec(
                    name=resource.name,
                    parameters=tuple(
                        self.required(value, element_id) for value in resource.parameters
                    ),
                    is_lane=resource.is_lane,
                )
                for resource in task.resources
            ),
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
            completion_condition=self.optional(
                loop.completion_condition, element_id, Strictness.PATIENT
            ),
            first_counter=loop.first_counter,
            events=tuple(
                ImplicitEventSpec(
                    trigger=trigger,
                    condition=self.optional(event.condition, element_id, Strictness.PATIENT),
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
            condition=self.optional(loop.condition, element_id, Strictness.PATIENT),
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
            case MessageEventDefinition():
                return self.message(definition, element_id)
            case SignalEventDefinition():
                return self._signal(definition, element_id)
            case ConditionalEventDefinition():
                return self.condition(definition, element_id)
            case MultipleEventDefinition(definitions=definitions, is_parallel=is_parallel):
                parts = (
                    TerminateSpec()
                    if isinstance(part, TerminateEventDefinition)
                    else self.trigger(part, element_id)
                    for part in definitions
                )
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
