"""What instances wait for, what has arrived, and what was used: rows of searches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from bpmn_engine.values import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationRecord:
    """A message that reached a subscription, or that started an instance."""

    key: int  #: `element_key` of instance and wait; of a start the instance's own
    instance_key: int
    root_key: int
    sequence: int
    wait: int | None  #: None: it started the instance
    element_id: str | None
    process_id: str
    definition_key: int
    business_key: str | None
    at: dt.datetime
    detail: Mapping[str, JsonValue]  #: the command that brought it
    message_name: str = ""  #: filled in
    correlation_key: str | None = None  #: filled in
    element_key: int | None = None  #: filled in


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitRecord:
    """One thing that an element instance waits for now."""

    key: int  #: `element_key` of instance and wait
    instance_key: int
    root_key: int
    process_id: str
    element_key: int
    element_id: str
    element_type: str
    kind: str  #: JOB, USER_TASK, TIMER, MESSAGE, SIGNAL or CONDITION
    name: str | None  #: of the message, the signal or the job's type; a condition's text
    correlation_key: str | None  #: of a message
    due_at: dt.datetime | None  #: of a timer or a user task
    repetitions: int | None  #: of a timer, after the next; None = without end
    row_key: int | None  #: of the job or the user task
    retries: int | None  #: of a job
    job_kind: str  #: of a job
    listener_event: str  #: of a job
    on_create: bool  #: of a condition: asked when a variable is new
    on_update: bool  #: of a condition: asked when a variable changes


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRecord:
    """The name of a variable."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFigures:
    """How much the engine was used between two moments."""

    instances: int  #: that began and were called by nobody
    decisions: int  #: that business rule tasks called
    assignees: int  #: different people who had a user task


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedRecord:
    """A file that somebody deployed, as an entry of an audit log."""

    key: int  #: of the file
    name: str
    deployment_key: int
    at: dt.datetime
    actor: str | None
    operation: str  #: CREATE
    entity: str  #: RESOURCE
    category: str  #: DEPLOYED_RESOURCES
