"""How the fact that an instance was migrated becomes true: the same keys, other indexes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import itemgetter
from typing import Final, Protocol

from immutables import Map, MapMutation

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.facts import Fact, InstanceMigrated, VariablesRemoved
from bpmn_engine.kernel.state import (
    CompletedActivity,
    ElementInstance,
    Incident,
    Scope,
    Wait,
)
from bpmn_engine.values import JsonValue


class Places(Protocol):
    """The part of an open state in which graph indexes stand, and the variables."""

    visits: MapMutation[ElementKey, ElementInstance]
    scopes: MapMutation[ElementKey, Scope]
    waits: MapMutation[ElementKey, Wait]
    incidents: Map[ElementKey, Incident]
    tokens: MapMutation[ElementKey, Map[int, int]]
    variables: MapMutation[ElementKey, Map[str, JsonValue]]
    resets: Map[ElementKey, Map[int, tuple[int, ...]]]
    completed: Map[ElementKey, Map[ElementKey, CompletedActivity]]


def relocate(places: Places, fact: InstanceMigrated) -> None:
    """Put everything where the fact says."""
    for key, node in fact.visits:
        visit = places.visits[key]
        places.visits[key] = ElementInstance(node, visit.scope, visit.entered_at, visit.loop_index)
    for key, node in fact.scopes:
        places.scopes[key] = Scope(node, places.scopes[key].parent)
    for key, node in fact.waits:
        places.waits[key] = replace(places.waits[key], node=node)
    for key, node in fact.incidents:
        incident = replace(places.incidents[key], node=node)
        places.incidents = places.incidents.set(key, incident)
    _relocate_tokens(places, fact)
    if fact.records:
        nodes = dict(fact.records)
        places.completed = Map(
            {scope: _relocated(kept, nodes) for scope, kept in places.completed.items()}
        )


def _relocate_tokens(places: Places, fact: InstanceMigrated) -> None:
    """Put tokens on other flows; a scope that has some keeps some."""
    tokens: dict[ElementKey, dict[int, int]] = {}
    for key, flow, count in fact.tokens:
        tokens.setdefault(key, {})[flow] = count
    for key, parked in tokens.items():
        places.tokens[key] = Map(parked)
    resets: dict[ElementKey, dict[int, tuple[int, ...]]] = {}
    for key, node, flows in fact.resets:
        resets.setdefault(key, {})[node] = flows
    places.resets = Map({key: Map(awaiting) for key, awaiting in resets.items()})


def _relocated(
    kept: Map[ElementKey, CompletedActivity], nodes: Mapping[ElementKey, int]
) -> Map[ElementKey, CompletedActivity]:
    """Return records with their nodes; it calls itself as deep as the diagram is nested."""
    return Map(
        {
            key: replace(activity, node=nodes[key], inner=_relocated(activity.inner, nodes))
            for key, activity in sorted(kept.items(), key=itemgetter(0))
        }
    )


def remove_variables(places: Places, fact: VariablesRemoved) -> None:
    """Take variables out of a scope; it goes on having none of its own."""
    own = places.variables.get(fact.scope)
    if own is None:
        return
    for name in fact.names:
        own = own.delete(name)
    if own:
        places.variables[fact.scope] = own
    else:
        del places.variables[fact.scope]


RELOCATION_APPLIERS: Final[Mapping[type[Fact], Callable[..., None]]] = {
    InstanceMigrated: relocate,
    VariablesRemoved: remove_variables,
}
"""What makes this package's facts true; part of the table in `memory`."""
