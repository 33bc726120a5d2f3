"""Message, signal and escalation throw and end events (BPMN 2.0.2, sections 13.5.2, 13.5.6)."""

from __future__ import annotations

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import EscalationSpec, MessageSpec, SignalSpec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.effects import BroadcastSignal, PublishMessage
from bpmn_engine.kernel.escalation import catcher_of, escalate
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.state import WaitKind
from bpmn_engine.kernel.triggers import trigger
from bpmn_engine.kernel.waiting import text_of
from bpmn_engine.values import JsonValue


class MessageThrowBehavior(PlainBehavior):
    """Publishes a message to whoever waits for its name and correlation key."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Publish, and go on without waiting for anybody to receive it."""
        if not isinstance(node.spec, MessageSpec):
            raise TypeError(f"Expected {node.element_id} to throw a message, but it does not.")
        name = text_of(draft, key, node.spec.name, "The message's name")
        if isinstance(name, Failure):
            return name
        correlation_key = draft.memory.business_key
        if node.spec.correlation_key is not None:
            given = text_of(draft, key, node.spec.correlation_key, "The correlation key")
            if isinstance(given, Failure):
                return given
            correlation_key = given
        draft.effects.append(
            PublishMessage(
                node=node.index,
                name=name,
                correlation_key=correlation_key,
                variables=local_variables(draft, key),
            )
        )
        complete(draft, key)
        return None


class SignalThrowBehavior(PlainBehavior):
    """Broadcasts a signal.

    What waits for it in this instance is triggered at once: a sub-process whose last act is to
    throw it is still open then. All other instances hear it afterwards.
    """

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Broadcast, and go on."""
        if not isinstance(node.spec, SignalSpec):
            raise TypeError(f"Expected {node.element_id} to throw a signal, but it does not.")
        name = text_of(draft, key, node.spec.name, "The signal's name")
        if isinstance(name, Failure):
            return name
        variables = local_variables(draft, key)
        draft.effects.append(BroadcastSignal(node=node.index, name=name, variables=variables))
        waiting = [draft.memory.waits[wait] for wait in sorted(draft.memory.listening)]
        complete(draft, key)
        for wait in waiting:
            is_meant = wait.kind is WaitKind.SIGNAL and wait.name == name
            if is_meant and wait.key in draft.memory.waits:
                trigger(draft, wait, variables)
        return None


class EscalationThrowBehavior(PlainBehavior):
    """Throws an escalation to the innermost catcher and goes on, unless that interrupts it."""

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Find who catches, go on, then let it be caught."""
        if not isinstance(node.spec, EscalationSpec):
            raise TypeError(f"Expected {node.element_id} to throw an escalation.")
        code = None
        if node.spec.code is not None:
            given = text_of(draft, key, node.spec.code, "The escalation code")
            if isinstance(given, Failure):
                return given
            code = given
        variables = local_variables(draft, key)
        caught = catcher_of(draft, key, code)
        complete(draft, key)
        escalate(draft, caught, node.index, code, variables)
        return None


def local_variables(draft: Draft, key: ElementKey) -> dict[str, JsonValue]:
    """Return what input mappings put into the event: its payload."""
    own = draft.memory.variables.get(key)
    return {} if own is None else dict(sorted(own.items()))
