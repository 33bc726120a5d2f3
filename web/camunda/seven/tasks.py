"""User tasks: found, claimed, delegated, changed and completed as Camunda 7 does.

Whoever asks sees the tasks that their worklist shows; operators see all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Response
from marshmallow import fields

from bpmn_engine.service.task_views import STANDALONE, Delegation, FoundTask, NewTask, TaskUpdate
from bpmn_engine.service.views import Problem, ProblemKind
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, read_body, text_or_none
from web.camunda.dialect import answer, no_content
from web.camunda.engine_rest import ENGINE_REST
from web.camunda.notes import partly
from web.camunda.seven.failures import engine_error, missing, not_offered, unless, unusable
from web.camunda.seven.identifiers import key_or_missing
from web.camunda.seven.parameters import as_moment, as_number
from web.camunda.seven.queries import bounded
from web.camunda.seven.query_reading import asked, json_object
from web.camunda.seven.task_queries import ONE_TASK, TASKS, written_with_extras
from web.camunda.typed_values import read_variables, write_variables
from web.context import principal, service

_PREFIX = "/task"


class UserBody(Body):
    """Whom a task is for."""

    user_id = fields.String(load_default=None, allow_none=True)


class CompletionBody(Body):
    """What a completed task brings."""

    variables = fields.Raw(load_default=None, allow_none=True)
    with_variables_in_return = fields.Boolean(load_default=False, allow_none=True)


class ErrorBody(Body):
    """A BPMN error, or an escalation, of a task."""

    error_code = fields.String(load_default=None, allow_none=True)
    error_message = fields.String(load_default=None, allow_none=True)
    escalation_code = fields.String(load_default=None, allow_none=True)
    variables = fields.Raw(load_default=None, allow_none=True)


@ENGINE_REST.route(_PREFIX, methods=["GET", "POST"])
def list_tasks() -> Response:
    """List the open tasks that a query finds."""
    query = asked(TASKS)
    is_wide = query.is_on("withTaskVariablesInReturn")
    found = service().find_tasks(
        query.page,
        caller=principal().caller,
        has_variables=is_wide,
        has_local_variables=not is_wide and query.is_on("withTaskLocalVariablesInReturn"),
    )
    has_notes = query.is_on("withCommentAttachmentInfo")
    return answer([written_with_extras(each, has_notes=has_notes) for each in bounded(found)])


@ENGINE_REST.route(f"{_PREFIX}/count", methods=["GET", "POST"])
def count_tasks() -> Response:
    """Count the open tasks that a query finds."""
    count = service().count_tasks(asked(TASKS).search, caller=principal().caller)
    return answer({"count": count})


@ENGINE_REST.get(f"{_PREFIX}/report/candidate-group-count")
def count_tasks_by_group() -> Response:
    """Count open tasks by the groups that they are offered to."""
    return answer(
        [{"groupName": group, "taskCount": count} for group, count in service().tasks_by_group()]
    )


@ENGINE_REST.post(f"{_PREFIX}/create")
@partly("the engine makes the id; a description becomes the first comment; no parent tasks")
def create_task() -> Response:
    """Make a task of no process."""
    body = json_object()
    for name in ("id", "parentTaskId", "caseInstanceId", "tenantId"):
        if body.get(name):
            raise not_offered(f"Expected no {name}: the engine makes ids, and there is no other.")
    new = NewTask(
        says=_says({"priority": 50, **body}, "Task"),
        description=text_or_none(body.get("description")),
    )
    unless(service().create_task(new, caller=principal().caller), doing="Could not save new task")
    return no_content()


@ENGINE_REST.get(f"{_PREFIX}/<task_id>")
def get_task(task_id: str) -> Response:
    """Return one open task."""
    query = asked(ONE_TASK)
    found = open_task(task_id)
    if not query.is_on("withTaskVariablesInReturn"):
        found = replace(found, variables=None)
    if not query.is_on("withTaskLocalVariablesInReturn"):
        found = replace(found, local_variables=None)
    has_notes = query.is_on("withCommentAttachmentInfo")
    return answer(written_with_extras(found, has_notes=has_notes))


@ENGINE_REST.put(f"{_PREFIX}/<task_id>")
def update_task(task_id: str) -> Response:
    """Replace what a task says; what the body does not name is emptied, as Camunda 7 does."""
    task = open_task(task_id, f"Cannot find task with id {task_id}")
    body = json_object()
    if body.get("description") != task.task.documentation and "description" in body:
        raise not_offered("Expected no new description: a task's stands in the diagram.")
    for name in ("parentTaskId", "caseInstanceId", "tenantId"):
        if body.get(name) is not None:
            raise not_offered(f"Expected no {name}: there is none here.")
    unless(
        service().update_task(task.task.key, _update(task, body), caller=principal().caller),
        doing=f"Cannot update task {task_id}",
    )
    return no_content()


@ENGINE_REST.delete(f"{_PREFIX}/<task_id>")
def delete_task(task_id: str) -> Response:
    """Delete a task of no process; Camunda 7 refuses it for any other."""
    task = open_task(task_id)
    if task.task.process_id != STANDALONE:
        raise engine_error(
            f"Could not delete task: The task with id '{task_id}' cannot be deleted because it "
            "is part of a running process."
        )
    unless(
        service().delete_task(task.task.key, caller=principal().caller),
        doing=f"Could not delete task {task_id}",
    )
    return no_content()


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/claim")
def claim_task(task_id: str) -> Response:
    """Give a task that nobody has to a user."""
    user_id = _user_id()
    result = service().claim_task_for(
        _key(task_id), user_id or principal().user_id, caller=principal().caller
    )
    if isinstance(result, Problem) and result.kind is ProblemKind.CONFLICT and result.holder:
        raise engine_error(
            f"Task '{task_id}' is already claimed by someone else.", "TaskAlreadyClaimedException"
        )
    unless(result, doing=f"Cannot claim task {task_id}", is_rest=False)
    return no_content()


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/unclaim")
def unclaim_task(task_id: str) -> Response:
    """Give a task back to its candidates."""
    result = service().unclaim_task(_key(task_id), caller=principal().caller)
    unless(result, doing=f"Cannot unclaim task {task_id}", is_rest=False)
    return no_content()


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/assignee")
def assign_task(task_id: str) -> Response:
    """Hand a task to a user, whoever has it; null gives it back."""
    result = service().assign_task(_key(task_id), _user_id(), caller=principal().caller)
    unless(result, doing=f"Cannot assign task {task_id}", is_rest=False)
    return no_content()


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/delegate")
def delegate_task(task_id: str) -> Response:
    """Hand a task to a user who is to give it back."""
    user_id = _user_id()
    if user_id is None:
        raise unusable("Expected a userId to delegate the task to.")
    result = service().delegate_task(_key(task_id), user_id, caller=principal().caller)
    unless(result, doing=f"Cannot delegate task {task_id}", is_rest=False)
    return no_content()


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/resolve")
def resolve_task(task_id: str) -> Response:
    """Give a delegated task back to its owner."""
    body = read_body(CompletionBody)
    result = service().resolve_task(
        _key(task_id), read_variables(body["variables"]), caller=principal().caller
    )
    unless(result, doing=f"Cannot resolve task {task_id}")
    return no_content()


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/complete")
def complete_task(task_id: str) -> Response:
    """Complete a task; `withVariablesInReturn` answers with those of its instance."""
    return completed(task_id, doing=f"Cannot complete task {task_id}")


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/submit-form")
def submit_task_form(task_id: str) -> Response:
    """Complete a task by its form."""
    return completed(task_id, doing=f"Cannot submit task form {task_id}")


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/bpmnError")
def throw_task_error(task_id: str) -> Response:
    """End a task with a BPMN error."""
    body = read_body(ErrorBody)
    code = text_or_none(body["error_code"])
    if not code:
        raise unusable("errorCode is empty")
    result = service().throw_task_error(
        _key(task_id),
        code,
        caller=principal().caller,
        message=text_or_none(body["error_message"]),
        variables=read_variables(body["variables"]),
    )
    _unless_unknown(result, task_id, "BPMN error")
    return no_content()


@ENGINE_REST.post(f"{_PREFIX}/<task_id>/bpmnEscalation")
def throw_task_escalation(task_id: str) -> Response:
    """Escalate at a task."""
    body = read_body(ErrorBody)
    code = text_or_none(body["escalation_code"])
    if not code:
        raise unusable("escalationCode is empty")
    result = service().throw_task_escalation(
        _key(task_id), code, read_variables(body["variables"]), caller=principal().caller
    )
    _unless_unknown(result, task_id, "BPMN escalation")
    return no_content()


def open_task(task_id: str, otherwise: str | None = None) -> FoundTask:
    """Return an open task that the caller may see, with its variables.

    Raises:
        SevenError: there is none (404).
    """
    words = otherwise or f"No matching task with id {task_id}"
    found = service().find_task(key_or_missing(task_id, "task"), caller=principal().caller)
    if isinstance(found, Problem):
        raise missing(words)
    return found


def completed(task_id: str, *, doing: str) -> Response:
    """Complete a task with what the body brings.

    Raises:
        SevenError: it cannot be completed.
    """
    body = read_body(CompletionBody)
    key = _key(task_id)
    result = unless(
        service().complete_task(key, read_variables(body["variables"]), caller=principal().caller),
        doing=doing,
    )
    if not body["with_variables_in_return"]:
        return no_content()
    return answer(write_variables(result.variables or {}))


def _unless_unknown(result: object, task_id: str, what: str) -> None:
    if isinstance(result, Problem) and result.kind is ProblemKind.NOT_FOUND:
        raise missing(f"Cannot find task with id {task_id} to throw a {what}: task is null")
    unless(result, doing=f"Cannot throw a {what} at task {task_id}", is_rest=False)


def _key(task_id: str) -> int:
    return key_or_missing(task_id, "task")


def _user_id() -> str | None:
    return text_or_none(read_body(UserBody)["user_id"]) or None


def _update(task: FoundTask, body: Mapping[str, JsonValue]) -> TaskUpdate:
    return _says(body, task.task.name)


def _says(body: Mapping[str, JsonValue], name: str) -> TaskUpdate:
    """Return what a body says of a task, which has this name if it says none."""
    word = body.get("delegationState")
    states = {each.name: each for each in Delegation}
    if word is not None and word not in states:
        raise unusable(f"Expected PENDING or RESOLVED as delegationState, but got {word!r}.")
    priority = body.get("priority")
    due, follow_up = body.get("due"), body.get("followUp")
    return TaskUpdate(
        name=text_or_none(body.get("name")) or name,
        owner=text_or_none(body.get("owner")),
        assignee=text_or_none(body.get("assignee")),
        delegation=None if word is None else states[str(word)],
        priority=0 if priority is None else as_number("priority", priority),
        due_at=None if due is None else as_moment("due", due),
        follow_up_at=None if follow_up is None else as_moment("followUp", follow_up),
    )
