"""Completed activities and running compensations as JSON arrays."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from immutables import Map

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.state import Claim, Compensation, CompletedActivity
from bpmn_engine.store.codec_names import GraphNames
from bpmn_engine.store.rows import optional_element_key
from bpmn_engine.values import JsonValue

CompletedRecord = tuple[int, str, bool, dict[str, JsonValue], "list[CompletedRecord]"]
CompensationRecord = tuple[int, int | None, "list[tuple[int, CompletedRecord]]"]
Activities = Map[ElementKey, CompletedActivity]


def completed_record(names: GraphNames, activities: Activities) -> list[CompletedRecord]:
    """Return completed activities as arrays, oldest first; nested as deep as the diagram is."""
    return [
        _activity_record(names, key, activity)
        for key, activity in sorted(activities.items(), key=itemgetter(0))
    ]


def _activity_record(
    names: GraphNames, key: ElementKey, activity: CompletedActivity
) -> CompletedRecord:
    return (
        key,
        names.ref(activity.node),
        activity.is_whole,
        dict(sorted(activity.variables.items(), key=itemgetter(0))),
        completed_record(names, activity.inner),
    )


def read_completed(names: GraphNames, records: Sequence[CompletedRecord]) -> Activities:
    """Return the completed activities of records."""
    return Map(dict(_read_activity(names, record) for record in records))


def _read_activity(
    names: GraphNames, record: CompletedRecord
) -> tuple[ElementKey, CompletedActivity]:
    key, ref, is_whole, variables, inner = record
    return ElementKey(key), CompletedActivity(
        node=names.node(ref),
        is_whole=is_whole,
        variables=Map(variables),
        inner=read_completed(names, inner),
    )


def compensation_record(
    names: GraphNames, key: ElementKey, compensation: Compensation
) -> CompensationRecord:
    """Return a compensation as an array; what is pending in order, the next one last."""
    return (
        key,
        compensation.thrower,
        [
            (claim.scope, _activity_record(names, claim.key, claim.activity))
            for _, claim in sorted(compensation.pending.items(), key=itemgetter(0))
        ],
    )


def read_compensation(
    names: GraphNames, record: CompensationRecord
) -> tuple[ElementKey, Compensation]:
    """Return the compensation of a record, with the visit that is compensated now."""
    key, thrower, pending = record
    claims = {
        index: Claim(ElementKey(scope), *_read_activity(names, activity))
        for index, (scope, activity) in enumerate(pending)
    }
    return ElementKey(key), Compensation(
        thrower=optional_element_key(thrower), pending=Map(claims)
    )
