"""The log of what people did: the journal of all process instances, in Camunda 7's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from flask import Response

from bpmn_engine.service.history_views import FoundEntry
from bpmn_engine.service.operation_notes import NOTE
from bpmn_engine.service.work_search import NEVER, Comparison, Condition
from bpmn_engine.values import JsonValue
from web.camunda.bodies import read_body, text_or_none
from web.camunda.dialect import answer, done
from web.camunda.engine_rest import ENGINE_REST, definition_id, written_time
from web.camunda.seven.failures import unusable
from web.camunda.seven.identifiers import text_of
from web.camunda.seven.incidents import AnnotationBody
from web.camunda.seven.parameters import (
    Parameter,
    Reading,
    as_text,
    as_texts,
    definition,
    key,
    moment,
    nothing,
    refused,
    text,
)
from web.camunda.seven.queries import bounded
from web.camunda.seven.query_reading import Query, asked, read_query
from web.context import principal, service

_OPERATIONS: Final = "/history/user-operation"
_LINKS: Final = "/history/identity-link-log"


class _Operation(NamedTuple):
    """What Camunda 7 calls something that somebody did."""

    type: str
    entity: str
    category: str
    property: str | None = None
    detail: str | None = None  # member of the entry's detail that holds the new value
    before: str | None = None  # member that holds the old value


_WORKER: Final = "TaskWorker"
_OPERATOR: Final = "Operator"
_WORDS: Final[Mapping[str, _Operation]] = {
    "StartInstance": _Operation("Create", "ProcessInstance", _OPERATOR),
    "StartElsewhere": _Operation("Create", "ProcessInstance", _OPERATOR),
    "CancelInstance": _Operation("Delete", "ProcessInstance", _OPERATOR),
    "SuspendInstance": _Operation("Suspend", "ProcessInstance", _OPERATOR, "suspensionState"),
    "ResumeInstance": _Operation("Activate", "ProcessInstance", _OPERATOR, "suspensionState"),
    "ModifyInstance": _Operation("ModifyProcessInstance", "ProcessInstance", _OPERATOR),
    "MigrateInstance": _Operation(
        "Migrate", "ProcessInstance", _OPERATOR, "processDefinitionVersion", "target_version"
    ),
    "RestartInstance": _Operation("RestartProcessInstance", "ProcessInstance", _OPERATOR),
    "SetVariables": _Operation("SetVariable", "Variable", _OPERATOR),
    "ReportIncident": _Operation("CreateIncident", "ProcessInstance", _OPERATOR, "incidentType"),
    "ResolveIncident": _Operation("Resolve", "Incident", _OPERATOR),
    "ClaimUserTask": _Operation("Claim", "Task", _WORKER, "assignee", "assignee"),
    "UnclaimUserTask": _Operation("Claim", "Task", _WORKER, "assignee", None, "assignee"),
    "AssignUserTask": _Operation("Assign", "Task", _WORKER, "assignee", "assignee", "before"),
    "DelegateUserTask": _Operation("Delegate", "Task", _WORKER, "assignee", "assignee", "before"),
    "ResolveUserTask": _Operation("Resolve", "Task", _WORKER, "assignee", "assignee", "before"),
    "UpdateUserTask": _Operation("Update", "Task", _WORKER),
    "CorrectUserTask": _Operation("Update", "Task", _WORKER),
    "CompleteUserTask": _Operation("Complete", "Task", _WORKER),
    "ThrowBpmnError": _Operation("HandleBpmnError", "Task", _WORKER, "errorCode", "error_code"),
    "ThrowEscalation": _Operation("HandleBpmnEscalation", "Task", _WORKER, "code", "code"),
    "OfferUserTask": _Operation("AddUserLink", "IdentityLink", _WORKER, "candidate", "candidate"),
    "WithdrawUserTask": _Operation(
        "DeleteUserLink", "IdentityLink", _WORKER, "candidate", None, "candidate"
    ),
    "CommentUserTask": _Operation("CreateComment", "Comment", _WORKER),
    "ChangeComment": _Operation("UpdateComment", "Comment", _WORKER),
    "DeleteComment": _Operation("DeleteComment", "Comment", _WORKER),
    "AttachToUserTask": _Operation("AddAttachment", "Attachment", _WORKER, "name", "name"),
    "DeleteAttachment": _Operation("DeleteAttachment", "Attachment", _WORKER),
    "CompleteJob": _Operation("Complete", "ExternalTask", _OPERATOR),
    "FailJob": _Operation("SetJobRetries", "ExternalTask", _OPERATOR),
    "SuspendJob": _Operation("SuspendJob", "Job", _OPERATOR, "suspensionState"),
    "ResumeJob": _Operation("ActivateJob", "Job", _OPERATOR, "suspensionState"),
    "ActivateElement": _Operation("Activate", "ProcessInstance", _OPERATOR),
    NOTE: _Operation("SetAnnotation", "OperationLog", _OPERATOR, "annotation", "annotation"),
}
"""Action in the journal -> Camunda's words; others are not logged as operations."""

_LINKED: Final = frozenset(
    {
        "ClaimUserTask",
        "UnclaimUserTask",
        "AssignUserTask",
        "DelegateUserTask",
        "ResolveUserTask",
        "OfferUserTask",
        "WithdrawUserTask",
    }
)
"""Actions that give or take a task."""


def _words(member: str) -> Parameter:
    """Return the kind of a word of Camunda's about an operation."""

    def add(parameter: str, value: JsonValue, reading: Reading) -> None:
        wanted = set(as_texts(parameter, value))
        actions = tuple(
            action for action, words in _WORDS.items() if getattr(words, member) in wanted
        )
        reading.conditions.append(
            Condition(field="action", comparison=Comparison.IN, values=actions)
        )

    return add


OPERATIONS: Final = Query(
    parameters={
        "deploymentId": key("deployment_key"),
        "processDefinitionId": definition("definition_key"),
        "processDefinitionKey": text("process_id"),
        "processInstanceId": key("instance_key"),
        "executionId": key("instance_key"),
        "taskId": key("task_key"),
        "userId": text("actor"),
        "operationId": text("entry_id"),
        "operationType": _words("type"),
        "entityType": _words("entity"),
        "entityTypeIn": _words("entity"),
        "category": _words("category"),
        "categoryIn": _words("category"),
        "property": _words("property"),
        "afterTimestamp": moment("at", Comparison.AT_LEAST),
        "beforeTimestamp": moment("at", Comparison.AT_MOST),
        **dict.fromkeys(
            (
                "caseDefinitionId",
                "caseInstanceId",
                "caseExecutionId",
                "batchId",
                "jobDefinitionId",
            ),
            nothing(),
        ),
        **dict.fromkeys(
            ("externalTaskId", "jobId"),
            refused("which job it was is not kept."),
        ),
    },
    sorts={"timestamp": "at"},
)


def _link_operation(parameter: str, value: JsonValue, reading: Reading) -> None:
    word = as_text(parameter, value)
    added = {"add": _LINKED - {"UnclaimUserTask", "WithdrawUserTask"}}
    removed = {"delete": frozenset({"UnclaimUserTask", "WithdrawUserTask"})}
    actions = tuple(sorted({**added, **removed}.get(word, frozenset())))
    reading.conditions.append(Condition(field="action", comparison=Comparison.IN, values=actions))


def _link_type(parameter: str, value: JsonValue, reading: Reading) -> None:
    offers = frozenset({"OfferUserTask", "WithdrawUserTask"})
    by_type = {"candidate": offers, "assignee": _LINKED - offers}
    found = by_type.get(as_text(parameter, value))
    reading.conditions.append(
        NEVER
        if found is None
        else Condition(field="action", comparison=Comparison.IN, values=tuple(sorted(found)))
    )


_WHOM: Final = "it stands in an entry's detail; name the task or whoever did it (assignerId)."

LINKS: Final = Query(
    parameters={
        "type": _link_type,
        "userId": refused(_WHOM),
        "groupId": refused(_WHOM),
        "dateBefore": moment("at", Comparison.AT_MOST),
        "dateAfter": moment("at", Comparison.AT_LEAST),
        "taskId": key("task_key"),
        "processDefinitionId": definition("definition_key"),
        "processDefinitionKey": text("process_id"),
        "operationType": _link_operation,
        "assignerId": text("actor"),
        "tenantIdIn": nothing(),
        "withoutTenantId": lambda _name, _value, _reading: None,
    },
    sorts={
        "time": "at",
        "taskId": "task_key",
        "processDefinitionId": "definition_key",
        "processDefinitionKey": "process_id",
        "operationType": "action",
        "assignerId": "actor",
    },
)


@ENGINE_REST.get(_OPERATIONS)
def list_user_operations() -> Response:
    """List what people did."""
    search = asked(OPERATIONS).page.also(*_BY_PEOPLE)
    found = bounded(service().find_entries(search))
    notes = _notes({each.instance_key for each in found})
    return answer([_operation(each, notes) for each in found])


@ENGINE_REST.get(f"{_OPERATIONS}/count")
def count_user_operations() -> Response:
    """Count what people did."""
    search = asked(OPERATIONS).search.also(*_BY_PEOPLE)
    return answer({"count": service().count_entries(search)})


@ENGINE_REST.put(f"{_OPERATIONS}/<operation_id>/set-annotation")
def set_operation_annotation(operation_id: str) -> Response:
    """Write a note on what somebody did."""
    return _annotate(operation_id, text_or_none(read_body(AnnotationBody)["annotation"]))


@ENGINE_REST.put(f"{_OPERATIONS}/<operation_id>/clear-annotation")
def clear_operation_annotation(operation_id: str) -> Response:
    """Take back the note on what somebody did."""
    return _annotate(operation_id, None)


def _annotate(operation_id: str, text_: str | None) -> Response:
    named = Condition(field="entry_id", value=operation_id)
    found = service().find_entries(read_query(OPERATIONS, {}).search.also(named, *_BY_PEOPLE))
    if not found:
        raise unusable(f"Expected an operation, but there is none with the id {operation_id}.")
    (entry,) = found
    who = principal().user_id
    return done(service().annotate_entry(entry.instance_key, entry.sequence, text_, actor=who))


def _notes(instance_keys: set[int]) -> dict[tuple[int, JsonValue], JsonValue]:
    """Return the last notes on entries, by instance and sequence."""
    if not instance_keys:
        return {}
    of_these = Condition(
        field="instance_key", comparison=Comparison.IN, values=tuple(sorted(instance_keys))
    )
    search = read_query(OPERATIONS, {}).search.also(
        of_these, Condition(field="action", value=NOTE)
    )
    told = sorted(service().find_entries(search), key=lambda each: each.sequence)
    return {
        (each.instance_key, each.detail.get("entry")): each.detail.get("annotation")
        for each in told
    }


@ENGINE_REST.get(_LINKS)
def list_identity_link_logs() -> Response:
    """List who was given tasks, and from whom they were taken."""
    search = asked(LINKS).page.also(_IS_LINK)
    return answer([_link(each) for each in bounded(service().find_entries(search))])


@ENGINE_REST.get(f"{_LINKS}/count")
def count_identity_link_logs() -> Response:
    """Count who was given tasks, and from whom they were taken."""
    return answer({"count": service().count_entries(asked(LINKS).search.also(_IS_LINK))})


_BY_PEOPLE: Final = (
    Condition(field="actor", comparison=Comparison.PRESENT),
    Condition(field="action", comparison=Comparison.IN, values=tuple(sorted(_WORDS))),
)
_IS_LINK: Final = Condition(
    field="action", comparison=Comparison.IN, values=tuple(sorted(_LINKED))
)


def _entry_id(entry: FoundEntry) -> str:
    return f"{entry.instance_key}:{entry.sequence}"


def _member(entry: FoundEntry, name: str | None) -> str | None:
    value = None if name is None else entry.detail.get(name)
    return None if value is None else str(value)


def _operation(
    entry: FoundEntry, notes: Mapping[tuple[int, JsonValue], JsonValue]
) -> dict[str, JsonValue]:
    words = _WORDS[entry.action]
    return {
        "id": _entry_id(entry),
        "operationId": _entry_id(entry),
        "userId": entry.actor,
        "timestamp": written_time(entry.at),
        "operationType": words.type,
        "entityType": words.entity,
        "category": words.category,
        "annotation": notes.get((entry.instance_key, entry.sequence), entry.reason),
        "property": words.property,
        "orgValue": _member(entry, words.before),
        "newValue": _member(entry, words.detail),
        "deploymentId": None,
        "processDefinitionId": definition_id(
            entry.process_id, entry.version, entry.definition_key
        ),
        "processDefinitionKey": entry.process_id,
        "processInstanceId": str(entry.instance_key),
        "executionId": str(entry.instance_key),
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": text_of(entry.task_key),
        "externalTaskId": None,
        "batchId": None,
        "jobId": None,
        "jobDefinitionId": None,
        "removalTime": None,
        "rootProcessInstanceId": str(entry.root_key),
    }


def _link(entry: FoundEntry) -> dict[str, JsonValue]:
    is_offer = entry.action in {"OfferUserTask", "WithdrawUserTask"}
    is_removed = entry.action in {"UnclaimUserTask", "WithdrawUserTask"}
    whom = _member(entry, "candidate" if is_offer else "assignee")
    is_group = is_offer and entry.detail.get("is_group") is True
    return {
        "id": _entry_id(entry),
        "time": written_time(entry.at),
        "type": "candidate" if is_offer else "assignee",
        "userId": None if is_group else whom,
        "groupId": whom if is_group else None,
        "taskId": text_of(entry.task_key),
        "processDefinitionId": definition_id(
            entry.process_id, entry.version, entry.definition_key
        ),
        "processDefinitionKey": entry.process_id,
        "operationType": "delete" if is_removed else "add",
        "assignerId": entry.actor,
        "tenantId": None,
        "removalTime": None,
        "rootProcessInstanceId": str(entry.root_key),
    }
