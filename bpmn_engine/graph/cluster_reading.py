"""Which processes read cluster variables (Camunda 8.9): only for those they are looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Final

from bpmn_engine.graph.nodes import ProcessGraph

CAMUNDA: Final = "camunda"
"""What cluster variables are read by in FEEL: `camunda.vars.env.NAME`."""


def reads_cluster(graph: ProcessGraph) -> bool:
    """Return whether an expression of a process reads the name that cluster variables have."""
    pending: list[object] = [graph.nodes, graph.edges, graph.scopes, graph.listeners]
    while pending:
        one = pending.pop()
        names = getattr(one, "names", None)
        if isinstance(names, frozenset) and CAMUNDA in names:
            return True
        if isinstance(one, Mapping):
            pending.extend(one.values())
        elif isinstance(one, tuple):
            pending.extend(one)
        elif is_dataclass(one):
            pending.extend(getattr(one, each.name) for each in fields(one))
    return False
