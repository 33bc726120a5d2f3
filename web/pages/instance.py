"""One process instance: its diagram, its tabs, and what an operator may do with it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from flask import flash, render_template, request
from werkzeug.wrappers import Response

from bpmn_engine.service.views import (
    AsRead,
    GatewayDecisionView,
    IncidentFilter,
    InstanceStatus,
    InstanceSummary,
    InstanceView,
    PageRequest,
    Problem,
    VisitView,
    WaitKind,
    WaitView,
)
from web.context import now, principal, service
from web.errors import ProblemError
from web.keys import read_key
from web.pages.answers import argument, go, good, is_htmx, json_field, reason, tell
from web.pages.incident_words import incident_row
from web.pages.instances import instance_row
from web.visibility import visible_instance

ROWS: Final = PageRequest(limit=200)
_OPEN: Final = frozenset({InstanceStatus.CREATED, InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED})


def instance(key: int) -> str:
    """Show one instance and one of its tabs."""
    view = good(visible_instance(service(), key, principal()))
    tab = argument("tab", "history")
    tab = tab if tab in _TABS else "history"
    waits = service().instance_waits(key)
    return render_template(
        "instance.html",
        instance=_shown(view),
        tab=tab,
        tab_counts={
            "waits": None if isinstance(waits, Problem) else len(waits),
            "incidents": view.summary.incident_count,
        },
        may_operate=principal().may_operate,
        holds=service().holds_of_instance(key) if principal().may_operate else (),
        **_TABS[tab](view),
    )


def instance_fragment(key: int, tab: str) -> str:
    """Return one tab alone, for scripts."""
    if tab not in _TABS:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"Expected a tab, but there is no {tab[:40]!r}.")
    view = good(visible_instance(service(), key, principal()))
    return _fragment(view, tab)


def cancel_instance(key: int) -> Response:
    """End an instance and everything it has called."""
    outcome = service().cancel_instance(key, reason=reason(), actor=principal().user_id)
    return _done(key, outcome, "The instance was cancelled.")


def suspend_instance(key: int) -> Response:
    """Hold an instance."""
    outcome = service().suspend_instance(key, reason=reason(), actor=principal().user_id)
    return _done(key, outcome, "The instance is suspended.")


def resume_instance(key: int) -> Response:
    """Let a suspended instance go on."""
    outcome = service().resume_instance(key, reason=reason(), actor=principal().user_id)
    return _done(key, outcome, "The instance goes on.")


def set_variable(key: int) -> Response | str | tuple[str, int]:
    """Set one variable to the JSON value that was typed in."""
    name, text = argument("name"), request.form.get("value", "")
    scope = request.form.get("scope_key", "")
    message = _set(key, name, text, scope)
    if is_htmx():
        view = good(service().instance(key))
        error = None
        if message is not None:
            error = {"name": name, "value": text, "scope_key": scope, "message": message}
        shown = _fragment(view, "variables", variable_error=error)
        return shown if message is None else (shown, HTTPStatus.UNPROCESSABLE_ENTITY)
    flash(message or f"{name} was changed.", "success" if message is None else "error")
    return go(f"/instances/{key}?tab=variables")


def incidents_fragment(key: int) -> str:
    """Return the tab of incidents after one was retried there."""
    return _fragment(good(service().instance(key)), "incidents")


def _set(key: int, name: str, text: str, scope: str) -> str | None:
    """Set a variable; return why it was not done, or None."""
    scope_key = read_key(scope or "0")
    if not name or len(name) > 255 or scope_key is None:  # noqa: PLR2004 -- of the API
        return "Expected a name of 1 to 255 characters and a scope."
    try:
        value = json_field("value", text)
        shown = request.form.get("seen")
        seen = {} if shown is None else {name: json_field("seen", shown)}
    except ProblemError as error:
        return error.errors[0].message
    outcome = service().set_variables(
        key,
        {name: value},
        scope=scope_key,
        as_read=AsRead(variables=seen),
        actor=principal().user_id,
    )
    return outcome.message if isinstance(outcome, Problem) else None


def _done(key: int, outcome: InstanceSummary | Problem, words: str) -> Response:
    tell(outcome, words)
    return go(f"/instances/{key}")


def _fragment(view: InstanceView, tab: str, **more: object) -> str:
    return render_template(
        f"_instance_{tab}.html",
        instance=_shown(view),
        may_operate=principal().may_operate,
        **{**_TABS[tab](view), **more},
    )


def _shown(view: InstanceView) -> dict[str, object]:
    summary = view.summary
    parent = view.parent
    return {
        **instance_row(summary),
        "is_suspended": summary.status is InstanceStatus.SUSPENDED,
        "is_open": summary.status in _OPEN,
        "restart_of": None if view.restart_of is None else str(view.restart_of),
        "restarted_as": [str(key) for key in view.restarted_as],
        "parent": None
        if parent is None
        else {"key": str(parent.key), "process_name": parent.process_name or parent.process_id},
        "children": [
            {
                "key": str(child.key),
                "process_name": child.process_name or child.process_id,
                "state": child.status.value,
            }
            for child in view.children
        ],
    }


def _history(view: InstanceView) -> dict[str, object]:
    page = good(service().instance_history(view.summary.key, page=ROWS))
    reasons = {}
    if principal().may_operate:
        found = good(service().gateway_decisions(view.summary.key))
        reasons = {decision.visit: decision for decision in found}
    return {"visits": [_visit(each, reasons.get(each.key)) for each in page.items]}


def _visit(visit: VisitView, decision: GatewayDecisionView | None) -> dict[str, object]:
    took = (visit.ended_at or now()) - visit.entered_at
    return {
        "key": visit.key,
        "element_id": visit.element_id,
        "element_name": visit.element_name,
        "element_type": visit.element_type,
        "state": visit.state,
        "entered_at": visit.entered_at,
        "left_at": visit.ended_at,
        "duration_seconds": took.total_seconds(),
        "detail": "",
        "decision": decision,
    }


def _variables(view: InstanceView) -> dict[str, object]:
    _operators_only()
    variables = good(service().instance_variables(view.summary.key))
    return {
        "variables": [
            {
                "name": each.name,
                "value": each.value,
                "scope_key": str(each.scope_key),
                "scope_name": each.scope_element_name or each.scope_element_id,
            }
            for each in variables
        ],
        "may_edit": principal().may_operate and view.summary.status in _OPEN,
        "variable_error": None,
    }


def _waits(view: InstanceView) -> dict[str, object]:
    waits = good(service().instance_waits(view.summary.key))
    return {"waits": [_wait(each) for each in waits]}


def _wait(wait: WaitView) -> dict[str, object]:
    url, label = None, None
    if wait.kind is WaitKind.USER_TASK and wait.key is not None:
        url, label = f"/tasks/{wait.key}", "Open the task"
    if wait.kind is WaitKind.CHILD and wait.key is not None:
        url, label = f"/instances/{wait.key}", "Open the instance"
    failure = f" Last failure: {wait.last_failure}" if wait.last_failure else ""
    return {
        "kind": wait.kind.value,
        "element_id": wait.element_id,
        "element_name": wait.element_name,
        "explanation": wait.text + failure,
        "since": wait.since,
        "due_at": wait.due_at,
        "retries_left": wait.retries_left,
        "worker": wait.locked_by if wait.kind is WaitKind.JOB else None,
        "lock_expires_at": wait.locked_until,
        "url": url,
        "url_label": label,
    }


def _incidents(view: InstanceView) -> dict[str, object]:
    wanted = IncidentFilter(is_open=None, instance_key=view.summary.key)
    page = good(service().incidents(wanted, page=ROWS))
    return {"incidents": [incident_row(each) for each in page.items]}


def _journal(view: InstanceView) -> dict[str, object]:
    _operators_only()
    page = good(service().instance_journal(view.summary.key, page=ROWS))
    return {
        "entries": [
            {
                "sequence": each.sequence,
                "at": each.at,
                "actor": each.actor,
                "command": each.summary,
                "reason": each.reason,
                "facts": each.facts,
            }
            for each in page.items
        ]
    }


def _change(view: InstanceView) -> dict[str, object]:
    _operators_only()
    choices = good(service().change_choices(view.summary.key))
    return {"choices": choices, "request_key": secrets.token_urlsafe(12)}


def _operators_only() -> None:
    if not principal().may_operate:
        raise ProblemError(HTTPStatus.FORBIDDEN, "Only operators see variables and the journal.")


_TABS: Final[Mapping[str, Callable[[InstanceView], dict[str, object]]]] = {
    "history": _history,
    "variables": _variables,
    "waits": _waits,
    "incidents": _incidents,
    "journal": _journal,
    "change": _change,
}
"""Tab -> what its fragment shows."""
