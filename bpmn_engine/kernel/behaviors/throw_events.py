"""Events that throw, intermediate and end (BPMN 2.0.2, sections 13.5.2 and 13.5.6)."""

from __future__ import annotations

from typing import NamedTuple

from typing_extensions import override

from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import EscalationSpec, MessageSpec, SignalSpec, Spec, parts_of
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behavior import PlainBehavior
from bpmn_engine.kernel.catching import Catcher
from bpmn_engine.kernel.data_moves import payload
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.effects import BroadcastSignal, PublishMessage
from bpmn_engine.kernel.escalation import catcher_of, escalate
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.moves import complete
from bpmn_engine.kernel.state import Wait, WaitKind
from bpmn_engine.kernel.triggers import trigger
from bpmn_engine.kernel.waiting import text_of
from bpmn_engine.values import JsonValue, Variables


class _Escalation(NamedTuple):
    """An escalation, and who catches it at the moment it is thrown."""

    code: str | None
    caught: Catcher[EscalationSpec] | None


_Thrown = PublishMessage | BroadcastSignal | _Escalation


class ThrowBehavior(PlainBehavior):
    """Throws a message, a signal or an escalation, or several of them, and goes on.

    Messages are published and signals broadcast afterwards. What already waits in this instance
    catches at once, after the token has gone on: a sub-process whose last act is to throw is still
    open then, and an interrupting catcher takes the token with it.
    """

    @override
    def on_activate(self, draft: Draft, key: ElementKey, node: Node) -> Failure | None:
        """Work out what is thrown and who is there to catch it, go on, then let it be caught."""
        variables = local_variables(draft, key)
        thrown: list[_Thrown] = []
        for spec in parts_of(node.spec):
            found = _thrown(draft, key, node, spec, variables)
            if isinstance(found, Failure):
                return found
            thrown.append(found)
        waiting = [draft.memory.waits[wait] for wait in sorted(draft.memory.listening)]
        draft.effects.extend(found for found in thrown if not isinstance(found, _Escalation))
        complete(draft, key)
        for found in thrown:
            _catch(draft, found, waiting, node, variables)
        return None


def _thrown(
    draft: Draft, key: ElementKey, node: Node, spec: Spec, variables: Variables
) -> _Thrown | Failure:
    match spec:
        case MessageSpec():
            return _message(draft, key, node, spec, variables)
        case SignalSpec():
            name = text_of(draft, key, spec.name, "The signal's name")
            if isinstance(name, Failure):
                return name
            return BroadcastSignal(
                node=node.index,
                name=name,
                variables=variables,
                heard_until=ElementKey(draft.memory.last_key),
            )
        case EscalationSpec(code=None):
            return _Escalation(None, catcher_of(draft, key, None))
        case EscalationSpec(code=expression) if expression is not None:
            code = text_of(draft, key, expression, "The escalation code")
            if isinstance(code, Failure):
                return code
            return _Escalation(code, catcher_of(draft, key, code))
        case _:
            raise TypeError(f"Expected {node.element_id} to throw, but not {spec}.")


def _message(
    draft: Draft, key: ElementKey, node: Node, spec: MessageSpec, variables: Variables
) -> PublishMessage | Failure:
    name = text_of(draft, key, spec.name, "The message's name")
    if isinstance(name, Failure):
        return name
    correlation_key = draft.memory.business_key
    if spec.correlation_key is not None:
        given = text_of(draft, key, spec.correlation_key, "The correlation key")
        if isinstance(given, Failure):
            return given
        correlation_key = given
    return PublishMessage(
        node=node.index, name=name, correlation_key=correlation_key, variables=variables
    )


def _catch(
    draft: Draft, thrown: _Thrown, waiting: list[Wait], node: Node, variables: Variables
) -> None:
    """Let what waits in this instance catch; who was interrupted meanwhile does not."""
    if isinstance(thrown, BroadcastSignal):
        for wait in waiting:
            is_meant = wait.kind is WaitKind.SIGNAL and wait.name == thrown.name
            if is_meant and wait.key in draft.memory.waits:
                trigger(draft, wait, variables)
    elif isinstance(thrown, _Escalation):
        caught = thrown.caught
        if caught is None or caught.place in draft.memory.scopes or _is_open(draft, caught):
            escalate(draft, caught, node.index, thrown.code, variables)


def _is_open(draft: Draft, caught: Catcher[EscalationSpec]) -> bool:
    return caught.place in draft.memory.visits


def local_variables(draft: Draft, key: ElementKey) -> dict[str, JsonValue]:
    """Return what input mappings or data inputs put into the event: its payload."""
    plan = draft.node_of(key).data
    if plan is not None:
        return payload(draft, key, plan)
    own = draft.memory.variables.get(key)
    return {} if own is None else dict(sorted(own.items()))
