"""How user tasks and jobs look in the API."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict

import marshmallow as ma
from marshmallow import fields, validate

from bpmn_engine.service.views import (
    JobPhase,
    JobState,
    TaskAction,
    TaskOrder,
    TaskScope,
    TaskState,
)
from bpmn_engine.values import JsonValue
from web.api.ad_hoc_schemas import AdHocAnswerBody, AdHocAnswerValues
from web.api.fields import MAX_NAME, Flag, Key, Name, Seconds, VariablesField, WholeNumber, Words
from web.api.schemas import PageQuery, PageValues

MAX_ACTIVATED = 200
"""Jobs one request may activate."""

MAX_WAIT_SECONDS = 30
"""How long a request for jobs may be held open."""


class TaskQuery(PageQuery):
    """Which user tasks are wanted."""

    scope = fields.Enum(TaskScope, by_value=True, load_default=TaskScope.ALL)
    order = fields.Enum(TaskOrder, by_value=True, load_default=TaskOrder.DUE)
    process_id = fields.String(load_default=None, validate=validate.Length(min=1, max=255))
    instance_key = Key(load_default=None)
    search = fields.String(load_default=None, validate=validate.Length(min=1, max=255))
    due_before = fields.AwareDateTime(load_default=None)
    assignee = fields.String(load_default=None, validate=validate.Length(min=1, max=255))
    candidate_group = fields.String(load_default=None, validate=validate.Length(min=1, max=255))


class TaskQueryValues(PageValues):
    """A parsed `TaskQuery`."""

    scope: TaskScope
    order: TaskOrder
    process_id: str | None
    instance_key: int | None
    search: str | None
    due_before: dt.datetime | None
    assignee: str | None
    candidate_group: str | None


class TaskSchema(ma.Schema):
    """One user task. Variables are given when one task is read, not in lists."""

    key = Key()
    name = fields.String()
    documentation = fields.String(allow_none=True)
    element_id = fields.String()
    instance_key = Key()
    definition_key = Key()
    process_id = fields.String()
    process_name = fields.String(allow_none=True)
    version = fields.Integer()
    business_key = fields.String(allow_none=True)
    state = fields.Enum(TaskState, by_value=True)
    assignee = fields.String(allow_none=True)
    candidate_users = fields.List(fields.String())
    candidate_groups = fields.List(fields.String())
    created_at = fields.DateTime()
    due_at = fields.DateTime(allow_none=True)
    follow_up_at = fields.DateTime(allow_none=True)
    priority = fields.Integer()
    ended_at = fields.DateTime(allow_none=True)
    completed_by = fields.String(allow_none=True)
    variables = fields.Dict(
        keys=fields.String(), values=fields.Raw(allow_none=True), allow_none=True
    )


class TaskCountsSchema(ma.Schema):
    """How many user tasks each list holds; 1001 means more than 1000."""

    mine = fields.Integer()
    groups = fields.Integer()
    unassigned = fields.Integer()
    all = fields.Integer()
    overdue = fields.Integer()


class TaskEventSchema(ma.Schema):
    """Something that happened to a user task."""

    at = fields.DateTime()
    actor = fields.String(allow_none=True, metadata={"description": "null: the engine itself"})
    action = fields.Enum(TaskAction, by_value=True)
    assignee = fields.String(
        allow_none=True, metadata={"description": "Who has it then; if released, who had it."}
    )
    error_code = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)


class AssignBody(ma.Schema):
    """To whom the task goes; null gives it back to its candidates."""

    assignee = fields.String(
        required=True, allow_none=True, validate=validate.Length(min=1, max=MAX_NAME)
    )
    reason = Words()


class AssignValues(TypedDict):
    """A parsed `AssignBody`."""

    assignee: str | None
    reason: str | None


class CompleteBody(ma.Schema):
    """What the task or job gives to the process."""

    variables = VariablesField()


class CompleteValues(TypedDict):
    """A parsed `CompleteBody`."""

    variables: dict[str, JsonValue]


class NextTaskSchema(ma.Schema):
    """A task that waits for the person who completed one."""

    key = Key()
    name = fields.String()


class CompletedTaskSchema(ma.Schema):
    """The completed task, and the next one for the same person."""

    task = fields.Nested(TaskSchema)
    next_task = fields.Nested(NextTaskSchema, allow_none=True)


class BpmnErrorBody(ma.Schema):
    """A BPMN error: modelled, to be caught by an error event."""

    error_code = Name(required=True)
    message = Words()
    variables = VariablesField()


class BpmnErrorValues(TypedDict):
    """A parsed `BpmnErrorBody`."""

    error_code: str
    message: str | None
    variables: dict[str, JsonValue]


class JobQuery(PageQuery):
    """Which jobs are wanted."""

    job_type = fields.String(load_default=None, validate=validate.Length(min=1, max=255))
    instance_key = Key(load_default=None)
    process_id = fields.String(load_default=None, validate=validate.Length(min=1, max=255))
    state = fields.Enum(JobState, by_value=True, load_default=None)


class JobQueryValues(PageValues):
    """A parsed `JobQuery`."""

    job_type: str | None
    instance_key: int | None
    process_id: str | None
    state: JobState | None


class JobSchema(ma.Schema):
    """One job, as operators see it."""

    key = Key()
    job_type = fields.String()
    state = fields.Enum(JobState, by_value=True)
    instance_key = Key()
    definition_key = Key()
    process_id = fields.String()
    element_id = fields.String()
    element_name = fields.String(allow_none=True)
    business_key = fields.String(allow_none=True)
    priority = fields.Integer()
    retries_left = fields.Integer()
    attempt = fields.Integer()
    due_at = fields.DateTime()
    created_at = fields.DateTime()
    locked_by = fields.String(allow_none=True)
    locked_until = fields.DateTime(allow_none=True)
    last_failure = fields.String(allow_none=True)
    phase = fields.Enum(JobPhase, by_value=True)
    is_suspended = fields.Boolean()
    waiting_for_resource = fields.String(
        allow_none=True,
        metadata={"description": "The resource pool that has no room for the job; else null."},
    )


class ActivateBody(ma.Schema):
    """Jobs to lock for a worker."""

    types = fields.List(
        fields.String(validate=validate.Length(min=1, max=MAX_NAME)),
        required=True,
        validate=validate.Length(min=1, max=100),
    )
    worker = Name(required=True)
    limit = WholeNumber(load_default=32, validate=validate.Range(min=1, max=MAX_ACTIVATED))
    lock_seconds = Seconds(load_default=300.0, validate=validate.Range(min=1, max=86_400))
    wait_seconds = Seconds(
        load_default=0.0,
        validate=validate.Range(min=0, max=MAX_WAIT_SECONDS),
        metadata={"description": "How long to wait for a job when there is none; at most 30."},
    )
    fetch_variables = fields.List(
        fields.String(validate=validate.Length(min=1, max=MAX_NAME)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=1000),
    )


class ActivateValues(TypedDict):
    """A parsed `ActivateBody`."""

    types: list[str]
    worker: str
    limit: int
    lock_seconds: float
    wait_seconds: float
    fetch_variables: list[str] | None


class ActivatedJobSchema(ma.Schema):
    """A job locked for a worker."""

    key = Key()
    lock_token = fields.String()
    job_type = fields.String()
    worker = fields.String()
    process_instance_key = Key()
    definition_key = Key()
    process_id = fields.String()
    process_version = fields.Integer()
    element_id = fields.String()
    business_key = fields.String(allow_none=True)
    variables = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    headers = fields.Dict(keys=fields.String(), values=fields.String())
    retries_left = fields.Integer()
    attempt = fields.Integer()
    deadline = fields.DateTime()
    priority = fields.Integer()
    idempotency_key = fields.String()
    listener_event = fields.String(
        allow_none=True,
        metadata={"description": "What the listener is called for whose job it is."},
    )


class CompleteJobBody(ma.Schema):
    """The result of a job. With a lock token it counts only while the lock is this worker's.

    The job of a user task's listener (Camunda 8) may deny what it was called for, or correct the
    task: `assignee`, `candidateUsers`, `candidateGroups`, `dueDate`, `followUpDate`, `priority`.
    """

    variables = VariablesField()
    lock_token = Name()
    worker = Name()
    ad_hoc = fields.Nested(
        AdHocAnswerBody,
        load_default=None,
        allow_none=True,
        metadata={"description": "of the job of an ad-hoc sub-process only"},
    )
    is_denied = Flag(load_default=False)
    corrections = VariablesField()


class CompleteJobValues(TypedDict):
    """A parsed `CompleteJobBody`."""

    variables: dict[str, JsonValue]
    lock_token: str | None
    worker: str | None
    ad_hoc: AdHocAnswerValues | None
    is_denied: bool
    corrections: dict[str, JsonValue]


class FailJobBody(ma.Schema):
    """A technical failure of a job."""

    message = Words(required=True)
    retries_left = WholeNumber(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=0, max=1000),
        metadata={"description": "null leaves it to the job's own policy; 0 makes an incident"},
    )
    retry_after_seconds = Seconds(load_default=None, allow_none=True)
    lock_token = Name()


class FailJobValues(TypedDict):
    """A parsed `FailJobBody`."""

    message: str
    retries_left: int | None
    retry_after_seconds: float | None
    lock_token: str | None


class JobErrorBody(BpmnErrorBody):
    """A BPMN error that a job ends with."""

    lock_token = Name()


class JobErrorValues(BpmnErrorValues):
    """A parsed `JobErrorBody`."""

    lock_token: str | None


class ExtendLockBody(ma.Schema):
    """How long the worker needs the job from now."""

    lock_token = Name(required=True)
    lock_seconds = Seconds(required=True, validate=validate.Range(min=1, max=86_400))


class ExtendLockValues(TypedDict):
    """A parsed `ExtendLockBody`."""

    lock_token: str
    lock_seconds: float
