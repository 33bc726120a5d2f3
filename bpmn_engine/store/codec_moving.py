"""What is on its way in an instance <-> its record; the state and its facts hold the same."""

from __future__ import annotations

from typing import TypedDict

from bpmn_engine.ids import ElementKey
from bpmn_engine.kernel.state import Arriving, Moving
from bpmn_engine.store.codec_names import GraphNames

ArrivingRecord = tuple[str, int, str | None, int | None, int]


class MovingRecord(TypedDict):
    """As `Moving`, with the names of nodes and flows."""

    arrivals: list[ArrivingRecord]
    touched: list[int]
    taken: int


def moving_record(names: GraphNames, moving: Moving | None) -> MovingRecord | None:
    """Return the record of what is on its way."""
    if moving is None:
        return None
    return {
        "arrivals": [
            (
                names.ref(each.node),
                each.scope,
                None if each.flow is None else names.flow(each.flow),
                each.loop_index,
                each.count,
            )
            for each in moving.arrivals
        ],
        "touched": list(moving.touched),
        "taken": moving.taken,
    }


def read_moving(names: GraphNames, record: MovingRecord | None) -> Moving | None:
    """Return what a record says is on its way."""
    if record is None:
        return None
    return Moving(
        tuple(
            Arriving(
                names.node(ref),
                ElementKey(scope),
                None if flow is None else names.edge(flow),
                loop_index,
                count,
            )
            for ref, scope, flow, loop_index, count in record["arrivals"]
        ),
        tuple(ElementKey(scope) for scope in record["touched"]),
        record["taken"],
    )
