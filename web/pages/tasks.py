"""One user task: its form, what it sees, where it stands."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import flash, render_template, request
from werkzeug.wrappers import Response

from bpmn_engine.service.views import (
    FormKind,
    Problem,
    TaskAction,
    TaskEvent,
    TaskState,
    UserTaskView,
)
from web.completing import complete_task as finish_task
from web.completing import next_task
from web.context import Principal, principal, service
from web.errors import FieldError, ProblemError
from web.forms import FormErrors
from web.pages.answers import (
    argument,
    display_names,
    go,
    good,
    next_url,
    reason,
    tell,
    variables_field,
)
from web.pages.worklist import may_claim, may_release


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage:
    """A task as its page shows it, beside the members of its read model."""

    key: str
    instance_key: str
    definition_key: str
    state: str
    process_name: str
    assignee_name: str | None
    is_mine: bool
    is_open: bool
    may_claim: bool
    may_release: bool
    may_assign: bool
    may_complete: bool
    completed_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """Something that happened to a task."""

    at: dt.datetime
    actor: str | None
    action: str
    detail: str = ""


def task(key: int) -> str:
    """Show one task."""
    view = good(service().user_task(key, caller=principal().caller))
    return _page(view, submitted="", errors=())


def assign_task(key: int) -> Response:
    """Hand a task to another person, or back to its candidates."""
    assignee = argument("assignee") or None
    outcome = service().assign_task(key, assignee, caller=principal().caller, reason=reason())
    words = f"The task is now {assignee}'s." if assignee else "The task is free again."
    tell(outcome, words)
    return go(next_url(f"/tasks/{key}"))


def complete_task(key: int) -> Response | tuple[str, int]:
    """Complete a task from the plain field, without a script."""
    try:
        done = finish_task(key, variables_field(), principal())
    except ProblemError as error:
        return _again(key, error.errors)
    if isinstance(done, FormErrors):
        return _again(key, done.errors)
    if isinstance(done, Problem):
        flash(done.message, "error")
        return go(f"/tasks/{key}")
    onward = next_task(principal(), done)
    is_done = done.state is TaskState.COMPLETED
    flash("Task completed." if is_done else "The task waits for its listeners.", "success")
    if onward is not None:
        flash(f"Next for you: {onward.name}.", "info")
        return go(f"/tasks/{onward.key}")
    return go(next_url("/worklist"))


def _again(key: int, errors: tuple[FieldError, ...]) -> tuple[str, int]:
    view = good(service().user_task(key, caller=principal().caller))
    text = _page(view, submitted=request.form.get("variables", ""), errors=errors)
    return text, HTTPStatus.UNPROCESSABLE_ENTITY


def _page(view: UserTaskView, *, submitted: str, errors: tuple[FieldError, ...]) -> str:
    who = principal()
    form = service().task_form(view.key, caller=who.caller)
    shown = _shown(view, who)
    onward = None if shown["is_open"] else next_task(who, view)
    return render_template(
        "task.html",
        task=shown,
        form_kind=FormKind.NONE.value if isinstance(form, Problem) else form.kind.value,
        variables=[
            {"name": name, "value": value}
            for name, value in sorted((view.variables or {}).items())
        ],
        history=_history(view, who),
        assignees=service().active_people() if shown["may_assign"] else (),
        next_task=None if onward is None else _next(onward.task),
        submitted=submitted,
        errors=errors,
    )


def _shown(view: UserTaskView, who: Principal) -> dict[str, object]:
    is_open = view.state is TaskState.CREATED
    is_mine = view.assignee == who.user_id
    names = display_names([view.assignee])
    page = TaskPage(
        key=str(view.key),
        instance_key=str(view.instance_key),
        definition_key=str(view.definition_key),
        state="claimed" if is_open and view.assignee else view.state.value,
        process_name=view.process_name or view.process_id,
        assignee_name=names.get(view.assignee) if view.assignee else None,
        is_mine=is_mine,
        is_open=is_open,
        may_claim=may_claim(view),
        may_release=may_release(view, who),
        may_assign=is_open and (who.may_operate or is_mine),
        may_complete=is_open and (who.may_operate or is_mine),
        completed_at=view.ended_at,
    )
    members = {field.name: getattr(view, field.name) for field in dataclasses.fields(view)}
    return {**members, **dataclasses.asdict(page)}


def _next(onward: UserTaskView) -> dict[str, object]:
    return {
        "key": str(onward.key),
        "name": onward.name,
        "process_name": onward.process_name or onward.process_id,
        "due_at": onward.due_at,
    }


def _history(view: UserTaskView, who: Principal) -> list[HistoryEntry]:
    """Return the task's life, newest first."""
    events = good(service().task_history(view.key, caller=who.caller))
    names = display_names(each for event in events for each in (event.actor, event.assignee))
    return [
        HistoryEntry(
            at=event.at,
            actor=None if event.actor is None else names.get(event.actor, event.actor),
            action=_ACTIONS[event.action],
            detail=_detail(event, names),
        )
        for event in events
    ]


_ACTIONS: Final = {
    TaskAction.CREATED: "Created",
    TaskAction.CLAIMED: "Claimed",
    TaskAction.RELEASED: "Released",
    TaskAction.ASSIGNED: "Assigned",
    TaskAction.COMPLETED: "Completed",
    TaskAction.ERROR_THROWN: "Ended with an error",
    TaskAction.WITHDRAWN: "Withdrawn",
}


def _detail(event: TaskEvent, names: Mapping[str, str]) -> str:
    parts: list[str] = []
    if event.action is TaskAction.ASSIGNED:
        whom = event.assignee
        parts.append("to nobody" if whom is None else f"to {names.get(whom, whom)}")
    if event.error_code is not None:
        parts.append(event.error_code)
    if event.reason is not None:
        parts.append(event.reason)
    return ": ".join(parts)
