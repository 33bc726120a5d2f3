"""Looking at variables: they live in the states of instances, so they are read there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bpmn_engine.ids import ElementKey, Key
from bpmn_engine.kernel.state import ROOT, InstanceState
from bpmn_engine.service.graphs import GraphCache
from bpmn_engine.service.job_offers import visible_variables
from bpmn_engine.store import instances
from bpmn_engine.store.database import Session
from bpmn_engine.store.rows import in_parts
from bpmn_engine.store.states import read_state
from bpmn_engine.values import JsonValue
from bpmn_engine.views.found_work import Place
from bpmn_engine.views.work_search import VariableCondition, variables_hold


def places_that_meet(
    session: Session,
    graphs: GraphCache,
    places: Sequence[Place],
    conditions: Sequence[VariableCondition],
) -> list[Place]:
    """Return the places where the variables are as wanted, in their order."""
    found: list[Place] = []
    for part in in_parts(places):
        states = states_of(session, graphs, {place.instance_key for place in part})
        found += [
            place
            for place in part
            if place.instance_key in states
            and variables_hold(
                conditions,
                states[place.instance_key].variables.get(ROOT, {}),
                own_variables(states[place.instance_key], place.visit),
            )
        ]
    return found


def states_of(
    session: Session, graphs: GraphCache, keys: Iterable[int]
) -> dict[int, InstanceState]:
    """Return the states of instances by key; those that do not exist are left out."""
    return {
        row.key: read_state(session, graphs.get(session, row.definition_key), row)
        for row in instances.load(session, (Key(key) for key in keys))
    }


def own_variables(state: InstanceState, visit: int | None) -> Mapping[str, JsonValue]:
    """Return the local variables of an open element instance."""
    return {} if visit is None else state.variables.get(ElementKey(visit), {})


def seen_variables(state: InstanceState, visit: int) -> dict[str, JsonValue]:
    """Return what an element instance sees; of one that has ended what its instance has."""
    if ElementKey(visit) not in state.visits:
        return dict(state.variables.get(ROOT, {}))
    return dict(visible_variables(state, ElementKey(visit)))


def scope_of(state: InstanceState | None, visit: int, name: str) -> ElementKey:
    """Return the innermost scope around an open visit that has a variable; else the outermost."""
    at = None if state is None else state.visits.get(ElementKey(visit))
    if state is None or at is None:
        return ROOT
    scope: ElementKey | None = ElementKey(visit) if visit in state.scopes else at.scope
    while scope is not None and scope != ROOT:
        if name in state.variables.get(scope, {}):
            return scope
        scope = state.scopes[scope].parent
    return ROOT
