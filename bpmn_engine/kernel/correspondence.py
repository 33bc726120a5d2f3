"""A migration plan held against both process graphs: what it maps, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from bpmn_engine.expressions.language import (
    Expression,
    Language,
    SyntaxFailure,
    compile_expression,
)
from bpmn_engine.graph.nodes import Node, NodeKind, ProcessGraph
from bpmn_engine.graph.specs import (
    CancelSpec,
    CompensationSpec,
    ConditionSpec,
    ErrorSpec,
    EscalationSpec,
    MessageSpec,
    MultiInstanceSpec,
    SignalSpec,
    Spec,
    StandardLoopSpec,
    TimerSpec,
    TransactionSpec,
    needs_all,
    parts_of,
)
from bpmn_engine.ids import ElementId, FlowId
from bpmn_engine.kernel.migration_plan import MigrationPlan, ScopeChange
from bpmn_engine.model.definitions import Violation
from bpmn_engine.values import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledChange:
    """A `ScopeChange`, ready to be done."""

    node: int | None  #: in the target; None = the instance's own scope
    values: Variables
    expressions: Mapping[str, Expression]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Correspondence:
    """A plan that fits both graphs: node to node and edge to edge, by index."""

    source: ProcessGraph
    target: ProcessGraph
    nodes: Mapping[int, int]
    edges: Mapping[int, int]
    updated: frozenset[int]  #: nodes of the source whose waits say what the target says
    changes: tuple[CompiledChange, ...]


@dataclass(slots=True)
class _Work:
    """What the checks read and find."""

    source: ProcessGraph
    target: ProcessGraph
    nodes: dict[int, int] = field(default_factory=dict)
    edges: dict[int, int] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    def refuse(self, rule: str, element_id: str, expected: str, actual: str) -> None:
        """Note what is wrong with the plan."""
        message = f"Expected {expected}, but {actual}."
        self.violations.append(
            Violation(rule=f"migration.{rule}", message=message, element_id=ElementId(element_id))
        )


def correspond(
    source: ProcessGraph, target: ProcessGraph, plan: MigrationPlan
) -> Correspondence | tuple[Violation, ...]:
    """Hold a plan against both graphs; return every reason why it does not fit."""
    work = _Work(source, target)
    updated = _map_elements(work, plan)
    for index, other in work.nodes.items():
        _check(work, source.nodes[index], target.nodes[other])
    _map_flows(work, plan)
    changes = tuple(_compiled(work, change) for change in plan.variables)
    if work.violations:
        return tuple(work.violations)
    return Correspondence(
        source=source,
        target=target,
        nodes=work.nodes,
        edges=work.edges,
        updated=updated,
        changes=changes,
    )


def difference(source: Node, target: Node) -> str | None:
    """Say why what is at one element cannot go on at another; None: it can."""
    if source.kind is not target.kind:
        return f"{target.element_id} is of another kind: {_kind(source)} became {_kind(target)}"
    one, other = source.spec, target.spec
    if _triggers(one) != _triggers(other) or needs_all(one) is not needs_all(other):
        return (
            f"{target.element_id} has another trigger: "
            f"{_trigger_words(one)} became {_trigger_words(other)}"
        )
    if isinstance(one, TransactionSpec) is not isinstance(other, TransactionSpec):
        return f"only one of them is a transaction, {source.element_id} or {target.element_id}"
    if isinstance(one, MultiInstanceSpec) and isinstance(other, MultiInstanceSpec):
        if one.is_sequential is not other.is_sequential:
            return f"the instances of {target.element_id} run {_order(other)}, not {_order(one)}"
        return None
    is_event = source.kind is NodeKind.EVENT_SUB_PROCESS
    if is_event and source.is_interrupting is not target.is_interrupting:
        return f"only one of them interrupts, {source.element_id} or {target.element_id}"
    return None


def inner_of(node: Node) -> int | None:
    """Return the node of one instance, for the body of a loop."""
    if isinstance(node.spec, MultiInstanceSpec | StandardLoopSpec):
        return node.spec.inner
    return None


def host_of(graph: ProcessGraph, boundary: Node) -> Node:
    """Return the activity that a boundary event is attached to."""
    return next(node for node in graph.nodes if boundary.index in node.boundaries)


def gateway_before(graph: ProcessGraph, node: Node) -> int | None:
    """Return the event-based gateway that waits for an event in its place."""
    for flow in node.incoming:
        gateway = graph.nodes[graph.edges[flow].source]
        if gateway.kind is NodeKind.EVENT_BASED:
            return gateway.index
    return None


def element_of(graph: ProcessGraph, element_id: str) -> Node | None:
    """Return the node of an element as it is seen from outside."""
    node = graph.node(element_id)
    return node if node is not None and node.ref == node.element_id else None


_TRIGGER_WORDS: Final[Mapping[type[Spec], str]] = {
    TimerSpec: "timer",
    MessageSpec: "message",
    SignalSpec: "signal",
    ConditionSpec: "condition",
    ErrorSpec: "error",
    EscalationSpec: "escalation",
    CompensationSpec: "compensation",
    CancelSpec: "cancel",
}


def _triggers(spec: Spec | None) -> list[str]:
    found = (_TRIGGER_WORDS.get(type(part)) for part in parts_of(spec))
    return sorted(word for word in found if word is not None)


def _trigger_words(spec: Spec | None) -> str:
    return " and ".join(_triggers(spec)) or "none"


def _kind(node: Node) -> str:
    words = {
        NodeKind.MULTI_INSTANCE: f"multi-instance {node.element_type}",
        NodeKind.STANDARD_LOOP: f"looping {node.element_type}",
    }
    return words.get(node.kind, f"{node.element_type} ({node.kind.value})")


def _order(spec: MultiInstanceSpec) -> str:
    return "one after the other" if spec.is_sequential else "at the same time"


# Elements -------------------------------------------------------------------------------------


def _map_elements(work: _Work, plan: MigrationPlan) -> frozenset[int]:
    updated: set[int] = set()
    for mapping in plan.mappings:
        source = element_of(work.source, mapping.source)
        target = element_of(work.target, mapping.target)
        if source is None or target is None:
            missing, side = (
                (mapping.source, "source") if source is None else (mapping.target, "target")
            )
            work.refuse(
                "element", missing, f"the {side} to have an element {missing!r}", "it has none"
            )
        elif source.index in work.nodes:
            work.refuse(
                "twice", mapping.source, f"{mapping.source} to be mapped once", "it is twice"
            )
        else:
            _map(work, source, target, updated if mapping.is_updated else set())
    return frozenset(updated)


def _map(work: _Work, source: Node, target: Node, updated: set[int]) -> None:
    """Map an element, and the instance in the body of a loop with it."""
    work.nodes[source.index] = target.index
    updated.add(source.index)
    one, other = inner_of(source), inner_of(target)
    if one is not None and other is not None:
        work.nodes[one] = other
        updated.add(one)


def _check(work: _Work, source: Node, target: Node) -> None:
    why_not = difference(source, target)
    if why_not is not None:
        work.refuse("kind", source.element_id, f"{source.element_id} to go on elsewhere", why_not)
        return
    _check_scope(work, source, target)
    if source.kind is NodeKind.BOUNDARY:
        _check_owner(work, source, target, lambda graph, node: host_of(graph, node).index)
    if gateway_before(work.source, source) is not None:
        _check_owner(work, source, target, gateway_before)
    if source.kind in {NodeKind.BOUNDARY, NodeKind.START}:
        same = [index for index, other in work.nodes.items() if other == target.index]
        if len(same) > 1 and same[0] != source.index:
            work.refuse(
                "target", source.element_id, f"one event to become {target.element_id}", "two do"
            )


def _check_scope(work: _Work, source: Node, target: Node) -> None:
    """Hold a mapping to the scopes around both elements: nobody is moved in or out."""
    one = work.source.scopes[source.scope].owner
    other = work.target.scopes[target.scope].owner
    if one is None and other is None:
        return
    around, found = _name(work.source, one), _name(work.target, other)
    if one is not None and one not in work.nodes:
        actual = f"{around}, which it is in, is not mapped"
    elif one is not None and work.nodes[one] == other:
        return
    else:
        wanted = "the process" if one is None else _name(work.target, work.nodes[one])
        actual = f"{target.element_id} is in {found}, not in {wanted}"
    work.refuse("scope", source.element_id, f"{source.element_id} to stay in {around}", actual)


def _check_owner(
    work: _Work,
    source: Node,
    target: Node,
    owner_of: Callable[[ProcessGraph, Node], int | None],
) -> None:
    """Hold an event to the activity or gateway that waits for it."""
    one, other = owner_of(work.source, source), owner_of(work.target, target)
    if one is not None and work.nodes.get(one) == other:
        return
    place = _name(work.source, one)
    actual = (
        f"{place} is not mapped"
        if one not in work.nodes
        else f"{target.element_id} belongs to {_name(work.target, other)}"
    )
    work.refuse("event", source.element_id, f"{source.element_id} to stay with {place}", actual)


def _name(graph: ProcessGraph, index: int | None) -> str:
    return "the process" if index is None else str(graph.nodes[index].element_id)


# Flows ----------------------------------------------------------------------------------------


def _map_flows(work: _Work, plan: MigrationPlan) -> None:
    named = {mapping.source: mapping.target for mapping in plan.flows}
    for one, other in named.items():
        _map_flow(work, one, other)
    for edge in work.source.edges:
        target = work.nodes.get(edge.target)
        if edge.flow_id in named or target is None:
            continue
        found = work.target.edge_by_id.get(edge.flow_id)
        if found is None or work.target.edges[found].target != target:
            found = _only_flow(work, work.nodes.get(edge.source), target)
        if found is not None and found not in work.edges.values():
            work.edges[edge.index] = found


def _map_flow(work: _Work, one: str, other: str) -> None:
    source = work.source.edge_by_id.get(FlowId(one))
    target = work.target.edge_by_id.get(FlowId(other))
    if source is None or target is None:
        side, flow_id = ("source", one) if source is None else ("target", other)
        work.refuse("flow", flow_id, f"the {side} to have a flow {flow_id!r}", "it has none")
        return
    if target in work.edges.values():
        work.refuse("flow", one, f"one flow to become {other}", "two do")
        return
    join = work.source.edges[source].target
    if work.nodes.get(join) != work.target.edges[target].target:
        work.refuse(
            "flow",
            one,
            f"{other} to lead where {_name(work.source, join)} is mapped to",
            f"it leads to {_name(work.target, work.target.edges[target].target)}",
        )
        return
    work.edges[source] = target


def _only_flow(work: _Work, source: int | None, target: int) -> int | None:
    if source is None:
        return None
    found = [
        index
        for index in work.target.nodes[source].outgoing
        if work.target.edges[index].target == target
    ]
    return found[0] if len(found) == 1 else None


# Variables ------------------------------------------------------------------------------------


def _compiled(work: _Work, change: ScopeChange) -> CompiledChange:
    node = None if change.element_id is None else element_of(work.target, change.element_id)
    if change.element_id is not None and node is None:
        work.refuse(
            "variables",
            change.element_id,
            f"the target to have an element {change.element_id!r}",
            "it has none",
        )
    return CompiledChange(
        node=None if node is None else node.index,
        values=change.values,
        expressions=dict(_expressions(work, change)),
        removed=change.removed,
    )


def _expressions(work: _Work, change: ScopeChange) -> Iterator[tuple[str, Expression]]:
    for name, text in change.expressions.items():
        compiled = compile_expression(text, default=Language.FEEL)
        if isinstance(compiled, SyntaxFailure):
            work.refuse(
                "expression",
                change.element_id or "",
                f"an expression for {name}",
                f"{text!r} is none (line {compiled.line}, column {compiled.column}): "
                f"{compiled.message}",
            )
        else:
            yield name, compiled
