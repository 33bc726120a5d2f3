"""A first migration plan: the elements of two process graphs compared, for a person to edit."""

from __future__ import annotations

from dataclasses import dataclass, field

from bpmn_engine.graph.nodes import Node, NodeKind, ProcessGraph
from bpmn_engine.kernel.correspondence import difference, gateway_before, host_of, inner_of
from bpmn_engine.kernel.migration_plan import ElementMapping, MigrationPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationProposal:
    """A plan, and what to look at before it is used."""

    plan: MigrationPlan
    guessed: tuple[str, ...]  #: element ids of the source that were matched by name
    unmapped: tuple[str, ...]  #: element ids of the source
    added: tuple[str, ...]  #: element ids of the target that nothing is mapped to


@dataclass(slots=True)
class _Matching:
    source: ProcessGraph
    target: ProcessGraph
    nodes: dict[int, int] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    guessed: list[str] = field(default_factory=list)

    def match(self, source: Node, target: Node) -> None:
        """Map an element, and the instance in the body of a loop with it."""
        self.nodes[source.index] = target.index
        self.taken.add(target.index)
        one, other = inner_of(source), inner_of(target)
        if one is not None and other is not None:
            self.nodes[one] = other


def propose(
    source: ProcessGraph, target: ProcessGraph, *, is_updated: bool = False
) -> MigrationProposal:
    """Compare two process graphs.

    An element is mapped to the one with its id, if that is of the same kind, in the same scope and
    at the same activity; else to the only one of its name that is. What is open is updated
    everywhere, or nowhere.
    """
    work = _Matching(source, target)
    for scope in source.scopes:
        inside = [node for node in _elements(source) if node.scope == scope.index]
        # Activities and gateways before the events that belong to them.
        inside.sort(key=lambda node: _is_dependent(source, node))
        for node in inside:
            _match_by_id(work, node)
        for node in inside:
            if node.index not in work.nodes:
                _match_by_name(work, node)
        for node in inside:
            if node.index not in work.nodes:
                _match_by_id(work, node)  # its activity may have been matched by name
    return MigrationProposal(
        plan=MigrationPlan(
            mappings=tuple(
                ElementMapping(
                    source=node.element_id,
                    target=target.nodes[work.nodes[node.index]].element_id,
                    is_updated=is_updated,
                )
                for node in _elements(source)
                if node.index in work.nodes
            )
        ),
        guessed=tuple(work.guessed),
        unmapped=tuple(
            str(node.element_id) for node in _elements(source) if node.index not in work.nodes
        ),
        added=tuple(
            str(node.element_id) for node in _elements(target) if node.index not in work.taken
        ),
    )


def alike(source: ProcessGraph, target: ProcessGraph) -> dict[str, tuple[str, ...]]:
    """Return, for each element of the source, those of the target that are of its kind."""
    return {
        node.element_id: tuple(
            str(other.element_id) for other in _elements(target) if difference(node, other) is None
        )
        for node in _elements(source)
    }


def names(graph: ProcessGraph) -> dict[str, str]:
    """Return what people call each element: its name, else its id."""
    return {node.element_id: node.name or node.element_id for node in _elements(graph)}


def _elements(graph: ProcessGraph) -> list[Node]:
    return [node for node in graph.nodes if node.ref == node.element_id]


def _is_dependent(graph: ProcessGraph, node: Node) -> bool:
    return node.kind is NodeKind.BOUNDARY or gateway_before(graph, node) is not None


def _match_by_id(work: _Matching, node: Node) -> None:
    same = work.target.node(node.element_id)
    if same is not None and same.ref == same.element_id and _fits(work, node, same):
        work.match(node, same)


def _match_by_name(work: _Matching, node: Node) -> None:
    if not node.name:
        return
    same = [
        other
        for other in _elements(work.target)
        if other.name == node.name and _fits(work, node, other)
    ]
    if len(same) == 1:
        work.match(node, same[0])
        work.guessed.append(str(node.element_id))


def _fits(work: _Matching, node: Node, other: Node) -> bool:
    if other.index in work.taken or difference(node, other) is not None:
        return False
    one, another = inner_of(node), inner_of(other)
    if one is not None and another is not None:
        inside = difference(work.source.nodes[one], work.target.nodes[another])
        if inside is not None:
            return False
    around = work.source.scopes[node.scope].owner
    expected = None if around is None else work.nodes.get(around, -1)
    if work.target.scopes[other.scope].owner != expected:
        return False
    if node.kind is NodeKind.BOUNDARY:
        host = host_of(work.source, node).index
        return work.nodes.get(host) == host_of(work.target, other).index
    gateway = gateway_before(work.source, node)
    if gateway is not None:
        return work.nodes.get(gateway) == gateway_before(work.target, other)
    return True
