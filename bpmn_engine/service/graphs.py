"""Compiled process definitions, kept in memory: parse and compile once for each definition."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from threading import Lock

from bpmn_engine.expressions.language import Strictness
from bpmn_engine.functions import Functions, FunctionTable
from bpmn_engine.graph.cluster_reading import reads_cluster
from bpmn_engine.graph.compiler import compile_process
from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import Key
from bpmn_engine.model.definitions import Definitions, Process
from bpmn_engine.model.flow_nodes import AnyFlowNode, SequenceFlow, SubProcess
from bpmn_engine.parser.reader import read_definitions
from bpmn_engine.store import definitions
from bpmn_engine.store.database import Session
from bpmn_engine.store.definitions import DefinitionRow


class BrokenDefinitionError(Exception):
    """Expected a deployed definition to compile again, but this release refuses it: a bug."""

    def __init__(self, definition_key: int, reason: str) -> None:
        super().__init__(
            f"Expected the definition {definition_key} to compile as it did when it was deployed, "
            f"but {reason}."
        )
        self.definition_key = definition_key


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledDefinition:
    """A process definition, ready to run."""

    graph: ProcessGraph
    row: DefinitionRow  #: as it was deployed; `is_latest` may be out of date
    documentation: Mapping[str, str]  #: element id -> text, of documented elements
    flow_names: Mapping[str, str]  #: flow id -> name, of sequence flows that have one


class GraphCache:
    """The process graphs used last, by definition key. Thread-safe; a definition never changes."""

    def __init__(
        self,
        size: int,
        mappings: Strictness = Strictness.STRICT,
        functions: Functions | None = None,
    ) -> None:
        self.functions = functions or Functions()
        self._size = size
        self._mappings = mappings
        self._lock = Lock()
        self._graphs: OrderedDict[Key, CompiledDefinition] = OrderedDict()

    def get(self, session: Session, definition_key: Key) -> ProcessGraph:
        """Return the graph of a stored definition, compiled now if need be.

        Raises:
            BrokenDefinitionError: what was accepted at deployment is not accepted any more.
        """
        return self.definition(session, definition_key).graph

    def definition(self, session: Session, definition_key: Key) -> CompiledDefinition:
        """Return a stored definition and its graph.

        Raises:
            BrokenDefinitionError: what was accepted at deployment is not accepted any more.
        """
        with self._lock:
            found = self._graphs.get(definition_key)
            if found is not None:
                self._graphs.move_to_end(definition_key)
                return found
        # Two threads may both compile; the first one kept wins, so that everybody shares it.
        known = self.functions.table_of_deployed
        compiled = _compile(session, definition_key, self._mappings, known)
        return self._keep(definition_key, compiled)

    def _keep(self, definition_key: Key, graph: CompiledDefinition) -> CompiledDefinition:
        with self._lock:
            kept = self._graphs.setdefault(definition_key, graph)
            self._graphs.move_to_end(definition_key)
            while len(self._graphs) > self._size:
                self._graphs.popitem(last=False)
            return kept


def _compile(
    session: Session, definition_key: Key, mappings: Strictness, functions: FunctionTable
) -> CompiledDefinition:
    row = definitions.find(session, definition_key)
    xml = definitions.load_xml(session, definition_key)
    if row is None or xml is None:
        raise BrokenDefinitionError(definition_key, "it is not stored")
    parsed = read_definitions(xml, filename=row.resource_name)
    if not isinstance(parsed, Definitions):
        raise BrokenDefinitionError(definition_key, "its file is refused")
    process = next((each for each in parsed.processes if each.id == row.process_id), None)
    if process is None:
        raise BrokenDefinitionError(definition_key, f"its file has no process {row.process_id!r}")
    compiled = compile_process(process, strictness_of_mappings=mappings, functions=functions)
    if not isinstance(compiled, ProcessGraph):
        reasons = "; ".join(violation.message for violation in compiled)
        raise BrokenDefinitionError(definition_key, f"its expressions are refused: {reasons}")
    return CompiledDefinition(
        graph=replace(compiled, reads_cluster=reads_cluster(compiled)),
        row=row,
        documentation={
            node.id: node.documentation for node in all_nodes(process) if node.documentation
        },
        flow_names={flow.id: flow.name for flow in _all_flows(process) if flow.name},
    )


def _all_flows(process: Process) -> Iterator[SequenceFlow]:
    """Return every sequence flow of a process, those inside sub-processes too."""
    yield from process.flows
    for node in all_nodes(process):
        if isinstance(node, SubProcess):
            yield from node.flows


def all_nodes(process: Process) -> Iterator[AnyFlowNode]:
    """Return every flow node of a process, those inside sub-processes too."""
    pending = list(process.nodes)
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, SubProcess):
            pending.extend(node.nodes)
