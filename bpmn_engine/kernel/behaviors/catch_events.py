"""Intermediate catch events and receive tasks (BPMN 2.0.2, sections 13.5.2 and 13.3.3)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import MessageSpec, SignalSpec, TimerSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.waiting import open_wait, plan


class CatchBehavior(PlainBehavior):
    """Waits for its trigger."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Open the wait. A timer whose date has passed is due at once."""
        if not isinstance(node.spec, TimerSpec | MessageSpec | SignalSpec):
            raise TypeError(f"Expected {node.element_id} to have a trigger, but it has none.")
        planned = plan(draft, key, node, node.spec)
        if isinstance(planned, Failure):
            return planned
        open_wait(draft, key, planned)
        return None
