"""Listeners in the graph: a plan on each node that has some, and nodes where no element stands.

A token on a sequence flow, an element instance that was terminated, and the process itself have
no visit in which their listeners could run. Each such place gets a node of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bpmn_engine.expressions.juel.assignment import assignment_of, removal_of, task_change_of
from bpmn_engine.expressions.language import Expression
from bpmn_engine.graph.expression_compiler import ExpressionCompiler
from bpmn_engine.graph.links import LINK_SUFFIX
from bpmn_engine.graph.listener_specs import (
    ListenerAction,
    ListenerPlan,
    ListenerSpec,
    ProcessListeners,
)
from bpmn_engine.graph.nodes import Edge, Node, NodeKind
from bpmn_engine.graph.specs import ProcessStartSpec
from bpmn_engine.graph.surroundings import may_change
from bpmn_engine.ids import ElementId, FlowId
from bpmn_engine.model.definitions import Process
from bpmn_engine.model.extensions import DefaultLanguage, FormalExpression
from bpmn_engine.model.flow_nodes import AnyFlowNode, SequenceFlow
from bpmn_engine.model.listeners import Listener, ListenerEvent, Listeners

FAREWELL_SUFFIX: Final = "#ended"
"""Marks the node for the listeners of an element instance that was terminated."""


@dataclass(slots=True)
class ListenerCompilation:
    """Grows the nodes and edges of one process by what its listeners need."""

    expressions: ExpressionCompiler
    nodes: list[Node]
    edges: list[Edge]
    process: ProcessListeners | None = None

    def add(
        self,
        process: Process,
        elements: Sequence[AnyFlowNode],
        flows: Sequence[SequenceFlow],
        starts: tuple[Mapping[int, tuple[int, ...]], tuple[int, ...]],
    ) -> None:
        """Add every listener of a process.

        Args:
            process: what it is read from.
            elements: by node index.
            flows: by edge index.
            starts: the start events with the node each begins at; what starts without one.
        """
        for index, element in enumerate(elements):
            if element.listeners is not None:
                self._plan(index, element, element.listeners)
        for edge, flow in enumerate(flows):
            if flow.listeners is not None:
                self._on_flow(edge, flow.listeners)
        self._on_process(process, *starts)

    # Elements -------------------------------------------------------------------------------

    def _plan(self, index: int, element: AnyFlowNode, listeners: Listeners) -> None:
        """Give a node its plan; the body of a loop has its own, its instance all the others."""
        specs = self._specs(listeners, element.id)
        node = self.nodes[index]
        if node.kind in {NodeKind.MULTI_INSTANCE, NodeKind.STANDARD_LOOP}:
            before = _of(specs, ListenerEvent.BEFORE_ALL)
            plan = ListenerPlan(start=before) if before else None
            self.nodes[index] = replace(node, listeners=plan)
            return
        farewell = self._farewell(node, listeners, specs)
        updating = _of(specs, ListenerEvent.UPDATING)
        self.nodes[index] = replace(
            node,
            listeners=ListenerPlan(
                start=_of(specs, ListenerEvent.START),
                end=_of(specs, ListenerEvent.END),
                ends_before_outputs=listeners.is_camunda7,
                creating=_of(specs, ListenerEvent.CREATING),
                assigning=(
                    *(updating if listeners.is_camunda7 else ()),
                    *_of(specs, ListenerEvent.ASSIGNING),
                ),
                updating=updating,
                completing=_of(specs, ListenerEvent.COMPLETING),
                timeouts=_of(specs, ListenerEvent.TIMEOUT),
                farewell=farewell,
            ),
        )

    def _farewell(
        self, node: Node, listeners: Listeners, specs: tuple[ListenerSpec, ...]
    ) -> int | None:
        """Add the node for what a terminated instance still calls; Camunda 8 has no end then."""
        called = _of(specs, ListenerEvent.CANCELING)
        if listeners.is_camunda7:
            called += _of(specs, ListenerEvent.END)
        if not called:
            return None
        return self._add(
            Node(
                index=len(self.nodes),
                ref=node.ref + FAREWELL_SUFFIX,
                element_id=node.element_id,
                element_type=node.element_type,
                name=f"Listeners of {node.name or node.element_id}",
                kind=NodeKind.LISTENERS,
                scope=node.scope,
                listeners=ListenerPlan(start=called),
            )
        )

    # Sequence flows -------------------------------------------------------------------------

    def _on_flow(self, edge: int, listeners: Listeners) -> None:
        """Put a node on a flow: its first half ends there, its second half is not drawn."""
        taken = self.edges[edge]
        source, target = self.nodes[taken.source], self.nodes[taken.target]
        second = len(self.edges)
        node = self._add(
            Node(
                index=len(self.nodes),
                ref=taken.flow_id,
                element_id=ElementId(taken.flow_id),
                element_type="sequenceFlow",
                name=None,
                kind=NodeKind.LISTENERS,
                scope=source.scope,
                incoming=(edge,),
                outgoing=(second,),
                listeners=ListenerPlan(start=self._specs(listeners, ElementId(taken.flow_id))),
            )
        )
        self.edges[edge] = replace(taken, target=node)
        self.edges.append(
            Edge(
                index=second,
                flow_id=FlowId(taken.flow_id + LINK_SUFFIX),
                source=node,
                target=target.index,
                condition=None,
            )
        )
        incoming = tuple(second if index == edge else index for index in target.incoming)
        self.nodes[target.index] = replace(target, incoming=incoming)

    # The process ----------------------------------------------------------------------------

    def _on_process(
        self,
        process: Process,
        events: Mapping[int, tuple[int, ...]],
        unnamed: tuple[int, ...],
    ) -> None:
        own = process.listeners
        specs = () if own is None else self._specs(own, ElementId(process.id))
        start, end = _of(specs, ListenerEvent.START), _of(specs, ListenerEvent.END)
        cancel = _of(specs, ListenerEvent.CANCEL)
        if own is not None and own.is_camunda7:
            cancel = (*cancel, *end)
        says_farewell = any(node.listeners and node.listeners.farewell for node in self.nodes)
        if not specs and not says_farewell:
            return
        add = self._process_node(process)
        begins: dict[int | None, int] = {}
        if start:
            for event, nodes in events.items():
                spec = ProcessStartSpec(starts=nodes)
                ref = f"{process.id}#start#{self.nodes[event].ref}"
                begins[event] = add(NodeKind.PROCESS_START, ref, start, spec)
            spec = ProcessStartSpec(starts=unnamed)
            begins[None] = add(NodeKind.PROCESS_START, f"{process.id}#start", start, spec)
        self.process = ProcessListeners(
            starts=begins,
            end=add(NodeKind.PROCESS_END, f"{process.id}#end", end, None) if end else None,
            cancel=add(NodeKind.PROCESS_CANCEL, f"{process.id}#cancel", cancel, None)
            if cancel or says_farewell
            else None,
        )

    def _process_node(
        self, process: Process
    ) -> Callable[[NodeKind, str, tuple[ListenerSpec, ...], ProcessStartSpec | None], int]:
        def add(
            kind: NodeKind,
            ref: str,
            listeners: tuple[ListenerSpec, ...],
            spec: ProcessStartSpec | None,
        ) -> int:
            return self._add(
                Node(
                    index=len(self.nodes),
                    ref=ref,
                    element_id=ElementId(process.id),
                    element_type="process",
                    name=process.name,
                    kind=kind,
                    scope=0,
                    is_interrupting=kind is NodeKind.PROCESS_CANCEL,
                    listeners=ListenerPlan(start=listeners),
                    spec=spec,
                )
            )

        return add

    # Parts ----------------------------------------------------------------------------------

    def _add(self, node: Node) -> int:
        index = len(self.nodes)
        self.nodes.append(replace(node, index=index))
        return index

    def _specs(self, listeners: Listeners, element_id: ElementId) -> tuple[ListenerSpec, ...]:
        numbers: Counter[ListenerEvent] = Counter()
        found = []
        for listener in listeners.listeners:
            numbers[listener.event] += 1
            found.append(
                ListenerSpec(
                    event=listener.event,
                    number=numbers[listener.event],
                    is_camunda7=listeners.is_camunda7,
                    job=None
                    if listener.job is None
                    else self.expressions.job(listener.job, element_id),
                    action=self._action(listener, element_id),
                    timer=None
                    if listener.timer is None
                    else self.expressions.timer(listener.timer, element_id),
                )
            )
        return tuple(found)

    def _action(self, listener: Listener, element_id: ElementId) -> ListenerAction | None:
        """Compile an expression, taking changes apart: expressions themselves change nothing."""
        if listener.expression is None:
            return None
        event = listener.event

        def compiled(text: str) -> Expression:
            return self.expressions.of_listener(_juel(text), element_id, event)

        source = listener.expression.text
        assignment, removed, change = (
            assignment_of(source),
            removal_of(source),
            task_change_of(source),
        )
        if assignment is not None:
            return ListenerAction(
                value=compiled(assignment.value),
                target=compiled(assignment.name),
                is_local=assignment.is_local,
            )
        if removed is not None:
            return ListenerAction(value=compiled(removed), removes=True)
        if change is not None and may_change(event, change):
            return ListenerAction(value=compiled(change.value), change=change)
        whole = self.expressions.of_listener(listener.expression, element_id, event)
        return ListenerAction(value=whole)


def _juel(text: str) -> FormalExpression:
    return FormalExpression(text=text, default=DefaultLanguage.LITERAL)


def _of(specs: Iterable[ListenerSpec], event: ListenerEvent) -> tuple[ListenerSpec, ...]:
    return tuple(spec for spec in specs if spec.event is event)
