"""Facts <-> compact, versioned JSON: one array for each, the name of its class first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, cast

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.facts import (
    CompensationEnabled,
    CompensationEntered,
    CompensationThrown,
    CorrelationKeySet,
    ElementCompensated,
    ElementCompleted,
    ElementEntered,
    ElementTerminated,
    EscalationUncaught,
    Fact,
    GatewayActivated,
    IncidentRaised,
    IncidentResolved,
    InstanceMigrated,
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
    VariablesRemoved,
    VariablesSet,
    WaitClosed,
    WaitOpened,
)
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.state import Loop
from bpmn_engine.store.codec_envelope import Upgrade, reading, upgraded
from bpmn_engine.store.codec_migration import PlacesRecord, places_record, read_places
from bpmn_engine.store.codec_moving import MovingRecord, moving_record, read_moving
from bpmn_engine.store.codec_names import GraphNames
from bpmn_engine.store.codec_parts import (
    IncidentRecord,
    WaitRecord,
    incident_record,
    read_incident,
    read_wait,
    wait_record,
)
from bpmn_engine.store.codec_terminating import TERMINATING_READERS, TERMINATING_WRITERS
from bpmn_engine.store.columns import from_microseconds, to_microseconds
from bpmn_engine.store.json_text import dump_json, load_json
from bpmn_engine.store.rows import optional_element_key, optional_key
from bpmn_engine.values import JsonValue, Variables

VERSION: Final = 1

UPGRADES: Final[Mapping[int, Upgrade]] = {}
"""Version -> what makes the next version of it."""

FactRecord = tuple[object, ...]


def encode_facts(graph: ProcessGraph, facts: Iterable[Fact]) -> str:
    """Return facts as text, in their order."""
    names = GraphNames(graph)
    return dump_json({"v": VERSION, "facts": [_record(names, fact) for fact in facts]})


def decode_facts(graph: ProcessGraph, text: str) -> tuple[Fact, ...]:
    """Return the facts of a text written by this or an earlier release.

    Raises:
        CodecError: the text is newer than this release, or names what the graph does not have.
    """
    names = GraphNames(graph)
    with reading("facts"):
        record = upgraded(load_json(text), VERSION, UPGRADES)
        records = cast("list[tuple[str, *tuple[JsonValue, ...]]]", record["facts"])
        return tuple(_READERS[tag](names, *rest) for tag, *rest in records)


def _record(names: GraphNames, fact: Fact) -> FactRecord:
    kind = type(fact)
    return (kind.__name__, *_WRITERS[kind](names, fact))


def _write_started(_: GraphNames, fact: InstanceStarted) -> FactRecord:
    if fact.ends_after:
        return fact.business_key, fact.has_parent, fact.instance_key, list(fact.ends_after)
    if fact.instance_key is None:
        return fact.business_key, fact.has_parent
    return fact.business_key, fact.has_parent, fact.instance_key


def _write_scope(names: GraphNames, fact: ScopeOpened) -> FactRecord:
    return fact.key, names.scope_ref(fact.node), fact.parent, fact.variables


def _write_key(_: GraphNames, fact: ScopeClosed | WaitClosed | IncidentResolved) -> FactRecord:
    return (fact.key,)


def _write_entered(names: GraphNames, fact: ElementEntered) -> FactRecord:
    at = to_microseconds(fact.at)
    return fact.key, names.ref(fact.node), fact.scope, at, fact.loop_index


def _write_completed(names: GraphNames, fact: ElementCompleted) -> FactRecord:
    entered_at = to_microseconds(fact.entered_at)
    flows = names.flows(fact.flows)
    record = fact.key, names.ref(fact.node), fact.scope, entered_at, flows
    return record if fact.read is None else (*record, dict(sorted(fact.read.items())))


def _write_terminated(names: GraphNames, fact: ElementTerminated) -> FactRecord:
    return fact.key, names.ref(fact.node), fact.scope, to_microseconds(fact.entered_at)


def _write_compensation(names: GraphNames, fact: CompensationEntered) -> FactRecord:
    inner = names.scope_ref(fact.inner)
    return fact.key, names.ref(fact.node), fact.scope, to_microseconds(fact.at), inner


def _write_compensated(names: GraphNames, fact: ElementCompensated) -> FactRecord:
    entered_at = to_microseconds(fact.entered_at)
    return fact.key, names.ref(fact.node), fact.scope, entered_at, fact.following


def _instance_started(
    _: GraphNames,
    business_key: str | None,
    has_parent: bool,  # noqa: FBT001 -- a field
    instance_key: int | None = None,
    ends_after: Sequence[str] = (),
) -> Fact:
    return InstanceStarted(business_key, has_parent, optional_key(instance_key), tuple(ends_after))


def _status_changed(_: GraphNames, status: str) -> Fact:
    return StatusChanged(InstanceStatus(status))


def _scope_opened(
    names: GraphNames, key: int, ref: str | None, parent: int | None, variables: Variables
) -> Fact:
    return ScopeOpened(ElementKey(key), names.scope(ref), optional_element_key(parent), variables)


def _scope_closed(_: GraphNames, key: int) -> Fact:
    return ScopeClosed(ElementKey(key))


def _element_entered(
    names: GraphNames, key: int, ref: str, scope: int, at: int, loop_index: int | None
) -> Fact:
    moment = from_microseconds(at)
    return ElementEntered(ElementKey(key), names.node(ref), ElementKey(scope), moment, loop_index)


def _state_changed(_: GraphNames, key: int, state: str) -> Fact:
    return StateChanged(ElementKey(key), ElementState(state))


def _element_completed(  # noqa: PLR0913, PLR0917 -- the fields
    names: GraphNames,
    key: int,
    ref: str,
    scope: int,
    entered_at: int,
    flows: list[str],
    read: Variables | None = None,
) -> Fact:
    return ElementCompleted(
        ElementKey(key),
        names.node(ref),
        ElementKey(scope),
        from_microseconds(entered_at),
        names.edges(flows),
        read,
    )


def _element_terminated(
    names: GraphNames, key: int, ref: str, scope: int, entered_at: int
) -> Fact:
    moment = from_microseconds(entered_at)
    return ElementTerminated(ElementKey(key), names.node(ref), ElementKey(scope), moment)


def _token_parked(names: GraphNames, scope: int, flow_id: str) -> Fact:
    return TokenParked(ElementKey(scope), names.edge(flow_id))


def _tokens_consumed(names: GraphNames, scope: int, flow_ids: list[str]) -> Fact:
    return TokensConsumed(ElementKey(scope), names.edges(flow_ids))


def _variables_set(_: GraphNames, scope: int, variables: Variables) -> Fact:
    return VariablesSet(ElementKey(scope), variables)


def _wait_opened(names: GraphNames, record: WaitRecord) -> Fact:
    return WaitOpened(read_wait(names, record))


def _wait_closed(_: GraphNames, key: int) -> Fact:
    return WaitClosed(ElementKey(key))


def _incident_raised(names: GraphNames, record: IncidentRecord) -> Fact:
    return IncidentRaised(read_incident(names, record))


def _incident_resolved(_: GraphNames, key: int) -> Fact:
    return IncidentResolved(ElementKey(key))


def _loop_started(_: GraphNames, scope: int, items: list[JsonValue]) -> Fact:
    return LoopStarted(ElementKey(scope), tuple(items))


def _loop_advanced(_: GraphNames, scope: int, total: int, started: int, completed: int) -> Fact:
    return LoopAdvanced(ElementKey(scope), Loop(total, started, completed))


def _output_gathered(_: GraphNames, scope: int, index: int, value: JsonValue) -> Fact:
    return OutputGathered(ElementKey(scope), index, value)


def _reset_awaited(names: GraphNames, scope: int, ref: str, flow_ids: list[str]) -> Fact:
    return ResetAwaited(ElementKey(scope), names.node(ref), names.edges(flow_ids))


def _compensation_enabled(
    names: GraphNames,
    key: int,
    visit: int,
    ref: str,
    scope: int,
    is_whole: bool,  # noqa: FBT001 -- a field
) -> Fact:
    return CompensationEnabled(
        ElementKey(key), ElementKey(visit), names.node(ref), ElementKey(scope), is_whole
    )


def _compensation_thrown(
    _: GraphNames, key: int, thrower: int | None, claims: list[tuple[int, int]]
) -> Fact:
    return CompensationThrown(
        ElementKey(key),
        optional_element_key(thrower),
        tuple((ElementKey(scope), ElementKey(record)) for scope, record in claims),
    )


def _compensation_entered(
    names: GraphNames, key: int, ref: str, scope: int, at: int, inner: str | None
) -> Fact:
    return CompensationEntered(
        ElementKey(key),
        names.node(ref),
        ElementKey(scope),
        from_microseconds(at),
        names.scope(inner),
    )


def _element_compensated(
    names: GraphNames, key: int, ref: str, scope: int, entered_at: int, following: int | None
) -> Fact:
    return ElementCompensated(
        ElementKey(key),
        names.node(ref),
        ElementKey(scope),
        from_microseconds(entered_at),
        optional_element_key(following),
    )


def _escalation_uncaught(names: GraphNames, ref: str, code: str | None) -> Fact:
    return EscalationUncaught(names.node(ref), code)


def _correlation_key_set(_: GraphNames, key_id: str, text: str) -> Fact:
    return CorrelationKeySet(key_id, text)


def _instance_migrated(names: GraphNames, record: PlacesRecord) -> Fact:
    return read_places(names, record)


def _gateway_activated(names: GraphNames, key: int, ref: str, read: Variables) -> Fact:
    return GatewayActivated(ElementKey(key), names.node(ref), read)


def _variables_removed(_: GraphNames, scope: int, removed: list[str]) -> Fact:
    return VariablesRemoved(ElementKey(scope), tuple(removed))


def _moves_paused(names: GraphNames, record: MovingRecord | None = None) -> Fact:
    return MovesPaused(read_moving(names, record))


_READERS: Final[Mapping[str, Callable[..., Fact]]] = {
    "InstanceStarted": _instance_started,
    "StatusChanged": _status_changed,
    "ScopeOpened": _scope_opened,
    "ScopeClosed": _scope_closed,
    "ElementEntered": _element_entered,
    "StateChanged": _state_changed,
    "ElementCompleted": _element_completed,
    "ElementTerminated": _element_terminated,
    "TokenParked": _token_parked,
    "TokensConsumed": _tokens_consumed,
    "VariablesSet": _variables_set,
    "WaitOpened": _wait_opened,
    "WaitClosed": _wait_closed,
    "IncidentRaised": _incident_raised,
    "IncidentResolved": _incident_resolved,
    "LoopStarted": _loop_started,
    "LoopAdvanced": _loop_advanced,
    "OutputGathered": _output_gathered,
    "ResetAwaited": _reset_awaited,
    "CompensationEnabled": _compensation_enabled,
    "CompensationThrown": _compensation_thrown,
    "CompensationEntered": _compensation_entered,
    "ElementCompensated": _element_compensated,
    "EscalationUncaught": _escalation_uncaught,
    "CorrelationKeySet": _correlation_key_set,
    "InstanceMigrated": _instance_migrated,
    "VariablesRemoved": _variables_removed,
    "GatewayActivated": _gateway_activated,
    "MovesPaused": _moves_paused,
    **TERMINATING_READERS,
}
"""Name of the class -> what makes the fact of the other members of its array."""

_WRITERS: Final[Mapping[type[Fact], Callable[..., FactRecord]]] = {
    InstanceStarted: _write_started,
    StatusChanged: lambda _, fact: (fact.status.value,),
    ScopeOpened: _write_scope,
    ScopeClosed: _write_key,
    WaitClosed: _write_key,
    IncidentResolved: _write_key,
    ElementEntered: _write_entered,
    StateChanged: lambda _, fact: (fact.key, fact.state.value),
    ElementCompleted: _write_completed,
    ElementTerminated: _write_terminated,
    TokenParked: lambda names, fact: (fact.scope, names.flow(fact.flow)),
    TokensConsumed: lambda names, fact: (fact.scope, names.flows(fact.flows)),
    VariablesSet: lambda _, fact: (fact.scope, fact.variables),
    WaitOpened: lambda names, fact: (wait_record(names, fact.wait),),
    IncidentRaised: lambda names, fact: (incident_record(names, fact.incident),),
    LoopStarted: lambda _, fact: (fact.scope, fact.items),
    LoopAdvanced: lambda _, fact: (
        fact.scope,
        fact.loop.total,
        fact.loop.started,
        fact.loop.completed,
    ),
    OutputGathered: lambda _, fact: (fact.scope, fact.index, fact.value),
    ResetAwaited: lambda names, fact: (
        fact.scope,
        names.ref(fact.node),
        names.flows(fact.flows),
    ),
    CompensationEnabled: lambda names, fact: (
        fact.key,
        fact.visit,
        names.ref(fact.node),
        fact.scope,
        fact.is_whole,
    ),
    CompensationThrown: lambda _, fact: (fact.key, fact.thrower, fact.claims),
    CompensationEntered: _write_compensation,
    ElementCompensated: _write_compensated,
    EscalationUncaught: lambda names, fact: (names.ref(fact.node), fact.code),
    CorrelationKeySet: lambda _, fact: (fact.key_id, fact.text),
    InstanceMigrated: lambda names, fact: (places_record(names, fact),),
    VariablesRemoved: lambda _, fact: (fact.scope, fact.names),
    GatewayActivated: lambda names, fact: (
        fact.key,
        names.ref(fact.node),
        dict(sorted(fact.read.items())),
    ),
    MovesPaused: lambda names, fact: (moving_record(names, fact.moving),),
    **TERMINATING_WRITERS,
}
"""Class -> what gives the members of its array after the name."""
