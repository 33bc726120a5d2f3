"""The open visits of an instance, each with the scope around it."""

from __future__ import annotations

from dataclasses import dataclass

from bpmn_engine.graph.nodes import NodeKind
from bpmn_engine.ids import Key
from bpmn_engine.service.outcomes import Problem, not_found
from bpmn_engine.service.use_cases import UseCases
from bpmn_engine.store import instances
from bpmn_engine.store.database import Session
from bpmn_engine.store.states import read_state

_BODIES = frozenset({NodeKind.MULTI_INSTANCE, NodeKind.STANDARD_LOOP})


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitNode:
    """One open visit."""

    visit: int
    scope: int  #: the visit around it; 0 = the instance
    element_id: str
    element_type: str
    name: str | None
    is_loop_body: bool  #: around the instances of an activity


class VisitTree(UseCases):
    """Where an instance is, scope by scope."""

    def visit_tree(self, key: int) -> tuple[VisitNode, ...] | Problem:
        """Return the open visits of an instance, in the order of entry."""

        def query(session: Session) -> tuple[VisitNode, ...] | Problem:
            row = next(iter(instances.load(session, (Key(key),))), None)
            if row is None:
                return not_found("process instance", key)
            graph = self._graphs.get(session, row.definition_key)
            state = read_state(session, graph, row)
            return tuple(
                VisitNode(
                    visit=visit,
                    scope=opened.scope,
                    element_id=graph.nodes[opened.node].element_id,
                    element_type=graph.nodes[opened.node].element_type,
                    name=graph.nodes[opened.node].name,
                    is_loop_body=graph.nodes[opened.node].kind in _BODIES,
                )
                for visit, opened in sorted(state.visits.items())
            )

        return self._read(query)
