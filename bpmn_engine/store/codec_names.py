"""Nodes, edges and scopes by name: what is stored never depends on how a release numbers them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import FlowId
from bpmn_engine.kernel.state import NO_NODE

_PROCESS: Final = ""
"""The name of the scope of the process itself; others have the ref of the node that opens them."""


class GraphNames:
    """Translates the indexes of one process graph. Unknown names raise KeyError."""

    __slots__ = ("_graph",)

    def __init__(self, graph: ProcessGraph) -> None:
        self._graph = graph

    def ref(self, node: int) -> str:
        """Return the ref of a node."""
        return self._graph.nodes[node].ref

    def node(self, ref: str) -> int:
        """Return the index of a node."""
        return self._graph.node_by_ref[ref]

    def flow(self, edge: int) -> str:
        """Return the flow id of an edge."""
        return self._graph.edges[edge].flow_id

    def flows(self, edges: Iterable[int]) -> list[str]:
        """Return the flow ids of edges."""
        return [self._graph.edges[edge].flow_id for edge in edges]

    def edge(self, flow_id: str) -> int:
        """Return the index of an edge."""
        return self._graph.edge_by_id[FlowId(flow_id)]

    def edges(self, flow_ids: Iterable[str]) -> tuple[int, ...]:
        """Return the indexes of edges."""
        return tuple(self._graph.edge_by_id[FlowId(flow_id)] for flow_id in flow_ids)

    def scope_ref(self, scope: int) -> str | None:
        """Return the name of a scope node; None for a scope that only holds variables."""
        if scope == NO_NODE:
            return None
        owner = self._graph.scopes[scope].owner
        return _PROCESS if owner is None else self._graph.nodes[owner].ref

    def scope(self, ref: str | None) -> int:
        """Return the index of a scope node."""
        if ref is None:
            return NO_NODE
        if ref == _PROCESS:
            return 0
        inner = self._graph.nodes[self._graph.node_by_ref[ref]].inner_scope
        if inner is None:
            raise KeyError(ref)
        return inner
