"""Rows of searches: one dataclass for each thing that can be searched, its members by name.

Any member that a search returns can be a condition and a sort field, but for those that are
filled in afterwards, from the compiled process; they say so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bpmn_engine.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceRecord:
    """A process instance."""

    key: int
    definition_key: int
    process_id: str
    process_name: str | None
    version: int
    version_tag: str | None
    business_key: str | None
    state: str  #: ACTIVE, SUSPENDED, COMPLETED or TERMINATED
    has_incident: bool
    started_at: dt.datetime
    ended_at: dt.datetime | None
    suspended_at: dt.datetime | None
    parent_key: int | None
    root_key: int
    parent_wait: int | None = None  #: of the calling instance
    parent_element_key: int | None = None  #: filled in: of the calling element instance
    tags: tuple[str, ...] = ()  #: filled in


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionRecord:
    """A process definition."""

    key: int
    process_id: str
    name: str | None
    version: int
    version_tag: str | None
    resource_name: str
    is_latest: bool
    has_start_form: bool
    deployment_key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementRecord:
    """One visit of an element, open or ended; number 0 is the process itself."""

    key: int  #: `element_key` of instance and number
    instance_key: int
    visit: int
    root_key: int
    definition_key: int
    process_id: str
    element_id: str
    is_loop_body: bool
    state: str  #: ACTIVE, COMPLETED or TERMINATED
    started_at: dt.datetime
    ended_at: dt.datetime | None
    incident_key: int | None
    has_incident: bool
    type: str = "UNKNOWN"  #: filled in
    name: str | None = None  #: filled in


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A job, open or ended."""

    key: int  #: of one that has ended: `element_key` of instance and wait
    instance_key: int
    root_key: int
    visit: int
    wait: int
    element_key: int
    element_id: str
    process_id: str
    definition_key: int
    business_key: str | None
    job_type: str
    worker: str | None
    state: str  #: CREATED, FAILED, COMPLETED, ERROR_THROWN or CANCELED
    retries: int
    has_failed_with_retries_left: bool
    error_message: str | None
    deadline: dt.datetime | None
    priority: int
    created_at: dt.datetime
    headers: Mapping[str, str]
    kind: str = "BPMN_ELEMENT"  #: filled in
    listener_event: str = "UNSPECIFIED"  #: filled in
    ended_at: dt.datetime | None = None  #: filled in
    updated_at: dt.datetime | None = None  #: filled in: the last that happened
    error_code: str | None = None  #: filled in
    is_denied: bool | None = None  #: filled in: of a listener that has ended
    denied_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """A user task, open or ended."""

    key: int
    instance_key: int
    root_key: int
    visit: int
    wait: int
    element_key: int
    element_id: str
    name: str
    process_id: str
    process_name: str | None
    definition_key: int
    version: int
    business_key: str | None
    state: str  #: CREATED, ASSIGNING, UPDATING, COMPLETING, COMPLETED or CANCELED
    assignee: str | None
    candidate_users: Sequence[str]
    candidate_groups: Sequence[str]
    priority: int
    created_at: dt.datetime
    ended_at: dt.datetime | None
    due_at: dt.datetime | None
    follow_up_at: dt.datetime | None
    form_key: int | None = None  #: filled in: of a deployed form
    form_reference: str | None = None  #: filled in: of a form that another front end has
    tags: tuple[str, ...] = ()  #: filled in: of the instance


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRecord:
    """An incident, open or resolved."""

    key: int
    instance_key: int
    root_key: int
    visit: int | None
    element_key: int
    element_id: str
    process_id: str
    definition_key: int
    error_type: str
    message: str
    state: str  #: ACTIVE or RESOLVED
    created_at: dt.datetime
    job_key: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRecord:
    """An open subscription for a message, of an instance or of a start event."""

    key: int  #: `element_key` of instance and wait; of a start event: of definition and number
    instance_key: int | None
    root_key: int | None
    wait: int | None
    element_key: int | None
    element_id: str
    process_id: str
    process_name: str | None
    definition_key: int
    version: int
    business_key: str | None
    message_name: str
    correlation_key: str | None
    created_at: dt.datetime
    state: str  #: CREATED
    type: str  #: PROCESS_EVENT or START_EVENT


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableRecord:
    """A variable of a scope of an instance."""

    key: int  #: `variable_key`
    name: str
    value: str  #: as JSON
    scope_key: int  #: `element_key` of the scope
    instance_key: int
    root_key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """A deployed decision; its requirements are the DMN file that it stands in."""

    key: int
    decision_id: str
    name: str | None
    version: int
    is_latest: bool
    requirements_key: int
    resource_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRecord:
    """A deployed file."""

    key: int
    name: str
    kind: str  #: bpmn, form or dmn
    deployment_key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRecord:
    """A deployed form."""

    form_key: int
    form_id: str
    version: int
    schema: str  #: as it was deployed


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRecord:
    """One command that was applied to an instance, as an entry of an audit log."""

    key: int  #: `element_key` of instance and sequence
    instance_key: int
    root_key: int
    sequence: int
    at: dt.datetime
    actor: str | None
    action: str  #: class of the command
    operation: str  #: CREATE, UPDATE, ASSIGN …
    entity: str  #: PROCESS_INSTANCE, USER_TASK, VARIABLE, INCIDENT or JOB
    category: str  #: USER_TASKS or DEPLOYED_RESOURCES
    element_id: str | None
    task_key: int | None
    job_key: int | None
    process_id: str
    definition_key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRecord:
    """An operation on many process instances, and how far it has come."""

    key: int
    type: str  #: CANCEL_PROCESS_INSTANCE, MIGRATE_PROCESS_INSTANCE …
    state: str  #: ACTIVE, SUSPENDED, CANCELED, COMPLETED or PARTIALLY_COMPLETED
    created_at: dt.datetime
    created_by: str | None
    ended_at: dt.datetime | None
    total: int
    failed: int
    completed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItemRecord:
    """What becomes of one process instance of an operation on many."""

    batch_key: int
    type: str
    instance_key: int
    root_key: int | None
    state: str  #: ACTIVE, COMPLETED, FAILED or CANCELED
    ended_at: dt.datetime | None
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """What is known of a stored document, without its content."""

    document_id: str
    content_hash: str  #: SHA-256, hexadecimal
    content_type: str
    file_name: str
    size: int  #: bytes
    created_at: dt.datetime
    expires_at: dt.datetime | None
    process_id: str | None
    instance_key: int | None
    custom: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessCount:
    """How many open instances a process has, all versions."""

    process_id: str
    name: str | None
    has_versions: bool  #: whether they are of several
    with_incident: int
    without_incident: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionCount:
    """How many open instances a process definition has."""

    key: int
    process_id: str
    name: str | None
    version: int
    with_incident: int
    without_incident: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionCount:
    """How many messages instances of a process definition wait for."""

    definition_key: int
    process_id: str
    subscriptions: int
    instances: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCount:
    """How many instances are stuck with one message."""

    message: str
    instances: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckCount:
    """How many instances of a process definition are stuck with one message."""

    message: str
    definition_key: int
    process_id: str
    name: str | None
    version: int
    instances: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInstanceRecord:
    """A decision that a business rule task called."""

    key: int  #: `element_key` of instance and sequence of the journal
    instance_key: int
    root_key: int
    sequence: int
    wait: int
    element_id: str | None
    definition_key: int
    business_key: str | None
    at: dt.datetime
    detail: Mapping[str, JsonValue]  #: the command that answered the task, or said why not
    decision_key: int
    decision_id: str
    name: str
    version: int
    requirements_key: int
    state: str  #: EVALUATED or FAILED
    element_key: int | None  #: filled in
    kind: str = "other"  #: of `DecisionKind`; filled in
