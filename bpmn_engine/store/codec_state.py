"""InstanceState <-> compact, versioned JSON. Its size follows what is open, as the state's does.

What follows from something else is not written: which visits a scope holds, which waits and
incidents a visit has, which waits listen inside. Only where such a set is there but empty, its
key is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, TypedDict, cast

from immutables import Map

from bpmn_engine.graph.nodes import ProcessGraph
from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.lifecycle import ElementState, InstanceStatus
from bpmn_engine.kernel.state import HEARD_INSIDE, ElementInstance, InstanceState, Loop, Scope
from bpmn_engine.store.codec_compensation import (
    CompensationRecord,
    CompletedRecord,
    compensation_record,
    completed_record,
    read_compensation,
    read_completed,
)
from bpmn_engine.store.codec_envelope import Upgrade, reading, upgraded
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
from bpmn_engine.store.codec_terminating import (
    EndingRecord,
    TerminatingRecord,
    ending_record,
    read_ending,
    read_terminating,
    terminating_record,
)
from bpmn_engine.store.columns import from_microseconds, to_microseconds
from bpmn_engine.store.json_text import dump_json, load_json
from bpmn_engine.store.rows import optional_key
from bpmn_engine.values import JsonValue

VERSION: Final = 4
_WITHOUT_TERMINATIONS: Final = 2
_WITHOUT_MOVES: Final = 1
"""What nothing is on its way in is written as before, so that earlier releases read it; what they
would lose tokens of, or let act that is being terminated, they refuse."""

UPGRADES: Final[Mapping[int, Upgrade]] = {
    1: lambda record: record,
    2: lambda record: record,
    3: lambda record: record,  # says in the instance's row that its state is elsewhere (`states`)
}
"""Version -> what makes the next version of it."""


_STATES: Final = {state.value: state for state in ElementState}


class _StateRecord(TypedDict, total=False):
    """Members are left out where they are empty. JSON gives arrays where tuples are written."""

    v: int
    status: str
    last_key: int
    business_key: str
    has_parent: bool
    instance_key: int
    visits: list[tuple[int, str, int, int, int | None, str]]
    scopes: list[tuple[int, str | None, int | None]]
    variables: dict[str, dict[str, JsonValue]]
    tokens: dict[str, dict[str, int]]
    waits: list[WaitRecord]
    incidents: list[IncidentRecord]
    loops: list[tuple[int, int, int, int]]
    items: dict[str, list[JsonValue]]
    outputs: dict[str, dict[str, JsonValue]]
    resets: dict[str, dict[str, list[str]]]
    completed: dict[str, list[CompletedRecord]]
    compensations: list[CompensationRecord]
    correlation_keys: dict[str, str]
    ends_after: list[str]
    moving: MovingRecord | None
    terminating: TerminatingRecord
    ending: EndingRecord
    no_members: list[int]
    no_waits: list[int]
    no_incidents: list[int]


def encode_state(graph: ProcessGraph, state: InstanceState) -> str:
    """Return a state as text; equal states give equal texts."""
    names = GraphNames(graph)
    record: _StateRecord = {
        "v": _version(state),
        "status": state.status.value,
        "last_key": state.last_key,
        "visits": [
            (
                key,
                names.ref(visit.node),
                visit.scope,
                to_microseconds(visit.entered_at),
                visit.loop_index,
                state.states[key].value,
            )
            for key, visit in sorted(state.visits.items(), key=_first)
        ],
        "scopes": [
            (key, names.scope_ref(scope.node), scope.parent)
            for key, scope in sorted(state.scopes.items(), key=_first)
        ],
        "variables": {
            str(key): dict(sorted(variables.items(), key=_first))
            for key, variables in sorted(state.variables.items(), key=_first)
        },
        "waits": [wait_record(names, wait) for _, wait in sorted(state.waits.items(), key=_first)],
    }
    _encode_rare(names, state, record)
    return dump_json(record)


def _version(state: InstanceState) -> int:
    if state.terminating or state.ending is not None:
        return VERSION
    return _WITHOUT_MOVES if state.moving is None else _WITHOUT_TERMINATIONS


def _encode_rare(names: GraphNames, state: InstanceState, record: _StateRecord) -> None:
    """Write what most states have nothing of."""
    if state.business_key is not None:
        record["business_key"] = state.business_key
    if state.instance_key is not None:
        record["instance_key"] = state.instance_key
    if state.has_parent:
        record["has_parent"] = True
    if state.tokens:
        record["tokens"] = {
            str(key): {names.flow(edge): count for edge, count in sorted(parked.items())}
            for key, parked in sorted(state.tokens.items(), key=_first)
        }
    if state.correlation_keys:
        record["correlation_keys"] = dict(sorted(state.correlation_keys.items(), key=_first))
    if state.incidents:
        record["incidents"] = [
            incident_record(names, incident)
            for _, incident in sorted(state.incidents.items(), key=_first)
        ]
    if state.resets:
        record["resets"] = {
            str(key): {
                names.ref(node): names.flows(flows) for node, flows in sorted(nodes.items())
            }
            for key, nodes in sorted(state.resets.items(), key=_first)
        }
    _encode_loops(state, record)
    _encode_last(names, state, record)
    _encode_compensation(names, state, record)
    _encode_empty(state, record)


def _encode_last(names: GraphNames, state: InstanceState, record: _StateRecord) -> None:
    if state.ends_after:
        record["ends_after"] = list(state.ends_after)
    if state.moving is not None:
        record["moving"] = moving_record(names, state.moving)
    if state.terminating:
        record["terminating"] = terminating_record(state.terminating)
    if state.ending is not None:
        record["ending"] = ending_record(state.ending)


def _encode_loops(state: InstanceState, record: _StateRecord) -> None:
    if state.loops:
        record["loops"] = [
            (key, loop.total, loop.started, loop.completed)
            for key, loop in sorted(state.loops.items(), key=_first)
        ]
    if state.items:
        record["items"] = {
            str(key): list(items) for key, items in sorted(state.items.items(), key=_first)
        }
    if state.outputs:
        record["outputs"] = {
            str(key): {str(index): value for index, value in sorted(outputs.items(), key=_first)}
            for key, outputs in sorted(state.outputs.items(), key=_first)
        }


def _encode_compensation(names: GraphNames, state: InstanceState, record: _StateRecord) -> None:
    if state.completed:
        record["completed"] = {
            str(scope): completed_record(names, activities)
            for scope, activities in sorted(state.completed.items(), key=_first)
        }
    if state.compensations:
        record["compensations"] = [
            compensation_record(names, key, compensation)
            for key, compensation in sorted(state.compensations.items(), key=_first)
        ]


def _encode_empty(state: InstanceState, record: _StateRecord) -> None:
    if no_members := _without_any(state.members):
        record["no_members"] = no_members
    if no_waits := _without_any(state.waits_of):
        record["no_waits"] = no_waits
    if no_incidents := _without_any(state.incidents_of):
        record["no_incidents"] = no_incidents


def _without_any(sets: Map[ElementKey, Map[ElementKey, None]]) -> list[int]:
    return sorted(key for key, members in sets.items() if not members)


def _first(pair: tuple[int | str, object]) -> int | str:
    return pair[0]


def decode_state(graph: ProcessGraph, text: str) -> InstanceState:
    """Return the state of a text written by this or an earlier release.

    Raises:
        CodecError: the text is newer than this release, or names what the graph does not have.
    """
    with reading("the state of an instance"):
        record = cast("_StateRecord", upgraded(load_json(text), VERSION, UPGRADES))
        return _read_state(GraphNames(graph), record)


def _read_state(names: GraphNames, record: _StateRecord) -> InstanceState:
    visits: dict[ElementKey, ElementInstance] = {}
    states: dict[ElementKey, ElementState] = {}
    for raw_key, ref, scope, entered_at, loop_index, state in record["visits"]:
        key = ElementKey(raw_key)
        entered = from_microseconds(entered_at)
        visits[key] = ElementInstance(names.node(ref), ElementKey(scope), entered, loop_index)
        states[key] = _STATES[state]
    waits = {ElementKey(raw[0]): read_wait(names, raw) for raw in record["waits"]}
    incidents = {
        ElementKey(raw[0]): read_incident(names, raw) for raw in record.get("incidents", ())
    }
    terminating = read_terminating(record.get("terminating", []))
    return InstanceState(
        status=InstanceStatus(record["status"]),
        last_key=record["last_key"],
        business_key=record.get("business_key"),
        has_parent=record.get("has_parent", False),
        instance_key=optional_key(record.get("instance_key")),
        visits=Map(visits),
        states=Map(states),
        scopes=_read_scopes(names, record),
        members=_grouped(
            (
                (visit.scope, key)
                for key, visit in visits.items()
                if key not in terminating.get(visit.scope, ())
            ),
            record.get("no_members", ()),
        ),
        variables=Map(
            {
                ElementKey(int(key)): Map(variables)
                for key, variables in record["variables"].items()
            }
        ),
        tokens=_read_tokens(names, record),
        waits=Map(waits),
        listening=Map({key: None for key, wait in waits.items() if wait.kind in HEARD_INSIDE}),
        waits_of=_grouped(
            ((wait.visit, key) for key, wait in waits.items()), record.get("no_waits", ())
        ),
        incidents=Map(incidents),
        incidents_of=_grouped(
            (
                (incident.scope if incident.visit is None else incident.visit, key)
                for key, incident in incidents.items()
            ),
            record.get("no_incidents", ()),
        ),
        loops=_read_loops(record),
        items=Map(
            {ElementKey(int(key)): tuple(items) for key, items in record.get("items", {}).items()}
        ),
        outputs=_read_outputs(record),
        resets=Map(
            {
                ElementKey(int(key)): Map(
                    {names.node(ref): names.edges(flows) for ref, flows in nodes.items()}
                )
                for key, nodes in record.get("resets", {}).items()
            }
        ),
        completed=Map(
            {
                ElementKey(int(scope)): read_completed(names, activities)
                for scope, activities in record.get("completed", {}).items()
            }
        ),
        compensations=Map(
            dict(read_compensation(names, raw) for raw in record.get("compensations", ()))
        ),
        correlation_keys=Map(record.get("correlation_keys", {})),
        ends_after=tuple(record.get("ends_after", ())),
        moving=read_moving(names, record.get("moving")),
        terminating=terminating,
        ending=read_ending(record["ending"]) if "ending" in record else None,
    )


def _read_scopes(names: GraphNames, record: _StateRecord) -> Map[ElementKey, Scope]:
    return Map(
        {
            ElementKey(key): Scope(
                names.scope(ref), None if parent is None else ElementKey(parent)
            )
            for key, ref, parent in record["scopes"]
        }
    )


def _read_tokens(names: GraphNames, record: _StateRecord) -> Map[ElementKey, Map[int, int]]:
    return Map(
        {
            ElementKey(int(key)): Map(
                {names.edge(flow_id): count for flow_id, count in parked.items()}
            )
            for key, parked in record.get("tokens", {}).items()
        }
    )


def _read_loops(record: _StateRecord) -> Map[ElementKey, Loop]:
    return Map(
        {
            ElementKey(key): Loop(total, started, completed)
            for key, total, started, completed in record.get("loops", ())
        }
    )


def _read_outputs(record: _StateRecord) -> Map[ElementKey, Map[int, JsonValue]]:
    return Map(
        {
            ElementKey(int(key)): Map({int(index): value for index, value in outputs.items()})
            for key, outputs in record.get("outputs", {}).items()
        }
    )


def _grouped(
    pairs: Iterable[tuple[ElementKey, ElementKey]], empty: Iterable[int]
) -> Map[ElementKey, Map[ElementKey, None]]:
    """Return owner -> what it has; `empty` are owners that have nothing."""
    groups: defaultdict[ElementKey, dict[ElementKey, None]] = defaultdict(dict)
    for owner, key in pairs:
        groups[owner][key] = None
    members: dict[ElementKey, Map[ElementKey, None]] = {
        owner: Map(keys) for owner, keys in groups.items()
    }
    members.update((ElementKey(owner), Map()) for owner in empty)
    return Map(members)
