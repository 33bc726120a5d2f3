"""Variables that conditions read before anything can have set them.

Whoever starts an instance may give it any variable, and a worker, a person or a message may set
any: only what none of these precedes is said, once for each variable. Only a process that nothing
but a timer starts is warned of, as nobody gives that anything.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from bpmn_engine.analysis.elements import Subject, label, listed
from bpmn_engine.graph.data_plans import DataPlan, waits_for_data
from bpmn_engine.graph.nodes import Node, NodeKind, ProcessGraph
from bpmn_engine.graph.specs import (
    CallSpec,
    ErrorSpec,
    MultiInstanceSpec,
    ScriptSpec,
    StartSpec,
    TimerSpec,
)
from bpmn_engine.model.data_elements import DataElement
from bpmn_engine.model.definitions import Violation

MOST_READERS: Final = 100
"""How many elements with conditions are looked at in one process."""

_SETS_NOTHING: Final = frozenset(
    {
        NodeKind.START,
        NodeKind.END,
        NodeKind.TERMINATE_END,
        NodeKind.NONE_THROW,
        NodeKind.MESSAGE_THROW,
        NodeKind.SIGNAL_THROW,
        NodeKind.EXCLUSIVE,
        NodeKind.PARALLEL,
        NodeKind.INCLUSIVE,
        NodeKind.EVENT_BASED,
        NodeKind.PLAIN,
        NodeKind.SCRIPT,
    }
)
"""What sets no other variables than those its spec and its mappings name."""

_GIVEN: Final = frozenset(
    {"loopCounter", "nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances"}
    | {"numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances"}
    | {"execution", "task", "now", "authenticatedUserId", "camunda"}
)
"""Names that the engines themselves give a value."""


def should_be_set_before_they_are_read(subject: Subject) -> list[Violation]:
    """A condition of the process itself reads what something before it may have set.

    Sub-processes are left out: they see the variables of every scope around them.
    """
    graph = subject.graph
    if graph.listeners is not None or any(_stands_apart(node) for node in graph.nodes):
        return []
    unknown = _after_anything(graph)
    readers = [
        node
        for node in graph.nodes
        if node.scope == 0
        and (node.has_conditions or waits_for_data(node.data))
        and not _is_after(graph, node, unknown)
    ]
    found: list[Violation] = []
    said: set[str] = set()
    for node in readers[:MOST_READERS]:
        names = _names_read(graph, node) - said
        if names:
            before = _before(graph, node)
            missing = names - _GIVEN.union(*(_writes(graph.nodes[index]) for index in before))
            found += _unset(subject, node, sorted(missing), before) if missing else []
            said |= missing
    return found


def _names_read(graph: ProcessGraph, node: Node) -> frozenset[str]:
    if waits_for_data(node.data):
        return _names_awaited(node.data)
    conditions = (graph.edges[index].condition for index in node.outgoing)
    return frozenset(name for one in conditions if one is not None for name in one.names)


def _names_awaited(plan: DataPlan | None) -> frozenset[str]:
    """Return the data without which an activity never begins: what every input set needs."""
    if plan is None:
        return frozenset()
    needed = [
        {
            source.variable
            for move in plan.incoming
            if move.target.variable in one.required
            for source in move.sources
            if isinstance(source, DataElement)
        }
        for one in plan.input_sets
    ]
    return frozenset(set.intersection(*needed)) if needed else frozenset()


def _is_after(graph: ProcessGraph, node: Node, unknown: set[int]) -> bool:
    """Tell whether something before a reader may have set any variable.

    Conditions are asked when their element has done its own work; data is waited for before.
    """
    if not waits_for_data(node.data):
        return node.index in unknown
    return any(graph.edges[edge].source in unknown for edge in node.incoming)


def _stands_apart(node: Node) -> bool:
    """Tell whether the node is an event sub-process, which may set variables at any time."""
    has_flows = bool(node.incoming or node.outgoing)
    return node.kind is NodeKind.EVENT_SUB_PROCESS and not has_flows


def _after_anything(graph: ProcessGraph) -> set[int]:
    """Return the nodes that what may set any variable comes before, or is."""
    found = {_outermost(graph, node) for node in graph.nodes if _sets_anything(node)}
    stack = list(found)
    while stack:
        node = graph.nodes[stack.pop()]
        for index in (*node.boundaries, *(graph.edges[edge].target for edge in node.outgoing)):
            if index not in found:
                found.add(index)
                stack.append(index)
    return found


def _outermost(graph: ProcessGraph, node: Node) -> int:
    """Return the node of the process itself that holds this one, or is it."""
    index = node.index
    owner = graph.scopes[node.scope].owner
    while owner is not None:
        index = owner
        owner = graph.scopes[graph.nodes[owner].scope].owner
    return index


def _unset(subject: Subject, node: Node, missing: list[str], before: set[int]) -> list[Violation]:
    graph = subject.graph
    names_read = listed(missing)
    starts = [graph.nodes[index] for index in before if graph.nodes[index].kind is NodeKind.START]
    if starts and all(_is_timer(start) for start in starts):
        return [
            subject.warning(
                "unset-variable",
                str(node.element_id),
                f"{_reader(node)} {names_read}, which nothing before sets; a timer starts the "
                "process without variables. Set it before.",
            )
        ]
    return [
        subject.information(
            "unset-variable",
            str(node.element_id),
            f"{_reader(node)} {names_read}, which nothing before sets: whoever starts the "
            "process has to give it.",
        )
    ]


def _reader(node: Node) -> str:
    if waits_for_data(node.data):
        return f"{label(node)} waits for"
    return f"The conditions out of {label(node)} read"


def _is_timer(start: Node) -> bool:
    return isinstance(start.spec, StartSpec) and isinstance(start.spec.trigger, TimerSpec)


def _before(graph: ProcessGraph, reader: Node) -> set[int]:
    """Return the nodes from which a token can have come, with all inside them."""
    hosts = {boundary: node.index for node in graph.nodes for boundary in node.boundaries}
    inside: defaultdict[int, list[int]] = defaultdict(list)
    for node in graph.nodes:
        inside[node.scope].append(node.index)
    seen = {reader.index}
    stack = [reader.index]
    while stack:
        node = graph.nodes[stack.pop()]
        near = [graph.edges[edge].source for edge in node.incoming]
        near += [hosts[node.index]] if node.index in hosts else []
        near += inside[node.inner_scope] if node.inner_scope is not None else []
        for index in near:
            if index not in seen:
                seen.add(index)
                stack.append(index)
    return seen


def _sets_anything(node: Node) -> bool:
    """Tell whether what answers the node, or one of its listeners, may set any variable."""
    if node.listeners is not None:
        return True
    if node.kind is NodeKind.START:
        spec = node.spec
        has_message = isinstance(spec, StartSpec) and spec.trigger is not None
        return has_message and not _is_timer(node)
    if node.kind is NodeKind.BOUNDARY or node.kind is NodeKind.CATCH:
        return not isinstance(node.spec, TimerSpec | ErrorSpec)
    if node.kind is NodeKind.MULTI_INSTANCE or node.kind is NodeKind.SUB_PROCESS:
        return False
    if node.kind is NodeKind.CALL:
        if not isinstance(node.spec, CallSpec) or node.spec.variable_mapping is not None:
            return True
        return node.spec.propagate_all_outputs
    return node.kind not in _SETS_NOTHING


def _moved(plan: DataPlan | None) -> set[str]:
    """Return the data elements that associations of a node may give a value."""
    moves = () if plan is None else (*plan.incoming, *plan.outgoing)
    return {move.target.variable for move in moves}


def _writes(node: Node) -> frozenset[str]:
    """Return the variables that the node itself names."""
    names = {assignment.path[0] for assignment in (*node.outputs, *node.inputs)}
    names |= _moved(node.data)
    match node.spec:
        case ScriptSpec(result_variable=str() as name):
            names.add(name)
        case StartSpec() as start:
            names |= {start.initiator_variable} if start.initiator_variable else set()
            names |= {one.id for one in start.form.fields} if start.form is not None else set()
        case MultiInstanceSpec() as loop:
            names |= {one for one in (loop.output_collection, loop.input_element) if one}
        case ErrorSpec() as error:
            names |= {one for one in (error.code_variable, error.message_variable) if one}
        case _:
            pass
    return frozenset(names)
