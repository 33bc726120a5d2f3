"""The worklist: the tasks that wait for a person and their groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import flash, redirect, render_template, request
from werkzeug.wrappers import Response

from bpmn_engine.service.views import Problem, TaskFilter, TaskOrder, TaskScope, UserTaskView
from web.context import Principal, principal, service
from web.errors import FieldError, invalid_input
from web.keys import read_key
from web.pages.answers import (
    argument,
    display_names,
    go,
    good,
    is_htmx,
    next_url,
    page_request,
    paging,
    process_choices,
)

PAGE: Final = 50
MAX_BULK: Final = 200
_TABS: Final = {
    "mine": TaskScope.MINE,
    "groups": TaskScope.GROUPS,
    "unassigned": TaskScope.UNASSIGNED,
    "all": TaskScope.ALL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One row of the worklist."""

    key: str
    name: str
    process_id: str
    process_name: str
    instance_key: str
    business_key: str | None
    created_at: object
    due_at: object
    priority: int
    assignee: str | None
    assignee_name: str | None
    candidate_groups: tuple[str, ...]
    is_mine: bool
    may_claim: bool
    may_release: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message above the rows."""

    tone: str  #: good, bad or warn
    text: str


def home() -> Response:
    """Send people to their work."""
    return redirect("/worklist", code=HTTPStatus.FOUND)


def worklist() -> str:
    """Show the tasks of one tab."""
    rows = _rows(None)
    counts = service().task_counts(caller=principal().caller)
    return render_template(
        "worklist.html",
        counts={
            "mine": counts.mine,
            "groups": counts.groups,
            "unassigned": counts.unassigned,
            "all": counts.all,
        },
        processes=process_choices(),
        **rows,
    )


def worklist_rows() -> str:
    """Return the rows alone, for scripts."""
    return render_template("_worklist_rows.html", **_rows(None))


def claim_task(key: int) -> Response | str | tuple[str, int]:
    """Take a task."""
    outcome = service().claim_task(key, caller=principal().caller)
    return _answer(outcome, "You have claimed the task.", f"/tasks/{key}")


def unclaim_task(key: int) -> Response | str | tuple[str, int]:
    """Give a task back."""
    outcome = service().unclaim_task(key, caller=principal().caller)
    return _answer(outcome, "The task is free again.", "/worklist")


def claim_tasks() -> Response | str | tuple[str, int]:
    """Take the tasks that are selected; those that somebody else has meanwhile are named."""
    texts = request.form.getlist("task_key")
    keys = [key for key in map(read_key, texts) if key is not None]
    if not keys or len(keys) != len(texts) or len(keys) > MAX_BULK:
        message = f"Expected 1 to {MAX_BULK} tasks."
        raise invalid_input([FieldError(field="task_key", message=message)])
    outcomes = [service().claim_task(key, caller=principal().caller) for key in keys]
    problems = [each for each in outcomes if isinstance(each, Problem)]
    claimed = len(keys) - len(problems)
    words = f"You have claimed {claimed} task{'' if claimed == 1 else 's'}."
    if not problems:
        return _answer(None, words, "/worklist")
    text = f"{words} Not claimed: {problems[0].message}"
    if is_htmx():
        return render_template("_worklist_rows.html", **_rows(Notice(tone="warn", text=text)))
    flash(text, "warning")
    return go("/worklist")


def _answer(outcome: object, words: str, target: str) -> Response | str | tuple[str, int]:
    problem = outcome if isinstance(outcome, Problem) else None
    if is_htmx():
        notice = None if problem is None else Notice(tone="bad", text=problem.message)
        text = render_template("_worklist_rows.html", **_rows(notice))
        return text if problem is None else (text, HTTPStatus.CONFLICT)
    flash(words if problem is None else problem.message, "error" if problem else "success")
    return go(next_url(target))


def _rows(notice: Notice | None) -> dict[str, object]:
    tab = argument("tab", "mine")
    sort = argument("sort", "due")
    filters = {
        "tab": tab if tab in _TABS else "mine",
        "q": argument("q"),
        "process_id": argument("process_id"),
        "sort": sort if sort in {each.value for each in TaskOrder} else "due",
    }
    wanted = TaskFilter(
        scope=_TABS[filters["tab"]],
        order=TaskOrder(filters["sort"]),
        process_id=filters["process_id"] or None,
        search=filters["q"] or None,
    )
    who = principal()
    page = good(service().user_tasks(wanted, caller=who.caller, page=page_request(PAGE)))
    names = display_names(task.assignee for task in page.items)
    return {
        "tab": filters["tab"],
        "query": filters["q"],
        "sort": filters["sort"],
        "process_id": filters["process_id"],
        "tasks": [task_row(task, who, names) for task in page.items],
        "paging": paging(page, "/worklist", filters),
        "notice": notice,
    }


def task_row(task: UserTaskView, who: Principal, names: Mapping[str, str]) -> TaskRow:
    """Return a task as a row of the worklist; `names` are the assignees' display names."""
    return TaskRow(
        key=str(task.key),
        name=task.name,
        process_id=task.process_id,
        process_name=task.process_name or task.process_id,
        instance_key=str(task.instance_key),
        business_key=task.business_key,
        created_at=task.created_at,
        due_at=task.due_at,
        priority=task.priority,
        assignee=task.assignee,
        assignee_name=names.get(task.assignee) if task.assignee else None,
        candidate_groups=task.candidate_groups,
        is_mine=task.assignee == who.user_id,
        may_claim=may_claim(task),
        may_release=may_release(task, who),
    )


def may_claim(task: UserTaskView) -> bool:
    """Whether somebody who sees the task may take it."""
    return task.ended_at is None and task.assignee is None


def may_release(task: UserTaskView, who: Principal) -> bool:
    """Whether `who` may give the task back to its candidates."""
    is_held = task.ended_at is None and task.assignee is not None
    return is_held and (task.assignee == who.user_id or who.may_operate)
