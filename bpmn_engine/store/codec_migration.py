"""Migration plans, and where a migrated instance is, as JSON; members that are empty are left out.

Who writes `{"mappings": [["Check", "CheckStock"]]}` has written a plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict, cast

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.facts import InstanceMigrated
from bpmn_engine.kernel.migration_plan import (
    ElementMapping,
    FlowMapping,
    MigrationPlan,
    ScopeChange,
)
from bpmn_engine.store.codec_names import GraphNames
from bpmn_engine.values import JsonValue


class PlacesRecord(TypedDict, total=False):
    """An `InstanceMigrated`; JSON gives arrays where tuples are written."""

    visits: list[tuple[int, str]]
    scopes: list[tuple[int, str | None]]
    waits: list[tuple[int, str]]
    incidents: list[tuple[int, str]]
    tokens: list[tuple[int, str, int]]
    resets: list[tuple[int, str, list[str]]]
    records: list[tuple[int, str]]


def places_record(names: GraphNames, fact: InstanceMigrated) -> PlacesRecord:
    """Return where everything is, by the ids of the target."""
    record: PlacesRecord = {
        "visits": [(key, names.ref(node)) for key, node in fact.visits],
        "scopes": [(key, names.scope_ref(node)) for key, node in fact.scopes],
        "waits": [(key, names.ref(node)) for key, node in fact.waits],
        "incidents": [(key, names.ref(node)) for key, node in fact.incidents],
        "tokens": [(key, names.flow(flow), count) for key, flow, count in fact.tokens],
        "resets": [(key, names.ref(node), names.flows(flows)) for key, node, flows in fact.resets],
        "records": [(key, names.ref(node)) for key, node in fact.records],
    }
    return cast("PlacesRecord", {name: places for name, places in record.items() if places})


def read_places(names: GraphNames, record: PlacesRecord) -> InstanceMigrated:
    """Return the fact of a record."""
    return InstanceMigrated(
        visits=_nodes(names, record.get("visits", ())),
        scopes=tuple((ElementKey(key), names.scope(ref)) for key, ref in record.get("scopes", ())),
        waits=_nodes(names, record.get("waits", ())),
        incidents=_nodes(names, record.get("incidents", ())),
        tokens=tuple(
            (ElementKey(key), names.edge(flow_id), count)
            for key, flow_id, count in record.get("tokens", ())
        ),
        resets=tuple(
            (ElementKey(key), names.node(ref), names.edges(flow_ids))
            for key, ref, flow_ids in record.get("resets", ())
        ),
        records=_nodes(names, record.get("records", ())),
    )


def _nodes(
    names: GraphNames, pairs: Sequence[tuple[int, str]]
) -> tuple[tuple[ElementKey, int], ...]:
    return tuple((ElementKey(key), names.node(ref)) for key, ref in pairs)


# Plans ----------------------------------------------------------------------------------------


def plan_record(plan: MigrationPlan) -> Mapping[str, JsonValue]:
    """Return a plan as a JSON object."""
    record: dict[str, JsonValue] = {
        "mappings": [_mapping_record(mapping) for mapping in plan.mappings],
        "flows": [[mapping.source, mapping.target] for mapping in plan.flows],
        "variables": [_change_record(change) for change in plan.variables],
    }
    return {name: value for name, value in record.items() if value}


def _mapping_record(mapping: ElementMapping) -> list[JsonValue]:
    return [mapping.source, mapping.target, *((True,) if mapping.is_updated else ())]


def _change_record(change: ScopeChange) -> Mapping[str, JsonValue]:
    record: dict[str, JsonValue] = {
        "element_id": change.element_id,
        "values": dict(change.values),
        "expressions": dict(change.expressions),
        "removed": list(change.removed),
    }
    return {name: value for name, value in record.items() if value}


class _ChangeRecord(TypedDict, total=False):
    element_id: str
    values: dict[str, JsonValue]
    expressions: dict[str, str]
    removed: list[str]


class _PlanRecord(TypedDict, total=False):
    mappings: list[tuple[str, str, *tuple[bool, ...]]]
    flows: list[tuple[str, str]]
    variables: list[_ChangeRecord]


def read_plan(record: JsonValue) -> MigrationPlan:
    """Return the plan of a record."""
    plan = cast("_PlanRecord", record)
    return MigrationPlan(
        mappings=tuple(
            ElementMapping(source=source, target=target, is_updated=any(updated))
            for source, target, *updated in plan.get("mappings", ())
        ),
        flows=tuple(
            FlowMapping(source=source, target=target) for source, target in plan.get("flows", ())
        ),
        variables=tuple(
            ScopeChange(
                element_id=change.get("element_id"),
                values=change.get("values", {}),
                expressions=change.get("expressions", {}),
                removed=tuple(change.get("removed", ())),
            )
            for change in plan.get("variables", ())
        ),
    )
