"""What an operator does on the tab Change of an instance: move, skip, repeat, begin, restart."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash
from werkzeug.wrappers import Response

from bpmn_engine.ids import ElementKey
from bpmn_engine.service.views import (
    CancelVisits,
    InstanceSummary,
    Move,
    Problem,
    RestartRequest,
    StartAfter,
    StartBefore,
    VariableOrigin,
)
from bpmn_engine.values import JsonValue
from web.context import principal, service
from web.errors import ProblemError
from web.keys import read_key
from web.pages.answers import argument, go, reason, tell, variables_field

_Change = Callable[[dict[str, JsonValue], str], "InstanceSummary | Problem"]


def move_instance(key: int) -> Response:
    """Cancel a visit, or nothing, and start before or after an element."""

    def change(variables: dict[str, JsonValue], why: str) -> InstanceSummary | Problem:
        visit, element_id = read_key(argument("visit")), argument("element_id")
        moves: list[Move] = [] if visit is None else [CancelVisits(visit=ElementKey(visit))]
        start = StartAfter if argument("place") == "after" else StartBefore
        moves.append(start(element_id=element_id, variables=variables))
        return service().modify_instance(key, moves, reason=why, actor=principal().user_id)

    return _changed(key, change, "The instance was moved.")


def skip_element(key: int) -> Response:
    """Go on after an element as if it were done."""

    def change(variables: dict[str, JsonValue], why: str) -> InstanceSummary | Problem:
        visit = read_key(argument("visit"))
        return service().skip_element(
            key,
            _element_of(key, visit),
            visit=visit,
            variables=variables,
            reason=why,
            actor=principal().user_id,
        )

    return _changed(key, change, "The element was skipped.")


def repeat_element(key: int) -> Response:
    """Do an element once more."""

    def change(variables: dict[str, JsonValue], why: str) -> InstanceSummary | Problem:
        return service().repeat_element(
            key,
            argument("element_id"),
            variables=variables,
            reason=why,
            actor=principal().user_id,
        )

    return _changed(key, change, "The element is done once more.")


def begin_element(key: int) -> Response:
    """Let an element of an open ad-hoc sub-process begin."""

    def change(variables: dict[str, JsonValue], why: str) -> InstanceSummary | Problem:
        visit, _, element_id = argument("element").partition(" ")
        return service().activate_element(
            key,
            element_id,
            visit=read_key(visit),
            variables=variables,
            reason=why,
            actor=principal().user_id,
        )

    return _changed(key, change, "The element has begun.")


def restart_instance(key: int) -> Response:
    """Start a new instance that does again what a finished one did."""
    new: list[int] = []

    def change(variables: dict[str, JsonValue], why: str) -> InstanceSummary | Problem:
        element_id, place = argument("element_id"), argument("place")
        origin = argument("origin")
        known = {each.value: each for each in VariableOrigin}
        elements = (element_id,) if element_id else ()
        request = RestartRequest(
            instance_key=key,
            start_before=elements if place == "before" else (),
            start_after=elements if place == "after" else (),
            origin=known.get(origin, VariableOrigin.END),
            variables=variables,
            uses_latest=argument("version") == "latest",
            request_key=argument("request_key")[:255] or None,
        )
        answer = service().restart_instance(request, reason=why, actor=principal().user_id)
        if not isinstance(answer, Problem):
            new.append(answer.key)
        return answer

    answer = _changed(key, change, "The instance was restarted as this one.")
    return go(f"/instances/{new[0]}") if new else answer


def _changed(key: int, change: _Change, words: str) -> Response:
    """Do a change that needs a reason, and go back to the instance, or to its tab Change."""
    back = f"/instances/{key}?tab=change"
    why = reason()
    if why is None:
        flash("Expected a reason, but there is none.", "error")
        return go(back)
    try:
        variables = variables_field()
    except ProblemError as error:
        flash(f"Variables: {error.errors[0].message}", "error")
        return go(back)
    return go(f"/instances/{key}" if tell(change(variables, why), words) else back)


def _element_of(key: int, visit: int | None) -> str:
    """Return the element of an open visit, as it is seen from outside; "" if there is none."""
    view = service().instance(key)
    if isinstance(view, Problem):
        return ""
    found = (each.element_id for each in view.open_visits if each.key == visit)
    return next(found, "")
