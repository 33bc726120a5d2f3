"""Intermediate catch events and receive tasks (BPMN 2.0.2, sections 13.5.2 and 13.3.3)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.waiting import open_wait, plan_all


class CatchBehavior(PlainBehavior):
    """Waits for its trigger."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Open its waits. A timer whose date has passed is due at once."""
        planned = plan_all(draft, key, node)
        if isinstance(planned, Failure):
            return planned
        for wait in planned:
            open_wait(draft, key, wait)
        return None
