"""What an operator can name to change an instance."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Final

from bpmn_engine.graph.nodes import Node, NodeKind, ProcessGraph
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.state import InstanceState
from bpmn_engine.service.outcomes import Problem, not_found
from bpmn_engine.service.read_once import instance_row, instance_state
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import queries_history
from bpmn_engine.store.database import Session
from bpmn_engine.views.instances import ChangeChoices, ElementChoice

_BEGUN_BY_EVENTS: Final = frozenset({NodeKind.BOUNDARY, NodeKind.EVENT_SUB_PROCESS})


class ChangeReading(UseCases):
    """What is read before an instance is changed by hand."""

    def change_choices(self, key: int) -> ChangeChoices | Problem:
        """Return where an instance is and was, and where else it could be."""

        def query(session: Session) -> ChangeChoices | Problem:
            row = instance_row(session, Key(key))
            if row is None:
                return not_found("process instance", key)
            graph = self._graphs.get(session, row.definition_key)
            state = instance_state(session, graph, row)
            visited = queries_history.visited_elements(session, row.key)
            elements = tuple(_elements(graph))
            return ChangeChoices(
                open=tuple(_open(graph, state)),
                skippable=tuple(_open(graph, state, is_inner_left_out=True)),
                visited=tuple(one for one in elements if one.element_id in visited),
                elements=elements,
                offered=tuple(_offered(graph, state)),
            )

        return self._read(query)


def _choice(node: Node, visit: ElementKey | None = None) -> ElementChoice:
    return ElementChoice(
        element_id=node.element_id,
        name=node.name,
        element_type=node.element_type,
        visit=visit,
    )


def _elements(graph: ProcessGraph) -> Iterator[ElementChoice]:
    for node in graph.nodes:
        if node.ref == node.element_id and node.kind not in _BEGUN_BY_EVENTS:
            yield _choice(node)


def _open(
    graph: ProcessGraph, state: InstanceState, *, is_inner_left_out: bool = False
) -> Iterator[ElementChoice]:
    for key, visit in sorted(state.visits.items(), key=itemgetter(0)):
        node = graph.nodes[visit.node]
        if node.ref == node.element_id or not is_inner_left_out:
            yield _choice(node, key)


def _offered(graph: ProcessGraph, state: InstanceState) -> Iterator[ElementChoice]:
    for key, visit in sorted(state.visits.items(), key=itemgetter(0)):
        node = graph.nodes[visit.node]
        is_open = state.states[key] is ElementState.ACTIVE
        if node.kind is NodeKind.AD_HOC and is_open and node.inner_scope is not None:
            for index in graph.scopes[node.inner_scope].starts:
                yield _choice(graph.nodes[index], key)
