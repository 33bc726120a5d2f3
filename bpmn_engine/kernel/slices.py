"""Long steps in slices: what is on its way is kept in the state, and the next step takes it up.

Which commands come in between makes no difference to what the tokens do: a step begins with the
agenda that the last one has left, so that it is one long step with commands on its way.
"""

from __future__ import annotations

from bpmn_engine.kernel.draft import Arrival, Draft
from bpmn_engine.kernel.facts import MovesPaused
from bpmn_engine.kernel.state import Arriving, Moving


def take_up(draft: Draft, moving: Moving) -> None:
    """Put what the last step has left on the agenda."""
    for arriving in moving.arrivals:
        node = draft.graph.nodes[arriving.node]
        if arriving.loop_index is None:
            draft.arrive(node, arriving.scope, arriving.flow)
            continue
        first = arriving.loop_index
        indexes = range(first, first + arriving.count)
        draft.arrive(node, arriving.scope, arriving.flow, indexes)
    draft.touched.update(dict.fromkeys(moving.touched))
    draft.is_taken_up = True
    draft.record(MovesPaused(None))


def pause(draft: Draft, taken: int) -> bool:
    """Leave what is on the agenda, or being terminated, to the next step; return if anything is.

    Args:
        draft: of the step that ends here.
        taken: flows taken since the instance last waited.
    """
    arrivals: list[Arriving] = []
    for number, arrival in enumerate(draft.agenda, start=draft.arrived + 1):
        scope = arrival[1]
        if scope in draft.memory.scopes and number > draft.cleared.get(scope, 0):
            _add(arrivals, arrival)
    is_more = bool(arrivals or draft.memory.terminating)
    if is_more:
        touched = tuple(scope for scope in draft.touched if scope in draft.memory.scopes)
        draft.record(MovesPaused(Moving(tuple(arrivals), touched, taken)))
    draft.agenda.clear()
    return is_more


def _add(arrivals: list[Arriving], arrival: Arrival) -> None:
    """Add an arrival; instances of a loop that follow each other are one."""
    node, scope, flow, indexes = arrival
    first, count = (indexes.start, len(indexes)) if isinstance(indexes, range) else (indexes, 1)
    if arrivals and first is not None:
        last = arrivals[-1]
        is_next = last.loop_index is not None and last.loop_index + last.count == first
        if is_next and (last.node, last.scope, last.flow) == (node.index, scope, flow):
            arrivals[-1] = Arriving(node.index, scope, flow, last.loop_index, last.count + count)
            return
    arrivals.append(Arriving(node.index, scope, flow, first, count))
