"""Ad-hoc sub-process (BPMN 2.0.2, section 13.3.5)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.ad_hoc import begin
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.state import Incident


class AdHocSubProcessBehavior(PlainBehavior):
    """Its activities begin in any order; what ends it is decided in `kernel.ad_hoc`."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Let what begins with it begin."""
        return begin(draft, key, node)

    @override
    def on_resolve(self, draft: Draft, key: ElementKey, node: Node, incident: Incident) -> None:
        """Begin, or ask the completion condition again."""
        if key in draft.memory.loops:
            draft.touched[key] = None
        else:
            super().on_resolve(draft, key, node, incident)
