"""From where a token can still come to an inclusive join (BPMN 2.0.2, section 13.4.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from bpmn_engine.graph.nodes import Edge, Node, NodeKind

_LOOKING_BACK: Final = frozenset({NodeKind.INCLUSIVE, NodeKind.COMPLEX})
"""Kinds of joins that ask whether a token can still come."""


def inclusive_reachability(
    nodes: Sequence[Node], edges: Sequence[Edge], *, through_boundaries: bool
) -> Mapping[int, int]:
    """Return, for each edge into such a gateway, the nodes that reach it around the gateway.

    The value is a bit set over node indexes. With `through_boundaries` an activity also reaches
    what its boundary events reach, because a token inside it may leave through them.
    """
    into: defaultdict[int, list[int]] = defaultdict(list)
    for edge in edges:
        into[edge.target].append(edge.source)
    for node in nodes if through_boundaries else ():
        for boundary in node.boundaries:
            into[boundary].append(node.index)
    joins = (n for n in nodes if n.kind in _LOOKING_BACK and len(n.incoming) > 1)
    return {
        edge: _sources(edges[edge].source, join.index, into)
        for join in joins
        for edge in join.incoming
    }


def _sources(start: int, without: int, into: Mapping[int, Iterable[int]]) -> int:
    if start == without:
        return 0
    seen = {start}
    stack = [start]
    while stack:
        for source in into.get(stack.pop(), ()):
            if source not in seen and source != without:
                seen.add(source)
                stack.append(source)
    found = 0
    for index in seen:
        found |= 1 << index
    return found
