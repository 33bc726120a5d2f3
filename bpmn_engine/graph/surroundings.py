"""What `execution` and `task` of Camunda 7 know at each place of a diagram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bpmn_engine.expressions.juel.assignment import HowChanged, TaskChange
from bpmn_engine.expressions.juel.delegates import EXECUTION, TASK, TASK_ATTRIBUTES, Surroundings
from bpmn_engine.model.listeners import OF_USER_TASKS, ListenerEvent

TASK_ID: Final = "id"

KNOW_THE_TASK: Final = frozenset(
    {
        ListenerEvent.CREATING,
        ListenerEvent.ASSIGNING,
        ListenerEvent.UPDATING,
        ListenerEvent.COMPLETING,
    }
)
"""Events whose listeners are told the attributes of the user task as they are then."""

EVENT_NAMES: Final[Mapping[ListenerEvent, str]] = {
    ListenerEvent.START: "start",
    ListenerEvent.END: "end",
    ListenerEvent.TAKE: "take",
    ListenerEvent.CREATING: "create",
    ListenerEvent.ASSIGNING: "assignment",
    ListenerEvent.UPDATING: "update",
    ListenerEvent.COMPLETING: "complete",
    ListenerEvent.CANCELING: "delete",
    ListenerEvent.TIMEOUT: "timeout",
}
"""As Camunda 7 calls the events that its listeners know."""

NOWHERE: Final = Surroundings()
"""Of what belongs to no element."""


def may_change(event: ListenerEvent, change: TaskChange) -> bool:
    """Tell whether a listener may change a user task; who adds has to know what there is."""
    is_timeout = event is ListenerEvent.TIMEOUT and change.how is HowChanged.SET
    return is_timeout or event in KNOW_THE_TASK


def at_element(element_id: str, name: str | None) -> Surroundings:
    """Return what an expression of an element knows."""
    return Surroundings(
        written=(
            (f"{EXECUTION}.currentActivityId", element_id),
            (f"{EXECUTION}.currentActivityName", name),
        )
    )


def in_listener(place: Surroundings, event: ListenerEvent) -> Surroundings:
    """Return what a listener of an element, or of the process, knows beside that."""
    called = EVENT_NAMES.get(event)
    if event not in OF_USER_TASKS:
        if called is None:
            return place
        return replace(place, written=(*place.written, (f"{EXECUTION}.eventName", called)))
    element = {name.removeprefix(f"{EXECUTION}.current"): value for name, value in place.written}
    told = TASK_ATTRIBUTES if event in KNOW_THE_TASK else ()
    return replace(
        place,
        written=(
            *place.written,
            (f"{TASK}.taskDefinitionKey", element.get("ActivityId")),
            (f"{TASK}.name", element.get("ActivityName")),
            (f"{TASK}.eventName", called),
        ),
        offered=place.offered
        | {f"{TASK}.processInstanceId"}
        | {
            f"{TASK}.{attribute}"
            for attribute in told
            if attribute != TASK_ID or event is ListenerEvent.COMPLETING
        },
        has_task=True,
    )
