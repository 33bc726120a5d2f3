"""compile_process(process) -> ProcessGraph: named passes, run in the order they are listed.

1. number   — every scope, node and edge gets its index, in document order; an activity with
              loop characteristics becomes a body and, in a scope of its own, an instance; a
              throwing link event gets an edge to the catching one
2. connect  — incoming, outgoing, default, boundary events
3. translate — each element's kind and spec, expressions compiled once
4. start    — where tokens appear when a scope opens
5. undo     — how each activity is compensated
6. listen   — the listeners of elements, flows and the process
7. reach    — what the inclusive joins need to know
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bpmn_engine.expressions.language import Strictness
from bpmn_engine.functions import NO_FUNCTIONS, FunctionTable
from bpmn_engine.graph.compensation import compensation_plans
from bpmn_engine.graph.data_plans import data_plan, declared_variables, waits_for_data
from bpmn_engine.graph.expression_compiler import ExpressionCompiler
from bpmn_engine.graph.links import link_flows
from bpmn_engine.graph.listeners import ListenerCompilation
from bpmn_engine.graph.nodes import Edge, Node, NodeKind, ProcessGraph, ScopeNode, messages_of
from bpmn_engine.graph.reachability import inclusive_reachability
from bpmn_engine.graph.specs import AdHocSpec, ConditionSpec, triggers_of
from bpmn_engine.graph.translation import Translated, translate
from bpmn_engine.ids import ElementId, FlowId
from bpmn_engine.model.definitions import Process, Violation
from bpmn_engine.model.flow_nodes import (
    Activity,
    AnyFlowNode,
    BoundaryEvent,
    Gateway,
    IntermediateCatchEvent,
    SequenceFlow,
    StartEvent,
    SubProcess,
    Task,
)

INSTANCE_SUFFIX = "#instance"
"""Marks the node of one instance inside a multi-instance body."""

INNER_SUFFIX = "#inner"
"""Marks the node of what begins in an ad-hoc sub-process that gives each a scope of its own."""


@dataclass(slots=True)
class _Draft:
    """A node while its parts are still being found."""

    index: int
    element: AnyFlowNode
    ref: str
    scope: int
    inner_scope: int | None = None
    incoming: list[int] = field(default_factory=list)
    outgoing: list[int] = field(default_factory=list)
    boundaries: list[int] = field(default_factory=list)
    instance: int | None = None  #: for the body of a loop: the node of one instance
    inner: int | None = None  #: for an ad-hoc sub-process: the node of what begins in it


@dataclass(slots=True)
class _ScopeDraft:
    index: int
    parent: int | None
    owner: int | None
    members: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Compilation:
    """What the passes write."""

    expressions: ExpressionCompiler
    nodes: list[_Draft] = field(default_factory=list)
    flows: list[SequenceFlow] = field(default_factory=list)
    scopes: list[_ScopeDraft] = field(default_factory=list)
    outer: dict[str, int] = field(default_factory=dict)  #: element id -> node seen from outside
    starts_all_alone: bool = False  #: as in the process


def compile_process(
    process: Process,
    *,
    strictness_of_mappings: Strictness = Strictness.STRICT,
    functions: FunctionTable = NO_FUNCTIONS,
) -> ProcessGraph | tuple[Violation, ...]:
    """Compile a process, or say which of its expressions cannot be compiled.

    The indexes are a function of the process alone, so that every release numbers alike.
    """
    work = _Compilation(
        expressions=ExpressionCompiler(
            strictness_of_mappings=strictness_of_mappings, functions=functions
        ),
        starts_all_alone=process.starts_all_alone,
    )
    _number(work, process)
    _connect(work)
    work.expressions.know(work.outer, [draft.element for draft in work.nodes], work.flows)
    translated = [translate(draft.element, work.expressions) for draft in work.nodes]
    edges = _edges(work)
    nodes = [_node(work, draft, translated[draft.index], tuple(edges)) for draft in work.nodes]
    elements = [draft.element for draft in work.nodes]
    for index, plan in compensation_plans(elements, nodes, edges, work.outer).items():
        nodes[index] = replace(nodes[index], compensation=plan)
    listening = ListenerCompilation(expressions=work.expressions, nodes=nodes, edges=edges)
    listening.add(process, elements, work.flows, _all_starts(work))
    if work.expressions.violations:
        return tuple(work.expressions.violations)
    return ProcessGraph(
        process_id=process.id,
        name=process.name,
        version_tag=process.version_tag,
        nodes=tuple(nodes),
        edges=tuple(edges),
        scopes=tuple(_scope(work, scope) for scope in work.scopes),
        node_by_ref={node.ref: node.index for node in nodes},
        edge_by_id={edge.flow_id: edge.index for edge in edges},
        start_events=_start_events(work),
        reaches=inclusive_reachability(nodes, edges, through_boundaries=True),
        leads_to=inclusive_reachability(nodes, edges, through_boundaries=False),
        watches_variables=any(
            isinstance(spec, ConditionSpec) for node in nodes for spec in triggers_of(node.spec)
        )
        or any(waits_for_data(node.data) for node in nodes),
        listeners=listening.process,
        converses=any(spec.is_conversing for spec in messages_of(nodes)),
        correlates=any(spec.correlations for spec in messages_of(nodes)),
        declared=declared_variables(process.data),
        typed=tuple(data for data in process.data if data.item is not None),
    )


def _number(work: _Compilation, process: Process) -> None:
    work.scopes.append(_ScopeDraft(index=0, parent=None, owner=None))
    pending: list[tuple[int, tuple[AnyFlowNode, ...], tuple[SequenceFlow, ...]]] = [
        (0, process.nodes, process.flows)
    ]
    while pending:
        scope, elements, flows = pending.pop(0)
        work.flows.extend(flows)
        work.flows.extend(link_flows(elements))
        for element in elements:
            inner = _number_element(work, scope, element)
            if isinstance(element, SubProcess) and inner is not None:
                pending.append((inner, element.nodes, element.flows))


def _number_element(work: _Compilation, scope: int, element: AnyFlowNode) -> int | None:
    """Number one element and return the scope its contents live in, for a sub-process."""
    draft = _add_node(work, scope, element, element.id)
    work.outer[element.id] = draft.index
    if isinstance(element, Activity) and (element.multi_instance or element.standard_loop):
        draft.inner_scope = _add_scope(work, scope, draft.index)
        instance = _add_node(work, draft.inner_scope, element, element.id + INSTANCE_SUFFIX)
        draft.instance = instance.index
        draft = instance
    if isinstance(element, SubProcess):
        draft.inner_scope = _add_scope(work, draft.scope, draft.index)
        if _has_instances(element):
            inner = _add_node(work, draft.inner_scope, element, element.id + INNER_SUFFIX)
            draft.inner = inner.index
            inner.inner_scope = _add_scope(work, inner.scope, inner.index)
            return inner.inner_scope
    return draft.inner_scope


def _has_instances(element: SubProcess) -> bool:
    ad_hoc = element.ad_hoc
    return ad_hoc is not None and (ad_hoc.job or ad_hoc.output_collection) is not None


def _add_node(work: _Compilation, scope: int, element: AnyFlowNode, ref: str) -> _Draft:
    draft = _Draft(index=len(work.nodes), element=element, ref=ref, scope=scope)
    work.nodes.append(draft)
    work.scopes[scope].members.append(draft.index)
    return draft


def _add_scope(work: _Compilation, parent: int, owner: int) -> int:
    index = len(work.scopes)
    work.scopes.append(_ScopeDraft(index=index, parent=parent, owner=owner))
    return index


def _connect(work: _Compilation) -> None:
    for index, flow in enumerate(work.flows):
        work.nodes[work.outer[flow.source]].outgoing.append(index)
        work.nodes[work.outer[flow.target]].incoming.append(index)
    for draft in work.nodes:
        if isinstance(draft.element, BoundaryEvent):
            work.nodes[work.outer[draft.element.attached_to]].boundaries.append(draft.index)


def _edges(work: _Compilation) -> list[Edge]:
    return [
        Edge(
            index=index,
            flow_id=flow.id,
            source=work.outer[flow.source],
            target=work.outer[flow.target],
            condition=work.expressions.optional(flow.condition, ElementId(flow.id)),
        )
        for index, flow in enumerate(work.flows)
    ]


def _node(
    work: _Compilation, draft: _Draft, translated: Translated, edges: tuple[Edge, ...]
) -> Node:
    element = draft.element
    node = Node(
        index=draft.index,
        ref=draft.ref,
        element_id=element.id,
        element_type=translated.element_type,
        name=element.name,
        kind=translated.kind,
        scope=draft.scope,
        inner_scope=draft.inner_scope,
        incoming=tuple(draft.incoming),
        outgoing=tuple(draft.outgoing),
        default=_default(element, draft.outgoing, work.flows),
        has_conditions=any(edges[index].condition is not None for index in draft.outgoing),
        boundaries=tuple(draft.boundaries),
        is_interrupting=_is_interrupting(element),
        inputs=translated.inputs,
        outputs=translated.outputs,
        is_result_local=translated.is_result_local,
        data=data_plan(
            element,
            work.expressions,
            is_body=draft.instance is not None,
            is_instance=draft.ref != element.id,
        ),
        spec=translated.spec,
    )
    if not isinstance(element, Activity):
        return node
    if draft.ref.endswith(INNER_SUFFIX):
        kind = NodeKind.AD_HOC_INSTANCE
        return replace(
            node, kind=kind, spec=None, inputs=(), outputs=(), is_result_local=True, boundaries=()
        )
    if draft.inner is not None and isinstance(node.spec, AdHocSpec):
        node = replace(node, spec=replace(node.spec, inner=draft.inner))
    if draft.instance is not None:
        node = _body(node, element, draft.instance, work.expressions)
    elif draft.ref != element.id:
        return node
    return replace(
        node,
        start_quantity=element.start_quantity,
        completion_quantity=element.completion_quantity,
    )


def _body(node: Node, activity: Activity, instance: int, expressions: ExpressionCompiler) -> Node:
    """Return the node around the instances, which do the work and map inputs and outputs."""
    if activity.multi_instance is not None:
        several = expressions.multi_instance(activity.multi_instance, instance, node.element_id)
        return replace(node, kind=NodeKind.MULTI_INSTANCE, spec=several, inputs=(), outputs=())
    if activity.standard_loop is not None:
        again = expressions.standard_loop(activity.standard_loop, instance, node.element_id)
        return replace(node, kind=NodeKind.STANDARD_LOOP, spec=again, inputs=(), outputs=())
    return node


def _is_interrupting(element: AnyFlowNode) -> bool:
    if isinstance(element, SubProcess) and element.is_triggered_by_event:
        return all(node.is_interrupting for node in element.nodes if isinstance(node, StartEvent))
    return isinstance(element, BoundaryEvent) and element.is_interrupting


def _default(
    element: AnyFlowNode, outgoing: Iterable[int], flows: list[SequenceFlow]
) -> int | None:
    if not isinstance(element, Gateway | Activity) or element.default is None:
        return None
    return next((index for index in outgoing if flows[index].id == element.default), None)


def _start_events(work: _Compilation) -> tuple[int, ...]:
    members = work.scopes[0].members
    return tuple(index for index in members if _begins(work, work.nodes[index]))


def _all_starts(work: _Compilation) -> tuple[dict[int, tuple[int, ...]], tuple[int, ...]]:
    """Return where the process starts at each of its start events, and without naming one."""
    return {index: (index,) for index in _start_events(work)}, _starts(work, work.scopes[0])


def _scope(work: _Compilation, scope: _ScopeDraft) -> ScopeNode:
    return ScopeNode(
        index=scope.index,
        parent=scope.parent,
        owner=scope.owner,
        starts=() if _is_body(work, scope) else _starts(work, scope),
        event_starts=_event_starts(work, scope),
        beside=_beside(work, scope) if work.starts_all_alone else (),
    )


def _event_starts(work: _Compilation, scope: _ScopeDraft) -> tuple[int, ...]:
    """Return the start events of the event sub-processes directly in a scope."""
    inner = [work.nodes[index].inner_scope for index in scope.members if _is_event(work, index)]
    return tuple(
        index
        for found in inner
        if found is not None
        for index in work.scopes[found].members
        if isinstance(work.nodes[index].element, StartEvent)
    )


def _is_event(work: _Compilation, index: int | None) -> bool:
    """Return whether a node is an event sub-process."""
    element = None if index is None else work.nodes[index].element
    return isinstance(element, SubProcess) and element.is_triggered_by_event


def _is_body(work: _Compilation, scope: _ScopeDraft) -> bool:
    owner = None if scope.owner is None else work.nodes[scope.owner]
    return owner is not None and (owner.instance, owner.inner) != (None, None)


def _starts(work: _Compilation, scope: _ScopeDraft) -> tuple[int, ...]:
    """Return the none start events; without any start event, all that nothing leads to (13.2).

    An event sub-process starts at its event, once that has occurred.
    """
    members = [work.nodes[index] for index in scope.members]
    if any(_begins(work, member) for member in members):
        return tuple(
            member.index
            for member in members
            if isinstance(member.element, StartEvent)
            and (member.element.definition is None or _is_event(work, scope.owner))
        )
    return tuple(
        member.index
        for member in members
        if not member.incoming and not _stands_apart(member.element)
    )


def _beside(work: _Compilation, scope: _ScopeDraft) -> tuple[int, ...]:
    """Return what begins beside the start events of a scope, as nothing leads to it (10.3)."""
    members = [work.nodes[index] for index in scope.members]
    if not any(isinstance(member.element, StartEvent) for member in members):
        return ()
    return tuple(
        member.index
        for member in members
        if not member.incoming
        and not _begins(work, member)
        and not _stands_apart(member.element)
        and not _instantiates(member.element)
    )


def _instantiates(element: AnyFlowNode) -> bool:
    return isinstance(element, Gateway) and element.is_instantiating


def _stands_apart(element: AnyFlowNode) -> bool:
    """Return whether only an event, or compensation, brings a token to the element."""
    match element:
        case BoundaryEvent() | SubProcess(is_triggered_by_event=True):
            return True
        case _:
            return isinstance(element, Activity) and element.is_for_compensation


def _begins(work: _Compilation, draft: _Draft) -> bool:
    """Tell whether the node is a start event or does the work of one (section 13.2)."""
    if isinstance(draft.element, StartEvent):
        return True
    if isinstance(draft.element, Task):
        is_after = any(_starts_process(work, flow) for flow in draft.incoming)
        return draft.element.is_instantiating or is_after
    return isinstance(draft.element, IntermediateCatchEvent) and any(
        _starts_process(work, flow) for flow in draft.incoming
    )


def _starts_process(work: _Compilation, flow: int) -> bool:
    source = work.nodes[work.outer[work.flows[flow].source]].element
    return isinstance(source, Gateway) and source.is_instantiating


def flow_ids(graph: ProcessGraph, edges: Iterable[int]) -> tuple[FlowId, ...]:
    """Return the ids of edges."""
    return tuple(graph.edges[index].flow_id for index in edges)
