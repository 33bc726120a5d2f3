"""How the facts of compensation become true: what is kept, and what is undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from immutables import Map, MapMutation

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.facts import (
    CompensationEnabled,
    CompensationEntered,
    CompensationThrown,
    Fact,
)
from bpmn_engine.kernel.lifecycle import ElementState
from bpmn_engine.kernel.state import (
    NO_NODE,
    Claim,
    Compensation,
    CompletedActivity,
    ElementInstance,
    Scope,
)
from bpmn_engine.values import JsonValue

_NO_MEMBERS: Final[Map[ElementKey, None]] = Map()
_NO_VARIABLES: Final[Map[str, JsonValue]] = Map()
_NO_ACTIVITIES: Final[Map[ElementKey, CompletedActivity]] = Map()


class Records(Protocol):
    """The part of an open state that compensation reads and writes."""

    last_key: int
    visits: MapMutation[ElementKey, ElementInstance]
    states: MapMutation[ElementKey, ElementState]
    members: MapMutation[ElementKey, Map[ElementKey, None]]
    scopes: MapMutation[ElementKey, Scope]
    variables: MapMutation[ElementKey, Map[str, JsonValue]]
    completed: Map[ElementKey, Map[ElementKey, CompletedActivity]]
    compensations: Map[ElementKey, Compensation]


def keep(memory: Records, scope: ElementKey, key: ElementKey, activity: CompletedActivity) -> None:
    """Keep a completed activity with those of its scope."""
    kept = memory.completed.get(scope, _NO_ACTIVITIES)
    memory.completed = memory.completed.set(scope, kept.set(key, activity))


def _compensation_enabled(memory: Records, fact: CompensationEnabled) -> None:
    activity = CompletedActivity(
        node=fact.node,
        is_whole=fact.is_whole,
        variables=memory.variables.get(fact.visit, _NO_VARIABLES),
        inner=memory.completed.get(fact.visit, _NO_ACTIVITIES),
    )
    if activity.inner:
        memory.completed = memory.completed.delete(fact.visit)
    keep(memory, fact.scope, fact.key, activity)
    memory.last_key = fact.key


def _compensation_thrown(memory: Records, fact: CompensationThrown) -> None:
    pending = {}
    for index, (scope, key) in enumerate(fact.claims):
        kept = memory.completed[scope]
        pending[index] = Claim(scope, key, kept[key])
        rest = kept.delete(key)
        memory.completed = (
            memory.completed.set(scope, rest) if rest else memory.completed.delete(scope)
        )
    compensation = Compensation(thrower=fact.thrower, pending=Map(pending))
    memory.compensations = memory.compensations.set(fact.key, compensation)


def _compensation_entered(memory: Records, fact: CompensationEntered) -> None:
    compensation = memory.compensations[fact.key]
    last = len(compensation.pending) - 1
    activity = compensation.pending[last].activity
    memory.compensations = memory.compensations.set(
        fact.key,
        Compensation(thrower=compensation.thrower, pending=compensation.pending.delete(last)),
    )
    memory.visits[fact.key] = ElementInstance(fact.node, fact.scope, fact.at)
    memory.states[fact.key] = ElementState.COMPENSATING
    memory.members[fact.scope] = memory.members.get(fact.scope, _NO_MEMBERS).set(fact.key, None)
    memory.scopes[fact.key] = Scope(fact.inner, fact.scope)
    if activity.variables:
        memory.variables[fact.key] = activity.variables
    if activity.inner and fact.inner != NO_NODE:
        memory.completed = memory.completed.set(fact.key, activity.inner)
    memory.last_key = fact.key


COMPENSATION_APPLIERS: Final[Mapping[type[Fact], Callable[..., None]]] = {
    CompensationEnabled: _compensation_enabled,
    CompensationThrown: _compensation_thrown,
    CompensationEntered: _compensation_entered,
}
"""What makes these facts true; part of the table in `memory`."""
