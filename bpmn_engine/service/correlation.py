"""Which correlation keys a message from outside carries, and who is alone to be meant."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn_engine.expressions.language import EvaluationFailure, Language
from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.graph.specs import CorrelationSpec, MessageSpec, parts_of
from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.correlation_keys import composed
from bpmn_engine.kernel.state import InstanceState, WaitKind
from bpmn_engine.model.event_definitions import Receiver
from bpmn_engine.service.unit_of_work import UnitOfWork
from bpmn_engine.store import instances, starts, waits
from bpmn_engine.store.waits import SubscriptionRow
from bpmn_engine.values import JsonValue, Variables


def correlated_messages(graph: ProcessGraph) -> tuple[str, ...]:
    """Return the names of a process's messages that have correlation keys of the standard."""
    return tuple(sorted({name for name, _ in _correlations(graph)}))


def carried_keys(work: UnitOfWork, name: str, content: Variables) -> tuple[str, ...]:
    """Return the keys that the latest versions find in a message's content (section 8.4.2).

    A key counts when the content tells all of its properties.
    """
    keys: dict[str, None] = {}
    for definition_key in starts.correlating_definitions(work.session, name):
        for message_name, spec in _correlations(work.graph(definition_key)):
            if message_name == name:
                values = [path.evaluate(content, work.now) for path in spec.message_paths]
                known = [
                    value
                    for value in values
                    if value is not None and not isinstance(value, EvaluationFailure)
                ]
                if len(known) == len(values):
                    keys[composed(spec.key_id, known)] = None
    return tuple(keys)


def lone_partner(
    work: UnitOfWork, source: Key, name: str, receiver: Receiver
) -> tuple[SubscriptionRow, ...]:
    """Return the one instance that may be meant by the first message of a conversation.

    Whoever begins a conversation may mean an instance that was started by hand: if it alone waits
    there, takes part in no other conversation, and none of its process takes part in this one.
    """
    if instances.exist(work.session, receiver.process_id, business_key=str(source)):
        return ()
    found = waits.find_subscriptions(
        work.session, WaitKind.MESSAGE, name, receiver=receiver, limit=2
    )
    return found if len(found) == 1 and found[0].business_key is None else ()


def has_variables(work: UnitOfWork, row: SubscriptionRow, wanted: Variables) -> bool:
    """Tell whether who waits sees these values: its own, or of a scope around it."""
    if not wanted:
        return True
    work.lock((row.instance_key,))
    state = work.state(row.instance_key)
    if state is None or row.wait not in state.waits:
        return False
    seen: dict[str, JsonValue] = {}
    for scope in reversed(_scopes_around(state, row.wait)):
        seen.update(state.variables.get(scope, {}))
    return all(name in seen and seen[name] == value for name, value in wanted.items())


def _scopes_around(state: InstanceState, wait: ElementKey) -> list[ElementKey]:
    """Return the scopes that who waits sees, the innermost first."""
    place: ElementKey | None = state.waits[wait].visit
    if place is not None and place not in state.scopes:
        place = state.visits[place].scope
    found: list[ElementKey] = []
    while place is not None:
        found.append(place)
        place = state.scopes[place].parent
    return found


def _correlations(graph: ProcessGraph) -> Iterator[tuple[str, CorrelationSpec]]:
    if not graph.correlates:
        return
    for node in graph.nodes:
        for spec in parts_of(node.spec):
            if isinstance(spec, MessageSpec) and spec.name.language is Language.LITERAL:
                for correlation in spec.correlations:
                    yield spec.name.source, correlation
