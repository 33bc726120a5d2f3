"""step(): apply one command to one instance, then move every token until it waits or is gone."""

from __future__ import annotations

import datetime as dt
from sys import maxsize
from typing import Final

from bpmn_engine.graph.nodes import Node, NodeKind, ProcessGraph
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.behaviors import BEHAVIORS
from bpmn_engine.kernel.checked_frozen import checked_frozen
from bpmn_engine.kernel.commands import (
    Command,
    CompleteChild,
    CompleteJob,
    EscalateChild,
    FailChild,
    FailJob,
    FireTimer,
    GoOn,
    Rejection,
    ThrowBpmnError,
)
from bpmn_engine.kernel.conditions import ask_conditions
from bpmn_engine.kernel.correlation import renew_keys
from bpmn_engine.kernel.draft import NOTHING, Draft
from bpmn_engine.kernel.effects import Effect
from bpmn_engine.kernel.endings import end_if_passed
from bpmn_engine.kernel.facts import Fact
from bpmn_engine.kernel.failures import Failure
from bpmn_engine.kernel.handling import apply_command
from bpmn_engine.kernel.joins import settle
from bpmn_engine.kernel.lifecycle import InstanceStatus
from bpmn_engine.kernel.slices import pause, take_up
from bpmn_engine.kernel.state import IncidentKind, InstanceState
from bpmn_engine.kernel.termination import go_on_terminating
from bpmn_engine.values import Variables

MAX_FLOWS: Final = 100_000
"""How many flows one step may take before it stops with an incident."""


@checked_frozen()
class Step:
    """What one command did."""

    state: InstanceState
    effects: tuple[Effect, ...]
    facts: tuple[Fact, ...]
    taken: int = 0  #: flows taken since the instance waited for somebody, or for a decision


def step(  # noqa: PLR0913 -- everything that a step depends on comes in
    graph: ProcessGraph,
    state: InstanceState,
    command: Command,
    now: dt.datetime,
    *,
    max_flows: int = MAX_FLOWS,
    max_moves: int | None = None,
    taken: int = 0,
    cluster: Variables = NOTHING,
) -> Step | Rejection:
    """Apply `command`, then move every token until each one waits or is gone.

    Args:
        graph: the compiled process of the instance.
        state: what is true now; `EMPTY` before the start. Not changed.
        command: what to do.
        now: the current time, aware, UTC.
        max_flows: after this many flows taken in one step, tokens on their way are parked with an
            incident each: an endless loop of elements that never wait must not hang a worker.
        max_moves: after so many arrivals at elements the step ends, and the state says what is
            on its way (`moving`); any command goes on with it, `GoOn` does nothing else. An
            element may count for several (`Node.weight`); with 0 no token moves.
        taken: what the step before has taken, if this one follows it at once: the answer to a
            decision that it asked for.
        cluster: the cluster variables now, as expressions in FEEL find them below `camunda`.
    """
    draft = Draft(graph, state, now, BEHAVIORS)
    draft.cluster = cluster
    draft.room = max_moves
    if state.moving is not None:
        take_up(draft, state.moving)
        if state.terminating and not is_patient(command):
            go_on_terminating(draft, None)
    rejection = apply_command(draft, command)
    if rejection is not None:
        return rejection
    taken = max(taken, _taken(state))
    if draft.is_taken_up and draft.memory.status is InstanceStatus.SUSPENDED:
        pause(draft, taken)
    else:
        taken = run(draft, max_flows, max_moves, taken)
    if graph.correlates and draft.memory.moving is None:
        renew_keys(draft)
    return Step(draft.memory.freeze(), tuple(draft.effects), tuple(draft.facts), taken)


_PATIENT: Final = (
    GoOn,
    CompleteJob,
    FailJob,
    ThrowBpmnError,
    FireTimer,
    CompleteChild,
    FailChild,
    EscalateChild,
)


def is_patient(command: Command) -> bool:
    """Return whether a command may come while something is being terminated in slices.

    Any other is applied when all of that is gone, in the same step: send `GoOn` before, as often
    as needed (`InstanceState.terminating`), for that to be in slices.
    """
    return isinstance(command, _PATIENT)


def _taken(state: InstanceState) -> int:
    return 0 if state.moving is None else state.moving.taken


def run(  # noqa: C901, PLR0912, PLR0915 -- the inner loop: calls cost
    draft: Draft, max_flows: int, max_moves: int | None = None, taken: int = 0
) -> int:
    """Move every token until each one waits or is gone, or `max_moves` of them have moved.

    `taken` are the flows that the steps before have taken since the instance waited; what is
    returned has those of this one, too.
    """
    seen = 0
    left = maxsize if max_moves is None else max_moves
    agenda, memory, behaviors = draft.agenda, draft.memory, draft.behaviors
    scopes = memory.scopes
    ends_early = bool(memory.ends_after)
    while True:
        if ends_early:
            seen = end_if_passed(draft, seen)
        if not (agenda or draft.changes or memory.terminating or settle(draft)):
            return taken
        if draft.changes:
            ask_conditions(draft)
            continue
        if memory.terminating:
            left -= go_on_terminating(draft, max(left, 0))
            scopes = memory.scopes  # another one, once all is gone
            if memory.terminating:
                pause(draft, taken)
                return taken
            continue
        if not agenda:
            continue
        if left <= 0:
            if pause(draft, taken):
                return taken
            continue
        node, scope, flow, indexes = agenda.popleft()
        draft.arrived += 1
        left -= node.weight
        if scope not in scopes or draft.arrived <= draft.cleared.get(scope, 0):
            continue
        loop_index = None if indexes is None else _first(draft, (node, scope, flow), indexes)
        repeats = loop_index is not None and _repeats(draft, scope)
        if flow is not None or repeats:
            taken += node.weight
        if taken > max_flows and flow is not None:
            _stop(draft, node, scope, flow, max_flows)
        elif taken > max_flows and repeats:
            _stop_loop(draft, scope, max_flows)
        else:
            behaviors[node.kind].on_arrive(draft, node, scope, flow, loop_index)


def _first(
    draft: Draft, arrival: tuple[Node, ElementKey, int | None], indexes: int | range
) -> int:
    """Return as which instance a token arrives; of several in a row the others come next."""
    if isinstance(indexes, int):
        return indexes
    if len(indexes) > 1:
        draft.arrived -= 1
        draft.agenda.appendleft((*arrival, indexes[1:]))
    return indexes[0]


def _repeats(draft: Draft, body: ElementKey) -> bool:
    """Return whether a token in the body of a loop begins an iteration, which takes no flow."""
    return draft.node_of(body).kind is NodeKind.STANDARD_LOOP


def _stop_loop(draft: Draft, body: ElementKey, max_flows: int) -> None:
    """Stop a standard loop before its next iteration, until a person lets it go on."""
    draft.raise_incident(
        body,
        Failure(
            kind=IncidentKind.LIMIT,
            message=f"Expected to come to a wait within {max_flows} sequence flows and "
            f"iterations, but {draft.node_of(body).element_id} still loops: probably for ever. "
            "Resolving the incident lets it go on for as many again.",
        ),
    )


def _stop(draft: Draft, target: Node, scope: ElementKey, flow: int, max_flows: int) -> None:
    """Park a token before its element, until a person lets it go on."""
    draft.park(scope, flow)
    draft.raise_in_scope(
        scope,
        target,
        Failure(
            kind=IncidentKind.LIMIT,
            message=f"Expected to come to a wait within {max_flows} sequence flows, but the "
            f"instance still moves at {target.element_id}: probably an endless loop. "
            "Resolving the incident lets it go on for as many again.",
        ),
    )
