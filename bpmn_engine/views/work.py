"""Read models of work: user tasks, their forms, and jobs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from bpmn_engine.kernel.commands import ElementStart
from bpmn_engine.model.extensions import FormDefinition
from bpmn_engine.values import JsonValue, Variables


class TaskScope(Enum):
    """Which user tasks, seen from the caller."""

    MINE = "mine"  #: open, assigned to the caller
    GROUPS = "groups"  #: open, unassigned, offered to the caller or one of their groups
    UNASSIGNED = "unassigned"  #: open, unassigned, visible to the caller
    ALL = "all"  #: open, visible to the caller
    DONE = "done"  #: completed by the caller


class TaskOrder(Enum):
    """How a worklist is sorted; ties by key."""

    DUE = "due"  #: soonest first, without due date last
    CREATED = "created"  #: newest first
    PRIORITY = "priority"  #: highest first


STANDALONE: Final = "bpmn-engine.standalone-task"
"""Process behind user tasks that belong to none."""


class TaskState(Enum):
    """Where a user task is in its life."""

    CREATED = "created"  #: offered or assigned -> any of the others
    ASSIGNING = "assigning"  #: waits for its listeners before its assignee changes -> created
    UPDATING = "updating"  #: waits for its listeners before another change -> created
    COMPLETING = "completing"  #: waits for its listeners before it is -> completed, created
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"  #: interrupted; nobody needs to do it any more


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Which user tasks a list holds; a member that is None does not restrict it."""

    scope: TaskScope = TaskScope.ALL
    order: TaskOrder = TaskOrder.DUE
    process_id: str | None = None
    instance_key: int | None = None
    element_id: str | None = None
    search: str | None = None  #: in task name and business key, without regard to case
    due_before: dt.datetime | None = None
    assignee: str | None = None
    candidate_group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTaskView:
    """One user task."""

    key: int
    name: str  #: of the element, or its id when it has none
    documentation: str | None = None  #: given on `user_task` only
    element_id: str
    instance_key: int
    definition_key: int
    process_id: str
    process_name: str | None
    version: int
    business_key: str | None
    state: TaskState
    assignee: str | None
    candidate_users: tuple[str, ...]
    candidate_groups: tuple[str, ...]
    created_at: dt.datetime
    due_at: dt.datetime | None
    follow_up_at: dt.datetime | None
    priority: int  #: 0 to 100
    form: FormDefinition | None
    ended_at: dt.datetime | None
    completed_by: str | None
    variables: Variables | None = None  #: what the task sees; given on `user_task` only


class TaskAction(Enum):
    """What happened to a user task."""

    CREATED = "created"  #: by the engine
    CLAIMED = "claimed"
    RELEASED = "released"  #: given back to its candidates
    ASSIGNED = "assigned"  #: to `assignee`, or with None back to its candidates
    COMPLETED = "completed"
    ERROR_THROWN = "error_thrown"  #: ended with the BPMN error `error_code`
    WITHDRAWN = "withdrawn"  #: interrupted, by the engine


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent:
    """Something that happened to a user task."""

    at: dt.datetime
    actor: str | None  #: user id; None = the engine itself
    action: TaskAction
    assignee: str | None = None  #: who had it before, when RELEASED; who has it then, otherwise
    error_code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCounts:
    """How many user tasks each tab of the worklist holds, each counted to COUNT_LIMIT."""

    mine: int
    groups: int
    unassigned: int
    all: int
    overdue: int  #: of `mine`


class FormKind(Enum):
    """Where the schema of a task's form comes from."""

    CAMUNDA = "camunda"  #: a deployed or embedded Camunda form
    GENERATED = "generated"  #: made from camunda:formData
    NONE = "none"  #: nothing to fill in is known


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """A form-js schema, and the variables it starts with."""

    kind: FormKind
    schema: Mapping[str, JsonValue]
    values: Variables


class JobState(Enum):
    """Where a job is in its life."""

    CREATED = "created"  #: open, or waiting for its next attempt -> locked
    LOCKED = "locked"  #: a worker has it -> created, watching, failed
    WATCHING = "watching"  #: an outside system works on it; polled -> failed
    FAILED = "failed"  #: attempts spent; there is an incident -> created


class JobPhase(Enum):
    """How far an adapter has come with a long-running job."""

    PREPARED = "prepared"  #: nothing was sent
    SUBMITTING = "submitting"  #: it may have been sent
    WATCHING = "watching"  #: it was accepted; the handle says where to ask
    UNKNOWN = "unknown"  #: it may have happened; ask, or a person decides


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs a list holds; a member that is None does not restrict it."""

    job_type: str | None = None
    instance_key: int | None = None
    process_id: str | None = None
    element_id: str | None = None
    state: JobState | None = None
    keys: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueJob:
    """A job that nobody does and that may be done now."""

    key: int
    job_type: str
    attempt: int  #: attempts begun so far
    due_at: dt.datetime
    instance_key: int
    element_key: int  #: of the element instance it is for


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job, for operators."""

    key: int
    job_type: str
    state: JobState
    instance_key: int
    definition_key: int
    process_id: str
    element_id: str
    element_name: str | None
    element_key: int  #: the visit, within the instance
    business_key: str | None
    priority: int
    retries_left: int
    attempt: int  #: attempts begun so far
    due_at: dt.datetime  #: not before
    created_at: dt.datetime
    locked_by: str | None
    locked_until: dt.datetime | None
    last_failure: str | None
    phase: JobPhase
    next_poll_at: dt.datetime | None
    is_suspended: bool  #: whether its instance is suspended
    waiting_for_resource: str | None = None  #: name of the pool that has no room for it


@dataclass(frozen=True, slots=True, kw_only=True)
class AdHocAnswer:
    """What the worker of an ad-hoc sub-process answers: what begins next, or that it is over."""

    elements: tuple[ElementStart, ...] = ()
    is_fulfilled: bool = False  #: nothing begins any more; not together with `elements`
    cancels_remaining: bool = False  #: with `is_fulfilled`: what runs is terminated
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCost:
    """What the work of a job has used."""

    cpu_ms: int  #: of processor time
    memory_kb: int  #: the most at any time


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredResult:
    """The result of a job whose worker knows what it has used; kept in the journal."""

    variables: Variables
    cost: JobCost


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivatedJob:
    """A job locked for a worker, with all it needs."""

    key: int
    lock_token: str  #: new for each lock; proves that the lock is still this worker's
    job_type: str
    worker: str
    process_instance_key: int
    definition_key: int
    process_id: str
    process_version: int
    element_id: str
    element_key: int  #: the visit, within the instance
    business_key: str | None
    variables: Variables  #: what the element sees, or those asked for
    headers: Mapping[str, str]
    retries_left: int
    attempt: int  #: from 1
    deadline: dt.datetime  #: when the lock ends
    priority: int
    idempotency_key: str  #: stable over technical retries
    phase: JobPhase
    handle: JsonValue  #: stored by `record_job_handle`; None before
    listener_event: str | None = None  #: of a listener's job: `start`, `end`, `completing` …
    may_set_variables: bool = True  #: False for listeners of user tasks of Camunda 8
    created_at: dt.datetime | None = None
    last_failure: str | None = None  #: message of the last failed attempt
    version_tag: str | None = None  #: of the process definition
