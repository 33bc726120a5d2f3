"""User tasks: found, given to people, changed and completed."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from flask import Response
from marshmallow import fields

from bpmn_engine.service.searches import LOCAL_VARIABLE, Condition, Search, TaskRecord
from bpmn_engine.values import JsonValue
from web.camunda.bodies import Body, object_or_empty, read_body, text_or_none
from web.camunda.dialect import answer, done, no_content, unless_problem
from web.camunda.eight.audit import AUDIT_FILTERS, audit_json
from web.camunda.eight.definitions import form_answer
from web.camunda.eight.elements import VARIABLE_FILTERS, variable_json
from web.camunda.eight.filters import (
    TENANT,
    TENANTS,
    Filter,
    Filters,
    integer,
    key,
    moment,
    tags,
    unsorted,
    variables,
)
from web.camunda.eight.searches import answer_found, narrowed, read_search, refuse, written
from web.camunda.notes import partly
from web.camunda.orchestration import ORCHESTRATION
from web.context import principal, service
from web.errors import ProblemError

_TASKS: Final[Filters] = {
    "userTaskKey": key("key"),
    "name": Filter("name"),
    "state": Filter("state"),
    "assignee": Filter("assignee"),
    "businessId": Filter("business_key"),
    "priority": integer("priority"),
    "elementId": Filter("element_id"),
    "processInstanceVariables": variables(),
    "localVariables": variables(LOCAL_VARIABLE),
    "tags": tags(),
    "candidateGroup": unsorted("candidate_group"),
    "candidateUser": unsorted("candidate_user"),
    "creationDate": moment("created_at"),
    "completionDate": moment("ended_at"),
    "followUpDate": moment("follow_up_at"),
    "dueDate": moment("due_at"),
    "elementInstanceKey": key("element_key"),
    "processInstanceKey": key("instance_key"),
    "processDefinitionId": Filter("process_id"),
    "processDefinitionKey": key("definition_key"),
    **TENANTS,
}


class CompletionBody(Body):
    """What a person has filled in."""

    variables = fields.Raw(load_default=None, allow_none=True)
    action = fields.String(load_default=None, allow_none=True)


class AssignmentBody(Body):
    """To whom a task goes."""

    assignee = fields.String(load_default=None, allow_none=True)
    allow_override = fields.Boolean(load_default=True, allow_none=True)
    action = fields.String(load_default=None, allow_none=True)


class UpdateBody(Body):
    """What is to change."""

    changeset = fields.Raw(load_default=None, allow_none=True)
    action = fields.String(load_default=None, allow_none=True)


@ORCHESTRATION.post("/user-tasks/search")
@partly("beside variables others have to leave at most 1,000 tasks")
def search_tasks() -> Response:
    """Return the user tasks that the caller may see."""
    found = service().search_tasks(read_search(_TASKS), caller=principal().caller)
    return answer_found(found, _task)


@ORCHESTRATION.get("/user-tasks/<key:key>")
def get_task(key: int) -> Response:
    """Return one user task."""
    return answer(_task(_one(key)))


@ORCHESTRATION.get("/user-tasks/<key:key>/form")
def task_form(key: int) -> Response:
    """Return the form of a user task; 204 when it has none."""
    record = _one(key)
    form = unless_problem(service().task_form(key, caller=principal().caller))
    return form_answer(form, record.form_key)


@ORCHESTRATION.post("/user-tasks/<key:key>/variables/search")
@ORCHESTRATION.post("/user-tasks/<key:key>/effective-variables/search")
def task_variables(key: int) -> Response:
    """Return the variables that a user task sees: the innermost of each name."""
    record = _one(key)
    search = narrowed(
        read_search(VARIABLE_FILTERS), Condition(field="instance_key", value=record.instance_key)
    )
    found = service().search_seen_variables(search, visit=record.visit)
    return answer_found(found, lambda variable: variable_json(variable, is_cut=True))


@ORCHESTRATION.post("/user-tasks/<key:key>/audit-logs/search")
def task_audit_logs(key: int) -> Response:
    """Return what people did with a user task."""
    _one(key)
    search = narrowed(read_search(AUDIT_FILTERS), Condition(field="task_key", value=key))
    return answer_found(service().search_journal(search), audit_json)


@ORCHESTRATION.post("/user-tasks/<key:key>/completion")
def complete_task(key: int) -> Response:
    """Complete a user task."""
    body = read_body(CompletionBody)
    values = object_or_empty(body["variables"], "variables")
    unless_problem(service().complete_task(key, values, caller=principal().caller))
    return no_content()


@ORCHESTRATION.post("/user-tasks/<key:key>/assignment")
def assign_task(key: int) -> Response:
    """Give a user task to somebody; without `allowOverride` only if nobody has it."""
    body = read_body(AssignmentBody)
    assignee = text_or_none(body["assignee"])
    if not assignee:
        refuse("Expected an assignee. DELETE /user-tasks/{userTaskKey}/assignee takes it away.")
    held = _one(key).assignee
    if body["allow_override"] is False and held not in {None, assignee}:
        raise ProblemError(
            HTTPStatus.CONFLICT, f"Expected the user task {key} to be free, but {held} has it."
        )
    unless_problem(service().assign_task(key, assignee, caller=principal().caller))
    return no_content()


@ORCHESTRATION.delete("/user-tasks/<key:key>/assignee")
def unassign_task(key: int) -> Response:
    """Give a user task back to its candidates."""
    unless_problem(service().assign_task(key, None, caller=principal().caller))
    return no_content()


@ORCHESTRATION.patch("/user-tasks/<key:key>")
def update_task(key: int) -> Response:
    """Change dates, candidates and priority of a user task."""
    body = read_body(UpdateBody)
    changes = object_or_empty(body["changeset"], "changeset")
    given: Mapping[str, JsonValue] = {
        name: value for name, value in changes.items() if value is not None
    }
    if not given:
        refuse("Expected something to change, but the changeset is empty.")
    if "assignee" in given:
        refuse("Expected no assignee in the changeset: the task is assigned by /assignment.")
    return done(service().correct_task(key, given, caller=principal().caller))


def _one(key: int) -> TaskRecord:
    search = Search(criteria=(Condition(field="key", value=key),), limit=1)
    found = unless_problem(service().search_tasks(search, caller=principal().caller)).items
    if not found:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"Expected the user task {key}, but there is none."
        )
    return found[0]


def _task(record: TaskRecord) -> JsonValue:
    return {
        "userTaskKey": str(record.key),
        "name": record.name,
        "state": record.state,
        "assignee": record.assignee,
        "elementId": record.element_id,
        "elementInstanceKey": str(record.element_key),
        "candidateGroups": list(record.candidate_groups),
        "candidateUsers": list(record.candidate_users),
        "processDefinitionId": record.process_id,
        "processDefinitionKey": str(record.definition_key),
        "processDefinitionVersion": record.version,
        "processName": record.process_name,
        "processInstanceKey": str(record.instance_key),
        "rootProcessInstanceKey": str(record.root_key),
        "businessId": record.business_key,
        "creationDate": written(record.created_at),
        "completionDate": written(record.ended_at),
        "followUpDate": written(record.follow_up_at),
        "dueDate": written(record.due_at),
        "externalFormReference": record.form_reference,
        "formKey": None if record.form_key is None else str(record.form_key),
        "customHeaders": {},
        "priority": record.priority,
        "tags": list(record.tags),
        "tenantId": TENANT,
    }
