"""SpiffWorkflow's parser, subclassed at its own extension points, so that it yields our model.

What is used and what is overridden, and why: docs/decisions/0002-parse-through-spiffworkflow.md.
"""

from __future__ import annotations

from typing import ClassVar, Final

from lxml.etree import _Element as Element
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.node_parser import DEFAULT_NSMAP
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser

from bpmn_engine.ids import FlowId
from bpmn_engine.model.definitions import Process
from bpmn_engine.model.flow_nodes import (
    AnyFlowNode,
    BoundaryEvent,
    CallActivity,
    EndEvent,
    Gateway,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    SequenceFlow,
    StartEvent,
    SubProcess,
    Task,
    TaskKind,
)
from bpmn_engine.parser.activities import read_sub_process, read_task
from bpmn_engine.parser.call_activities import read_call_activity
from bpmn_engine.parser.diagram import Diagram
from bpmn_engine.parser.events import (
    read_boundary_event,
    read_catch_event,
    read_end_event,
    read_start_event,
    read_throw_event,
)
from bpmn_engine.parser.gateways import read_gateway, read_sequence_flow
from bpmn_engine.parser.global_tasks import read_global_tasks
from bpmn_engine.parser.namespaces import CAMUNDA, ZEEBE, full_name
from bpmn_engine.parser.place import Place
from bpmn_engine.parser.processes import read_process
from bpmn_engine.parser.schema import SchemaValidator

_ScopeContent = tuple[tuple[AnyFlowNode, ...], tuple[SequenceFlow, ...]]
_NAMESPACES: Final = {**DEFAULT_NSMAP, "camunda": CAMUNDA, "zeebe": ZEEBE}


class _NodeParser(TaskParser):  # type: ignore[misc] # SpiffWorkflow has no types
    """Reads one flow node into our model; does not walk on to the next one."""

    def parse_node(self) -> AnyFlowNode | None:
        """Return the node as our model has it; None after a violation."""
        node: AnyFlowNode | None = self.create_task()
        return node

    @property
    def subject(self) -> tuple[Diagram, Element, Place]:
        """What a reader is given: the file, the node and the node's flows."""
        scope: ScopeParser = self.process_parser
        return scope.diagram, self.node, scope.place_of(self.node)


class StartEventParser(_NodeParser):
    """Reads bpmn:startEvent."""

    def create_task(self) -> StartEvent:
        """Read the node."""
        return read_start_event(*self.subject)


class EndEventParser(_NodeParser):
    """Reads bpmn:endEvent."""

    def create_task(self) -> EndEvent:
        """Read the node."""
        return read_end_event(*self.subject)


class IntermediateCatchEventParser(_NodeParser):
    """Reads bpmn:intermediateCatchEvent."""

    def create_task(self) -> IntermediateCatchEvent | None:
        """Read the node."""
        return read_catch_event(*self.subject)


class IntermediateThrowEventParser(_NodeParser):
    """Reads bpmn:intermediateThrowEvent."""

    def create_task(self) -> IntermediateThrowEvent:
        """Read the node."""
        return read_throw_event(*self.subject)


class BoundaryEventParser(_NodeParser):
    """Reads bpmn:boundaryEvent."""

    def create_task(self) -> BoundaryEvent | None:
        """Read the node."""
        return read_boundary_event(*self.subject)


class GatewayParser(_NodeParser):
    """Reads every gateway."""

    def create_task(self) -> Gateway:
        """Read the node."""
        return read_gateway(*self.subject)


class ActivityParser(_NodeParser):
    """Reads every kind of task."""

    def create_task(self) -> Task:
        """Read the node."""
        return read_task(*self.subject)


class SubProcessParser(_NodeParser):
    """Reads bpmn:subProcess or bpmn:transaction and what is in it."""

    def create_task(self) -> SubProcess:
        """Read the node."""
        return read_sub_process(*self.subject)


class CallActivityParser(_NodeParser):
    """Reads bpmn:callActivity."""

    def create_task(self) -> CallActivity | Task | None:
        """Read the node."""
        return read_call_activity(*self.subject)


class ScopeParser(ProcessParser):  # type: ignore[misc] # SpiffWorkflow has no types
    """Reads what stands directly inside one process or sub-process, reachable or not."""

    parser: DiagramParser

    @property
    def diagram(self) -> Diagram:
        """The file this scope belongs to."""
        return self.parser.diagram

    def _index_process_nodes(self) -> None:
        """Index this scope's own children only: SpiffWorkflow indexes every descendant."""
        self.sequence_flows: list[Element] = []
        self.incoming: dict[str, list[FlowId]] = {}
        self.outgoing: dict[str, list[FlowId]] = {}
        for child in self.node:
            child_id = child.get("id")
            if child_id:
                self.nodes_by_id[child_id] = child
            if child.tag == full_name("sequenceFlow"):
                self._index_flow(child)

    def _index_flow(self, flow: Element) -> None:
        self.sequence_flows.append(flow)
        flow_id = FlowId(flow.get("id") or "")
        self.outgoing.setdefault((flow.get("sourceRef") or "").strip(), []).append(flow_id)
        self.incoming.setdefault((flow.get("targetRef") or "").strip(), []).append(flow_id)

    def place_of(self, node: Element) -> Place:
        """Return the node's flows in document order."""
        node_id = node.get("id") or ""
        return Place(
            incoming=tuple(self.incoming.get(node_id, ())),
            outgoing=tuple(self.outgoing.get(node_id, ())),
            read_scope=self.read_inner_scope,
        )

    def parse_node(self, node: Element) -> AnyFlowNode | None:
        """Read one node through the task parser that is registered for its tag."""
        parser_class, model_class = self.parser.OVERRIDE_PARSER_CLASSES[str(node.tag)]
        reader: _NodeParser = parser_class(self, model_class, node, self.nsmap, lane=self.lane)
        return reader.parse_node()

    def read_scope(self) -> _ScopeContent:
        """Return the nodes and flows of this scope in document order.

        SpiffWorkflow follows the flows from the start events, by recursion; this goes over the
        children, so that length costs no stack and nodes out of reach are read as well.
        """
        known = self.parser.OVERRIDE_PARSER_CLASSES
        nodes = [self.parse_node(child) for child in self.node if child.tag in known]
        flows = [
            read_sequence_flow(self.diagram, flow, self._source_of(flow))
            for flow in self.sequence_flows
        ]
        return tuple(node for node in nodes if node is not None), tuple(flows)

    def _source_of(self, flow: Element) -> Element | None:
        source: Element | None = self.get_node_by_id((flow.get("sourceRef") or "").strip())
        return source

    def read_inner_scope(self, node: Element) -> _ScopeContent:
        """Read a sub-process inside this scope with a parser of its own."""
        inner = type(self)(
            self.parser, node, self.nsmap, self.data_stores, filename=self.filename, lane=self.lane
        )
        inner.parent = self
        return inner.read_scope()

    def _parse(self) -> None:
        """Read the process; SpiffWorkflow's hook behind `get_spec`."""
        nodes, flows = self.read_scope()
        self.spec: Process = read_process(self.diagram, self.node, nodes=nodes, flows=flows)


class DiagramParser(BpmnParser):  # type: ignore[misc] # SpiffWorkflow has no types
    """SpiffWorkflow's parser with our task parsers, validator and process parser registered."""

    PROCESS_PARSER_CLASS = ScopeParser
    OVERRIDE_PARSER_CLASSES: ClassVar[dict[str, tuple[type[_NodeParser], type]]] = {
        full_name("startEvent"): (StartEventParser, StartEvent),
        full_name("endEvent"): (EndEventParser, EndEvent),
        full_name("intermediateCatchEvent"): (
            IntermediateCatchEventParser,
            IntermediateCatchEvent,
        ),
        full_name("intermediateThrowEvent"): (
            IntermediateThrowEventParser,
            IntermediateThrowEvent,
        ),
        full_name("boundaryEvent"): (BoundaryEventParser, BoundaryEvent),
        full_name("exclusiveGateway"): (GatewayParser, Gateway),
        full_name("parallelGateway"): (GatewayParser, Gateway),
        full_name("inclusiveGateway"): (GatewayParser, Gateway),
        full_name("eventBasedGateway"): (GatewayParser, Gateway),
        full_name("complexGateway"): (GatewayParser, Gateway),
        full_name("subProcess"): (SubProcessParser, SubProcess),
        full_name("callActivity"): (CallActivityParser, CallActivity),
        full_name("transaction"): (SubProcessParser, SubProcess),
        full_name("adHocSubProcess"): (SubProcessParser, SubProcess),
        **{full_name(kind.value): (ActivityParser, Task) for kind in TaskKind},
    }

    def __init__(self, diagram: Diagram) -> None:
        super().__init__(namespaces=_NAMESPACES, validator=SchemaValidator(diagram.findings))
        self.diagram = diagram

    def read_processes(self, filename: str) -> tuple[Process, ...]:
        """Validate the file, then read its executable processes in document order.

        A file of global tasks only has one for each of them.
        """
        self.add_bpmn_xml(self.diagram.root, filename)
        return tuple(
            self.get_process_parser(process.get("id")).get_spec()
            for process in self.diagram.executable
        ) + read_global_tasks(self.diagram)

    def _add_processes(self, bpmn: Element, filename: str | None = None) -> None:
        """Register the executable processes; the others are documentation."""
        del bpmn
        for process in self.diagram.executable:
            self._find_dependencies(process)
            self.process_parsers.pop(process.get("id"), None)
            self.create_parser(process, filename)

    def _add_data_stores(self, bpmn: Element) -> None:
        """Leave data stores alone: SpiffWorkflow would ask for a class for each."""

    def _add_diagram_indexes(self, bpmn: Element) -> None:
        """Leave shapes and lanes alone: neither decides what a process does."""

    def _add_messages(self, bpmn: Element) -> None:
        """Leave messages alone: `Diagram.resolve` finds them, with those without an id."""

    def _add_signals(self, bpmn: Element) -> None:
        """Leave signals alone, as messages."""

    def _add_errors(self, bpmn: Element) -> None:
        """Leave errors alone, as messages."""

    def _add_escalations(self, bpmn: Element) -> None:
        """Leave escalations alone, as messages."""

    def _add_correlations(self, bpmn: Element) -> None:
        """Leave correlation properties alone: they are documentation."""
