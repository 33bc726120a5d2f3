"""Conditions that can all be false, so that a token has nowhere to go."""

from __future__ import annotations

from bpmn_engine.analysis.elements import Subject, label
from bpmn_engine.analysis.propositions import cover_every_case
from bpmn_engine.graph.nodes import Node, NodeKind, ProcessGraph
from bpmn_engine.model.definitions import Violation


def should_always_find_a_flow(subject: Subject) -> list[Violation]:
    """A choice has a default flow, a flow without condition, or conditions that leave nothing."""
    return [
        subject.warning(
            "no-default-flow",
            str(node.element_id),
            f"When no condition out of {label(node)} is true, the instance stops there with an "
            "incident. Make one of its flows the default flow.",
        )
        for node in subject.graph.nodes
        if node.has_conditions
        and node.kind is not NodeKind.PARALLEL
        and node.default is None
        and not _is_exhaustive(subject.graph, node)
    ]


def _is_exhaustive(graph: ProcessGraph, node: Node) -> bool:
    texts: list[str] = []
    for index in node.outgoing:
        condition = graph.edges[index].condition
        if condition is None:
            return True
        texts.append(condition.source)
    return cover_every_case(texts)
