"""Flow nodes and sequence flows (BPMN 2.0.2, sections 10.3 to 10.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from bpmn_engine.ids import ElementId, FlowId
from bpmn_engine.model.data_elements import NodeData
from bpmn_engine.model.event_definitions import EventDefinition
from bpmn_engine.model.extensions import (
    FormalExpression,
    FormDefinition,
    JobDefinition,
    Script,
    UserTaskDefinition,
    VariableMapping,
)
from bpmn_engine.model.listeners import Listeners


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceFlow:
    """A sequence flow. `condition` None means unconditional."""

    id: FlowId
    source: ElementId
    target: ElementId
    name: str | None = None
    condition: FormalExpression | None = None
    listeners: Listeners | None = None  #: called when it is taken (camunda)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowNode:
    """What every flow node has; `incoming` and `outgoing` are in document order of the flows."""

    id: ElementId
    line: int  #: in the file, from 1
    name: str | None = None
    incoming: tuple[FlowId, ...] = ()
    outgoing: tuple[FlowId, ...] = ()
    documentation: str | None = None
    inputs: tuple[VariableMapping, ...] = ()
    outputs: tuple[VariableMapping, ...] = ()
    is_result_local: bool = True
    """With `outputs`: results stay in the own scope (zeebe) or go outwards too (camunda)."""
    listeners: Listeners | None = None
    data: NodeData | None = None  #: None for most: no data that is executed


# Events ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StartEvent(FlowNode):
    """A start event; `definition` None is a none start event."""

    definition: EventDefinition | None = None
    is_interrupting: bool = True  #: of an event sub-process: whether it ends what is around it
    initiator_variable: str | None = None  #: where the user who started the instance is put
    form: FormDefinition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndEvent(FlowNode):
    """An end event; `definition` None is a none end event."""

    definition: EventDefinition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntermediateCatchEvent(FlowNode):
    """Waits for its trigger."""

    definition: EventDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class IntermediateThrowEvent(FlowNode):
    """Throws its result and goes on; `definition` None just goes on."""

    definition: EventDefinition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryEvent(FlowNode):
    """Catches its trigger while the activity `attached_to` is active."""

    attached_to: ElementId
    is_interrupting: bool
    definition: EventDefinition
    compensation_handler: ElementId | None = None
    """Of a compensation event: the activity that an association leads to."""


# Gateways -------------------------------------------------------------------------------------


class GatewayKind(Enum):
    """The XML names of the gateways."""

    EXCLUSIVE = "exclusiveGateway"
    PARALLEL = "parallelGateway"
    INCLUSIVE = "inclusiveGateway"
    EVENT_BASED = "eventBasedGateway"
    COMPLEX = "complexGateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway(FlowNode):
    """A gateway; `default` is one of `outgoing`, for those that choose by conditions."""

    kind: GatewayKind
    default: FlowId | None = None
    activation_condition: FormalExpression | None = None  #: of a complex one that joins
    is_instantiating: bool = False  #: an event-based one whose events start the process
    awaits_all: bool = False  #: an instantiating one: the other events must occur too


# Activities -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ImplicitThrowEvent:
    """What a multi-instance activity throws when one of its instances has completed."""

    definition: EventDefinition  #: a message or signal
    condition: FormalExpression | None = None  #: of the behavior Complex
    is_first_only: bool = False  #: of the behavior One


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiInstance:
    """Multi-instance loop characteristics (section 13.3.7): a cardinality or a collection."""

    is_sequential: bool
    cardinality: FormalExpression | None = None
    input_collection: FormalExpression | None = None
    input_element: str | None = None  #: variable that holds the item of one instance
    output_collection: str | None = None  #: variable that gathers, in the order of the inputs
    output_element: FormalExpression | None = None  #: evaluated at the end of each instance
    completion_condition: FormalExpression | None = None  #: true ends the remaining instances
    first_counter: int = 1  #: the first `loopCounter`: 1 (standard, zeebe) or 0 (camunda)
    events: tuple[ImplicitThrowEvent, ...] = ()  #: none for the behavior All


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardLoop:
    """Standard loop characteristics (section 13.3.6): again as long as the condition is true."""

    tests_before: bool  #: True is while, False is do while
    maximum: int | None = None  #: iterations, from 1
    condition: FormalExpression | None = None  #: None is always true


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity(FlowNode):
    """What tasks, sub-processes and call activities share."""

    default: FlowId | None = None
    multi_instance: MultiInstance | None = None
    standard_loop: StandardLoop | None = None
    start_quantity: int = 1  #: tokens that one visit takes
    completion_quantity: int = 1  #: tokens that leave over each flow taken
    is_for_compensation: bool = False  #: runs only to undo another activity (section 10.7.1)


class TaskKind(Enum):
    """The XML names of the tasks."""

    TASK = "task"
    SERVICE = "serviceTask"
    SEND = "sendTask"
    RECEIVE = "receiveTask"
    USER = "userTask"
    MANUAL = "manualTask"
    SCRIPT = "scriptTask"
    BUSINESS_RULE = "businessRuleTask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Activity):
    """Any task. Which of the optional parts are set follows from `kind`.

    SERVICE, SEND, BUSINESS_RULE have a `job` or a `script` (camunda:expression), which is a job
    where it calls a bean; SCRIPT has a
    `script` or a `job`; SEND may have a `message` instead; RECEIVE has a `message`; USER has a
    `user_task`; TASK and MANUAL have none and pass through, but that a TASK at an end of a
    message flow has its `message`.
    """

    kind: TaskKind
    job: JobDefinition | None = None
    script: Script | None = None
    message: EventDefinition | None = None  #: a MessageEventDefinition
    awaits_message: bool = False  #: a TASK that a message flow leads to, with a `message`
    user_task: UserTaskDefinition | None = None
    is_instantiating: bool = False  #: a RECEIVE task whose message starts the process


@dataclass(frozen=True, slots=True, kw_only=True)
class AdHocElement:
    """What a worker that leads an ad-hoc sub-process is told of an element in it."""

    id: ElementId
    name: str | None
    documentation: str | None
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdHoc:
    """What makes a sub-process ad-hoc (section 13.3.5): its activities begin in any order.

    With a `job` its worker says what begins and when it is over. With that or an output
    collection each element that begins has a scope of its own, with all that follows it.
    """

    is_sequential: bool  #: one at a time
    completion_condition: FormalExpression | None = None  #: asked when an activity has ended
    cancels_remaining: bool = True  #: when the condition is true
    begins_all: bool = True  #: else somebody, or `active_elements`, says which begin
    active_elements: FormalExpression | None = None  #: a list of element ids (zeebe)
    job: JobDefinition | None = None
    elements: tuple[AdHocElement, ...] = ()  #: of one with a job: all elements directly in it
    output_collection: str | None = None  #: variable that gathers what the elements give
    output_element: FormalExpression | None = None  #: evaluated when the last element has ended


@dataclass(frozen=True, slots=True, kw_only=True)
class SubProcess(Activity):
    """An embedded sub-process; its nodes and flows live in a scope of their own.

    An event sub-process has no flows of its own; its one start event waits for a trigger while
    the scope around it is open.
    """

    nodes: tuple[AnyFlowNode, ...]
    flows: tuple[SequenceFlow, ...]
    is_transaction: bool = False
    is_triggered_by_event: bool = False
    ad_hoc: AdHoc | None = None


class Binding(Enum):
    """Which version of a called process runs."""

    LATEST = "latest"
    DEPLOYMENT = "deployment"
    VERSION = "version"
    VERSION_TAG = "versionTag"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallActivity(Activity):
    """Starts an instance of another process and waits for its end.

    `call_inputs` are evaluated in the caller. The called instance starts with these and, as
    `propagate_all_inputs` and `passes_own` say, with what the caller sees or what is the call
    activity's own. `call_outputs` are evaluated over the called instance's variables;
    `local_outputs` first, for the outputs after them only.
    """

    called_process: FormalExpression
    binding: Binding = Binding.LATEST
    binding_value: FormalExpression | None = None  #: the version or the version tag
    business_key: FormalExpression | None = None
    propagate_all_inputs: bool = False
    passes_own: bool = True  #: the variables that its input mappings have made
    propagate_all_outputs: bool = False
    call_inputs: tuple[VariableMapping, ...] = ()  #: camunda:in, into the called instance
    call_outputs: tuple[VariableMapping, ...] = ()  #: camunda:out, from it
    local_outputs: tuple[VariableMapping, ...] = ()  #: camunda:out that is local
    variable_mapping: JobDefinition | None = None  #: done before and after the call


AnyFlowNode = (
    StartEvent
    | EndEvent
    | IntermediateCatchEvent
    | IntermediateThrowEvent
    | BoundaryEvent
    | Gateway
    | Task
    | SubProcess
    | CallActivity
)
