"""Which message belongs to this instance (BPMN 2.0.2, section 8.4.2), and what it sends along.

By key: the first message that is sent or received fixes the value of a correlation key; what
comes later has to carry the same. By context: a correlation subscription says from the process's
data what the value has to be, now. Without either, the business key counts; and between pools that
message flows join, the conversation: an instance without a business key has its own instance key
in its place, which those that its messages start get as their business key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bpmn_engine.expressions.language import EvaluationFailure, Expression
from bpmn_engine.graph.nodes import Node
from bpmn_engine.graph.specs import CorrelationSpec, MessageSpec, triggers_of
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.commands import Rejection, RejectionReason
from bpmn_engine.kernel.correlation_keys import composed, key_id_of, open_key, unknown_key
from bpmn_engine.kernel.draft import Draft
from bpmn_engine.kernel.effects import CloseWait, OpenSubscription
from bpmn_engine.kernel.facts import CorrelationKeySet, WaitOpened
from bpmn_engine.kernel.failures import Failure, of_expression
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.state import ROOT, Wait, WaitKind
from bpmn_engine.values import JsonValue, Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """By what a message that is thrown finds its receiver."""

    correlation_key: str | None
    keys: tuple[str, ...] = ()  #: correlation keys of the standard, each with its value
    conversation: str | None = None  #: business key of the instances it starts


def awaited_key(draft: Draft, spec: MessageSpec) -> str | Failure | None:
    """Return the key a message has to have for who waits with a definition without its own."""
    if spec.correlations:
        return _expected_key(draft, spec)
    return conversation_of(draft, is_conversing=spec.is_conversing)


def thrown_address(
    draft: Draft, visit: ElementKey, spec: MessageSpec, content: Variables
) -> Address | Failure:
    """Return to whom a message goes that is thrown with a definition without a key of its own.

    The properties are asked of the message's content, beside which the expressions see what the
    thrower sees; what the content does not tell, an earlier message has.
    """
    if not spec.correlations:
        key = conversation_of(draft, is_conversing=spec.is_conversing)
        return Address(correlation_key=key, conversation=key)
    keys: list[str] = []
    for correlation in spec.correlations:
        values = _values(draft, correlation.message_paths, draft.scope_seen_by(visit), content)
        if isinstance(values, Failure):
            return values
        known = draft.memory.correlation_keys.get(correlation.key_id)
        if None not in values:
            keys.append(composed(correlation.key_id, values))
        elif known is not None:
            keys.append(known)
    conversation = conversation_of(draft, is_conversing=True)
    return Address(correlation_key=None, keys=tuple(keys), conversation=conversation)


def conversation_of(draft: Draft, *, is_conversing: bool) -> str | None:
    """Return the business key, or what stands in its place at the end of a message flow."""
    memory = draft.memory
    if memory.business_key is not None or not is_conversing:
        return memory.business_key
    return None if memory.instance_key is None else str(memory.instance_key)


def remember_keys(draft: Draft, keys: Iterable[str]) -> None:
    """Fix the correlation keys that this message is the first one to carry."""
    for text in keys:
        key_id = key_id_of(text)
        if key_id not in draft.memory.correlation_keys:
            draft.record(CorrelationKeySet(key_id, text))


def contradiction(draft: Draft, wait: Wait, keys: tuple[str, ...]) -> Rejection | None:
    """Say why a message is not for this wait: it carries another value of one of its keys."""
    spec = message_spec(draft.graph.nodes[wait.node], wait)
    carried = {key_id_of(text): text for text in keys}
    for correlation in spec.correlations:
        text = carried.get(correlation.key_id)
        expected = _expected_value(draft, correlation)
        if text is not None and isinstance(expected, str) and expected != text:
            return Rejection(
                reason=RejectionReason.NOT_FOUND,
                message=f"Expected a message with the key {expected}, but it has {text}.",
            )
    return None


def renew_keys(draft: Draft) -> None:
    """Wait with the keys as they are now: a message fixed one, or the data has changed."""
    if draft.memory.status is not InstanceStatus.ACTIVE:
        return
    for key in _open_waits(draft):
        wait = draft.memory.waits[key]
        if wait.kind is not WaitKind.MESSAGE:
            continue
        spec = message_spec(draft.graph.nodes[wait.node], wait)
        if spec.correlations:
            _renew(draft, wait, spec)


def message_spec(node: Node, wait: Wait) -> MessageSpec:
    """Return the message event definition that a wait is for."""
    found = [spec for spec in triggers_of(node.spec) if isinstance(spec, MessageSpec)]
    named = [spec for spec in found if spec.name.source == wait.name]
    if not found:
        raise TypeError(f"Expected {node.element_id} to wait for a message, but it does not.")
    return (named or found)[0]


def _open_waits(draft: Draft) -> list[ElementKey]:
    """Return every open wait, oldest first."""
    memory, places = draft.memory, [ROOT]
    for place in places:
        places.extend(memory.members.get(place, ()))
    return sorted(key for place in places for key in memory.waits_of.get(place, ()))


def _renew(draft: Draft, wait: Wait, spec: MessageSpec) -> None:
    key: str | Failure = _expected_key(draft, spec)
    open_incidents = [
        found
        for found in sorted(draft.memory.incidents_of.get(wait.visit, ()))
        if draft.memory.incidents[found].wait == wait.key
    ]
    if isinstance(key, Failure):
        if not open_incidents:
            _raise(draft, wait, key)
        key = unknown_key(spec.correlations[0].key_id)
    else:
        for incident in open_incidents:
            draft.clear_incident(incident)
    if key == wait.correlation_key:
        return
    draft.record(WaitOpened(replace(wait, correlation_key=key)))
    draft.effects.append(CloseWait(wait=wait.key, kind=wait.kind, is_withdrawn=False))
    draft.effects.append(
        OpenSubscription(
            wait=wait.key,
            visit=wait.visit,
            node=wait.node,
            kind=wait.kind,
            name=wait.name or "",
            correlation_key=key,
        )
    )


def _raise(draft: Draft, wait: Wait, failure: Failure) -> None:
    failure = replace(failure, wait=wait.key)
    if wait.visit in draft.memory.visits:
        draft.raise_incident(wait.visit, failure)
    else:
        draft.raise_in_scope(wait.visit, draft.graph.nodes[wait.node], failure)


def _expected_key(draft: Draft, spec: MessageSpec) -> str | Failure:
    """Return the first key with a value; else the first that its data does not tell yet."""
    unknown: str | None = None
    for correlation in spec.correlations:
        expected = _expected_value(draft, correlation)
        if isinstance(expected, Failure):
            return expected
        if expected is not None and expected != unknown_key(correlation.key_id):
            return expected
        unknown = unknown or expected
    return unknown or open_key(spec.correlations[0].key_id)


def _expected_value(draft: Draft, correlation: CorrelationSpec) -> str | Failure | None:
    """Return what a key has to be; None when no message has fixed it."""
    if not correlation.data_paths:
        return draft.memory.correlation_keys.get(correlation.key_id)
    values = _values(draft, correlation.data_paths, ROOT, {})
    if isinstance(values, Failure):
        return values
    if None in values:
        return unknown_key(correlation.key_id)
    return composed(correlation.key_id, values)


def _values(
    draft: Draft, paths: tuple[Expression, ...], scope: ElementKey, content: Variables
) -> list[JsonValue] | Failure:
    """Evaluate the parts of a key; one that reads what does not exist yet is None."""
    values: list[JsonValue] = []
    for path in paths:
        value = draft.evaluate(path, scope, content)
        if isinstance(value, EvaluationFailure):
            view = draft.view(scope, content)
            if all(name in view for name in path.names):
                return of_expression(value, "A property of a correlation key")
            value = None
        values.append(value)
    return values
