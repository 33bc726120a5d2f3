"""Completing a user task: the form is checked, then the next task is looked up."""

from __future__ import annotations

from dataclasses import dataclass

from bpmn_engine.service.views import (
    FormKind,
    Page,
    PageRequest,
    Problem,
    TaskFilter,
    TaskScope,
    UserTaskView,
)
from bpmn_engine.values import Variables
from web.context import Principal, now, service
from web.forms import FormErrors, check_form


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTask:
    """The task a person may go on with."""

    key: int
    name: str
    task: UserTaskView


def complete_task(
    key: int, variables: Variables, who: Principal
) -> UserTaskView | Problem | FormErrors:
    """Complete a task with what was submitted, after checking it against the task's form."""
    form = service().task_form(key, caller=who.caller)
    if isinstance(form, Problem):
        return form
    values: Variables = variables
    if form.kind is not FormKind.NONE:
        checked = check_form(form.schema, variables, initial=form.values, now=now())
        if isinstance(checked, FormErrors):
            return checked
        values = checked.values
    return service().complete_task(key, values, caller=who.caller)


def next_task(who: Principal, done: UserTaskView) -> NextTask | None:
    """Return the task to go on with: of the same instance first, then the most urgent own one."""
    for wanted in (
        TaskFilter(scope=TaskScope.MINE, instance_key=done.instance_key),
        TaskFilter(scope=TaskScope.GROUPS, instance_key=done.instance_key),
        TaskFilter(scope=TaskScope.MINE),
    ):
        page = service().user_tasks(wanted, caller=who.caller, page=PageRequest(limit=2))
        items = page.items if isinstance(page, Page) else ()
        for task in items:
            if task.key != done.key:
                return NextTask(key=task.key, name=task.name, task=task)
    return None
