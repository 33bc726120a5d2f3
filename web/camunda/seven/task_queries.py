"""The query of user tasks, and tasks as Camunda 7 writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bpmn_engine.model.extensions import FormSource
from bpmn_engine.service.task_views import STANDALONE, Delegation, FoundTask
from bpmn_engine.service.work_search import Comparison, Condition
from bpmn_engine.values import JsonValue
from web.camunda.engine_rest import definition_id, written_time
from web.camunda.seven.failures import unusable
from web.camunda.seven.parameters import (
    TENANTS,
    Parameter,
    Reading,
    absent,
    as_text,
    definition,
    holds,
    is_,
    key,
    keys,
    like,
    moment,
    nothing,
    number,
    present,
    refused,
    switch,
    text,
    texts,
    variables,
)
from web.camunda.seven.query_reading import Query, by_expression
from web.camunda.typed_values import write_variables

_NO_DESCRIPTIONS: Final = "descriptions stand in the diagram and are not searched."
_NO_CASES: Final = nothing()
"""There is no CMMN, so that nothing belongs to a case."""


def _candidate(name: str, comparison: Comparison = Comparison.EQUAL) -> Parameter:
    """Return the kind of candidates; they find tasks that nobody has, unless told otherwise."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        field = name if reading.is_on("includeAssignedTasks") else f"free_{name}"
        kind = texts(field) if comparison is Comparison.IN else text(field, comparison)
        kind(parameter, value, reading)

    return add


def _delegation(parameter: str, value: JsonValue, reading: Reading) -> None:
    word = as_text(parameter, value).lower()
    if word not in {each.value for each in Delegation}:
        raise unusable(
            f"Valid values for property 'delegationState' are PENDING or RESOLVED, "
            f"but was '{value}'"
        )
    reading.conditions.append(Condition(field="delegation", value=word))


def _not_after(name: str) -> Parameter:
    """Return the kind of a time that a field, if it has one, is not after."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        moment(f"{name}_or_none", Comparison.AT_MOST)(parameter, value, reading)

    return add


def _has(name: str, comparison: Comparison) -> Parameter:
    return holds(Condition(field=name, comparison=comparison))


_TEXTS: Final[Mapping[str, Parameter]] = {
    "processInstanceBusinessKey": text("business_key"),
    "processInstanceBusinessKeyLike": like("business_key"),
    "assignee": text("assignee"),
    "assigneeLike": like("assignee"),
    "assigneeIn": texts("assignee"),
    "owner": text("owner"),
    "candidateGroup": _candidate("candidate_group"),
    "candidateGroups": _candidate("candidate_group", Comparison.IN),
    "candidateUser": _candidate("offered_to"),
    "involvedUser": text("involved"),
    "dueDate": moment("due_at", Comparison.EQUAL),
    "dueAfter": moment("due_at", Comparison.ABOVE),
    "dueBefore": moment("due_at", Comparison.BELOW),
    "followUpDate": moment("follow_up_at", Comparison.EQUAL),
    "followUpAfter": moment("follow_up_at", Comparison.ABOVE),
    "followUpBefore": moment("follow_up_at", Comparison.BELOW),
    "followUpBeforeOrNotExistent": _not_after("follow_up_at"),
    "createdOn": moment("created_at", Comparison.EQUAL),
    "createdAfter": moment("created_at", Comparison.ABOVE),
    "createdBefore": moment("created_at", Comparison.BELOW),
    "updatedAfter": moment("changed_at", Comparison.ABOVE),
}
"""Parameters that there are with `Expression`, too."""

PARAMETERS: Final[Mapping[str, Parameter]] = {
    **_TEXTS,
    **{f"{name}Expression": by_expression(kind) for name, kind in _TEXTS.items()},
    "taskId": key("key"),
    "taskIdIn": keys("key"),
    "processInstanceId": key("instance_key"),
    "processInstanceIdIn": keys("instance_key"),
    "processInstanceBusinessKeyIn": texts("business_key"),
    "processDefinitionId": definition("definition_key"),
    "processDefinitionKey": text("process_id"),
    "processDefinitionKeyIn": texts("process_id"),
    "processDefinitionName": text("process_name"),
    "processDefinitionNameLike": like("process_name"),
    "executionId": key("instance_key"),
    "activityInstanceIdIn": texts("visit_id"),
    **TENANTS,
    "assigneeNotIn": texts("assignee", Comparison.NOT_IN),
    "candidateGroupLike": _candidate("candidate_group", Comparison.LIKE),
    "includeAssignedTasks": switch(),
    "assigned": present("assignee"),
    "unassigned": absent("assignee"),
    "taskDefinitionKey": text("element_id"),
    "taskDefinitionKeyIn": texts("element_id"),
    "taskDefinitionKeyNotIn": texts("element_id", Comparison.NOT_IN),
    "taskDefinitionKeyLike": like("element_id"),
    "name": text("name"),
    "nameNotEqual": text("name", Comparison.NOT_EQUAL),
    "nameLike": like("name"),
    "nameNotLike": text("name", Comparison.NOT_LIKE),
    "description": refused(_NO_DESCRIPTIONS),
    "descriptionLike": refused(_NO_DESCRIPTIONS),
    "priority": number("priority"),
    "maxPriority": number("priority", Comparison.AT_MOST),
    "minPriority": number("priority", Comparison.AT_LEAST),
    "withoutDueDate": absent("due_at"),
    "delegationState": _delegation,
    "withCandidateGroups": _has("candidate_group", Comparison.PRESENT),
    "withoutCandidateGroups": _has("candidate_group", Comparison.ABSENT),
    "withCandidateUsers": _has("candidate_user", Comparison.PRESENT),
    "withoutCandidateUsers": _has("candidate_user", Comparison.ABSENT),
    "active": is_("instance_status", "active"),
    "suspended": is_("instance_status", "suspended"),
    "taskVariables": variables(is_local=True),
    "processVariables": variables(),
    "variableNamesIgnoreCase": switch(),
    "variableValuesIgnoreCase": switch(),
    "parentTaskId": nothing(),
    "caseInstanceVariables": _NO_CASES,
    **dict.fromkeys(
        (
            "caseInstanceId",
            "caseInstanceBusinessKey",
            "caseInstanceBusinessKeyLike",
            "caseDefinitionId",
            "caseDefinitionKey",
            "caseDefinitionName",
            "caseDefinitionNameLike",
            "caseExecutionId",
        ),
        _NO_CASES,
    ),
}

_OPTIONS: Final = frozenset(
    {
        "withCommentAttachmentInfo",
        "withTaskVariablesInReturn",
        "withTaskLocalVariablesInReturn",
    }
)

ONE_TASK: Final = Query(parameters={}, sorts={}, options=_OPTIONS)
"""What a single task may be asked with."""

TASKS: Final = Query(
    parameters=PARAMETERS,
    sorts={
        "instanceId": "instance_key",
        "executionId": "instance_key",
        "dueDate": "due_at",
        "followUpDate": "follow_up_at",
        "assignee": "assignee",
        "created": "created_at",
        "lastUpdated": "changed_at",
        "id": "key",
        "name": "name",
        "nameCaseInsensitive": "lower_name",
        "priority": "priority",
    },
    options=_OPTIONS,
)


_OF_NO_PROCESS: Final[Mapping[str, JsonValue]] = dict.fromkeys(
    ("executionId", "processDefinitionId", "processInstanceId", "taskDefinitionKey")
)
"""What a task of no process has not."""


def written_task(found: FoundTask) -> dict[str, JsonValue]:
    """Return an open task as Camunda 7 writes it."""
    task = found.task
    return {
        "id": str(task.key),
        "name": task.name,
        "assignee": task.assignee,
        "created": written_time(task.created_at),
        "due": None if task.due_at is None else written_time(task.due_at),
        "followUp": None if task.follow_up_at is None else written_time(task.follow_up_at),
        "lastUpdated": None if found.changed_at is None else written_time(found.changed_at),
        "delegationState": None if found.delegation is None else found.delegation.name,
        "description": task.documentation,
        "executionId": str(task.instance_key),
        "owner": found.owner,
        "parentTaskId": None,
        "priority": task.priority,
        "processDefinitionId": definition_id(task.process_id, task.version, task.definition_key),
        "processInstanceId": str(task.instance_key),
        "taskDefinitionKey": task.element_id,
        "caseExecutionId": None,
        "caseInstanceId": None,
        "caseDefinitionId": None,
        "suspended": found.is_suspended,
        "tenantId": None,
        "taskState": "Created" if found.changed_at is None else "Updated",
        **written_form(found),
        **(_OF_NO_PROCESS if task.process_id == STANDALONE else {}),
    }


def written_form(found: FoundTask) -> dict[str, JsonValue]:
    """Return which form a task has: a key of another program, or a form that is deployed."""
    form = found.task.form
    if form is None or form.source is FormSource.FIELDS:
        return {"formKey": None, "camundaFormRef": None}
    if form.source is FormSource.FORM_KEY:
        return {"formKey": form.reference, "camundaFormRef": None}
    if form.source is FormSource.EMBEDDED:
        return {"formKey": f"camunda-forms:task:{found.task.key}", "camundaFormRef": None}
    version = form.binding_value if form.binding == "version" else None
    return {
        "formKey": None,
        "camundaFormRef": {
            "key": form.reference,
            "binding": form.binding,
            "version": int(version) if version is not None and version.isdecimal() else None,
        },
    }


def written_with_extras(found: FoundTask, *, has_notes: bool) -> dict[str, JsonValue]:
    """Return an open task with what the options of the query ask for."""
    written = written_task(found)
    if has_notes:
        written |= {"attachment": found.has_attachment, "comment": found.has_comment}
    shown = found.variables if found.variables is not None else found.local_variables
    if shown is not None:
        written["variables"] = write_variables(shown)
    return written
