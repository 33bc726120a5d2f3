"""The state, opened for the length of one step: facts are applied to it, and nothing else writes.

`Memory` is the one place where a fact changes the state. The kernel applies each fact as it
records it; `bpmn_engine.kernel.fold` applies recorded ones. Both therefore end in the same state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from immutables import Map

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.compensation_records import COMPENSATION_APPLIERS, keep
from bpmn_engine.kernel.correlation_keys import CORRELATION_APPLIERS
from bpmn_engine.kernel.facts import (
    ElementCompensated,
    ElementCompleted,
    ElementEntered,
    ElementTerminated,
    EscalationUncaught,
    Fact,
    GatewayActivated,
    IncidentRaised,
    IncidentResolved,
    InstanceStarted,
    LoopAdvanced,
    LoopStarted,
    MovesPaused,
    OutputGathered,
    ResetAwaited,
    ScopeClosed,
    ScopeOpened,
    StateChanged,
    StatusChanged,
    TokenParked,
    TokensConsumed,
    VariablesSet,
    WaitClosed,
    WaitOpened,
)
from bpmn_engine.kernel.lifecycle import LEGAL_STATUS, ElementState
from bpmn_engine.kernel.relocation import RELOCATION_APPLIERS
from bpmn_engine.kernel.state import (
    HEARD_INSIDE,
    ElementInstance,
    Incident,
    InstanceState,
    Scope,
)
from bpmn_engine.kernel.termination_records import (
    TERMINATION_APPLIERS,
    drop_scope,
    forget,
    is_looked_up_to,
)
from bpmn_engine.values import JsonValue

NO_TOKENS: Final[Map[int, int]] = Map()
_NONE: Final[Map[ElementKey, None]] = Map()
_NO_RESETS: Final[Map[int, tuple[int, ...]]] = Map()
_NO_OUTPUTS: Final[Map[int, JsonValue]] = Map()
_READY: Final = ElementState.READY
_ENDED: Final = frozenset(status for status, following in LEGAL_STATUS.items() if not following)


class Memory:
    """Every map of an `InstanceState`; those that most steps write are mutable until `freeze`.

    The others stay immutable and are replaced: to open one costs more than most steps need.
    """

    __slots__ = (
        "business_key",
        "compensations",
        "completed",
        "correlation_keys",
        "ending",
        "ends_after",
        "has_parent",
        "incidents",
        "incidents_of",
        "instance_key",
        "items",
        "last_key",
        "listening",
        "loops",
        "members",
        "moving",
        "outputs",
        "resets",
        "scopes",
        "states",
        "status",
        "terminating",
        "tokens",
        "variables",
        "visits",
        "waits",
        "waits_of",
    )

    def __init__(self, state: InstanceState) -> None:
        self.status = state.status
        self.last_key = state.last_key
        self.business_key = state.business_key
        self.has_parent = state.has_parent
        self.instance_key = state.instance_key
        self.visits = state.visits.mutate()
        self.states = state.states.mutate()
        self.scopes = state.scopes.mutate()
        self.members = state.members.mutate()
        self.variables = state.variables.mutate()
        self.tokens = state.tokens.mutate()
        self.waits = state.waits.mutate()
        self.waits_of = state.waits_of.mutate()
        self.listening = state.listening
        self.incidents = state.incidents
        self.incidents_of = state.incidents_of
        self.loops = state.loops
        self.items = state.items
        self.outputs = state.outputs
        self.resets = state.resets
        self.completed = state.completed
        self.compensations = state.compensations
        self.correlation_keys = state.correlation_keys
        self.ends_after = state.ends_after
        self.moving = state.moving
        self.terminating = state.terminating
        self.ending = state.ending

    def use_key(self) -> ElementKey:
        """Return the key of a visit that begins and ends here: all that its facts leave."""
        self.last_key += 1
        return ElementKey(self.last_key)

    def freeze(self) -> InstanceState:
        """Return the state as it is now; this memory must not be used afterwards.

        The fields stand in their order, as naming so many takes three times as long.
        """
        return InstanceState(
            self.status,
            self.last_key,
            self.business_key,
            self.has_parent,
            self.instance_key,
            self.visits.finish(),
            self.states.finish(),
            self.scopes.finish(),
            self.members.finish(),
            self.variables.finish(),
            self.tokens.finish(),
            self.waits.finish(),
            self.waits_of.finish(),
            self.listening,
            self.incidents,
            self.incidents_of,
            self.loops,
            self.items,
            self.outputs,
            self.resets,
            self.completed,
            self.compensations,
            self.correlation_keys,
            self.ends_after,
            self.moving,
            self.terminating,
            self.ending,
        )


def _instance_started(memory: Memory, fact: InstanceStarted) -> None:
    memory.business_key = fact.business_key
    memory.has_parent = fact.has_parent
    memory.instance_key = fact.instance_key
    memory.ends_after = fact.ends_after


def _status_changed(memory: Memory, fact: StatusChanged) -> None:
    memory.status = fact.status
    memory.ending = None
    if memory.completed and fact.status in _ENDED:
        memory.completed = Map()


def _scope_opened(memory: Memory, fact: ScopeOpened) -> None:
    memory.scopes[fact.key] = Scope(fact.node, fact.parent)
    if fact.variables:
        memory.variables[fact.key] = Map(fact.variables)


def _scope_closed(memory: Memory, fact: ScopeClosed) -> None:  # noqa: C901 -- a case a map
    if not is_looked_up_to(memory, fact.key):
        drop_scope(memory, fact.key)
    for open_map in (memory.members, memory.tokens):
        if fact.key in open_map:
            del open_map[fact.key]
    if fact.key in memory.loops:
        memory.loops = memory.loops.delete(fact.key)
    if fact.key in memory.items:
        memory.items = memory.items.delete(fact.key)
    if fact.key in memory.outputs:
        memory.outputs = memory.outputs.delete(fact.key)
    if fact.key in memory.resets:
        memory.resets = memory.resets.delete(fact.key)
    if fact.key in memory.completed:
        memory.completed = memory.completed.delete(fact.key)


def _element_entered(memory: Memory, fact: ElementEntered) -> None:
    memory.visits[fact.key] = ElementInstance(fact.node, fact.scope, fact.at, fact.loop_index)
    memory.states[fact.key] = _READY
    memory.members[fact.scope] = memory.members.get(fact.scope, _NONE).set(fact.key, None)
    memory.last_key = fact.key  # visits are numbered upwards


def _state_changed(memory: Memory, fact: StateChanged) -> None:
    memory.states[fact.key] = fact.state


def _element_ended(
    memory: Memory, fact: ElementCompleted | ElementTerminated | ElementCompensated
) -> None:
    del memory.visits[fact.key]
    del memory.states[fact.key]
    members = memory.members[fact.scope]
    if len(members) > 1:
        memory.members[fact.scope] = members.delete(fact.key)
    else:
        del memory.members[fact.scope]


def _token_parked(memory: Memory, fact: TokenParked) -> None:
    parked = memory.tokens.get(fact.scope, NO_TOKENS)
    memory.tokens[fact.scope] = parked.set(fact.flow, parked.get(fact.flow, 0) + 1)


def _tokens_consumed(memory: Memory, fact: TokensConsumed) -> None:
    parked = memory.tokens[fact.scope]
    for flow in fact.flows:
        count = parked[flow]
        parked = parked.set(flow, count - 1) if count > 1 else parked.delete(flow)
    if parked:
        memory.tokens[fact.scope] = parked
    else:
        del memory.tokens[fact.scope]


def _variables_set(memory: Memory, fact: VariablesSet) -> None:
    known = memory.variables.get(fact.scope)
    memory.variables[fact.scope] = (
        Map(fact.variables) if known is None else known.update(fact.variables)
    )


def _wait_opened(memory: Memory, fact: WaitOpened) -> None:
    wait = fact.wait
    memory.waits[wait.key] = wait
    memory.waits_of[wait.visit] = memory.waits_of.get(wait.visit, _NONE).set(wait.key, None)
    memory.last_key = max(memory.last_key, wait.key)
    if wait.kind in HEARD_INSIDE:
        memory.listening = memory.listening.set(wait.key, None)


def _wait_closed(memory: Memory, fact: WaitClosed) -> None:
    wait = memory.waits.pop(fact.key)
    waits = memory.waits_of[wait.visit]
    if len(waits) > 1:
        memory.waits_of[wait.visit] = waits.delete(fact.key)
    else:
        del memory.waits_of[wait.visit]
    if wait.kind in HEARD_INSIDE:
        memory.listening = memory.listening.delete(wait.key)


def place(incident: Incident) -> ElementKey:
    """Return under which key an incident is found: its visit, else its scope."""
    return incident.scope if incident.visit is None else incident.visit


def _incident_raised(memory: Memory, fact: IncidentRaised) -> None:
    incident = fact.incident
    where = place(incident)
    known = memory.incidents_of.get(where, _NONE)
    memory.incidents = memory.incidents.set(incident.key, incident)
    memory.incidents_of = memory.incidents_of.set(where, known.set(incident.key, None))
    memory.last_key = max(memory.last_key, incident.key)


def _incident_resolved(memory: Memory, fact: IncidentResolved) -> None:
    where, found = place(memory.incidents[fact.key]), memory.incidents_of
    memory.incidents = memory.incidents.delete(fact.key)
    rest = found[where].delete(fact.key)
    memory.incidents_of = found.set(where, rest) if rest else found.delete(where)


def _loop_started(memory: Memory, fact: LoopStarted) -> None:
    memory.items = memory.items.set(fact.scope, fact.items)


def _loop_advanced(memory: Memory, fact: LoopAdvanced) -> None:
    memory.loops = memory.loops.set(fact.scope, fact.loop)


def _output_gathered(memory: Memory, fact: OutputGathered) -> None:
    gathered = memory.outputs.get(fact.scope, _NO_OUTPUTS)
    memory.outputs = memory.outputs.set(fact.scope, gathered.set(fact.index, fact.value))


def _reset_awaited(memory: Memory, fact: ResetAwaited) -> None:
    awaiting = memory.resets.get(fact.scope, _NO_RESETS)
    if fact.flows:
        awaiting = awaiting.set(fact.node, fact.flows)
    elif fact.node in awaiting:
        awaiting = awaiting.delete(fact.node)
    if awaiting:
        memory.resets = memory.resets.set(fact.scope, awaiting)
    elif fact.scope in memory.resets:
        memory.resets = memory.resets.delete(fact.scope)


def _element_terminated(memory: Memory, fact: ElementTerminated) -> None:
    """What a terminated compensation did not come to can still be compensated."""
    if fact.key in memory.terminating.get(fact.scope, _NONE):
        del memory.visits[fact.key]
        del memory.states[fact.key]
        forget(memory, fact.scope, fact.key)
    else:
        _element_ended(memory, fact)
    if fact.key in memory.compensations:
        pending = memory.compensations[fact.key].pending
        memory.compensations = memory.compensations.delete(fact.key)
        for claim in pending.values():
            if claim.scope in memory.scopes:
                keep(memory, claim.scope, claim.key, claim.activity)


def _element_compensated(memory: Memory, fact: ElementCompensated) -> None:
    _element_ended(memory, fact)
    compensation = memory.compensations[fact.key]
    memory.compensations = memory.compensations.delete(fact.key)
    if fact.following is not None:
        memory.compensations = memory.compensations.set(fact.following, compensation)


def _moves_paused(memory: Memory, fact: MovesPaused) -> None:
    memory.moving = fact.moving


APPLIERS: Final[Mapping[type[Fact], Callable[..., None]]] = {
    InstanceStarted: _instance_started,
    StatusChanged: _status_changed,
    ScopeOpened: _scope_opened,
    ScopeClosed: _scope_closed,
    ElementEntered: _element_entered,
    StateChanged: _state_changed,
    ElementCompleted: _element_ended,
    ElementTerminated: _element_terminated,
    TokenParked: _token_parked,
    TokensConsumed: _tokens_consumed,
    VariablesSet: _variables_set,
    WaitOpened: _wait_opened,
    WaitClosed: _wait_closed,
    IncidentRaised: _incident_raised,
    IncidentResolved: _incident_resolved,
    LoopStarted: _loop_started,
    LoopAdvanced: _loop_advanced,
    OutputGathered: _output_gathered,
    ResetAwaited: _reset_awaited,
    ElementCompensated: _element_compensated,
    MovesPaused: _moves_paused,
    EscalationUncaught: lambda *_: None,  # for the history alone
    GatewayActivated: lambda *_: None,  # likewise
    **COMPENSATION_APPLIERS,
    **CORRELATION_APPLIERS,
    **RELOCATION_APPLIERS,
    **TERMINATION_APPLIERS,
}
