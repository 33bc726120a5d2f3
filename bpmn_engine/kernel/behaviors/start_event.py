"""Start events (BPMN 2.0.2, section 13.5.1)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import needs_all
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.instantiation import Occurrence, await_all
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.state import ROOT


class StartBehavior(PlainBehavior):
    """Its event has occurred and the token goes on.

    That of a process which needs several events is visited at the first and waits for the others.
    """

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Go on; or wait, when what kept it from waiting is resolved."""
        if needs_all(node.spec) and draft.memory.visits[key].scope == ROOT:
            return await_all(draft, key, node, Occurrence())
        complete(draft, key)
        return None
