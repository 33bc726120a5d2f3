"""Embedded sub-process (BPMN 2.0.2, section 13.3.4)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.moves import complete


class SubProcessBehavior(PlainBehavior):
    """Runs its contents in a scope of its own and completes when nothing is left in it."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Send a token to every start; an empty sub-process is complete."""
        starts = () if node.inner_scope is None else draft.graph.scopes[node.inner_scope].starts
        if not starts:
            complete(draft, key)
        for start in starts:
            draft.arrive(draft.graph.nodes[start], key)
        return None
