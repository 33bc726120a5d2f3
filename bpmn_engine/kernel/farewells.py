"""What a terminated visit leaves behind: the listeners that are told of its end.

Camunda 7 calls the end listeners of an element also when it is interrupted, and both Camundas
call listeners of a user task that is canceled. They run in a visit of their own beside what
follows, in the innermost scope that is still there.
"""

from __future__ import annotations

from typing import NamedTuple

from immutables import Map

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.memory import Memory
from bpmn_engine.kernel.state import ROOT, ListenerAt
from bpmn_engine.model.listeners import ListenerEvent
from bpmn_engine.values import JsonValue


class Farewell(NamedTuple):
    """The listeners of one terminated visit."""

    node: int
    scopes: tuple[ElementKey, ...]  #: around it, the innermost first
    variables: Map[str, JsonValue]  #: its own, as they were


def farewells_of(graph: ProcessGraph, memory: Memory, key: ElementKey) -> list[Farewell]:
    """Return what a visit that is about to be terminated leaves behind, if anything.

    One whose end listeners were called already has said what there is to say, and one that is
    compensated has ended before.
    """
    visit = memory.visits[key]
    plan = graph.nodes[visit.node].listeners
    if plan is None or plan.farewell is None or key in memory.compensations:
        return []
    if _is_ending(memory, key):
        return []
    scopes = [visit.scope]
    while scopes[-1] != ROOT:
        scopes.append(memory.visits[scopes[-1]].scope)
    own: Map[str, JsonValue] = memory.variables.get(key, Map())
    return [Farewell(plan.farewell, tuple(scopes), own)]


def _is_ending(memory: Memory, key: ElementKey) -> bool:
    waits = (memory.waits[wait].listener for wait in memory.waits_of.get(key, ()))
    incidents = (memory.incidents[found].listener for found in memory.incidents_of.get(key, ()))
    return any(_is_end(at) for at in (*waits, *incidents))


def _is_end(at: ListenerAt | None) -> bool:
    return at is not None and at.event is ListenerEvent.END
