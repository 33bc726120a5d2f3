"""Compensation throw and cancel end events (BPMN 2.0.2, sections 13.5.5 and 13.5.6)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import CompensationSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.compensation import cancel_transaction, compensate, visible
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.moves import complete


class CompensationThrowBehavior(PlainBehavior):
    """Compensates completed activities; intermediate or end."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Start the handlers; stay active until they have ended, unless told not to wait."""
        if not isinstance(node.spec, CompensationSpec):
            raise TypeError(f"Expected {node.element_id} to compensate, but it does not.")
        claims = visible(draft, draft.memory.visits[key].scope, node.spec.activity)
        if claims:
            compensate(draft, claims, key if node.spec.waits else None)
        if not claims or not node.spec.waits:
            complete(draft, key)
        return None

    @override
    def on_instance_ended(self, draft: Draft, key: ElementKey, node: Node) -> None:
        """The handlers have ended."""
        complete(draft, key)


class CancelEndBehavior(PlainBehavior):
    """Cancels the transaction it stands in."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Consume the token, then cancel the transaction."""
        scope = draft.memory.visits[key].scope
        complete(draft, key)
        if key not in draft.memory.visits:
            cancel_transaction(draft, scope)
        return None
