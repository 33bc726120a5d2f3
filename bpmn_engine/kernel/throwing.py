"""Messages, signals and escalations on their way out of an event (BPMN 2.0.2, section 10.5.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bpmn_engine.expressions.language import EvaluationFailure
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import EscalationSpec, MessageSpec, SignalSpec, Spec
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.catching import Catcher
from bpmn_engine.kernel.correlation import Address, remember_keys, thrown_address
from bpmn_engine.kernel.data_moves import payload
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.effects import BroadcastSignal, PublishMessage
from bpmn_engine.kernel.escalation import catcher_of, escalate
from bpmn_engine.kernel.failures import Failure, of_expression
from bpmn_engine.kernel.mappings import mapped
from bpmn_engine.kernel.state import Wait, WaitKind
from bpmn_engine.kernel.triggers import trigger
from bpmn_engine.kernel.waiting import text_of
from bpmn_engine.values import JsonValue, Variables


class ThrownEscalation(NamedTuple):
    """An escalation, and who catches it at the moment it is thrown."""

    code: str | None
    caught: Catcher[EscalationSpec] | None


Thrown = PublishMessage | BroadcastSignal | ThrownEscalation
"""What an event throws, before anything catches it."""


class Volley(NamedTuple):
    """What an event throws together, and what waits in the instance at that moment."""

    thrown: tuple[Thrown, ...]
    waiting: tuple[Wait, ...]
    variables: Variables


def plan_volley(
    draft: Draft, key: ElementKey, node: Node, parts: Iterable[Spec]
) -> Volley | Failure:
    """Work out what is thrown and who is there to catch it; nothing is thrown yet."""
    variables = _local_variables(draft, key)
    thrown: list[Thrown] = []
    for spec in parts:
        found = _thrown(draft, key, node, spec, variables)
        if isinstance(found, Failure):
            return found
        thrown.append(found)
    waiting = tuple(draft.memory.waits[wait] for wait in sorted(draft.memory.listening))
    return Volley(tuple(thrown), waiting, variables)


def send(draft: Draft, volley: Volley) -> None:
    """Tell the outside; messages are published and signals broadcast after the step."""
    for found in volley.thrown:
        if isinstance(found, PublishMessage):
            remember_keys(draft, found.correlation_keys)
    draft.effects.extend(
        found for found in volley.thrown if not isinstance(found, ThrownEscalation)
    )


def let_catch(draft: Draft, volley: Volley, node: Node) -> None:
    """Let what waits in this instance catch; who was interrupted meanwhile does not."""
    for found in volley.thrown:
        _catch(draft, found, volley.waiting, node, volley.variables)


def _thrown(
    draft: Draft, key: ElementKey, node: Node, spec: Spec, variables: Variables
) -> Thrown | Failure:
    match spec:
        case MessageSpec():
            return _message(draft, key, node, spec, variables)
        case SignalSpec():
            return _signal(draft, key, node, spec, variables)
        case EscalationSpec(code=None):
            return ThrownEscalation(None, catcher_of(draft, key, None))
        case EscalationSpec(code=expression) if expression is not None:
            code = text_of(draft, key, expression, "The escalation code")
            if isinstance(code, Failure):
                return code
            return ThrownEscalation(code, catcher_of(draft, key, code))
        case _:
            raise TypeError(f"Expected {node.element_id} to throw, but not {spec}.")


def _signal(
    draft: Draft, key: ElementKey, node: Node, spec: SignalSpec, variables: Variables
) -> BroadcastSignal | Failure:
    name = text_of(draft, key, spec.name, "The signal's name")
    if isinstance(name, Failure):
        return name
    scope = draft.scope_seen_by(key)
    taken = dict(draft.view(scope)) if spec.takes_all else dict(variables)
    payload = mapped(draft, spec.payload, scope, scope)
    if isinstance(payload, EvaluationFailure):
        return of_expression(payload, "A variable of the signal")
    business_key: str | None = None
    if spec.business_key is not None:
        given = text_of(draft, key, spec.business_key, "The business key")
        if isinstance(given, Failure):
            return given
        business_key = given
    return BroadcastSignal(
        node=node.index,
        name=name,
        variables=taken | payload,
        heard_until=ElementKey(draft.memory.last_key),
        business_key=business_key,
    )


def _message(
    draft: Draft, key: ElementKey, node: Node, spec: MessageSpec, variables: Variables
) -> PublishMessage | Failure:
    name = text_of(draft, key, spec.name, "The message's name")
    if isinstance(name, Failure):
        return name
    if spec.correlation_key is None:
        address = thrown_address(draft, key, spec, variables)
        if isinstance(address, Failure):
            return address
    else:
        given = text_of(draft, key, spec.correlation_key, "The correlation key")
        if isinstance(given, Failure):
            return given
        address = Address(correlation_key=given)
    return PublishMessage(
        node=node.index,
        name=name,
        correlation_key=address.correlation_key,
        variables=variables,
        correlation_keys=address.keys,
        conversation=address.conversation,
        receivers=spec.receivers,
    )


def _catch(
    draft: Draft, thrown: Thrown, waiting: tuple[Wait, ...], node: Node, variables: Variables
) -> None:
    if isinstance(thrown, BroadcastSignal):
        for wait in waiting:
            is_meant = wait.kind is WaitKind.SIGNAL and wait.name == thrown.name
            if is_meant and draft.open_wait(wait.key) is not None:
                trigger(draft, wait, thrown.variables)
    elif isinstance(thrown, ThrownEscalation):
        caught = thrown.caught
        if caught is None or draft.is_open(caught.place):
            escalate(draft, caught, node.index, thrown.code, variables)


def _local_variables(draft: Draft, key: ElementKey) -> dict[str, JsonValue]:
    """Return what input mappings or data inputs put into the event: its payload."""
    plan = draft.node_of(key).data
    if plan is not None:
        return payload(draft, key, plan)
    own = draft.memory.variables.get(key)
    return {} if own is None else dict(sorted(own.items()))
