"""Listeners that no element's visit calls: of flows, of terminated visits, of the process."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node, NodeKind
from bpmn_engine.graph.specs import ProcessStartSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.closing import begin_all, end_closed
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.termination import end_instance
from bpmn_engine.values import Variables


class ListenersBehavior(PlainBehavior):
    """Its listeners are done when it becomes active; then the process goes on, or ends."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Leave, and do what was waiting for the listeners."""
        own: Variables = draft.memory.variables.get(key, NOTHING)
        complete(draft, key)
        match node.kind:
            case NodeKind.PROCESS_START if isinstance(node.spec, ProcessStartSpec):
                begin_all(draft, tuple(draft.graph.nodes[index] for index in node.spec.starts))
            case NodeKind.PROCESS_END:
                end_instance(draft, InstanceStatus.COMPLETED)
            case NodeKind.PROCESS_CANCEL:
                end_closed(draft, own)
            case _:
                pass
        return None
