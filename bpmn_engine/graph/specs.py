"""What a node needs beyond its place in the graph: one spec per family, expressions compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bpmn_engine.expressions.language import Expression
from bpmn_engine.expressions.timers import TimerKind
from bpmn_engine.model.event_definitions import Receiver
from bpmn_engine.model.extensions import FormDefinition
from bpmn_engine.model.flow_nodes import Binding
from bpmn_engine.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One input or output mapping; `path` of length 1 is a variable, longer reaches inside it."""

    path: tuple[str, ...]
    source: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class JobErrorSpec:
    """When the answer of a worker is a BPMN error."""

    condition: Expression
    code: Expression | None
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """The job of a node. `retries` None means the engine's default."""

    type: Expression
    retries: Expression | None
    retry_cycle: Expression | None
    priority: Expression | None
    headers: Mapping[str, str]
    fields: tuple[tuple[str, Expression], ...] = ()  #: headers worked out for each job
    arguments: tuple[Expression, ...] | None = None  #: of the bean's method that the type names
    errors: tuple[JobErrorSpec, ...] = ()
    is_connector: bool = False  #: its worker sees inputs only, the process outputs only


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceSpec:
    """A resource that may do a task; as in the model."""

    name: str
    parameters: tuple[Expression, ...]
    is_lane: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTaskSpec:
    """Who does a user task, and by when."""

    assignee: Expression | None = None
    candidate_users: Expression | None = None
    candidate_groups: Expression | None = None
    resources: tuple[ResourceSpec, ...] = ()
    due_at: Expression | None = None
    follow_up_at: Expression | None = None
    priority: Expression | None = None
    form: FormDefinition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptSpec:
    """An expression whose value goes to a variable."""

    expression: Expression
    result_variable: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerSpec:
    """A timer event definition."""

    kind: TimerKind
    expression: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationSpec:
    """How a message belongs to a correlation key of the standard; as in the model."""

    key_id: str
    message_paths: tuple[Expression, ...]
    data_paths: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSpec:
    """A message event definition; without any key it is the business key that counts."""

    name: Expression
    correlation_key: Expression | None
    correlations: tuple[CorrelationSpec, ...] = ()  #: one per key it may belong to
    receivers: tuple[Receiver, ...] = ()  #: throwing: where its message flows lead
    is_conversing: bool = False  #: whether it is an end of a message flow that is executed


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSpec:
    """A signal event definition; a thrown one takes variables along."""

    name: Expression
    takes_all: bool = False
    payload: tuple[Assignment, ...] = ()
    business_key: Expression | None = None  #: of the instances that the signal starts


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSpec:
    """An error event definition; catching without a code catches all."""

    code: Expression | None
    message: str | None = None
    code_variable: str | None = None
    message_variable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompensationSpec:
    """A compensation event that throws; `activity` None means everything visible from it."""

    activity: int | None  #: node
    waits: bool  #: whether the event goes on only when the handlers have ended


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSpec:
    """A cancel event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminateSpec:
    """A termination among the definitions of an end event; alone it needs no spec."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionSpec:
    """A sub-process that is a transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationSpec:
    """An escalation event definition; catching without a code catches all."""

    code: Expression | None
    code_variable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionSpec:
    """A conditional event definition."""

    condition: Expression
    names: frozenset[str]  #: the variables whose change matters
    is_asked_on_create: bool
    is_asked_on_update: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleSpec:
    """Several event definitions of one event."""

    parts: tuple[EventSpec, ...]
    is_parallel: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSpec:
    """A start event; only that of an event sub-process catches errors and escalations."""

    trigger: EventSpec | None
    initiator_variable: str | None
    form: FormDefinition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSpec:
    """A call activity."""

    called_process: Expression
    binding: Binding
    binding_value: Expression | None
    business_key: Expression | None
    propagate_all_inputs: bool
    propagate_all_outputs: bool
    inputs: tuple[Assignment, ...]
    passes_own: bool = True
    local_names: frozenset[str] = frozenset()  #: outputs that only those after them see
    variable_mapping: JobSpec | None = None  #: a job before the call, and one after it


@dataclass(frozen=True, slots=True, kw_only=True)
class ImplicitEventSpec:
    """What is thrown when an instance has completed."""

    trigger: MessageSpec | SignalSpec
    condition: Expression | None
    is_first_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiInstanceSpec:
    """Multi-instance characteristics; `inner` is the node of one instance."""

    inner: int
    is_sequential: bool
    cardinality: Expression | None
    input_collection: Expression | None
    input_element: str | None
    output_collection: str | None
    output_element: Expression | None
    completion_condition: Expression | None
    first_counter: int
    events: tuple[ImplicitEventSpec, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardLoopSpec:
    """Standard loop characteristics; `inner` is the node of one iteration."""

    inner: int
    tests_before: bool
    maximum: int | None
    condition: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplexSpec:
    """A complex gateway; without a condition each token fires it, as it does not join."""

    activation_condition: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventGatewaySpec:
    """An event-based gateway that starts the process; others need no spec."""

    awaits_all: bool  #: when one event has started the process, the others must occur too


@dataclass(frozen=True, slots=True, kw_only=True)
class AdHocSpec:
    """An ad-hoc sub-process; what may begin in it are the starts of its scope.

    With an `inner` node, each element that begins does so in an instance of it, with all that
    follows it; what may begin are then the starts of that node's scope.
    """

    is_sequential: bool
    completion_condition: Expression | None
    cancels_remaining: bool
    begins_all: bool
    active_elements: Expression | None
    inner: int | None = None  #: node
    job: JobSpec | None = None  #: of the worker that leads it
    elements: tuple[Mapping[str, JsonValue], ...] = ()  #: what that worker is told of each
    output_collection: str | None = None
    output_element: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStartSpec:
    """What begins when the start listeners of the process are done."""

    starts: tuple[int, ...]  #: nodes


Spec = (
    JobSpec
    | UserTaskSpec
    | ScriptSpec
    | TimerSpec
    | MessageSpec
    | SignalSpec
    | ErrorSpec
    | CompensationSpec
    | CancelSpec
    | TerminateSpec
    | TransactionSpec
    | EscalationSpec
    | ConditionSpec
    | MultipleSpec
    | StartSpec
    | CallSpec
    | MultiInstanceSpec
    | StandardLoopSpec
    | ComplexSpec
    | EventGatewaySpec
    | AdHocSpec
    | ProcessStartSpec
)

TriggerSpec = TimerSpec | MessageSpec | SignalSpec | ConditionSpec
"""What an element instance can wait for, beside jobs, people and called instances."""

EventSpec = (
    TriggerSpec
    | ErrorSpec
    | EscalationSpec
    | MultipleSpec
    | CompensationSpec
    | CancelSpec
    | TerminateSpec
)
"""What an event definition becomes, or several of one event."""


def parts_of(spec: Spec | None) -> tuple[Spec, ...]:
    """Return the definitions of an event, one by one."""
    own = spec.trigger if isinstance(spec, StartSpec) else spec
    if own is None:
        return ()
    return own.parts if isinstance(own, MultipleSpec) else (own,)


def triggers_of(spec: Spec | None) -> tuple[TriggerSpec, ...]:
    """Return the definitions of an event that something waits for."""
    return tuple(part for part in parts_of(spec) if isinstance(part, TriggerSpec))


def needs_all(spec: Spec | None) -> bool:
    """Tell whether a catching event occurs when all of its definitions have."""
    own = spec.trigger if isinstance(spec, StartSpec) else spec
    return isinstance(own, MultipleSpec) and own.is_parallel
