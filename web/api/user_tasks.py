"""User tasks: the worklist, and what people do with their tasks."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response

from bpmn_engine.service.views import Page, Problem, TaskCounts, TaskFilter, UserTaskView
from web.api.definition_schemas import FormSchema
from web.api.process_definitions import form_json
from web.api.resource import Resource, no_content
from web.api.schemas import list_of, page_of, page_request
from web.api.work_schemas import (
    AssignBody,
    AssignValues,
    BpmnErrorBody,
    BpmnErrorValues,
    CompleteBody,
    CompletedTaskSchema,
    CompleteValues,
    TaskCountsSchema,
    TaskEventSchema,
    TaskQuery,
    TaskQueryValues,
    TaskSchema,
)
from web.completing import complete_task, next_task
from web.context import principal, service
from web.errors import invalid_input
from web.forms import FormErrors

USER_TASKS = Resource(
    "user-tasks",
    "/user-tasks",
    "Work for people. Staff see the tasks that are assigned or offered to them, and those offered "
    "to nobody in particular; operators see all.",
)


@USER_TASKS.endpoint("GET ", query=TaskQuery, answer=page_of(TaskSchema))
def list_tasks(query: TaskQueryValues) -> Page[UserTaskView] | Problem:
    """List user tasks that the caller sees."""
    wanted = TaskFilter(
        scope=query["scope"],
        order=query["order"],
        process_id=query["process_id"],
        instance_key=query["instance_key"],
        search=query["search"],
        due_before=query["due_before"],
        assignee=query["assignee"],
        candidate_group=query["candidate_group"],
    )
    return service().user_tasks(wanted, caller=principal().caller, page=page_request(query))


@USER_TASKS.endpoint("GET /counts", answer=TaskCountsSchema)
def count_tasks() -> TaskCounts:
    """Count the caller's tasks, by list."""
    return service().task_counts(caller=principal().caller)


@USER_TASKS.endpoint("GET /<key:key>", answer=TaskSchema)
def get_task(key: int) -> UserTaskView | Problem:
    """Return one user task, with the variables it sees."""
    return service().user_task(key, caller=principal().caller)


@USER_TASKS.endpoint("GET /<key:key>/form", answer=FormSchema)
def get_form(key: int) -> dict[str, object] | Problem:
    """Return the task's form and the data it starts with."""
    form = service().task_form(key, caller=principal().caller)
    return form if isinstance(form, Problem) else form_json(form)


@USER_TASKS.endpoint("GET /<key:key>/history", answer=list_of(TaskEventSchema))
def get_history(key: int) -> dict[str, object] | Problem:
    """Return what happened to the task, newest first: by whom and when."""
    events = service().task_history(key, caller=principal().caller)
    return events if isinstance(events, Problem) else {"items": events}


@USER_TASKS.endpoint("POST /<key:key>/claim", answer=TaskSchema)
def claim(key: int) -> UserTaskView | Problem:
    """Take the task; 409 when somebody else has it, with their user id as `holder`."""
    return service().claim_task(key, caller=principal().caller)


@USER_TASKS.endpoint("POST /<key:key>/unclaim", answer=TaskSchema)
def unclaim(key: int) -> UserTaskView | Problem:
    """Give the task back to its candidates."""
    return service().unclaim_task(key, caller=principal().caller)


@USER_TASKS.endpoint("PUT /<key:key>/assignee", body=AssignBody, answer=TaskSchema)
def assign(body: AssignValues, key: int) -> UserTaskView | Problem:
    """Give the task to a person, or with null back to its candidates."""
    return service().assign_task(
        key, body["assignee"], caller=principal().caller, reason=body["reason"]
    )


@USER_TASKS.endpoint("POST /<key:key>/completion", body=CompleteBody, answer=CompletedTaskSchema)
def complete(body: CompleteValues, key: int) -> dict[str, object] | Problem:
    """Complete the task. What is sent is checked against the task's form, field by field."""
    done = complete_task(key, body["variables"], principal())
    if isinstance(done, FormErrors):
        raise invalid_input(done.errors)
    if isinstance(done, Problem):
        return done
    return {"task": done, "next_task": next_task(principal(), done)}


@USER_TASKS.endpoint("POST /<key:key>/error", body=BpmnErrorBody, status=HTTPStatus.NO_CONTENT)
def throw_error(body: BpmnErrorValues, key: int) -> Response | Problem:
    """End the task with a BPMN error, to be caught by an error event."""
    outcome = service().throw_task_error(
        key,
        body["error_code"],
        message=body["message"] or "",
        variables=body["variables"],
        caller=principal().caller,
    )
    return outcome if isinstance(outcome, Problem) else no_content()
