"""Of which kind jobs are: of an element, of one of its listeners, of an ad-hoc sub-process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bpmn_engine.ids import Key
from bpmn_engine.service.graphs import GraphCache
from bpmn_engine.store import instances
from bpmn_engine.store.database import Session
from bpmn_engine.store.states import read_state
from bpmn_engine.views.records import JobRecord

_EVENTS: Final[Mapping[str, str]] = {
    "CREATE": "CREATING",
    "ASSIGNMENT": "ASSIGNING",
    "UPDATE": "UPDATING",
    "COMPLETE": "COMPLETING",
}
"""Events of Camunda 7's listeners -> Camunda 8's."""

_EXECUTION: Final = frozenset({"START", "END", "BEFOREALL", "TAKE", "CANCEL"})


def with_kinds(
    session: Session, graphs: GraphCache, records: Sequence[JobRecord]
) -> list[JobRecord]:
    """Return open jobs with their kinds, which the states of their instances know."""
    rows = instances.load(session, {Key(record.instance_key) for record in records})
    states = {
        row.key: read_state(session, graphs.get(session, row.definition_key), row) for row in rows
    }
    kinds = []
    for record in records:
        state = states.get(Key(record.instance_key))
        graph = graphs.get(session, Key(record.definition_key))
        wait = (
            None
            if state is None
            else next((one for key, one in state.waits.items() if key == record.wait), None)
        )
        if wait is not None and wait.listener is not None:
            kind, event = of_listener(wait.listener.event.value)
            kinds.append(replace(record, kind=kind, listener_event=event))
        elif wait is not None and graph.nodes[wait.node].element_type == "adHocSubProcess":
            kinds.append(replace(record, kind="AD_HOC_SUB_PROCESS"))
        else:
            kinds.append(record)
    return kinds


def of_listener(event: str) -> tuple[str, str]:
    """Return kind and event of a listener's job."""
    word = event.upper()
    kind = "EXECUTION_LISTENER" if word in _EXECUTION else "TASK_LISTENER"
    return kind, {"BEFOREALL": "BEFORE_ALL"}.get(word, _EVENTS.get(word, word))
