"""Elements that no token can come to."""

from __future__ import annotations

from bpmn_engine.analysis.elements import Subject, label, listed
from bpmn_engine.graph.nodes import Edge, Node, NodeKind, ProcessGraph
from bpmn_engine.model.definitions import Violation

_NEVER = frozenset({"false", "= false", "=false", "${false}", "#{false}"})


def should_be_reachable(subject: Subject) -> list[Violation]:
    """A token can come to every element, and over every flow.

    Said once for each group of elements, of its first one, and once for each element whose flows
    are never taken: what comes only after these follows.
    """
    graph = subject.graph
    dead = never_taken(graph)
    reached = _reached(graph, dead)
    found = [
        _never_left_by(subject, graph.nodes[source], flows)
        for source, flows in _by_source(graph, dead).items()
    ]
    return found + [
        subject.warning(
            "unreachable",
            str(node.element_id),
            f"No token can come to {label(node)}, as no way leads to it from where the process "
            "starts. Draw one, or remove it.",
        )
        for node in graph.nodes
        if node.index not in reached and _is_first(graph, node, reached)
    ]


def _by_source(graph: ProcessGraph, dead: frozenset[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for edge in sorted(dead):
        found.setdefault(graph.edges[edge].source, []).append(edge)
    return found


def _never_left_by(subject: Subject, node: Node, flows: list[int]) -> Violation:
    edges = [subject.graph.edges[index] for index in flows]
    are_false = all(_is_false(edge) for edge in edges)
    why = (
        "their conditions are never true"
        if are_false
        else "an earlier flow has no condition and is always taken"
    )
    return subject.warning(
        "never-taken",
        str(node.element_id),
        f"Never taken out of {label(node)}: {listed(str(edge.flow_id) for edge in edges)}, as "
        f"{why}. Give each flow a condition and one of them the default, or remove them.",
    )


def never_taken(graph: ProcessGraph) -> frozenset[int]:
    """Return the flows that are surely not taken, whatever the data."""
    found: set[int] = set()
    for node in graph.nodes:
        certain = False
        for index in node.outgoing:
            condition = graph.edges[index].condition
            if node.kind is NodeKind.PARALLEL or index == node.default:
                continue
            if (certain and node.kind is NodeKind.EXCLUSIVE) or _is_false(graph.edges[index]):
                found.add(index)
            certain = certain or condition is None
        if certain and node.kind is NodeKind.EXCLUSIVE and node.default is not None:
            found.add(node.default)
    return frozenset(found)


def _is_false(edge: Edge) -> bool:
    return edge.condition is not None and edge.condition.source.strip() in _NEVER


def _reached(graph: ProcessGraph, dead: frozenset[int]) -> set[int]:
    """Follow flows, boundary events and sub-processes from what begins.

    An element without an incoming flow begins, or the rules of the standard have said that it
    does not.
    """
    reached = {
        node.index
        for node in graph.nodes
        if not node.incoming and node.element_type != "boundaryEvent" and node.scope == 0
    }
    stack = list(reached)
    inside: dict[int, list[int]] = {}
    for node in graph.nodes:
        if not node.incoming and node.element_type != "boundaryEvent":
            inside.setdefault(node.scope, []).append(node.index)
    while stack:
        node = graph.nodes[stack.pop()]
        following = [graph.edges[edge].target for edge in node.outgoing if edge not in dead]
        following += node.boundaries
        if node.inner_scope is not None:
            following += inside.get(node.inner_scope, [])
        for index in following:
            if index not in reached:
                reached.add(index)
                stack.append(index)
    return reached


def _is_first(graph: ProcessGraph, node: Node, reached: set[int]) -> bool:
    """Tell whether a group of elements that are not reached begins here."""
    owner = graph.scopes[node.scope].owner
    if owner is not None and owner not in reached:
        return False
    if node.element_type == "boundaryEvent":
        return False
    return _closes_a_circle(graph, node, reached)


def _closes_a_circle(graph: ProcessGraph, node: Node, reached: set[int]) -> bool:
    """Tell whether the node is the first, in the file, of all that lead to it: a circle."""
    seen: set[int] = set()
    stack = [graph.edges[edge].source for edge in node.incoming]
    while stack:
        index = stack.pop()
        if index in reached or index < node.index:
            return False
        if index not in seen:
            seen.add(index)
            stack += [graph.edges[edge].source for edge in graph.nodes[index].incoming]
    return node.index in seen
