"""The process graph: nodes, edges and scopes, addressed by index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from bpmn_engine.expressions.language import Expression
from bpmn_engine.expressions.literal import LiteralExpression
from bpmn_engine.graph.data_plans import DataPlan
from bpmn_engine.graph.listener_specs import ListenerPlan, ProcessListeners
from bpmn_engine.graph.specs import (
    Assignment,
    EventGatewaySpec,
    JobSpec,
    MessageSpec,
    MultipleSpec,
    Spec,
    StartSpec,
    TimerSpec,
    TriggerSpec,
    needs_all,
    triggers_of,
)
from bpmn_engine.ids import ElementId, FlowId
from bpmn_engine.model.called_decision import DECISION_JOB
from bpmn_engine.model.data_elements import DataElement


class NodeKind(Enum):
    """One member per behavior; several elements of BPMN may share one."""

    __hash__ = object.__hash__  #: members are single objects; that of Enum is Python code

    START = "start"  #: start event, whatever triggered it: the token just goes on
    END = "end"  #: none end event
    TERMINATE_END = "terminate_end"
    ERROR_END = "error_end"
    CANCEL_END = "cancel_end"
    ESCALATION_THROW = "escalation_throw"  #: intermediate or end
    MULTIPLE_THROW = "multiple_throw"  #: intermediate or end
    NONE_THROW = "none_throw"  #: the token just goes on; also both ends of a link
    MESSAGE_THROW = "message_throw"  #: published by the engine; intermediate or end
    SIGNAL_THROW = "signal_throw"  #: intermediate or end
    COMPENSATION_THROW = "compensation_throw"  #: intermediate or end
    CATCH = "catch"  #: intermediate catch event, receive task
    BOUNDARY = "boundary"
    EXCLUSIVE = "exclusive"
    PARALLEL = "parallel"
    INCLUSIVE = "inclusive"
    EVENT_BASED = "event_based"
    COMPLEX = "complex"
    PLAIN = "plain"  #: plain and manual tasks: the token just goes on
    JOB = "job"  #: service, send, business-rule, script task or throwing event done by a worker
    SCRIPT = "script"
    USER = "user"
    SUB_PROCESS = "sub_process"
    EVENT_SUB_PROCESS = "event_sub_process"
    AD_HOC = "ad_hoc"
    AD_HOC_INSTANCE = "ad_hoc_instance"  #: an element that begins in one, with all that follows it
    CALL = "call"
    MULTI_INSTANCE = "multi_instance"  #: the body around the instances of an activity
    STANDARD_LOOP = "standard_loop"  #: the body around the iterations of an activity
    LISTENERS = "listeners"  #: those of a sequence flow, or of a visit that was terminated
    PROCESS_START = "process_start"  #: the start listeners of the process
    PROCESS_END = "process_end"  #: the end listeners of the process
    PROCESS_CANCEL = "process_cancel"  #: the listeners of a terminated process instance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edge:
    """A sequence flow."""

    index: int
    flow_id: FlowId
    source: int
    target: int
    condition: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompensationPlan:
    """How an activity is compensated (section 10.7.1); one without a plan never is.

    By the handler at its boundary, as a black box; else by the event sub-process in it; else by
    compensating what was completed in it, in reverse order.
    """

    boundary: int | None = None  #: compensation boundary event
    handler: int | None = None  #: the activity associated with that event
    event_sub_process: int | None = None
    led_to: int = 0
    """The bit set of nodes that its boundary events that do not interrupt lead to: what completed
    there is undone before the activity itself (section 13.5.5)."""

    @property
    def has_handler(self) -> bool:
        """Whether the activity has a handler of its own."""
        return self.handler is not None or self.event_sub_process is not None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """A flow node. An activity with a loop is two nodes: its body and, inside, one instance."""

    index: int
    ref: str  #: unique, stable: the element id, or `<id>#instance` in a multi-instance body
    element_id: ElementId
    element_type: str  #: XML name: `serviceTask`
    name: str | None
    kind: NodeKind
    scope: int  #: the scope node it lives in
    inner_scope: int | None = None  #: the scope node it opens
    incoming: tuple[int, ...] = ()  #: edges, document order
    outgoing: tuple[int, ...] = ()  #: edges, document order
    default: int | None = None  #: edge
    has_conditions: bool = False  #: whether any outgoing edge has a condition
    boundaries: tuple[int, ...] = ()  #: boundary events attached to it, document order
    is_interrupting: bool = False  #: of a boundary event, an event sub-process, a cancellation
    inputs: tuple[Assignment, ...] = ()
    outputs: tuple[Assignment, ...] = ()
    is_result_local: bool = True
    start_quantity: int = 1  #: tokens that one visit takes
    completion_quantity: int = 1  #: tokens that leave over each flow taken
    compensation: CompensationPlan | None = None
    data: DataPlan | None = None  #: None for most: nothing moves, nothing is waited for
    spec: Spec | None = None
    listeners: ListenerPlan | None = None  #: None for all but the few that have some
    takes_every_flow: bool = field(init=False)  #: whatever the variables are
    passes: bool = field(init=False)  #: whether all that a token does here is to choose and go on
    weight: int = field(init=False)  #: as how many moves a token that comes here counts

    def __post_init__(self) -> None:
        object.__setattr__(self, "takes_every_flow", _takes_every_flow(self))
        object.__setattr__(self, "passes", _passes(self))
        object.__setattr__(self, "weight", DECISION_WEIGHT if _decides(self) else 1)


_PASSING = frozenset(
    {
        NodeKind.START,
        NodeKind.END,
        NodeKind.NONE_THROW,
        NodeKind.PLAIN,
        NodeKind.EXCLUSIVE,
        NodeKind.PARALLEL,
        NodeKind.INCLUSIVE,
    }
)


DECISION_WEIGHT: Final = 10
"""To evaluate a decision and write what it gave takes about as long as so many moves."""


def _decides(node: Node) -> bool:
    """Tell whether the node calls a decision, which is evaluated in the same transaction."""
    if not isinstance(node.spec, JobSpec):
        return False
    return isinstance(node.spec.type, LiteralExpression) and node.spec.type.source == DECISION_JOB


def _takes_every_flow(node: Node) -> bool:
    """Tell whether there is nothing to choose among the flows out of a node."""
    if node.kind is NodeKind.EXCLUSIVE and len(node.outgoing) > 1:
        return False
    return node.kind is not NodeKind.COMPLEX and not node.has_conditions


def _passes(node: Node) -> bool:
    """Tell whether a token goes on at once and leaves nothing behind."""
    has_own_scope = bool(node.inner_scope is not None or node.inputs or node.outputs or node.data)
    takes_one = node.start_quantity == node.completion_quantity == 1
    is_watched = bool(node.boundaries or node.listeners or node.compensation)
    return (
        node.kind in _PASSING
        and not needs_all(node.spec)
        and not (has_own_scope or is_watched)
        and takes_one
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScopeNode:
    """A scope: the process, a sub-process, or a multi-instance body."""

    index: int
    parent: int | None
    owner: int | None  #: the node that opens it; None for the process
    starts: tuple[int, ...]  #: where tokens appear when it opens
    event_starts: tuple[int, ...] = ()  #: start events of the event sub-processes in it
    beside: tuple[int, ...] = ()
    """What begins beside its start events, as no flow leads to it (section 10.3)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProcessGraph:
    """A compiled process. Compare by identity; one per process definition."""

    process_id: str
    name: str | None
    version_tag: str | None
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    scopes: tuple[ScopeNode, ...]  #: the process is scope 0
    node_by_ref: Mapping[str, int]
    edge_by_id: Mapping[FlowId, int]
    start_events: tuple[int, ...]
    """All start events of the process, receive tasks that start it, and the events after
    event-based gateways that do; document order."""
    reaches: Mapping[int, int]
    """For each edge into an inclusive or complex gateway: the bit set of nodes from which a token
    can come over this edge without passing that gateway first (sections 13.4.3 and 13.4.5)."""
    leads_to: Mapping[int, int]
    """As `reaches`, but along sequence flows only: not through boundary events."""
    watches_variables: bool = False  #: whether a conditional event, or one for data, may wait
    listeners: ProcessListeners | None = None  #: of the process, or of what it terminates
    converses: bool = False  #: whether a message flow to or from it is executed
    correlates: bool = False  #: whether a message has a correlation key of the standard
    declared: Mapping[str, None] = field(default_factory=dict)
    """The data objects, properties, data inputs and outputs of the process: not available yet."""
    typed: tuple[DataElement, ...] = ()  #: those of them whose values are checked
    reads_cluster: bool = False  #: whether an expression may read cluster variables

    def start_spec(self, index: int) -> StartSpec | None:
        """Return what triggers one of the start events, whatever kind of node it is."""
        spec = self.nodes[index].spec
        if isinstance(spec, TriggerSpec | MultipleSpec):
            return StartSpec(trigger=spec, initiator_variable=None, form=None)
        return spec if isinstance(spec, StartSpec) else None

    def instantiating_triggers(self, index: int) -> tuple[TriggerSpec, ...]:
        """Return what makes an instance that begins at one of the start events.

        Where several events are needed (a parallel multiple event, a parallel event-based
        gateway), a timer is waited for by the instance that another of them has made: it
        belongs to no conversation.
        """
        triggers = triggers_of(self.nodes[index].spec)
        if not self._is_awaited_with_others(self.nodes[index]):
            return triggers
        return tuple(spec for spec in triggers if not isinstance(spec, TimerSpec))

    def _is_awaited_with_others(self, start: Node) -> bool:
        sources = (self.nodes[self.edges[flow].source].spec for flow in start.incoming)
        return needs_all(start.spec) or any(
            isinstance(spec, EventGatewaySpec) and spec.awaits_all for spec in sources
        )

    def node(self, element_id: str) -> Node | None:
        """Return the node of an element, or None."""
        index = self.node_by_ref.get(element_id)
        return None if index is None else self.nodes[index]


def messages_of(nodes: Iterable[Node]) -> Iterator[MessageSpec]:
    """Yield every message that nodes wait for or throw."""
    for node in nodes:
        yield from (spec for spec in triggers_of(node.spec) if isinstance(spec, MessageSpec))
