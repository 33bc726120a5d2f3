"""Embedded and event sub-processes (BPMN 2.0.2, sections 13.3.4 and 13.5.4)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.triggers import open_event_scope


class SubProcessBehavior(PlainBehavior):
    """Runs its contents in a scope of its own and completes when nothing is left in it."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Wait for its event sub-processes and send a token to every start.

        An empty sub-process is complete. An event sub-process starts at its event, which has
        occurred.
        """
        if node.inner_scope is None:
            complete(draft, key)
            return None
        failure = open_event_scope(draft, key, node.inner_scope)
        if failure is not None:
            return failure
        scope = draft.graph.scopes[node.inner_scope]
        starts = (*scope.starts, *scope.beside)
        if not starts:
            complete(draft, key)
        for start in starts:
            draft.arrive(draft.graph.nodes[start], key)
        return None
