"""History of user tasks: open and ended ones."""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask import Response

from bpmn_engine.service.task_views import FoundTask, TaskAge
from bpmn_engine.service.views import TaskState
from bpmn_engine.service.work_search import Comparison
from bpmn_engine.values import JsonValue
from web.camunda.dialect import answer
from web.camunda.engine_rest import ENGINE_REST, definition_id, written_time
from web.camunda.seven.history_instances import written_or_none
from web.camunda.seven.identifiers import visit_id
from web.camunda.seven.parameters import (
    TENANTS,
    absent,
    definition,
    key,
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
from web.camunda.seven.queries import bounded
from web.camunda.seven.query_reading import Query, asked
from web.context import principal, service

_PREFIX: Final = "/history/task"
_NO_DESCRIPTIONS: Final = "descriptions stand in the diagram and are not searched."
_NO_REASONS: Final = "tasks are found by whether they were completed: finished, unfinished."

TASKS: Final = Query(
    parameters={
        "taskId": key("key"),
        "taskParentTaskId": nothing(),
        "processInstanceId": key("instance_key"),
        "rootProcessInstanceId": key("root_key"),
        "processInstanceBusinessKey": text("business_key"),
        "processInstanceBusinessKeyIn": texts("business_key"),
        "processInstanceBusinessKeyLike": like("business_key"),
        "executionId": key("instance_key"),
        "processDefinitionId": definition("definition_key"),
        "processDefinitionKey": text("process_id"),
        "processDefinitionName": text("process_name"),
        "activityInstanceIdIn": texts("visit_id"),
        "taskName": text("name"),
        "taskNameLike": like("name"),
        "taskDescription": refused(_NO_DESCRIPTIONS),
        "taskDescriptionLike": refused(_NO_DESCRIPTIONS),
        "taskDefinitionKey": text("element_id"),
        "taskDefinitionKeyIn": texts("element_id"),
        "taskDeleteReason": refused(_NO_REASONS),
        "taskDeleteReasonLike": refused(_NO_REASONS),
        "taskAssignee": text("assignee"),
        "taskAssigneeLike": like("assignee"),
        "taskOwner": text("owner"),
        "taskOwnerLike": like("owner"),
        "taskPriority": number("priority"),
        "assigned": present("assignee"),
        "unassigned": absent("assignee"),
        "finished": present("ended_at"),
        "unfinished": absent("ended_at"),
        "processFinished": present("instance_ended_at"),
        "processUnfinished": absent("instance_ended_at"),
        "taskDueDate": moment("due_at", Comparison.EQUAL),
        "taskDueDateBefore": moment("due_at", Comparison.BELOW),
        "taskDueDateAfter": moment("due_at", Comparison.ABOVE),
        "withoutTaskDueDate": absent("due_at"),
        "taskFollowUpDate": moment("follow_up_at", Comparison.EQUAL),
        "taskFollowUpDateBefore": moment("follow_up_at", Comparison.BELOW),
        "taskFollowUpDateAfter": moment("follow_up_at", Comparison.ABOVE),
        "startedBefore": moment("created_at", Comparison.AT_MOST),
        "startedAfter": moment("created_at", Comparison.AT_LEAST),
        "finishedBefore": moment("ended_at", Comparison.AT_MOST),
        "finishedAfter": moment("ended_at", Comparison.AT_LEAST),
        **TENANTS,
        "taskVariables": variables(is_local=True),
        "processVariables": variables(),
        "variableNamesIgnoreCase": switch(),
        "variableValuesIgnoreCase": switch(),
        "taskInvolvedUser": text("involved"),
        "taskInvolvedGroup": text("candidate_group"),
        "taskHadCandidateUser": text("candidate_user"),
        "taskHadCandidateGroup": text("candidate_group"),
        "withCandidateGroups": present("candidate_group"),
        "withoutCandidateGroups": absent("candidate_group"),
        **dict.fromkeys(
            (
                "caseInstanceId",
                "caseExecutionId",
                "caseDefinitionId",
                "caseDefinitionKey",
                "caseDefinitionName",
            ),
            nothing(),
        ),
    },
    sorts={
        "taskId": "key",
        "activityInstanceId": "visit_id",
        "processDefinitionId": "definition_key",
        "processInstanceId": "instance_key",
        "executionId": "instance_key",
        "endTime": "ended_at",
        "startTime": "created_at",
        "taskName": "name",
        "assignee": "assignee",
        "owner": "owner",
        "dueDate": "due_at",
        "followUpDate": "follow_up_at",
        "taskDefinitionKey": "element_id",
        "priority": "priority",
        "tenantId": "key",
    },
)


@ENGINE_REST.route(_PREFIX, methods=["GET", "POST"])
def list_historic_tasks() -> Response:
    """List the tasks that a query finds, as far as the caller may see them."""
    found = bounded(
        service().find_tasks(asked(TASKS).page, caller=principal().caller, age=TaskAge.ALL)
    )
    return answer([_task(each) for each in found])


@ENGINE_REST.route(f"{_PREFIX}/count", methods=["GET", "POST"])
def count_historic_tasks() -> Response:
    """Count the tasks that a query finds."""
    count = service().count_tasks(asked(TASKS).search, caller=principal().caller, age=TaskAge.ALL)
    return answer({"count": count})


def _task(found: FoundTask) -> dict[str, JsonValue]:
    task = found.task
    reasons = {TaskState.COMPLETED: "completed", TaskState.WITHDRAWN: "deleted"}
    states = {TaskState.COMPLETED: "Completed", TaskState.WITHDRAWN: "Deleted"}
    open_state = "Created" if found.changed_at is None else "Updated"
    return {
        "id": str(task.key),
        "processDefinitionKey": task.process_id,
        "processDefinitionId": definition_id(task.process_id, task.version, task.definition_key),
        "processInstanceId": str(task.instance_key),
        "executionId": str(task.instance_key),
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "activityInstanceId": visit_id(task.element_id, task.instance_key, found.visit),
        "name": task.name,
        "description": task.documentation,
        "deleteReason": reasons.get(task.state),
        "owner": found.owner,
        "assignee": task.assignee or task.completed_by,
        "startTime": written_time(task.created_at),
        "endTime": written_or_none(task.ended_at),
        "duration": _milliseconds(task.created_at, task.ended_at),
        "taskDefinitionKey": task.element_id,
        "priority": task.priority,
        "due": written_or_none(task.due_at),
        "parentTaskId": None,
        "followUp": written_or_none(task.follow_up_at),
        "tenantId": None,
        "removalTime": None,
        "rootProcessInstanceId": str(found.root_key),
        "taskState": states.get(task.state, open_state),
    }


def _milliseconds(begun: dt.datetime, ended: dt.datetime | None) -> int | None:
    return None if ended is None else int((ended - begun).total_seconds() * 1000)
