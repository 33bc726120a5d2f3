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
    first: int  #: from 0, the one that is called next
    scopes: tuple[ElementKey, ...]  #: around it, the innermost first
    variables: Map[str, JsonValue]  #: its own, as they were


def farewells_of(graph: ProcessGraph, memory: Memory, key: ElementKey) -> list[Farewell]:
    """Return what a visit that is about to be terminated leaves behind, if anything.

    Where its end listeners are being called already, those that are not done; nothing where it is
    compensated, as it has ended before.
    """
    visit = memory.visits[key]
    plan = graph.nodes[visit.node].listeners
    if plan is None or plan.farewell is None or key in memory.compensations:
        return []
    told = graph.nodes[plan.farewell].listeners
    count = 0 if told is None else len(told.start)
    ending = _ending(memory, key)
    index = 0
    if ending is not None:
        index = count - len(plan.end) + ending.index if plan.ends_before_outputs else count
    if index >= count:
        return []
    scopes = [visit.scope]
    while scopes[-1] != ROOT:
        scopes.append(memory.visits[scopes[-1]].scope)
    own: Map[str, JsonValue] = memory.variables.get(key, Map())
    return [Farewell(plan.farewell, index, tuple(scopes), own)]


def _ending(memory: Memory, key: ElementKey) -> ListenerAt | None:
    """Return which end listener of a visit is called, or could not be."""
    waits = (memory.waits[wait].listener for wait in memory.waits_of.get(key, ()))
    incidents = (memory.incidents[found].listener for found in memory.incidents_of.get(key, ()))
    found = (at for at in (*waits, *incidents) if at is not None)
    return next((at for at in found if at.event is ListenerEvent.END), None)
