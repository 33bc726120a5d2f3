"""User task (BPMN 2.0.2, section 13.3.3): offered, claimed, completed."""

from __future__ import annotations

from immutables import Map
from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.listening import change_task
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.offers import offer, task_of
from bpmn_engine.kernel.state import Incident, ListenerAt, Wait
from bpmn_engine.model.listeners import ListenerEvent
from bpmn_engine.values import Variables


class UserTaskBehavior(PlainBehavior):
    """Waits, active, until a person completes it."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Work out who may do it and by when, and offer it."""
        return offer(draft, key, node)

    @override
    def on_trigger(self, draft: Draft, wait: Wait, variables: Variables) -> None:
        """A person completed it; listeners are called first."""
        node = draft.node_of(wait.visit)
        if node.listeners is None or not node.listeners.completing:
            complete(draft, wait.visit, variables, answered=wait.key)
            return
        at = ListenerAt(event=ListenerEvent.COMPLETING, variables=Map(variables))
        change_task(draft, wait.visit, node, at)

    @override
    def on_resolve(self, draft: Draft, key: ElementKey, node: Node, incident: Incident) -> None:
        """A task that is still offered just goes on being offered."""
        if task_of(draft, key) is None:
            super().on_resolve(draft, key, node, incident)
